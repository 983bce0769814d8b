"""Figures served to readers, each unique count for its own grain (D20)."""

import dataframely as dy


class CampaignPerformance(dy.Schema):
    """One row per journey and period with any activity (F5-F18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True, description="The day; or the first day of the month or range")
    profiles_in_journey = dy.Int64(min=0, description="Unique people who entered in the period (F6, F7)")
    entries = dy.Int64(min=0, description="Entries, re-entries included")
    profiles_exited = dy.Int64(min=0, description="Unique people who left at an exit point in the period (F8)")
    completion_rate = dy.Float64(
        nullable=True, min=0.0, max=1.0, description="Of those who entered in the period, the share that exited (F9)"
    )
    active_profiles = dy.Int64(min=0, description="Entered, got a message of this journey, acted on it (F11-F13)")
    goal_performers = dy.Int64(nullable=True, min=0, description="Unique people who performed the goal (F14, F15)")
    goal_events = dy.Int64(nullable=True, min=0, description="Goal events in all (F16); null without a goal (F17)")
    messages_sent = dy.Int64(min=0, description="One per message id, over all channels (F18, D17)")


class ChannelPerformance(dy.Schema):
    """One row per journey, period, channel and currency: what was sent and what it cost (F19-F21, D18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    channel = dy.String(primary_key=True)
    currency = dy.String(primary_key=True, description="ISO 4217; empty where no price is known")
    messages_sent = dy.Int64(min=0)
    segments = dy.Int64(min=0)
    cost = dy.Decimal(18, 6, nullable=True, description="In the row's currency; null where no price is known")


class ElementPerformance(dy.Schema):
    """One row per journey element and period (F3, F22)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
    entered = dy.Int64(min=0)
    unique_people = dy.Int64(min=0, description="Unique people who arrived at or completed the element")
    completed = dy.Int64(min=0, description="Completions, whatever the outcome")
    errored = dy.Int64(min=0, description="Completions with outcome error")


class GoalValues(dy.Schema):
    """One row per journey, period and currency: the value of attributed goal events (F16, D18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    currency = dy.String(primary_key=True, description="ISO 4217; empty where the event named none")
    goal_events = dy.Int64(min=0)
    goal_value = dy.Decimal(18, 6)


class Refreshes(dy.Schema):
    """One row per account and day: when its figures were last made (F90)."""

    account_id = dy.String(primary_key=True)
    day = dy.Date(primary_key=True)
    tier = dy.String()
    as_of = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run")
    begun_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When the run was created, by the wall clock")


class TouchedDays(dy.Schema):
    """One row per account and day that a file brought records for; late if a refresh began before."""

    account_id = dy.String(primary_key=True)
    day = dy.Date(primary_key=True)
    touched_at = dy.Datetime(
        time_unit="us", time_zone="UTC", description="When the newest such file had been read, by the wall clock"
    )
