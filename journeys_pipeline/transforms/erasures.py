"""What an erasure takes out: the contacts of a person as anybody may have written them, and what stays in their place.

A contact that is a column of ours becomes the id that is derived from it, so that whoever counted as one person still
does (D23). In texts it becomes its shape: letters as x, digits as 9.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import phonenumbers
import polars as pl

from journeys_pipeline.transforms.contact_entries import derive_person_id
from journeys_pipeline.transforms.people import resolve

CONTACTS = ("phone", "email")
PERSON = ["account_id", "person_id"]
SHORTEST_ALONE = 7  # digits of a national number that is looked for without its calling code

_GAP = r"[ .()/\-\u00a0\u2007\u2009\u2010-\u2015\u202f]{0,3}"
_PLUS = r"(?:\+|%2[Bb]|\\u002[bB])"
_AT = r"(?:@|%40|\\u0040)"


@dataclass(frozen=True)
class Traces:
    """Contacts, as they may be written in texts.

    Attributes:
        contacts: As they are in tables: phones in E.164, e-mail addresses in lower case.
    """

    contacts: frozenset[str]

    @property
    def pattern(self) -> str:
        """A regular expression, for Polars and Python, that finds all writings, and some of longer contacts."""
        return "(?i)" + "|".join(_writings(contact) for contact in sorted(self.contacts))

    def mask(self, text: str) -> str:
        """The text with each writing of a contact as its shape; a longer number or address that holds one stays."""
        return self._whole.sub(lambda found: shape(found.group()), text)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        before = r"(?:(?<![\w.+\-])|(?<=%[0-9A-F]{2})|(?<=\\[nrt]))"
        phones = [_writings(contact) for contact in sorted(self.contacts) if "@" not in contact]
        emails = [_writings(contact) for contact in sorted(self.contacts) if "@" in contact]
        whole = [rf"(?<![0-9A-Za-z])(?:{'|'.join(phones)})(?![0-9A-Za-z])"] if phones else []
        whole += [rf"{before}(?:{'|'.join(emails)})(?![\w\-]|\.\w)"] if emails else []
        return re.compile("|".join(whole), re.IGNORECASE)


def shape(text: str) -> str:
    """The text with its letters as x and its digits as 9, escapes undone."""
    plain = re.sub(_PLUS, "+", re.sub(_AT, "@", text))
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", plain))


def find_ids(identities: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """`account_id` and `person_id` of all ids that stand for any of these persons.

    Args:
        identities: Identities.
        persons: `account_id` and `person_id`, under any ids.
    """
    counted = resolve(persons, identities).unique()
    resolved = counted.rename({"person_id": "resolved_person_id"})
    known = identities.join(resolved, on=["account_id", "resolved_person_id"], how="semi")
    return pl.concat([counted.select(PERSON), known.select(PERSON)]).unique().sort(PERSON)


def find_contacts(rows: pl.LazyFrame, ids: pl.LazyFrame, *, of_profiles: bool) -> pl.LazyFrame:
    """`contact`: those of the persons' own profiles, or those of entries that an id of theirs is derived from.

    Args:
        rows: PeopleChanges, or ContactEntries.
        ids: What `find_ids` gives.
        of_profiles: Which of the two `rows` are.
    """
    contacts = rows.unpivot(list(CONTACTS), index=PERSON, value_name="contact").filter(~is_erased("contact"))
    named = contacts if of_profiles else contacts.with_columns(person_id=_derived("contact"))
    return named.join(ids, on=PERSON, how="semi").select("contact").unique().sort("contact")


def holds(contacts: Collection[str]) -> pl.Expr:
    """Whether a row of PeopleChanges or ContactEntries has any of the contacts."""
    return pl.any_horizontal(pl.col(name).is_in(list(contacts)) for name in CONTACTS).fill_null(value=False)


def erase_contacts(contacts: Collection[str] | None = None) -> list[pl.Expr]:
    """Both contact columns, with the id that is derived from it in the place of each of these contacts, or of all."""
    return [
        pl.when(~is_erased(name) if contacts is None else pl.col(name).is_in(list(contacts)))
        .then(_derived(name))
        .otherwise(name)
        .alias(name)
        for name in CONTACTS
    ]


def is_erased(name: str) -> pl.Expr:
    """Whether a contact column has an erased contact."""
    return pl.col(name).str.starts_with("contact-")


def mask_texts(columns: Sequence[str], traces: Traces) -> list[pl.Expr]:
    """Text columns with the writings of contacts as their shapes."""
    return [
        pl.coalesce(
            pl.when(pl.col(name).str.contains(traces.pattern))
            .then(pl.col(name))
            .map_elements(traces.mask, return_dtype=pl.String),
            name,
        ).alias(name)
        for name in columns
    ]


def has_traces(columns: Sequence[str], traces: Traces) -> pl.Expr:
    """Whether a text column of a row has a writing of a contact, as `mask_texts` finds them."""
    masked = zip(columns, mask_texts(columns, traces), strict=True)
    may_have = pl.any_horizontal(pl.col(name).str.contains(traces.pattern) for name in columns)
    return (may_have & pl.any_horizontal(pl.col(name) != after for name, after in masked)).fill_null(value=False)


def _derived(name: str) -> pl.Expr:
    return derive_person_id(pl.col("account_id"), pl.col(name))


def _writings(contact: str) -> str:
    return _email_writings(contact) if "@" in contact else _phone_writings(contact)


def _email_writings(email: str) -> str:
    local, _, domain = email.rpartition("@")
    written = re.escape(local).replace(r"\+", _PLUS)
    domains = {domain, domain.encode("idna").decode() if not domain.isascii() else domain}
    return f"{written}{_AT}(?:{'|'.join(re.escape(each) for each in sorted(domains))})"


def _phone_writings(phone: str) -> str:
    number = phonenumbers.parse(phone)
    national = phonenumbers.national_significant_number(number)
    digits = _GAP.join(national)
    called = _GAP.join(str(number.country_code))
    code = rf"(?:{_PLUS}|00)?{_GAP}{called}{_GAP}(?:0{_GAP})?"
    trunk = rf"(?:0{_GAP})?"
    return f"(?:{code}|{trunk}){digits}" if len(national) >= SHORTEST_ALONE else f"{code}{digits}"
