"""Facts become figures: per day, per month, or for one range, each unique count for its own grain (D20)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from journeys_pipeline.schemas.metrics import (
    CampaignPerformance,
    ChannelPerformance,
    ElementPerformance,
    GoalValues,
)

ACTIONS = ["message_seen", "message_opened", "message_clicked"]
JOURNEY = ["account_id", "journey_id"]
CELL = [*JOURNEY, "period"]
PERSON = [*JOURNEY, "person_id"]


@dataclass(frozen=True)
class Periods:
    """Days [start, end), cut into days, into months, or left whole."""

    start: date
    end: date
    grain: Literal["day", "month", "range"]

    def select(self, facts: pl.LazyFrame) -> pl.LazyFrame:
        """The facts of these days, each with the `period` that it counts in."""
        period = {
            "day": pl.col("day"),
            "month": pl.col("day").dt.month_start(),
            "range": pl.lit(self.start, pl.Date),
        }[self.grain]
        in_range = (pl.col("day") >= self.start) & (pl.col("day") < self.end)
        return facts.filter(in_range).with_columns(period=period)


@dataclass(frozen=True)
class Facts:
    """The fact tables, from as far back as attribution needs: actions and goals look back to entries."""

    entries: pl.LazyFrame
    exits: pl.LazyFrame
    steps: pl.LazyFrame
    messages: pl.LazyFrame
    goals: pl.LazyFrame
    journeys: pl.LazyFrame


def measure_campaigns(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """CampaignPerformance: the figures of F6-F18 for every journey and period with any activity."""
    figures = [
        _count_entered(facts, periods),
        _count_exited(facts, periods),
        _rate_completion(facts, periods),
        _count_active(facts, periods),
        _count_goals(facts, periods),
        _count_sent(facts, periods),
    ]
    cells = pl.concat([figure.select(CELL) for figure in figures]).unique()
    for figure in figures:
        cells = cells.join(figure, on=CELL, how="left")
    has_goal = pl.col("goal_event_name").is_not_null()
    with_goals = cells.join(_newest_versions(facts.journeys), on=JOURNEY, how="left").with_columns(
        pl.when(has_goal).then(pl.col("goal_performers", "goal_events").fill_null(0)),
    )
    counts = ["profiles_in_journey", "entries", "profiles_exited", "active_profiles", "messages_sent"]
    return CampaignPerformance.cast(with_goals.with_columns(pl.col(counts).fill_null(0))).sort(CELL)


def measure_channels(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ChannelPerformance: messages, segments and cost per channel and currency (F19-F21, D17, D18).

    A message's price is that of the whole message; the latest `message_priced` replaces it.
    """
    latest_prices = (
        facts.messages.filter(pl.col("event_type") == "message_priced")
        .sort("occurred_at", "source_id")
        .group_by("account_id", "message_id", maintain_order=True)
        .agg(new_price=pl.col("price").last(), new_currency=pl.col("currency").last())
    )
    key = [*CELL, "channel", "currency"]
    priced = (
        periods.select(_sent_in_journeys(facts.messages))
        .join(latest_prices, on=["account_id", "message_id"], how="left")
        .with_columns(
            price=pl.coalesce("new_price", "price"),
            currency=pl.coalesce("new_currency", "currency").fill_null(""),
        )
    )
    return ChannelPerformance.cast(
        priced.group_by(key).agg(
            messages_sent=pl.len(),
            segments=pl.col("segments").fill_null(1).sum(),
            cost=pl.when(pl.col("price").is_not_null().any()).then(pl.col("price").sum()),
        )
    ).sort(key)


def measure_elements(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ElementPerformance: arrivals, people, completions and errors per element (F3, F22)."""
    key = [*CELL, "element_id"]
    is_completion = pl.col("event_type") == "element_completed"
    return ElementPerformance.cast(
        periods.select(facts.steps)
        .group_by(key)
        .agg(
            entered=(~is_completion).sum(),
            unique_people=pl.col("person_id").n_unique(),
            completed=is_completion.sum(),
            errored=(is_completion & (pl.col("outcome") == "error")).sum(),
        )
    ).sort(key)


def measure_goal_values(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """GoalValues: count and value of attributed goal events per currency (F16, D15, D18)."""
    key = [*CELL, "currency"]
    return GoalValues.cast(
        _attributed_goals(facts, periods)
        .with_columns(pl.col("currency").fill_null(""))
        .group_by(key)
        .agg(goal_events=pl.len(), goal_value=pl.col("value").sum())
    ).sort(key)


def _count_entered(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return (
        periods.select(facts.entries)
        .group_by(CELL)
        .agg(profiles_in_journey=pl.col("person_id").n_unique(), entries=pl.len())
    )


def _count_exited(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return _at_exit_points(facts, periods).group_by(CELL).agg(profiles_exited=pl.col("person_id").n_unique())


def _rate_completion(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """Of the people who entered in the period, the share that reached an exit point in it afterwards (F9)."""
    cohort = periods.select(facts.entries).group_by(*CELL, "person_id").agg(entered_at=pl.col("entered_at").min())
    last_exits = _at_exit_points(facts, periods).group_by(*CELL, "person_id").agg(exited_at=pl.col("exited_at").max())
    return (
        cohort.join(last_exits, on=[*CELL, "person_id"], how="left")
        .group_by(CELL)
        .agg(completion_rate=(pl.col("exited_at") >= pl.col("entered_at")).fill_null(value=False).mean())
    )


def _count_active(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """People who entered, got a message of the journey, and saw, opened or clicked it in the period (F11-F13)."""
    by_people = pl.col("event_type").is_in(ACTIONS) & ~pl.col("is_machine")
    actions = (
        periods.select(facts.messages).filter(by_people).select("account_id", "message_id", "period", "occurred_at")
    )
    sent = _sent_in_journeys(facts.messages).select(*PERSON, "message_id")
    return (
        actions.join(sent, on=["account_id", "message_id"])
        .join(_first_entries(facts), on=PERSON)
        .filter(pl.col("occurred_at") >= pl.col("first_entered_at"))
        .group_by(CELL)
        .agg(active_profiles=pl.col("person_id").n_unique())
    )


def _count_goals(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return (
        _attributed_goals(facts, periods)
        .group_by(CELL)
        .agg(goal_performers=pl.col("person_id").n_unique(), goal_events=pl.len())
    )


def _count_sent(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return periods.select(_sent_in_journeys(facts.messages)).group_by(CELL).agg(messages_sent=pl.len())


def _at_exit_points(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return periods.select(facts.exits).filter(pl.col("exit_type") == "exit_point")


def _sent_in_journeys(messages: pl.LazyFrame) -> pl.LazyFrame:
    """One row per message id that a journey sent (D17); the first of several records stands."""
    return (
        messages.filter((pl.col("event_type") == "message_sent") & pl.col("journey_id").is_not_null())
        .sort("occurred_at", "source_id")
        .unique(["account_id", "message_id"], keep="first", maintain_order=True)
    )


def _first_entries(facts: Facts) -> pl.LazyFrame:
    return facts.entries.group_by(PERSON).agg(first_entered_at=pl.col("entered_at").min())


def _attributed_goals(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """One row per goal event and journey that it counts for: from an entry until attribution_days after it (D15)."""
    since_entry = pl.col("occurred_at") - pl.col("entered_at")
    window = pl.duration(days=pl.col("goal_attribution_days"))
    return (
        periods.select(facts.goals)
        .join(
            _newest_versions(facts.journeys),
            left_on=["account_id", "event_name"],
            right_on=["account_id", "goal_event_name"],
        )
        .join(facts.entries.select(*PERSON, "entered_at"), on=PERSON)
        .filter(since_entry.is_between(pl.duration(days=0), window))
        .unique([*JOURNEY, "source_id"])
    )


def _newest_versions(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each journey's goal as its newest version declares it."""
    return (
        journeys.sort("version")
        .group_by(JOURNEY, maintain_order=True)
        .agg(pl.col("goal_event_name", "goal_attribution_days").last())
    )
