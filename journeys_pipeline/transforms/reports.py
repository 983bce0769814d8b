"""The rows of each report and its file format (F34, F36, F66-F74, F95)."""

from datetime import date, timedelta
from typing import Literal

import polars as pl

from journeys_pipeline.catalog import DeclaredTable, Filter
from journeys_pipeline.periods import utc_midnight
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.reports import DATASETS, ChannelReport, MepReport, parse_value
from journeys_pipeline.transforms.metrics import Facts, Periods, measure_channel_costs, measure_channels

XLSX_ROW_LIMIT = 10_000
CHANNEL_COLUMNS = [
    "journey_id", "kind", "period", "last", "channel", "messages_sent", "segments", "delivered", "failed",
    "bounced_hard", "bounced_soft", "pending", "seen_people", "opened_people", "clicked_people", "clicked",
    "unsubscribed", "complained", "replied",
]  # fmt: skip

Format = Literal["xlsx", "csv"]
Days = tuple[date, date]


def restate_meps(engagements: pl.LazyFrame, ledger: pl.LazyFrame) -> pl.LazyFrame:
    """MepLedger rows as they would be by what is known now; `billed_at` is null for whom nobody booked (D5).

    Args:
        engagements: `find_engagements` over the month's entries, by the identities of now.
        ledger: MepLedger rows of the same account and month, each under the id that its person has now; of several of
            one person the earliest `billed_at` counts.
    """
    key = ["month", "account_id", "person_id"]
    booked = ledger.group_by(key).agg(pl.col("billed_at").min())
    return engagements.join(booked, on=key, how="left").select(MepLedger.column_names())


def report_meps(billed: pl.LazyFrame, engagements: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """MepReport rows, by time of engagement, then person.

    For chosen sub-accounts, the people unique within these (D8): credited to their first entry there,
    with the Billed At of the account's billed rows.

    Args:
        billed: MepLedger rows of one account and month, as closed or as restated.
        engagements: `find_engagements` over the same month's entries into the chosen sub-accounts; None means all
            (F69).
    """
    key = ["month", "account_id", "person_id"]
    rows = billed if engagements is None else engagements.join(billed.select(*key, "billed_at"), on=key)
    columns = ["person_id", "engaged_at", "billed_at", "campaign_id", "campaign_name"]
    titles = dict(zip(columns, MepReport.column_names(), strict=True))
    return rows.sort("engaged_at", "person_id").select(columns).rename(titles)


def report_channels(facts: Facts, days: Days) -> pl.DataFrame:
    """ChannelReport rows and a cost column per currency: per journey, the totals, then the days (F34).

    Args:
        facts: Of the journeys wanted.
        days: First day, and the day after the last.
    """
    start, end = days
    total = _count_channels(facts, Periods(start, end, "range")).with_columns(
        kind=pl.lit("total"), last=pl.lit(end - timedelta(days=1))
    )
    daily = _count_channels(facts, Periods(start, end, "day")).with_columns(kind=pl.lit("day"), last=pl.col("period"))
    rows = pl.concat([total, daily], how="diagonal").sort(
        "journey_id", pl.col("kind") == "day", "period", "channel", maintain_order=True
    )
    costs = sorted(name for name in rows.columns if name.startswith("Cost"))
    titled = dict(zip(ChannelReport.column_names(), CHANNEL_COLUMNS, strict=True))
    return rows.select(*(pl.col(column).alias(title) for title, column in titled.items()), *costs)


def _count_channels(facts: Facts, periods: Periods) -> pl.DataFrame:
    """ChannelPerformance with one more column per currency; a message without a price costs nothing in any."""
    key = ["account_id", "journey_id", "period", "channel"]
    counts = measure_channels(facts, periods).collect(engine="streaming")
    costs = measure_channel_costs(facts, periods).collect(engine="streaming")
    titled = costs.with_columns(title="Cost " + pl.col("currency").replace("", "without currency"))
    return counts.join(titled.pivot("title", index=key, values="cost"), on=key, how="left")


def select_table(rows: pl.LazyFrame, wanted: DeclaredTable, account_id: str, days: Days | None) -> pl.LazyFrame:
    """The columns and rows that a declaration asks for, of one account and never of another (F36, F95).

    Args:
        rows: The dataset's rows, of any accounts.
        wanted: The declaration; the catalog has checked that what it names exists.
        account_id: Whose report it is.
        days: First day, and the day after the last; None: all.
    """
    dataset = DATASETS[wanted.dataset]
    schema = dataset.table.create_empty().schema
    kept = [pl.col("account_id") == account_id, *(_condition(each, schema) for each in wanted.filters)]
    if days and dataset.period_column:
        kept.append(_lies_in(dataset.period_column, schema[dataset.period_column], days))
    order = wanted.order or dataset.table.primary_key()
    names = [name.removeprefix("-") for name in order]
    return (
        rows.filter(kept)
        .sort(names, descending=[name.startswith("-") for name in order], nulls_last=True, maintain_order=True)
        .select(wanted.columns or dataset.table.column_names())
    )


def _condition(wanted: Filter, schema: pl.Schema) -> pl.Expr:
    column, dtype = pl.col(wanted.column), schema[wanted.column]
    if wanted.is_null is not None:
        return column.is_null() if wanted.is_null else column.is_not_null()
    if wanted.at_least is not None:
        return column >= pl.lit(parse_value(wanted.at_least, dtype), dtype)
    if wanted.at_most is not None:
        return column <= pl.lit(parse_value(wanted.at_most, dtype), dtype)
    values = pl.Series([parse_value(text, dtype) for text in wanted.one_of or wanted.none_of or []], dtype=dtype)
    if wanted.one_of is not None:
        return column.is_in(values.implode())
    return ~column.is_in(values.implode()) | column.is_null()


def _lies_in(name: str, dtype: pl.DataType, days: Days) -> pl.Expr:
    start, end = map(utc_midnight, days) if isinstance(dtype, pl.Datetime) else days
    return pl.col(name).is_between(pl.lit(start, dtype), pl.lit(end, dtype), closed="left")


def choose_format(row_count: int, wanted: Format) -> Format:
    """The format to write: more than 10,000 rows make it .csv (F71, D21)."""
    return "csv" if row_count > XLSX_ROW_LIMIT else wanted
