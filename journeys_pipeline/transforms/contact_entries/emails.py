"""E-mail addresses as customers write them become plain ones, by the verdict of email-validator (F48)."""

import polars as pl


def normalise_emails(emails: pl.Series) -> pl.Series:
    """Each e-mail address in lower case; null where it is null or not valid. Nothing is looked up.

    Args:
        emails: Text without surrounding white space, never empty.
    """
    distinct = emails.drop_nulls().unique()
    results = pl.Series([_normalised_email(email) for email in distinct], dtype=pl.String)
    return emails.replace_strict(distinct, results, default=None, return_dtype=pl.String)


def _normalised_email(value: str) -> str | None:
    """The e-mail address in lower case; None if it is not valid (F48)."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 # loaded only where e-mails are

    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
