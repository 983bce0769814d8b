"""Figures served to readers, each unique count for its own grain (D20)."""

import dataframely as dy

GOAL_DELAYS = [
    "under 1 hour", "1 to 6 hours", "6 to 24 hours", "1 to 3 days", "3 to 7 days", "7 to 30 days", "30 days or more",
]  # fmt: skip


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


class VersionPerformance(dy.Schema):
    """One row per journey version and period with any activity: the versions of a journey side by side (F5-F18).

    What names no version, such as a contact entry, is in no row.
    """

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    journey_version = dy.Int32(primary_key=True)
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


class GoalDelays(dy.Schema):
    """One row per journey, period and delay: goal events by the time since the latest entry that earned them (F16)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    delay = dy.String(
        primary_key=True,
        check=lambda c: c.is_in(GOAL_DELAYS),
        description="Time from the latest entry at or before the goal event; a full hour or day belongs to the longer",
    )
    goal_events = dy.Int64(min=1)


class GoalValues(dy.Schema):
    """One row per journey, period and currency: the value of attributed goal events (F16, D18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    currency = dy.String(primary_key=True, description="ISO 4217; empty where the event named none")
    goal_events = dy.Int64(min=0)
    goal_performers = dy.Int64(min=0, description="Unique people with a goal event in this currency")
    goal_value = dy.Decimal(18, 6)
