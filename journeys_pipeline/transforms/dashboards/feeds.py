"""Datasets about files: what came over each feed."""

import polars as pl

from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, REFUSED, FeedReadings, LandedFiles
from journeys_pipeline.transforms.dashboards.served import Served, Shape


def shape_feeds(served: Served) -> pl.LazyFrame:
    """What came over each feed in a month; a feed that brought nothing in it keeps its row and last file."""
    files = served.of(LandedFiles).with_columns(month=pl.col("fetched_at").dt.date().dt.month_start())
    read = served.of(FeedReadings).select("file_id", "records", "quarantined")
    key = ["connection_id", "feed_id"]
    in_month = (
        files.join(read, on="file_id", how="left")
        .group_by(*key, "month")
        .agg(
            files=(pl.col("status") == LANDED).sum(),
            failed_files=pl.col("status").is_in([REFUSED, CONNECTION_ERROR]).sum(),
            records=pl.col("records").filter(pl.col("status") == LANDED).sum(),
            quarantined=pl.col("quarantined").filter(pl.col("status") == LANDED).sum(),
            newest=pl.col("fetched_at").filter(pl.col("status") == LANDED).max(),
            holds=pl.col("kind").drop_nulls().first(),
        )
    )
    months = pl.LazyFrame({"month": sorted(served.months)}, schema={"month": pl.Date})
    kinds = in_month.group_by(key).agg(pl.col("holds").drop_nulls().first())
    counts = ["files", "failed_files", "records", "quarantined"]
    return (
        kinds.join(months, how="cross")
        .join(in_month.drop("holds"), on=[*key, "month"], how="left", nulls_equal=True)
        .sort("connection_id", "feed_id", "month", nulls_last=True)
        .with_columns(last_file_at=pl.col("newest").forward_fill().over(key))
        .select(
            "month",
            pl.coalesce(pl.col("feed_id"), pl.col("connection_id") + " (connection)").alias("feed"),
            pl.col("holds").fill_null("connection errors"),
            "last_file_at",
            pl.col(counts).fill_null(0).cast(pl.Int64),
        )
        .filter(pl.col("last_file_at").is_not_null() | (pl.col("failed_files") > 0))
    )


FEED_SHAPES: dict[str, Shape] = {"feeds": shape_feeds}
