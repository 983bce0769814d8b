"""What each entry of a person did for the month's bill, as a sentence with its rule."""

import polars as pl

COLUMNS = ["entered_at", "journey_id", "entry_source", "source_id", "entered_as", "verdict"]

_CREDITED = ["source_id", "engaged_at", "journey_id"]


def explain_entries(entries: pl.DataFrame, ledger: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """One row per entry by time: entered_at, journey_id, entry_source, source_id, entered_as and its verdict.

    Args:
        entries: JourneyEntries of one person and month, and `entered_as`, the id that each came with.
        ledger: The person's MepLedger rows of the month: usually one or none; several if merged after the close.
        adjustments: The person's MepAdjustments of that service month.
    """
    booked = pl.concat([ledger.select("account_id", *_CREDITED), adjustments.select("account_id", *_CREDITED)])
    credited = booked.sort("engaged_at", "source_id").head(1).rename({name: f"credited_{name}" for name in _CREDITED})
    by_adjustment = adjustments.select("source_id", booked_in="month")
    return (
        entries.sort("entered_at", "source_id")
        .join(by_adjustment, on="source_id", how="left", maintain_order="left")
        .join(credited, on="account_id", how="left", maintain_order="left")
        .with_columns(verdict=_verdict(ledger["source_id"]))
        .select(COLUMNS)
    )


def _verdict(in_ledger: pl.Series) -> pl.Expr:
    is_first = pl.int_range(pl.len()) == 0
    at, month = pl.col("entered_at"), pl.col("booked_in").dt.strftime("%Y-%m")
    return (
        pl.when(pl.col("source_id").is_in(in_ledger.to_list()))
        .then(pl.lit("billed: the person's first entry of the month (F56, D1)"))
        .when(pl.col("booked_in").is_not_null())
        .then(pl.format("billed as an adjustment in {}: it came after the close (D5)", month))
        .when(pl.col("credited_source_id").is_null() & is_first)
        .then(pl.lit("not billed yet: the next booking run books it (D1)"))
        .when(pl.col("credited_source_id").is_null())
        .then(pl.lit("not billed: it is not the first (F57, F58)"))
        .when(at < pl.col("credited_engaged_at"))
        .then(pl.lit("not billed: it came after the close, and the person was billed already (D5)"))
        .when(at == pl.col("credited_engaged_at"))
        .then(pl.lit("not billed: at the same moment the smaller source id is credited (D3)"))
        .when(pl.col("journey_id") == pl.col("credited_journey_id"))
        .then(pl.lit("not billed: the journey again, by whatever way (F57, D23)"))
        .otherwise(pl.lit("not billed: another journey of the month (F58)"))
    )
