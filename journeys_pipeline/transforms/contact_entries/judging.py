"""Contact rows judged one by one (F43-F53)."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import polars_hash as plh

from journeys_pipeline.catalog import ContactsFeed
from journeys_pipeline.schemas.contact_entries import (
    EMPTY_BOTH,
    EMPTY_EMAIL,
    EMPTY_PHONE,
    MALFORMED_EMAIL,
    MALFORMED_PHONE,
    MALFORMED_ROW,
    ContactEntries,
)
from journeys_pipeline.transforms.contact_entries.emails import normalise_emails
from journeys_pipeline.transforms.contact_entries.phones import normalise_phones

RAW = ["raw_phone", "raw_email"]
LONGEST_SHAPE = 60  # characters


@dataclass(frozen=True)
class ContactFile:
    """The landed file that the rows come from."""

    file_id: str
    account_id: str
    imported_at: datetime


def judge_contacts(rows: pl.LazyFrame, *, feed: ContactsFeed, file: ContactFile) -> pl.LazyFrame:
    """One ContactEntries row per contact row, by row_number: accepted, or refused with all its reasons (F47-F53).

    `rows`, in that order, has row_number, raw_phone, raw_email, attributes, is_readable. Only the feed's contact types
    are judged.
    With both types one valid contact is enough if the other is empty (F51), never if it is malformed (F50).
    Duplicates are those among these rows (D9).
    """
    imported_at = pl.lit(file.imported_at, dtype=pl.Datetime("us", "UTC"))
    return (
        rows.with_columns(pl.col(RAW).str.strip_chars())
        .with_columns(
            raw_phone=_given("raw_phone", is_wanted=feed.contact_type != "email"),
            raw_email=_given("raw_email", is_wanted=feed.contact_type != "phone"),
        )
        .with_columns(
            phone=pl.col("raw_phone").map_batches(
                lambda phones: normalise_phones(phones, default_region=feed.default_region), return_dtype=pl.String
            ),
            email=pl.col("raw_email").map_batches(normalise_emails, return_dtype=pl.String),
        )
        .with_columns(reasons=_reasons(feed.contact_type))
        .with_columns(is_valid=pl.col("reasons").is_null())
        .with_columns(contact=pl.when("is_valid").then(pl.coalesce("phone", "email")))
        .with_columns(
            file_id=pl.lit(file.file_id),
            account_id=pl.lit(file.account_id),
            sub_account_id=pl.lit(feed.sub_account_id, dtype=pl.String),
            journey_id=pl.lit(feed.journey_id),
            person_id=derive_person_id(pl.lit(file.account_id), pl.col("contact")),
            shape=_shape(pl.concat_str(*(_of_refused(column) for column in RAW), separator=" ", ignore_nulls=True)),
            is_duplicate=pl.col("is_valid") & ~pl.col("contact").is_first_distinct(),
            imported_at=imported_at,
            day=imported_at.dt.date(),
        )
        .select(ContactEntries.column_names())
    )


def find_repetitions(entries: pl.LazyFrame, *, part: int = 0, of_parts: int = 1) -> pl.LazyFrame:
    """`row_number` of a file's valid entries whose person came earlier in it (D9), for one part of the people.

    Args:
        entries: ContactEntries of one file, by row_number.
        part: Which part, from 0. The parts together are all people, and each needs its share of the memory only.
        of_parts: How many parts there are.
    """
    is_in_part = pl.col("person_id").hash() % of_parts == part
    valid = entries.filter("is_valid").select("row_number", "person_id").filter(is_in_part)
    return valid.filter(~pl.col("person_id").is_first_distinct()).select("row_number")


def _given(column: str, *, is_wanted: bool) -> pl.Expr:
    """The column's text; null where there is none, or none is wanted."""
    if not is_wanted:
        return pl.lit(None, dtype=pl.String)
    return pl.when(pl.col("is_readable") & (pl.col(column) != "")).then(column)


def _of_refused(column: str) -> pl.Expr:
    return pl.when(~pl.col("is_valid")).then(column)


def _shape(text: pl.Expr) -> pl.Expr:
    """What a text looks like, not what it says: runs of letters as x, of digits as 9; null where it is empty."""
    shape = text.str.head(LONGEST_SHAPE).str.replace_all(r"\p{N}+", "9").str.replace_all(r"[\p{L}\p{M}]+", "x")
    return pl.when(shape != "").then(shape)


def derive_person_id(account_id: pl.Expr, contact: pl.Expr) -> pl.Expr:
    """The person whom a contact stands for within an account, as `identify` would name them (D23).

    In the place of an erased contact stands what this gave for it.
    """
    digest = plh.concat_str(account_id, contact, separator="\x1f").chash.sha2_256()
    derived = pl.concat_str(pl.lit("contact-"), digest.str.head(32))
    return pl.when(contact.str.starts_with("contact-")).then(contact).otherwise(derived)


def _reasons(contact_type: str) -> pl.Expr:
    """All reasons to refuse the row, comma-separated; null if there is none."""
    is_empty = {
        "phone": pl.when(pl.col("raw_phone").is_null()).then(pl.lit(EMPTY_PHONE)),
        "email": pl.when(pl.col("raw_email").is_null()).then(pl.lit(EMPTY_EMAIL)),
        "both": pl.when(pl.col("raw_phone").is_null() & pl.col("raw_email").is_null()).then(pl.lit(EMPTY_BOTH)),
    }[contact_type]
    malformed = pl.concat_str(
        pl.when(pl.col("raw_phone").is_not_null() & pl.col("phone").is_null()).then(pl.lit(MALFORMED_PHONE)),
        pl.when(pl.col("raw_email").is_not_null() & pl.col("email").is_null()).then(pl.lit(MALFORMED_EMAIL)),
        separator=",",
        ignore_nulls=True,
    )
    is_unreadable = pl.when(~pl.col("is_readable")).then(pl.lit(MALFORMED_ROW))
    return pl.coalesce(is_unreadable, is_empty, pl.when(malformed != "").then(malformed))
