"""Phone numbers as customers write them become E.164, by the verdict of libphonenumber, at vector speed (F48).

Numbers in usual notations are judged as columns, by the library's own rules. What is written in another way goes to the
library itself: letters, extensions, digits that are not ASCII, several plus signs, parameters of `tel:` URIs.
"""

import re

import polars as pl

_WRITTEN = pl.col("written")
# What the library skips between digits, but for `x` and the tildes, which may begin an extension.
_PUNCTUATION = (
    "-. ()/*[]\u00a0\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u200b\u2060\u2212"
    "\u3000\u30fc\uff08\uff09\uff0d\uff0e\uff0f\uff3b\uff3d"
)
# It also skips what is before the first digit or plus sign, and all but letters, digits and `#` behind the last digit.
# A `;` may begin a parameter, which counts wherever it stands.
_BETWEEN = f"[{re.escape(_PUNCTUATION)}]*"
_USUAL = rf"^[\x00-\x7F--[+0-9;]]*\+?(?:{_BETWEEN}[0-9]){{3,}}{_BETWEEN}[\x00-\x7F--[+#0-9A-Za-z]]*$"
_SKIPPED = sorted({chr(code) for code in range(128)} - set("+0123456789") | set(_PUNCTUATION))
_ROWS_AT_LEAST = 100_000  # a smaller slice is not worth a second thread
_VALID = pl.Schema({"row": pl.UInt32, "phone": pl.String})
_LONGEST = 250  # the library reads no text that is longer
_HOPELESS = r"^[\x00-\x7F--[0-9]]*[0-9]?[\x00-\x7F--[0-9]]*$"  # the library wants two digits at least


def normalise_phones(phones: pl.Series, *, default_region: str | None) -> pl.Series:
    """Each phone number in E.164; null where it is null or not valid (F48).

    Args:
        phones: Text without surrounding white space, never empty.
        default_region: Where a number without a country code is from: a region of the library, e.g. "NL". None: such a
            number is not valid.
    """
    written = phones.to_frame("written").with_row_index("row").drop_nulls()
    # Text is worked on by one thread at a time, so it takes slices at once to use them all.
    rows = max(_ROWS_AT_LEAST, -(-written.height // pl.thread_pool_size()))
    slices = [
        written.lazy().slice(start, rows).map_batches(lambda part: _valid(part, default_region), schema=_VALID)
        for start in range(0, max(written.height, 1), rows)
    ]
    return _by_row(pl.concat(pl.collect_all(slices)), rows=len(phones)).alias(phones.name)


def _valid(written: pl.DataFrame, default_region: str | None) -> pl.DataFrame:
    """The `phone` in E.164 of each `row` whose number is valid, in any order."""
    from journeys_pipeline.transforms.contact_entries.dialled_numbers import (  # noqa: PLC0415 # loads the library
        judge_dialled_numbers,
    )

    read = written.with_columns(
        is_usual=_WRITTEN.str.contains(_USUAL) & (_WRITTEN.str.len_bytes() <= _LONGEST),
        number=_WRITTEN.str.replace_many(_SKIPPED, [""]),
    )
    usual = read.filter("is_usual").select("row", "number")
    odd = read.filter(~pl.col("is_usual")).filter(~_WRITTEN.str.contains(_HOPELESS))
    return pl.concat([*judge_dialled_numbers(usual, default_region), _ask_library(odd, default_region)])


def _by_row(valid: pl.DataFrame, *, rows: int) -> pl.Series:
    """The phones in their rows, and null in all other rows."""
    places = pl.repeat(None, rows, dtype=pl.UInt32, eager=True)
    return valid["phone"].gather(places.scatter(valid["row"], pl.int_range(valid.height, dtype=pl.UInt32, eager=True)))


def _ask_library(odd: pl.DataFrame, default_region: str | None) -> pl.DataFrame:
    """The valid phones among texts of any kind, each asked for once."""
    distinct = odd["written"].unique()
    phones = pl.Series([_library_e164(written, default_region) for written in distinct], dtype=pl.String)
    answers = pl.DataFrame({"written": distinct, "phone": phones})
    return odd.join(answers, on="written").select("row", "phone").drop_nulls()


def _library_e164(written: str, default_region: str | None) -> str | None:
    """The phone number in E.164; None if it is not valid (F48)."""
    import phonenumbers  # noqa: PLC0415 # its metadata is loaded only where phones are judged

    try:
        number = phonenumbers.parse(written, default_region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
