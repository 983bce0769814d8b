"""E-mail addresses as customers write them become plain ones, by the verdict of email-validator (F48).

Nearly all values are decided by their shape, in Polars. Why that is exact:

- The library accepts nothing of more than 254 bytes, and nothing quoted, in brackets or with a display name. What it
  does accept is `local@domain` with a single @, and its ASCII characters are those of `_POSSIBLE`.
- If all of it is ASCII, the local part is words between single dots. The domain is two or more labels of 1 to 63
  letters, digits and inner hyphens, the last of which ends in a letter; it is not and not below a special-use name.
  The result is the address in lower case. Only labels with two hyphens in a row are under further rules.

What is not ASCII (normal forms, IDNA) or has two hyphens in a row (Punycode, reserved labels) is odd: the library
judges it.
"""

import re

import polars as pl
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_LONGEST = 254  # bytes
_WORD = r"a-zA-Z0-9!#$%&'*+/=?^_`{|}~\-"
_NOT_ASCII = r"[^\x00-\x7F]"
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_LAST_LABEL = "(?:[a-zA-Z0-9][a-zA-Z0-9-]{0,61})?[a-zA-Z]"
_PLAIN = rf"^[{_WORD}]+(?:\.[{_WORD}]+)*@(?:{_LABEL}\.)+{_LAST_LABEL}$"
_SPECIAL_USE = rf"(?i-u)[@.](?:{'|'.join(map(re.escape, SPECIAL_USE_DOMAIN_NAMES))})$"
_POSSIBLE = rf"^(?:[.{_WORD}]|{_NOT_ASCII})+@(?:[a-zA-Z0-9.-]|{_NOT_ASCII})+$"


def normalise_emails(emails: pl.Series) -> pl.Series:
    """Each e-mail address in lower case; null where it is null or not valid. Nothing is looked up.

    Args:
        emails: Text without surrounding white space, never empty.
    """
    email = pl.col("email")
    is_odd = (email.str.len_bytes() != email.str.len_chars()) | email.str.contains("--", literal=True)
    is_short = email.str.len_bytes() <= _LONGEST
    is_plain = email.str.contains(_PLAIN) & ~email.str.contains(_SPECIAL_USE)
    lower_case = pl.when(~is_odd & is_short & is_plain).then(email.str.to_lowercase())
    # lazy, since only lazy queries run on all cores
    judged = emails.to_frame("email").lazy().select("email", is_odd=is_odd, normalised=lower_case).collect()
    odd = judged.filter("is_odd").filter(is_short, email.str.contains(_POSSIBLE))["email"].unique()
    if odd.is_empty():
        return judged["normalised"]
    verdicts = pl.Series([judge_by_library(value) for value in odd], dtype=pl.String)
    by_library = pl.when("is_odd").then("email").replace_strict(odd, verdicts, default=None, return_dtype=pl.String)
    return judged.select(pl.coalesce("normalised", by_library)).to_series()


def judge_by_library(email: str) -> str | None:
    """The e-mail address in lower case; None if email-validator refuses it."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
