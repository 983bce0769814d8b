"""Entries of contact files, accepted or refused (F43-F53), and the import performance table (F37-F46)."""

import dataframely as dy
import polars as pl

EMPTY_PHONE = "EMPTY_PHONE"
MALFORMED_PHONE = "MALFORMED_PHONE"
EMPTY_EMAIL = "EMPTY_EMAIL"
MALFORMED_EMAIL = "MALFORMED_EMAIL"
EMPTY_BOTH = "EMPTY_BOTH"
MALFORMED_ROW = "MALFORMED_ROW"

REASONS = {
    EMPTY_PHONE: "The phone column is empty. Fill it in, or leave the row out.",
    MALFORMED_PHONE: "The phone number is not valid. Use international notation, e.g. +31 20 624 1111.",
    EMPTY_EMAIL: "The e-mail column is empty. Fill it in, or leave the row out.",
    MALFORMED_EMAIL: "The e-mail address is not valid. Check for typing errors and stray characters.",
    EMPTY_BOTH: "Phone and e-mail are both empty. Fill in at least one.",
    MALFORMED_ROW: "The row cannot be read: its number of fields differs from the header's, or it is not valid text.",
}


class ContactEntries(dy.Schema):
    """One row per entry (data row) of a landed contact file; never blank lines or the header (D11)."""

    file_id = dy.String(primary_key=True, description="File that the entry came in")
    row_number = dy.Int64(primary_key=True, min=1, description="Line of the file on which the row begins, header = 1")
    account_id = dy.String()
    sub_account_id = dy.String(nullable=True)
    journey_id = dy.String(description="Journey that the file feeds")
    phone = dy.String(nullable=True, description="E.164; null if empty or not valid")
    email = dy.String(nullable=True, description="Lower case; null if empty or not valid")
    person_id = dy.String(nullable=True, description="Derived from account and contact (D23); null if invalid")
    is_valid = dy.Bool(  # pyright: ignore[reportAssignmentType] - the column hides a method that we do not call
        description="Added to the journey (F44) or not (F45)"
    )
    reasons = dy.String(nullable=True, description="Codes of all reasons for refusal, comma-separated (F53)")
    shape = dy.String(
        nullable=True, description="Shape of what was refused: runs of letters as x, of digits as 9; never the contact"
    )
    is_duplicate = dy.Bool(description="The same person came earlier in this file (D9); valid all the same")
    attributes = dy.String(description="The other columns as JSON")
    imported_at = dy.Datetime(
        time_unit="us", time_zone="UTC", description="When the file was fetched: the entry's time"
    )
    day = dy.Date(description="UTC day of imported_at")

    @dy.rule()
    def refusal_has_reason(cls) -> pl.Expr:
        """An entry has a reason exactly when it is invalid."""
        return pl.col("is_valid") == pl.col("reasons").is_null()


class ImportPerformance(dy.Schema):
    """One row per fetched contact file (F38), and per connection error (F41).

    A withdrawn file keeps its counts; its entries count nowhere else.
    """

    file_id = dy.String(primary_key=True)
    account_id = dy.String()
    journey_id = dy.String(nullable=True)
    connection_id = dy.String(description="F40")
    feed_id = dy.String(nullable=True, description="Feed that matched the file; null for a connection error")
    connection_error = dy.String(nullable=True, description="Shown in the connection column (F41)")
    file_name = dy.String(nullable=True, description="F42")
    fetched_at = dy.Datetime(time_unit="us", time_zone="UTC", description="F39")
    status = dy.String(description="landed, duplicate, refused, skipped, connection_error or withdrawn")
    error = dy.String(nullable=True)
    total_entries = dy.Int64(nullable=True, min=0, description="F43; null where no file was read")
    valid_entries = dy.Int64(nullable=True, min=0, description="F44")
    invalid_entries = dy.Int64(nullable=True, min=0, description="F45")
    duplicate_entries = dy.Int64(
        nullable=True, min=0, description="Valid, but the person came earlier in the file (D9)"
    )
    reasons = dy.String(nullable=True, description="Count per reason code as JSON (F53)")

    @dy.rule()
    def total_is_valid_plus_invalid(cls) -> pl.Expr:
        """Total entries = valid + invalid, always (F46)."""
        return pl.col("total_entries").is_null() | (
            pl.col("total_entries") == pl.col("valid_entries") + pl.col("invalid_entries")
        )


class ImportExport(dy.Schema):
    """The import performance table as a CSV file for people (F55): one row per file or connection error."""

    fetched_at = dy.Datetime(time_unit="us", time_zone="UTC", alias="Fetched At", description="F39")
    connection = dy.String(alias="Connection", description="The connection, or its error where it failed (F40, F41)")
    file_name = dy.String(alias="File Name", nullable=True, description="F42")
    journey_id = dy.String(alias="Journey ID", nullable=True, description="Journey that the file feeds (F37)")
    status = dy.String(alias="Status", description="landed, duplicate, refused, skipped, connection_error or withdrawn")
    total = dy.Int64(alias="Total", nullable=True, min=0, description="F43")
    valid = dy.Int64(alias="Valid", nullable=True, min=0, description="F44")
    invalid = dy.Int64(alias="Invalid", nullable=True, min=0, description="F45")
    duplicates = dy.Int64(alias="Duplicates", nullable=True, min=0, description="Valid, flagged (D9)")
    reasons = dy.String(alias="Reasons", nullable=True, description="Count per reason code (F53)")
    error = dy.String(alias="Error", nullable=True, description="What went wrong, and what to do about it")
