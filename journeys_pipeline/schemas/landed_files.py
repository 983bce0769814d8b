"""The manifest: one row per file that arrived, and per connection that failed; and what fetching must remember."""

import dataframely as dy
import polars as pl

LANDED = "landed"
DUPLICATE = "duplicate"
REFUSED = "refused"
SKIPPED = "skipped"
CONNECTION_ERROR = "connection_error"
WITHDRAWN = "withdrawn"
STATUSES = [LANDED, DUPLICATE, REFUSED, SKIPPED, CONNECTION_ERROR, WITHDRAWN]
KINDS = ["events", "contacts", "journeys", "people"]


class LandedFiles(dy.Schema):
    """One row per file that arrived (F38), and one per failed fetch of a connection (F41).

    A file's identity is its content within connection and journey (D12): the same bytes again are a row of
    status "duplicate" that names the first, and add nothing. A file that could not be fetched is one row for
    each state and cause; what is no file to fetch (a link, an odd name) is one row of status "skipped".
    What was landed and is taken back is "withdrawn".
    """

    file_id = dy.String(primary_key=True, description="Hash of connection, journey or kind, sha256; else of the row")
    account_id = dy.String(description="Account that the connection belongs to")
    connection_id = dy.String(description="Connection that the file came over (F40)")
    feed_id = dy.String(nullable=True, description="Feed that matched the file; null for a connection error")
    kind = dy.String(nullable=True, description="events, contacts, journeys or people", check=lambda c: c.is_in(KINDS))
    journey_id = dy.String(nullable=True, description="Journey that a contact file feeds")
    file_name = dy.String(nullable=True, description="Name on the server (F42), control characters replaced")
    file_bytes = dy.Int64(nullable=True, min=0, description="Size as fetched, bytes")
    modified_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True, description="Server's own time stamp")
    sha256 = dy.String(nullable=True, description="Hash of the bytes, hexadecimal")
    fetched_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the fetch (F39)")
    status = dy.String(
        description="landed, duplicate, refused, skipped, connection_error or withdrawn",
        check=lambda c: c.is_in(STATUSES),
    )
    duplicate_of = dy.String(nullable=True, description="file_id of the first file with these bytes")
    error = dy.String(nullable=True, description="What went wrong and what to do about it")
    after_error = dy.String(
        nullable=True, description="Why the file still lies where it was fetched; each fetch tries to put it away"
    )

    @dy.rule()
    def landed_has_content(cls) -> pl.Expr:
        """A landed file has a feed, a name and a hash."""
        has_all = pl.col("feed_id").is_not_null() & pl.col("file_name").is_not_null() & pl.col("sha256").is_not_null()
        return (pl.col("status") != LANDED) | has_all


class FeedReadings(dy.Schema):
    """One row per landed file that was read: what became of its records. A file is read once."""

    file_id = dy.String(primary_key=True)
    account_id = dy.String()
    kind = dy.String(description="events, contacts or journeys")
    records = dy.Int64(min=0)
    accepted = dy.Int64(min=0, description="Of a contact file: valid entries")
    duplicates = dy.Int64(min=0, description="Same key, same content: dropped")
    quarantined = dy.Int64(min=0, description="Of a contact file: invalid entries")
    read_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that read it")

    @dy.rule()
    def nothing_is_lost(cls) -> pl.Expr:
        """Records = accepted + duplicates + quarantined."""
        return pl.col("records") == pl.col("accepted") + pl.col("duplicates") + pl.col("quarantined")


class FileSightings(dy.Schema):
    """One row per name that a feed's listings showed: its size and time stamp there, and what is known behind them."""

    connection_id = dy.String(primary_key=True, description="Connection, see `LandedFiles`")
    feed_id = dy.String(primary_key=True, description="Feed that matched the name")
    file_name = dy.String(primary_key=True, description="Name on the server")
    file_bytes = dy.Int64(min=0, description="Size as listed last")
    modified_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Server's own time stamp as listed last")
    seen_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When it was first listed so, by our wall clock")
    sha256 = dy.String(nullable=True, description="Hash of the bytes behind it; null until they are read")
    file_id = dy.String(nullable=True, description="Row of the manifest that tells of it")
    read_at = dy.Datetime(
        time_unit="us", time_zone="UTC", nullable=True, description="Logical time of the last reading"
    )


class ConnectionLeases(dy.Schema):
    """One row per connection that was ever fetched: who may write about it, until when."""

    connection_id = dy.String(primary_key=True, description="Connection, see `LandedFiles`")
    token = dy.Int64(min=1, description="Grows with each holder; a holder with an older one is refused")
    expires_at = dy.Datetime(
        time_unit="us", time_zone="UTC", description="When another may take over, by the wall clock"
    )


class FileReturns(dy.Schema):
    """One row per contact file whose rejects and receipt go back to its sender: each goes back once."""

    file_id = dy.String(primary_key=True, description="Landed file, see `LandedFiles`")
    account_id = dy.String()
    connection_id = dy.String(description="Connection that the file came over")
    attempts = dy.Int64(min=1, description="How often it was tried")
    last_error = dy.String(nullable=True, description="Why it is not back yet; the next run tries again")
    returned_at = dy.Datetime(
        time_unit="us", time_zone="UTC", nullable=True, description="Logical time of the run that brought it back"
    )


class Withdrawals(dy.Schema):
    """One row per withdrawal of a landed file, for good: who took it back, when, why, and who took that back."""

    file_id = dy.String(primary_key=True, description="Landed file, see `LandedFiles`")
    withdrawn_at = dy.Datetime(
        primary_key=True, time_unit="us", time_zone="UTC", description="Logical time of the withdrawal"
    )
    account_id = dy.String()
    kind = dy.String(description="events, contacts, journeys or people", check=lambda c: c.is_in(KINDS))
    withdrawn_by = dy.String(description="Who withdrew it, as they named themselves")
    reason = dy.String(nullable=True, description="Why, in their words")
    taken_out_at = dy.Datetime(
        time_unit="us", time_zone="UTC", nullable=True, description="Logical time of the run that took out its rows"
    )
    reinstated_at = dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        nullable=True,
        description="Logical time of the reinstatement, if there was one",
    )
    reinstated_by = dy.String(nullable=True, description="Who reinstated it")
    put_back_at = dy.Datetime(
        time_unit="us", time_zone="UTC", nullable=True, description="Logical time of the run that put its rows back"
    )
