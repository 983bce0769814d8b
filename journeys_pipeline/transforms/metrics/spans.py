"""Unique people of any range by adding up: each person-day says for which starts of a range it is the first to count.

Someone who counts on the days 3 and 8 is counted by a range that starts on or before 3 for day 3, and by one that
starts from 4 until 8 for day 8. So ranges of any length need no person any more, only how many share such a span.
"""

from datetime import date

import polars as pl

from journeys_pipeline.schemas.metrics import ALWAYS, UNIQUES, CampaignPerformance, PeopleByDay, PeopleSpans
from journeys_pipeline.transforms.metrics.acting import active_people
from journeys_pipeline.transforms.metrics.cells import JOURNEY
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.goals import attributed_goals
from journeys_pipeline.transforms.metrics.periods import Periods

PERSON = [*JOURNEY, "person_id"]
PERSON_DAY = [*PERSON, "day"]
COUNTED = [*JOURNEY, "figure", "person_id"]
SPAN = [name for name in PeopleSpans.column_names() if name != "people"]
SUMMED = ["entries", "goal_events", "messages_sent"]


def measure_people(facts: Facts, days: Periods) -> pl.LazyFrame:
    """PeopleByDay, in no particular order.

    Args:
        facts: Entries from the first day on: an entry may lie long before what it makes count.
        days: Periods of a day each.
    """
    exits = days.select(facts.exits).filter(pl.col("exit_type") == "exit_point").cache()
    who = {
        "profiles_in_journey": days.select(facts.entries),
        "profiles_exited": exits,
        "active_profiles": active_people(facts, days, JOURNEY).rename({"period": "day"}),
        "goal_performers": attributed_goals(facts, days, JOURNEY),
    }
    counted = [
        rows.select(PERSON_DAY).unique().with_columns(figure=pl.lit(figure), begun_on="day")
        for figure, rows in who.items()
    ]
    completed = _completed(facts.entries, exits).with_columns(figure=pl.lit("completed"))
    columns = PeopleByDay.column_names()
    return PeopleByDay.cast(pl.concat([rows.select(columns) for rows in (*counted, completed)]))


def measure_spans(people: pl.LazyFrame, *, first: date) -> pl.LazyFrame:
    """PeopleSpans of the days from `first` on.

    Args:
        people: PeopleByDay of all days.
        first: Spans of earlier days do not depend on people of later ones.
    """
    since = people.filter(pl.col("day") >= first).cache()
    earlier = (
        people.filter(pl.col("day") < first)
        .join(since.select(COUNTED), on=COUNTED, how="semi")
        .group_by(COUNTED)
        .agg(pl.col("day", "begun_on").max())
    )
    before = pl.col("begun_on").shift(1).over(COUNTED, order_by="day")
    starts_from = pl.coalesce(before.dt.offset_by("1d"), pl.lit(ALWAYS))
    return (
        pl.concat([since.select(*COUNTED, "day", "begun_on"), earlier.select(*COUNTED, "day", "begun_on")])
        .with_columns(starts_from=starts_from, starts_until="begun_on")
        .filter((pl.col("day") >= first) & (pl.col("starts_from") <= pl.col("starts_until")))
        .group_by(SPAN)
        .agg(people=pl.len().cast(pl.Int64))
    )


def add_up(spans: pl.LazyFrame, start: date, end: date) -> pl.LazyFrame:
    """Unique people of the days [start, end) per journey: a column for each of UNIQUES, 0 where nobody counts."""
    counts = (pl.col("starts_from") <= start) & (pl.col("starts_until") >= start) & (pl.col("day") < end)
    people = pl.col("people")
    return (
        spans.filter(counts)
        .group_by(JOURNEY)
        .agg(people.filter(pl.col("figure") == figure).sum().alias(figure) for figure in UNIQUES)
    )


def campaigns_of_range(by_day: pl.LazyFrame, spans: pl.LazyFrame, start: date, end: date) -> pl.LazyFrame:
    """CampaignPerformance of the days [start, end) as one period: what `measure_campaigns` counts from facts.

    Args:
        by_day: CampaignPerformance by day, of these days.
        spans: PeopleSpans of the same accounts.
        start: The first day.
        end: The day after the last.
    """
    has_goal = pl.col("has_goal")
    entered, completed = pl.col("profiles_in_journey"), pl.col("completed")
    return CampaignPerformance.cast(
        by_day.group_by(JOURNEY)
        .agg(pl.col(SUMMED).sum(), has_goal=pl.col("goal_events").is_not_null().any())
        .join(add_up(spans, start, end), on=JOURNEY, how="left")
        .with_columns(pl.col(UNIQUES).fill_null(0))
        .with_columns(
            pl.when(has_goal).then(pl.col("goal_performers", "goal_events")),
            period=pl.lit(start, pl.Date),
            completion_rate=pl.when(entered > 0).then(completed / entered),
        )
        .sort(JOURNEY)
    )


def differing_days(by_day: pl.LazyFrame, spans: pl.LazyFrame) -> pl.LazyFrame:
    """The journeys and days of CampaignPerformance by day whose unique people the spans do not add up to."""
    is_first_on_its_day = pl.col("starts_until") == pl.col("day")
    own = [figure for figure in UNIQUES if figure != "completed"]
    sums = (
        spans.filter(is_first_on_its_day)
        .group_by(*JOURNEY, period="day")
        .agg(pl.col("people").filter(pl.col("figure") == figure).sum().alias(f"{figure}_added") for figure in own)
    )
    pairs = [(pl.col(figure).fill_null(0), pl.col(f"{figure}_added").fill_null(0)) for figure in own]
    return (
        by_day.join(sums, on=[*JOURNEY, "period"], how="left")
        .filter(pl.any_horizontal(counted != added for counted, added in pairs))
        .select(*JOURNEY, "period")
    )


def _completed(entries: pl.LazyFrame, exits: pl.LazyFrame) -> pl.LazyFrame:
    """Person-days with an exit after an entry, and `begun_on`, the day of the last such entry (F9)."""
    last_exits = exits.group_by(PERSON_DAY).agg(pl.col("exited_at").max()).cache()
    return (
        entries.select(*PERSON, "entered_at")
        .join(last_exits, on=PERSON)
        .filter(pl.col("entered_at") <= pl.col("exited_at"))
        .group_by(PERSON_DAY)
        .agg(begun_on=pl.col("entered_at").max().dt.date())
    )
