"""The manifest: one row per file that a fetch saw, and per connection that failed."""

import dataframely as dy
import polars as pl

LANDED = "landed"
DUPLICATE = "duplicate"
REFUSED = "refused"
CONNECTION_ERROR = "connection_error"
STATUSES = [LANDED, DUPLICATE, REFUSED, CONNECTION_ERROR]
KINDS = ["events", "contacts", "journeys"]


class LandedFiles(dy.Schema):
    """One row per file as fetched (F38), and one per failed connection (F41).

    A file's identity is its content within connection and journey (D12): the same bytes again are a
    row of status "duplicate" that names the first, and add nothing.
    """

    file_id = dy.String(primary_key=True, description="Hash of connection, feed, sha256; of the attempt if not landed")
    account_id = dy.String(description="Account that the connection belongs to")
    connection_id = dy.String(description="Connection that the file came over (F40)")
    feed_id = dy.String(nullable=True, description="Feed that matched the file; null for a connection error")
    kind = dy.String(nullable=True, description="events, contacts or journeys", check=lambda c: c.is_in(KINDS))
    journey_id = dy.String(nullable=True, description="Journey that a contact file feeds")
    file_name = dy.String(nullable=True, description="Name on the server (F42), control characters replaced")
    file_bytes = dy.Int64(nullable=True, min=0, description="Size as fetched, bytes")
    modified_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True, description="Server's own time stamp")
    sha256 = dy.String(nullable=True, description="Hash of the bytes, hexadecimal")
    fetched_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the fetch (F39)")
    status = dy.String(description="landed, duplicate, refused or connection_error", check=lambda c: c.is_in(STATUSES))
    duplicate_of = dy.String(nullable=True, description="file_id of the first file with these bytes")
    error = dy.String(nullable=True, description="What went wrong and what to do about it")

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
