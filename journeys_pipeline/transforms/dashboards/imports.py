"""Datasets about contact files: what was fetched, what became of it, what to look at (F37-F55)."""

import polars as pl

from journeys_pipeline.schemas.contact_entries import REASONS, ImportPerformance
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, REFUSED, WITHDRAWN, LandedFiles
from journeys_pipeline.transforms.dashboards.naming import named
from journeys_pipeline.transforms.dashboards.served import WEEKDAYS, Served, Shape

FEED = ["connection_id", "feed_id"]
COUNTS = ["total", "valid", "invalid"]
NAMED_REASONS = {code: code.replace("_", " ").capitalize() for code in REASONS}


def shape_imports(served: Served) -> pl.LazyFrame:
    """The month's files in figures."""
    return (
        _counted(served)
        .group_by("month")
        .agg(_files(), pl.col(COUNTS).sum(), _errors())
        .with_columns(valid_share=_share("valid"))
        .select("month", "files", *COUNTS, "valid_share", "connection_errors")
    )


def shape_import_days(served: Served) -> pl.LazyFrame:
    """Entries, files and connection errors per day of fetching."""
    counts = ["valid", "invalid", "files", "connection_errors"]
    days = _counted(served).group_by("day").agg(_files(), pl.col("valid", "invalid").sum(), _errors())
    filled = served.days().join(days, on="day", how="left").select("month", "day", pl.col(counts).fill_null(0))
    return filled.filter((pl.sum_horizontal(counts) > 0).any().over("month")).sort("day")


def shape_import_files(served: Served) -> pl.LazyFrame:
    """The import performance table; a connection error stands in the column of its connection (F41)."""
    columns = ["journey", "page", "file_status", *COUNTS, "invalid_share", "warning_line", "reasons"]
    connection = pl.coalesce("connection_error", "connection_id")
    files = named(_imports(served).with_columns(file_status="status"), served)
    return (
        files.select("month", "fetched_at", connection.alias("connection"), pl.col("file_name").alias("file"), *columns)
        .rename({"file_status": "status"})
        .sort("fetched_at", "file", descending=[True, False], nulls_last=True)
    )


def shape_import_warnings(served: Served) -> pl.LazyFrame:
    """Files with invalid entries, the worst first."""
    bad = _counted(served).filter(pl.col("invalid") > 0)
    columns = ["month", pl.col("file_name").alias("file"), "invalid_share", "warning_line"]
    return bad.select(columns).sort("month", "invalid_share", "file", descending=[True, True, False])


def shape_import_reviews(served: Served) -> pl.LazyFrame:
    """What somebody should look at, the newest first."""
    is_over = pl.col("invalid_share") > pl.col("warning_line")
    share = (pl.col("invalid_share") * 100).round(1).cast(pl.String)
    finding = (
        pl.when(pl.col("status") == CONNECTION_ERROR)
        .then(pl.col("connection_error"))
        .when(pl.col("status").is_in([REFUSED, WITHDRAWN]))
        .then(pl.col("error"))
        .when(is_over)
        .then(pl.format("{}% of its entries are invalid, more than the feed's warning line", share))
    )
    found = _imports(served).with_columns(finding=finding).filter(pl.col("finding").is_not_null())
    columns = ["month", "fetched_at", pl.col("file_name").alias("file"), pl.col("connection_id").alias("connection")]
    return found.select(*columns, "finding").sort("fetched_at", "file", descending=[True, False], nulls_last=True)


def shape_import_reasons(served: Served) -> pl.LazyFrame:
    """Entries refused, by reason; an entry may have several."""
    counts = pl.Struct(dict.fromkeys(REASONS, pl.Int64))
    refused = _counted(served).filter(pl.col("reasons_json").is_not_null())
    by_code = refused.select("month", pl.col("reasons_json").str.json_decode(counts)).unnest("reasons_json")
    return (
        by_code.unpivot(list(REASONS), index=["month"], variable_name="reason", value_name="entries")
        .group_by("month", "reason")
        .agg(pl.col("entries").sum())
        .filter(pl.col("entries") > 0)
        .with_columns(pl.col("reason").replace(NAMED_REASONS))
        .sort("month", "entries", "reason", descending=[True, True, False])
    )


def shape_import_contacts(served: Served) -> pl.LazyFrame:
    """Entries by the contact that their feed asks for."""
    feeds = [(*feed, kind) for feed, kind in served.contact_types.items()]
    kinds = pl.LazyFrame(feeds, schema={**dict.fromkeys(FEED, pl.String), "contact_type": pl.String}, orient="row")
    return (
        _counted(served)
        .join(kinds, on=FEED)
        .group_by("month", "contact_type")
        .agg(_files(), pl.col(COUNTS).sum())
        .with_columns(valid_share=_share("valid"))
        .select("month", "contact_type", "files", "valid", "invalid", "valid_share")
        .sort("month", "contact_type")
    )


def shape_import_journeys(served: Served) -> pl.LazyFrame:
    """Journeys that files feed, those with the most entries first."""
    fed = _counted(served).filter(pl.col("journey_id").is_not_null()).group_by("month", "journey_id")
    journeys = named(fed.agg(_files(), pl.col("valid").sum()), served).filter(pl.col("files") > 0)
    return journeys.select("month", "journey", "page", "files", "valid").sort(
        "month", "valid", "journey", descending=[True, True, False]
    )


def shape_import_arrivals(served: Served) -> pl.LazyFrame:
    """When contact files were last changed on the server; files without that time are left out."""
    files = served.of(LandedFiles).filter(
        (pl.col("kind") == "contacts") & (pl.col("status") == LANDED) & pl.col("modified_at").is_not_null()
    )
    at = pl.col("modified_at")
    hours = files.with_columns(
        month=pl.col("fetched_at").dt.date().dt.month_start(), weekday=at.dt.weekday(), hour=at.dt.hour()
    )
    counted = served.in_sight(hours).group_by("month", "weekday", "hour").agg(files=pl.len().cast(pl.Int64))
    week = pl.LazyFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int8}).join(
        pl.LazyFrame({"hour": range(24)}, schema={"hour": pl.Int8}), how="cross"
    )
    grid = counted.select("month").unique().join(week, how="cross")
    return (
        grid.join(counted, on=["month", "weekday", "hour"], how="left")
        .sort("month", "weekday", "hour")
        .select(
            "month",
            pl.col("weekday").replace_strict(WEEKDAYS, return_dtype=pl.String),
            pl.format("{}:00", pl.col("hour").cast(pl.String).str.zfill(2)).alias("hour"),
            pl.col("files").fill_null(0),
        )
    )


def _counted(served: Served) -> pl.LazyFrame:
    """What `_imports` gives, but for withdrawn files: they are shown, and count nowhere."""
    return _imports(served).filter(pl.col("status") != WITHDRAWN)


def _imports(served: Served) -> pl.LazyFrame:
    """ImportPerformance in the words of pages, with the day and month of fetching and the feed's warning line."""
    lines = [(*feed, line) for feed, line in served.warning_lines.items()]
    warning_lines = pl.LazyFrame(
        lines, schema={**dict.fromkeys(FEED, pl.String), "warning_line": pl.Float64}, orient="row"
    )
    day = pl.col("fetched_at").dt.date()
    rows = served.of(ImportPerformance).with_columns(
        day=day, month=day.dt.month_start(), total="total_entries", valid="valid_entries", invalid="invalid_entries",
        reasons_json="reasons", reasons=_reasons_text(),
    )  # fmt: skip
    known = rows.join(warning_lines, on=FEED, how="left").with_columns(invalid_share=_share("invalid"))
    return served.in_sight(known)


def _reasons_text() -> pl.Expr:
    """Malformed phone: 4, Malformed row: 3."""
    return pl.col("reasons").str.replace_many(['"', "{", "}", *NAMED_REASONS], ["", "", "", *NAMED_REASONS.values()])


def _files() -> pl.Expr:
    return (pl.col("status") == LANDED).sum().cast(pl.Int64).alias("files")


def _errors() -> pl.Expr:
    return (pl.col("status") == CONNECTION_ERROR).sum().cast(pl.Int64).alias("connection_errors")


def _share(part: str) -> pl.Expr:
    return pl.when(pl.col("total") > 0).then(pl.col(part) / pl.col("total"))


IMPORT_SHAPES: dict[str, Shape] = {
    "imports": shape_imports,
    "import_days": shape_import_days,
    "import_files": shape_import_files,
    "import_warnings": shape_import_warnings,
    "import_reviews": shape_import_reviews,
    "import_reasons": shape_import_reasons,
    "import_contacts": shape_import_contacts,
    "import_journeys": shape_import_journeys,
    "import_arrivals": shape_import_arrivals,
}
