"""What callers did, at the grain of calls and steps within them, per UTC day; IVR figures are counted from these."""

import dataframely as dy

from journeys_pipeline.schemas.journey_events import CALL_OUTCOMES, INPUT_OUTCOMES


class Calls(dy.Schema):
    """One row per record of an ended call (F26)."""

    day = dy.Date(description="UTC day of ended_at: the event that every figure of calls is counted by (D14)")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    call_id = dy.String(description="Call, unique within the account; further records of one count nowhere")
    journey_id = dy.String()
    journey_version = dy.Int32()
    person_id = dy.String()
    entry_id = dy.String(nullable=True)
    element_id = dy.String(nullable=True, description="Element that the call reached last")
    direction = dy.String(nullable=True)
    started_at = dy.Datetime(time_unit="us", time_zone="UTC")
    answered_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    answered_by = dy.String(nullable=True)
    ended_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When the call ended")
    duration_s = dy.Decimal(18, 3, nullable=True, description="Seconds, rounded to milliseconds so that sums are exact")
    outcome = dy.String(check=lambda c: c.is_in(CALL_OUTCOMES))
    price = dy.Decimal(18, 6, nullable=True)
    currency = dy.String(nullable=True)


class MenuSteps(dy.Schema):
    """One row per menu shown to a caller, and per option that a caller pressed (F30)."""

    day = dy.Date(description="UTC day of occurred_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    call_id = dy.String()
    journey_id = dy.String()
    journey_version = dy.Int32()
    person_id = dy.String()
    element_id = dy.String()
    event_type = dy.String(description="menu_shown or option_pressed")
    key = dy.String(nullable=True)
    next_element_id = dy.String(nullable=True)
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")


class CollectedInputs(dy.Schema):
    """One row per attempt to collect input from a caller (F31)."""

    day = dy.Date(description="UTC day of occurred_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    call_id = dy.String()
    journey_id = dy.String()
    journey_version = dy.Int32()
    person_id = dy.String()
    element_id = dy.String()
    variable = dy.String()
    outcome = dy.String(
        check=lambda c: c.is_in(INPUT_OUTCOMES), description="ok, no_input or invalid; ok where the event tells none"
    )
    masking = dy.String(nullable=True)
    value = dy.String(
        nullable=True, description="What was keyed in: its last two characters if masked, null if never to be kept"
    )
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")
