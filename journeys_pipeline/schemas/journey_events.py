"""Typed platform events, what was refused of them, and the journeys that they belong to."""

import dataframely as dy

CHANNELS = [
    "sms", "email", "viber", "whatsapp", "rcs", "mms", "mobile_push", "web_push", "in_app", "messenger", "line",
    "voice",
]  # fmt: skip
ENTRY_SOURCES = ["segment", "event", "api", "sftp_import", "transfer"]
EXIT_TYPES = [
    "exit_point", "end_of_path", "goal_reached", "exit_condition", "transferred", "removed", "cancelled", "error",
]  # fmt: skip
OUTCOMES = ["ok", "error", "capped", "timed_out", "skipped"]
CALL_OUTCOMES = ["completed", "hung_up", "no_answer", "busy", "failed"]
JOURNEY_STATUSES = ["drafted", "scheduled", "active", "finishing", "finished", "cancelled"]
INPUT_OUTCOMES = ["ok", "no_input", "invalid"]

JOURNEY_CONTEXT = ["journey_id", "journey_version", "person_id"]
MESSAGE = [*JOURNEY_CONTEXT, "message_id", "channel"]
REQUIRED_FIELDS = {
    "journey_entered": [*JOURNEY_CONTEXT, "entry_source"],
    "journey_exited": [*JOURNEY_CONTEXT, "exit_type"],
    "element_entered": [*JOURNEY_CONTEXT, "element_id"],
    "element_completed": [*JOURNEY_CONTEXT, "element_id", "outcome"],
    "message_sent": ["person_id", "message_id", "channel"],
    "message_priced": ["message_id", "channel", "price", "currency"],
    "message_delivered": ["message_id", "channel"],
    "message_failed": ["message_id", "channel"],
    "message_bounced": ["message_id", "channel"],
    "message_seen": ["message_id", "channel"],
    "message_opened": ["message_id", "channel"],
    "message_clicked": ["message_id", "channel"],
    "message_unsubscribed": ["message_id", "channel"],
    "message_complained": ["message_id", "channel"],
    "message_replied": ["message_id", "channel"],
    "goal_performed": ["person_id", "event_name"],
    "call_ended": [*JOURNEY_CONTEXT, "call_id", "started_at", "outcome"],
    "menu_shown": [*JOURNEY_CONTEXT, "call_id", "element_id"],
    "option_pressed": [*JOURNEY_CONTEXT, "call_id", "element_id"],
    "input_collected": [*JOURNEY_CONTEXT, "call_id", "element_id", "variable"],
}


class JourneyEvents(dy.Schema):
    """One row per accepted event; the key is account + event_id, for good."""

    account_id = dy.String(primary_key=True)
    event_id = dy.String(primary_key=True)
    event_type = dy.String(check=lambda c: c.is_in(list(REQUIRED_FIELDS)))
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")
    day = dy.Date(description="UTC day of occurred_at")
    sub_account_id = dy.String(nullable=True)
    journey_id = dy.String(nullable=True, description="Null for a message or goal from outside any journey")
    journey_version = dy.Int32(nullable=True)
    person_id = dy.String(nullable=True)
    entry_id = dy.String(nullable=True, description="One passage of a person through a journey")
    element_id = dy.String(nullable=True)
    entry_source = dy.String(nullable=True, check=lambda c: c.is_in(ENTRY_SOURCES))
    exit_type = dy.String(nullable=True, check=lambda c: c.is_in(EXIT_TYPES))
    reason = dy.String(nullable=True)
    outcome = dy.String(nullable=True, check=lambda c: c.is_in([*OUTCOMES, *CALL_OUTCOMES, *INPUT_OUTCOMES]))
    branch = dy.String(nullable=True)
    next_element_id = dy.String(nullable=True)
    error_code = dy.String(nullable=True)
    message_id = dy.String(nullable=True)
    channel = dy.String(nullable=True, check=lambda c: c.is_in(CHANNELS))
    segments = dy.Int32(nullable=True, min=1)
    price = dy.Decimal(18, 6, nullable=True)
    currency = dy.String(nullable=True, regex="^[A-Z]{3}$", description="ISO 4217")
    permanent = dy.Bool(nullable=True)
    url = dy.String(nullable=True)
    is_machine = dy.Bool(nullable=True)
    event_name = dy.String(nullable=True)
    value = dy.String(nullable=True, description="Goal value (a decimal number) or collected input, masked as asked")
    call_id = dy.String(nullable=True)
    direction = dy.String(nullable=True)
    started_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    answered_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    answered_by = dy.String(nullable=True, check=lambda c: c.is_in(["human", "machine"]))
    duration_s = dy.Float64(nullable=True, min=0.0, description="Seconds")
    key = dy.String(nullable=True)
    variable = dy.String(nullable=True)
    masking = dy.String(nullable=True, check=lambda c: c.is_in(["always", "masked", "never"]))
    is_test = dy.Bool(description="Excluded from every figure (D22)")
    attributes = dy.String(nullable=True, description="Unknown fields as JSON")
    file_id = dy.String(description="File that the event came in")
    row_number = dy.Int64(min=1)


class EventKeys(dy.Schema):
    """One row per accepted event, as hashes: tells an event that comes again without a look at all earlier events."""

    account_id = dy.String(primary_key=True)
    key_high = dy.Int64(primary_key=True, description="XXH3 of account and event_id, seed 0")
    key_low = dy.Int64(primary_key=True, description="The same with seed 1")
    content = dy.Int64(description="Sum of the hashes of the event's fields")
    file_id = dy.String(description="File that the event came in")
    day = dy.Date(description="UTC day on which the file was fetched")


class QuarantinedRecords(dy.Schema):
    """One row per record that was refused, with the reason; the bytes stay in the landing zone."""

    file_id = dy.String(primary_key=True)
    row_number = dy.Int64(primary_key=True, min=1)
    account_id = dy.String()
    reason = dy.String(description="Which rule the record broke, and the field")
    day = dy.Date(description="UTC day on which the file was fetched")


class Journeys(dy.Schema):
    """One row per journey version: the newest definition that a journeys feed brought."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    version = dy.Int32(primary_key=True, min=1)
    sub_account_id = dy.String(nullable=True)
    name = dy.String()
    campaign_id = dy.String()
    campaign_name = dy.String()
    status = dy.String(check=lambda c: c.is_in(JOURNEY_STATUSES))
    launched_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    stopped_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)
    goal_event_name = dy.String(nullable=True, description="Null: the journey has no goal (F10, F17)")
    goal_attribution_days = dy.Int32(nullable=True, min=1, max=90, description="D15")
    elements = dy.String(description="The element list as JSON")
    valid_from = dy.Datetime(time_unit="us", time_zone="UTC")
