"""Conservation: two counts of the same thing, made in different ways, must agree in the run's days.

Each balance is counted apart, so that a lost row makes the balance of its kind fail and no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets.ivr_metrics import CALLS
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.defs.checks.periods import described, run_range, within
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.daily_facts import JourneyEntries, JourneyExits, JourneySteps, MessageEvents
from journeys_pipeline.schemas.metrics import (
    CampaignPerformance,
    ChannelPerformance,
    ElementErrors,
    ElementPerformance,
    EntryPoints,
    ExitsByType,
    GoalValues,
)

CELL = ["account_id", "journey_id", "day"]
MESSAGE = ["account_id", "message_id"]
FINAL = ["message_delivered", "message_failed", "message_bounced"]
UNDELIVERED = ["failed", "bounced_hard", "bounced_soft"]

Days = tuple[date, date] | None


@dataclass(frozen=True)
class Books:
    """Where both sides of a balance are counted."""

    warehouse: Warehouse
    lake: Lake
    days: Days

    def figures(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table's figures by day, with `day` for their period."""
        first, last = self.days or (None, None)
        periods = {"period": days_between(first, date.fromordinal(last.toordinal() + 1))} if first and last else {}
        return self.warehouse.read(table, periods, grain="day").lazy().rename({"period": "day"})

    def facts(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table's facts of the days."""
        return self.lake.scan(table).filter(within(pl.col("day"), self.days))


Side = Callable[[Books], pl.LazyFrame]
"""Columns of the balance's key and `count`; a cell that it lacks counts 0."""


@dataclass(frozen=True)
class Balance:
    """Two sides that must be equal in every cell of the key."""

    name: str
    table: type[dy.Schema]
    description: str
    figures: Side
    other: Side
    key: Sequence[str] = field(default_factory=lambda: CELL)
    also_reads: Sequence[type[dy.Schema]] = ()
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR

    def differences(self, books: Books) -> pl.DataFrame:
        """The cells in which the sides differ, with both counts."""
        sides = [
            side(books).group_by(self.key).agg(pl.col("count").sum().cast(pl.Int64).alias(name))
            for side, name in ((self.figures, "figures"), (self.other, "counted"))
        ]
        joined = sides[0].join(sides[1], on=list(self.key), how="full", coalesce=True)
        filled = joined.with_columns(pl.col("figures", "counted").fill_null(0))
        return filled.filter(pl.col("figures") != pl.col("counted")).sort(self.key).collect(engine="streaming")


def summed(table: type[dy.Schema], *columns: str) -> Side:
    """The sum of columns of a table of figures."""
    return lambda books: books.figures(table).with_columns(count=pl.sum_horizontal(columns))


def rows_of(table: type[dy.Schema], condition: pl.Expr | None = None) -> Side:
    """The number of facts, or of those that meet a condition."""
    keep = pl.lit(value=True) if condition is None else condition
    return lambda books: books.facts(table).filter(keep).with_columns(count=pl.lit(1))


def messages_first_sent(books: Books) -> pl.LazyFrame:
    """One row per message that a journey sent, on the day of its first record; ids are looked for in all days."""
    is_send = (pl.col("event_type") == "message_sent") & pl.col("journey_id").is_not_null()
    concerned = books.facts(MessageEvents).filter(is_send).select(MESSAGE).unique()
    sends = books.lake.scan(MessageEvents).filter(is_send).join(concerned, on=MESSAGE, how="semi")
    first = sends.select(*MESSAGE, "journey_id", "day", "occurred_at", "source_id").sort("occurred_at", "source_id")
    return first.unique(MESSAGE, keep="first").filter(within(pl.col("day"), books.days)).with_columns(count=pl.lit(1))


def messages_ended(books: Books) -> pl.LazyFrame:
    """One row per message that was delivered or failed, unless it was sent on another day or by no journey."""
    is_send = pl.col("event_type") == "message_sent"
    ended = books.facts(MessageEvents).filter(pl.col("event_type").is_in(FINAL)).select(*MESSAGE, "day").unique()
    sends = books.lake.scan(MessageEvents).filter(is_send).join(ended, on=MESSAGE, how="semi")
    first = sends.filter(pl.col("journey_id").is_not_null()).group_by(MESSAGE).agg(sent_on=pl.col("day").min())
    outside = sends.filter(pl.col("journey_id").is_null()).select(MESSAGE).join(first, on=MESSAGE, how="anti")
    return (
        ended.join(outside, on=MESSAGE, how="anti")
        .join(first, on=MESSAGE, how="left")
        .filter(pl.col("sent_on").is_null() | (pl.col("sent_on") == pl.col("day")))
        .with_columns(count=pl.lit(1))
    )


ARRIVED = pl.col("event_type") == "element_entered"

BALANCES = [
    Balance(
        "every_entry_is_counted", CampaignPerformance,
        "The entries of each journey and day are the facts' (F6).",
        summed(CampaignPerformance, "entries"), rows_of(JourneyEntries),
    ),
    Balance(
        "entry_sources_sum_to_the_entries", EntryPoints,
        "The entries of all sources sum to those of the journey (F64).",
        summed(EntryPoints, "entries"), summed(CampaignPerformance, "entries"), also_reads=[CampaignPerformance],
    ),
    Balance(
        "every_exit_is_counted", ExitsByType,
        "The exits of all types sum to the facts' (D16).",
        summed(ExitsByType, "exits"), rows_of(JourneyExits),
    ),
    Balance(
        "channels_sum_to_the_messages_sent", ChannelPerformance,
        "The messages of all channels sum to those of the journey (F19).",
        summed(ChannelPerformance, "messages_sent"), summed(CampaignPerformance, "messages_sent"),
        also_reads=[CampaignPerformance],
    ),
    Balance(
        "every_message_sent_is_counted", ChannelPerformance,
        "The messages sent are the facts' message ids, each on its first day (F18, D17).",
        summed(ChannelPerformance, "messages_sent"), messages_first_sent,
    ),
    Balance(
        "every_message_has_one_fate", ChannelPerformance,
        "Sent = delivered + failed + bounced + pending.",
        summed(ChannelPerformance, "messages_sent"), summed(ChannelPerformance, "delivered", *UNDELIVERED, "pending"),
    ),
    Balance(
        "every_fate_is_counted", ChannelPerformance,
        "The messages delivered, failed or bounced on the day they were sent are the facts'; a fate of a message that "
        "was never sent is one too many.",
        summed(ChannelPerformance, "delivered", *UNDELIVERED), messages_ended, key=["account_id", "day"],
        severity=dg.AssetCheckSeverity.WARN,  # of the first days of a feed the sending is not known
    ),
    Balance(
        "every_arrival_is_counted", ElementPerformance,
        "The arrivals at all elements are the facts' (F3).",
        summed(ElementPerformance, "entered"), rows_of(JourneySteps, ARRIVED),
    ),
    Balance(
        "every_completion_is_counted", ElementPerformance,
        "The completions of all elements are the facts' (F3).",
        summed(ElementPerformance, "completed"), rows_of(JourneySteps, ~ARRIVED),
    ),
    Balance(
        "error_codes_sum_to_the_errors", ElementErrors,
        "The errors of all codes sum to those of the elements.",
        summed(ElementErrors, "errors"), summed(ElementPerformance, "errored"), also_reads=[ElementPerformance],
    ),
    Balance(
        "currencies_sum_to_the_goal_events", GoalValues,
        "The goal events of all currencies sum to those of the journey (F16).",
        summed(GoalValues, "goal_events"), summed(CampaignPerformance, "goal_events"),
        also_reads=[CampaignPerformance],
    ),
]  # fmt: skip


_ASSET_OF = {table: f"{family.name}_by_day" for family in (*FAMILIES, CALLS) for table in family.measures}


def balance_check(balance: Balance) -> dg.AssetChecksDefinition:
    """The check that a balance's sides agree in the run's days."""

    @dg.asset_check(
        asset=_ASSET_OF[balance.table],
        name=balance.name,
        description=balance.description,
        additional_deps=sorted({_ASSET_OF[table] for table in balance.also_reads} - {_ASSET_OF[balance.table]}),
    )
    def check(
        context: dg.AssetCheckExecutionContext, lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
    ) -> dg.AssetCheckResult:
        days = run_range(context)
        wrong = balance.differences(Books(warehouse_database.open(), lake_folder.open(), days))
        return dg.AssetCheckResult(
            passed=wrong.is_empty(),
            severity=balance.severity,
            metadata={"cells that differ": wrong.height, "days": described(days), "first": markdown_table(wrong)},
        )

    return check
