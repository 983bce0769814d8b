"""What happened, at person grain, per UTC day; every metric is counted from these."""

import dataframely as dy


class JourneyEntries(dy.Schema):
    """One row per entry of a person into a journey, from events and from contact files (F64, D23)."""

    day = dy.Date(description="UTC day of entered_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id, or file_id#row_number of a contact entry")
    sub_account_id = dy.String(nullable=True)
    journey_id = dy.String()
    journey_version = dy.Int32(nullable=True, description="Null for a contact entry: the feed names no version")
    person_id = dy.String()
    alternate_person_id = dy.String(
        nullable=True, description="Of a contact entry with phone and e-mail: the person of the e-mail (D23)"
    )
    entry_id = dy.String()
    element_id = dy.String(nullable=True, description="Entry element; null where the source names none")
    entry_source = dy.String()
    entered_at = dy.Datetime(time_unit="us", time_zone="UTC")


class JourneyExits(dy.Schema):
    """One row per exit of a person from a journey."""

    day = dy.Date(description="UTC day of exited_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    sub_account_id = dy.String(nullable=True)
    journey_id = dy.String()
    journey_version = dy.Int32()
    element_id = dy.String(nullable=True, description="Where the person was; null where the source names none")
    person_id = dy.String()
    entry_id = dy.String(nullable=True)
    exit_type = dy.String()
    exited_at = dy.Datetime(time_unit="us", time_zone="UTC")


class JourneySteps(dy.Schema):
    """One row per arrival at, or completion of, an element."""

    day = dy.Date(description="UTC day of occurred_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    journey_id = dy.String()
    journey_version = dy.Int32()
    element_id = dy.String()
    person_id = dy.String()
    entry_id = dy.String(nullable=True)
    event_type = dy.String(description="element_entered or element_completed")
    outcome = dy.String(nullable=True, description="Null for an arrival")
    branch = dy.String(nullable=True)
    next_element_id = dy.String(nullable=True)
    error_code = dy.String(nullable=True)
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")


class MessageEvents(dy.Schema):
    """One row per event in a message's life: sent, priced, delivered, acted upon."""

    day = dy.Date(description="UTC day of occurred_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    message_id = dy.String()
    event_type = dy.String()
    journey_id = dy.String(nullable=True, description="Null for a message from outside any journey (F13)")
    journey_version = dy.Int32(nullable=True)
    element_id = dy.String(nullable=True, description="Element that sent the message; null where none is named")
    person_id = dy.String(nullable=True)
    channel = dy.String()
    segments = dy.Int32(nullable=True)
    price = dy.Decimal(18, 6, nullable=True)
    currency = dy.String(nullable=True)
    is_machine = dy.Bool(description="Opened or clicked by a program (D13)")
    is_permanent = dy.Bool(description="Of a bounce: hard, no later attempt can succeed")
    error_code = dy.String(nullable=True)
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")


class GoalEvents(dy.Schema):
    """One row per performed goal event, before it is attributed to journeys (D15)."""

    day = dy.Date(description="UTC day of occurred_at")
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="event_id")
    person_id = dy.String()
    event_name = dy.String()
    value = dy.Decimal(18, 6, nullable=True)
    currency = dy.String(nullable=True)
    occurred_at = dy.Datetime(time_unit="us", time_zone="UTC")
