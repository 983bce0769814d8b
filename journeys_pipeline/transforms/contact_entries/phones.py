"""Phone numbers as customers write them become E.164, by the verdict of libphonenumber (F48)."""

import polars as pl


def normalise_phones(phones: pl.Series, *, default_region: str | None) -> pl.Series:
    """Each phone number in E.164; null where it is null or not valid.

    Args:
        phones: Text without surrounding white space, never empty.
        default_region: Where a number without a country code is from, e.g. "NL"; None: such a number is not valid.
    """
    distinct = phones.drop_nulls().unique()
    results = pl.Series([_e164(phone, default_region) for phone in distinct], dtype=pl.String)
    return phones.replace_strict(distinct, results, default=None, return_dtype=pl.String)


def _e164(value: str, default_region: str | None) -> str | None:
    """The phone number in E.164; None if it is not valid (F48)."""
    import phonenumbers  # noqa: PLC0415 # its metadata is loaded only where phones are judged

    try:
        number = phonenumbers.parse(value, default_region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
