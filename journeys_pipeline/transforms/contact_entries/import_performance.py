"""What became of each contact file: the import performance table (F37-F46)."""

import polars as pl

from journeys_pipeline.schemas.contact_entries import ImportExport, ImportPerformance
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED


def measure_imports(files: pl.LazyFrame, entries: pl.LazyFrame) -> pl.LazyFrame:
    """One ImportPerformance row per contact file (F38) and per connection error (F41), by fetched_at and file_id.

    `files` is shaped as LandedFiles, `entries` as ContactEntries. Counts are null where no file was read.
    """
    was_read = (pl.col("status") == LANDED) & pl.col("error").is_null()
    is_error = pl.col("status") == CONNECTION_ERROR
    counts = ["total_entries", "valid_entries", "invalid_entries", "duplicate_entries"]
    return (
        files.filter((pl.col("kind") == "contacts").fill_null(value=False) | is_error)
        .join(_count_entries(entries), on="file_id", how="left")
        .join(_count_reasons(entries), on="file_id", how="left")
        .with_columns(
            pl.when(was_read).then(pl.col(counts).fill_null(0)),
            reasons=pl.when(was_read).then(pl.col("reasons").fill_null("{}")),
            connection_error=pl.when(is_error).then("error"),
        )
        .sort("fetched_at", "file_id")
        .select(ImportPerformance.column_names())
    )


def export_imports(imports: pl.LazyFrame) -> pl.LazyFrame:
    """ImportExport rows of ImportPerformance rows, by time of fetching (F55)."""
    columns = [
        "fetched_at",
        pl.coalesce(pl.format("{}: {}", "connection_id", "connection_error"), "connection_id"),
        "file_name",
        "journey_id",
        "status",
        "total_entries",
        "valid_entries",
        "invalid_entries",
        "duplicate_entries",
        "reasons",
        "error",
    ]
    named = dict(zip(ImportExport.column_names(), columns, strict=True))
    return imports.sort("fetched_at", "file_id").select(**named)


def _count_entries(entries: pl.LazyFrame) -> pl.LazyFrame:
    return entries.group_by("file_id").agg(
        total_entries=pl.len().cast(pl.Int64),
        valid_entries=pl.col("is_valid").sum().cast(pl.Int64),
        invalid_entries=(~pl.col("is_valid")).sum().cast(pl.Int64),
        duplicate_entries=pl.col("is_duplicate").sum().cast(pl.Int64),
    )


def _count_reasons(entries: pl.LazyFrame) -> pl.LazyFrame:
    """Per file, how often each reason occurs, as a JSON object with sorted keys (F53)."""
    return (
        entries.filter(pl.col("reasons").is_not_null())
        .select("file_id", reason=pl.col("reasons").str.split(","))
        .explode("reason")
        .group_by("file_id", "reason")
        .agg(count=pl.len())
        .sort("file_id", "reason")
        .group_by("file_id", maintain_order=True)
        .agg(pairs=pl.format('"{}": {}', "reason", "count").str.join(", "))
        .select("file_id", reasons=pl.format("{{{}}}", "pairs"))
    )
