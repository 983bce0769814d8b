"""Conservation of passages: who entered has left or is inside; parts sum to wholes, and figures are the facts'."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.checks.balances import CELL, Balance, Books, rows_of, summed
from journeys_pipeline.defs.checks.periods import within
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries, JourneyExits, JourneySteps
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.metrics import (
    AccountPerformance,
    BranchTraffic,
    CampaignPerformance,
    ElementErrors,
    ElementPerformance,
    EntryPoints,
    ExitsByType,
    GoalValues,
    VersionExits,
    VersionPerformance,
)

JOURNEY = ["account_id", "journey_id"]
PERSON = [*JOURNEY, "person_id"]
ELEMENT = [*CELL, "element_id"]
PASSAGE = [*JOURNEY, "passage"]
ACCOUNT_DAY = ["account_id", "day"]
ARRIVED = pl.col("event_type") == "element_entered"


def exits_of_entered(books: Books) -> pl.LazyFrame:
    """The exits of the days, but those of people who have left the journey more often than entered it."""
    exits = books.persons(JourneyExits)
    concerned = exits.filter(within(pl.col("day"), books.days)).select(PERSON).unique()
    entries = (
        books.persons(JourneyEntries).join(concerned, on=PERSON, how="semi").group_by(PERSON).agg(entries=pl.len())
    )
    nth = pl.int_range(pl.len()).over(PERSON, order_by=["exited_at", "source_id"])
    return (
        exits.join(concerned, on=PERSON, how="semi")
        .with_columns(earlier=nth)
        .join(entries, on=PERSON)
        .filter((pl.col("earlier") < pl.col("entries")) & within(pl.col("day"), books.days))
        .with_columns(count=pl.lit(1))
    )


def _inside(books: Books) -> pl.LazyFrame:
    counts = books.figures(ElementPerformance).with_columns(count=pl.col("in_it_now").cast(pl.Int64))
    return counts.join(_days_after_made(books), on=ACCOUNT_DAY, how="semi")


def _still_inside(books: Books) -> pl.LazyFrame:
    """Who was inside on the day before, and who entered, without who completed the element or left from within."""
    rows = books.figures(ElementPerformance, days_before=1)
    stayed = rows.select(*ELEMENT, count=pl.col("in_it_now").cast(pl.Int64))
    came = rows.select(*ELEMENT, count=pl.col("entered").cast(pl.Int64) - pl.col("completed"))
    changes = [came, exits_from_within(books), stayed.with_columns(pl.col("day").dt.offset_by("1d"))]
    return pl.concat(changes).join(_days_after_made(books), on=ACCOUNT_DAY, how="semi")


def exits_from_within(books: Books) -> pl.LazyFrame:
    """Columns of ELEMENT and a `count` of -1: the visits that exits of the days ended, wherever these took place."""
    passage = pl.coalesce("entry_id", "person_id").alias("passage")
    exits = books.persons(JourneyExits).select(*JOURNEY, passage, "day", "exited_at", "source_id")
    of_days = exits.filter(within(pl.col("day"), books.days)).select(PASSAGE).unique()
    steps = books.persons(JourneySteps).select(
        *JOURNEY, passage, "element_id", "event_type", "occurred_at", step="source_id"
    )
    last = pl.col("event_type", "step").max_by(pl.struct("occurred_at", ~ARRIVED, "step"))
    return (
        exits.join(of_days, on=PASSAGE, how="semi")
        .join(steps, on=PASSAGE)
        .filter(pl.col("occurred_at") <= pl.col("exited_at"))
        .group_by(*ELEMENT, "exited_at", "source_id")
        .agg(last)
        .filter(ARRIVED)
        .sort("exited_at", "source_id")
        .unique([*JOURNEY, "step"], keep="first", maintain_order=True)  # who has left cannot leave again
        .filter(within(pl.col("day"), books.days))
        .select(*ELEMENT, count=pl.lit(-1, pl.Int64))
    )


def _days_after_made(books: Books) -> pl.LazyFrame:
    """The accounts' days that were made like the day before: else nothing is known of who was inside."""
    made = pl.concat(
        [
            books.figures(ElementPerformance, days_before=1).select(ACCOUNT_DAY),
            books.refreshes(days_before=1).select(ACCOUNT_DAY),
        ]
    ).unique()
    before = made.with_columns(pl.col("day").dt.offset_by("1d"))
    return made.join(before, on=ACCOUNT_DAY, how="semi").filter(within(pl.col("day"), books.days))


def goals_of_entered(books: Books) -> pl.LazyFrame:
    """One row per goal event of the days and journey with that goal that its person had entered in time (D15)."""
    newest = books.rows(Journeys).sort("version").unique(JOURNEY, keep="last", maintain_order=True)
    wanted = newest.select(*JOURNEY, "goal_attribution_days", event_name="goal_event_name").drop_nulls("event_name")
    performed = books.persons(GoalEvents).filter(within(pl.col("day"), books.days))
    entries = books.persons(JourneyEntries).select(*PERSON, "entered_at")
    since_entry = pl.col("occurred_at") - pl.col("entered_at")
    window = pl.duration(days="goal_attribution_days")
    return (
        performed.join(wanted, on=["account_id", "event_name"])
        .join(entries, on=PERSON)
        .filter(since_entry.is_between(pl.duration(), window))
        .unique([*JOURNEY, "source_id"])
        .with_columns(count=pl.lit(1))
    )


JOURNEY_BALANCES = [
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
        "journeys_sum_to_the_account", AccountPerformance,
        "The entries and messages of an account are those of its journeys together (F94).",
        summed(AccountPerformance, "entries", "messages_sent"),
        summed(CampaignPerformance, "entries", "messages_sent"), key=ACCOUNT_DAY, also_reads=[CampaignPerformance],
    ),
    Balance(
        "versions_sum_to_the_entries", VersionPerformance,
        "The entries of all versions are the facts' that name one (F25).",
        summed(VersionPerformance, "entries"), rows_of(JourneyEntries, pl.col("journey_version").is_not_null()),
    ),
    Balance(
        "every_exit_is_counted", ExitsByType,
        "The exits of all types sum to the facts' (D16).",
        summed(ExitsByType, "exits"), rows_of(JourneyExits),
    ),
    Balance(
        "versions_sum_to_the_exits", VersionExits,
        "The exits of all versions are the facts' that name one.",
        summed(VersionExits, "exits"), rows_of(JourneyExits, pl.col("journey_version").is_not_null()),
    ),
    Balance(
        "entries_are_exits_plus_inside", ExitsByType,
        "Entries = exits + inside: nobody has left a journey more often than entered it. Else the feed lacks entries, "
        "or brought exits twice.",
        rows_of(JourneyExits), exits_of_entered,
        severity=dg.AssetCheckSeverity.WARN,  # the feed's fault, or people who entered before its first day
    ),
    Balance(
        "every_goal_is_counted", CampaignPerformance,
        "The goal events are the facts' of people who had entered in time (F16, D15).",
        summed(CampaignPerformance, "goal_events"), goals_of_entered,
    ),
    Balance(
        "currencies_sum_to_the_goal_events", GoalValues,
        "The goal events of all currencies sum to those of the journey (F16).",
        summed(GoalValues, "goal_events"), summed(CampaignPerformance, "goal_events"),
        also_reads=[CampaignPerformance],
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
        "every_exit_at_an_element_is_counted", ElementPerformance,
        "The exits at all elements are the facts' that name one (F3).",
        summed(ElementPerformance, "exited_here"), rows_of(JourneyExits, pl.col("element_id").is_not_null()),
    ),
    Balance(
        "entered_are_completed_exited_or_inside", ElementPerformance,
        "Inside an element = inside on the day before + entered - completed - left the journey from within. Else the "
        "feed lacks steps, or brought them twice.",
        _inside, _still_inside, key=ELEMENT, severity=dg.AssetCheckSeverity.WARN,
    ),
    Balance(
        "branches_sum_to_the_completions", BranchTraffic,
        "The completions of all branches are the facts' that name one.",
        summed(BranchTraffic, "taken"), rows_of(JourneySteps, ~ARRIVED & pl.col("branch").is_not_null()),
    ),
    Balance(
        "error_codes_sum_to_the_errors", ElementErrors,
        "The errors of all codes sum to those of the elements.",
        summed(ElementErrors, "errors"), summed(ElementPerformance, "errored"), also_reads=[ElementPerformance],
    ),
]  # fmt: skip
