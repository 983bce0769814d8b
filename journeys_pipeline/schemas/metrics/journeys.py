"""What journeys there are, how people came in, how far they went, and how they left."""

import dataframely as dy

from journeys_pipeline.schemas.journey_events import ENTRY_SOURCES, EXIT_TYPES


class JourneySummary(dy.Schema):
    """One row per journey ever launched, with its figures to date (F1, F2)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    name = dy.String(nullable=True, description="Name of the journey; null while no feed defines the journey")
    campaign_id = dy.String(nullable=True)
    campaign_name = dy.String(nullable=True)
    status = dy.String(nullable=True)
    newest_version = dy.Int32(nullable=True, description="The version that name, campaign, status and goal are of")
    launched_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    stopped_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    last_active_on = dy.Date(nullable=True, description="Last UTC day with an entry, exit, step or message")
    profiles_in_journey = dy.Int64(min=0, description="Unique people who ever entered (F6, F7)")
    profiles_exited = dy.Int64(min=0, description="Unique people who ever left at an exit point (F8)")
    active_profiles = dy.Int64(min=0, description="Unique people who entered and acted on a message (F11-F13)")
    goal_performers = dy.Int64(nullable=True, min=0, description="Unique people who performed the goal (F14, F15)")
    goal_events = dy.Int64(nullable=True, min=0, description="Goal events in all (F16); null without a goal (F17)")
    messages_sent = dy.Int64(min=0)


class EntryPoints(dy.Schema):
    """One row per journey, period and entry source (F64)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    entry_source = dy.String(primary_key=True, check=lambda c: c.is_in(ENTRY_SOURCES))
    entries = dy.Int64(min=1, description="Entries, re-entries included")
    unique_entrants = dy.Int64(min=1, description="Unique people who entered this way in the period")
    re_entries = dy.Int64(min=0, description="Entries of people who had entered the journey before, at any time")


class ExitsByType(dy.Schema):
    """One row per journey, period and exit type (D16)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    exit_type = dy.String(primary_key=True, check=lambda c: c.is_in(EXIT_TYPES))
    exits = dy.Int64(min=1, description="Exits in the period")
    people = dy.Int64(min=1, description="Unique people who left this way")
    passages = dy.Int64(min=1, description="Passages that ended this way")


class JourneyFunnel(dy.Schema):
    """One row per journey and period that anybody entered in: unique people per step, each among those before.

    A step counts if it was taken within the period, at or after the person's first entry in it.
    """

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    entered = dy.Int64(min=1, description="Unique people who entered")
    messaged = dy.Int64(min=0, description="Of them, those who were sent a message of the journey")
    active = dy.Int64(min=0, description="Of them, those who saw, opened or clicked one (F12, D13)")
    reached_goal = dy.Int64(nullable=True, min=0, description="Of them, those who performed the goal; null without one")
