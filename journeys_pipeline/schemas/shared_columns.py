"""Meanings of the columns that mean the same in every table that has them, and the tables' names."""

import re

import dataframely as dy

MEANINGS = {
    "account_id": "Billing account of the customer, as the catalog names it",
    "sub_account_id": "Part of an account; null where the source names none",
    "journey_id": "Journey, unique within the account",
    "journey_version": "Version of the journey's definition, from 1",
    "version": "Version of the journey's definition, from 1",
    "campaign_id": "Campaign that the journey belongs to",
    "campaign_name": "The campaign's name as the journey's version gives it",
    "person_id": "Person, unique within the account",
    "entry_id": "One passage of a person through a journey",
    "element_id": "Element of a journey",
    "message_id": "Message, unique within the account",
    "call_id": "Call of an IVR journey",
    "event_id": "Event; with the account it is the key, for good",
    "file_id": "Landed file, see LandedFiles",
    "row_number": "Line or record within the file, from 1",
    "report_id": "Report, see ReportRegister",
    "day": "UTC day",
    "month": "First day of the month, UTC",
    "period": "The day; or the first day of the month or range",
    "occurred_at": "When it happened, as the platform says",
    "entered_at": "When the person entered",
    "exited_at": "When the person left",
    "as_of": "Logical time of the run that made the row",
    "event_type": "What happened, e.g. journey_entered, message_sent",
    "entry_source": "segment, event, api, sftp_import or transfer",
    "exit_type": "How the passage ended: exit_point, end_of_path, goal_reached and so on (D16)",
    "reason": "Why the person left, as the platform says",
    "outcome": "How it ended: one of the values that its event type allows",
    "branch": "Branch taken at a split",
    "next_element_id": "Element that the person went to next",
    "error_code": "The provider's or the element's code",
    "channel": "Medium of the message: sms, email, viber and so on",
    "segments": "Parts that messages were cut into for sending",
    "price": "Price of the whole message or call",
    "currency": "Currency of the price or value, ISO 4217",
    "permanent": "True: a hard bounce",
    "url": "Link that was clicked",
    "is_machine": "Seen, opened or clicked by a program, not a person (D13)",
    "event_name": "Name of the goal event",
    "value": "Value of the goal event",
    "direction": "Direction of the call, as the platform says",
    "started_at": "When the call began",
    "answered_at": "When the call was answered; null if it was not",
    "answered_by": "human or machine",
    "key": "Key that the caller pressed",
    "variable": "What was asked of the caller",
    "masking": "always, masked or never: how collected input may be kept",
    "name": "Name of the journey",
    "status": "State of the journey: drafted, scheduled, active, finishing, finished or cancelled",
    "launched_at": "When the journey was launched",
    "stopped_at": "When the journey was stopped",
    "valid_from": "From when this definition holds",
    "error": "What went wrong, and what to do about it",
    "records": "Records in the file",
    "mep": "Billed MEPs of the month (F81)",
    "overage": "MEPs above the allowance (F102); null without a subscription",
    "messages_sent": "One per message id (D17)",
    "delivered": "Of those sent in the period, delivered by its end",
    "failed": "Of those sent in the period, failed or bounced by its end; null for email, which bounces",
    "bounced_hard": "Of those sent in the period, failed or bounced for good by its end; email only",
    "bounced_soft": "Of those sent in the period, failed or bounced by its end, but not for good; email only",
    "pending": "Of those sent in the period, neither delivered nor failed by its end",
    "seen": "Times that people saw a message in the period, however often each",
    "seen_messages": "Messages seen in the period",
    "seen_people": "Unique people who saw a message in the period",
    "opened": "Times that people opened a message in the period; machines apart (D13)",
    "opened_messages": "Messages opened in the period",
    "opened_people": "Unique people who opened a message in the period",
    "machine_opens": "Times that a program opened a message in the period (D13)",
    "clicked": "Times that people clicked in a message in the period; machines apart (D13)",
    "clicked_messages": "Messages clicked in the period",
    "clicked_people": "Unique people who clicked in the period",
    "unsubscribed": "Times that people unsubscribed by a message in the period",
    "complained": "Times that people complained of a message in the period",
    "replied": "Replies in the period",
    "priced_messages": "Messages sent in the period that have a price in this currency",
    "cost": "Sum of their prices, the latest price of each",
    "entered": "Arrivals at the element",
    "goal_events": "Goal events attributed to the journey (F16)",
    "goal_value": "Sum of their values",
    "tier": "start, grow or scale at the time of the run",
    "row_count": "Rows of the report",
    "format": "xlsx or csv (F70, F71)",
    "made_at": "Logical time of the run that made the report",
    "recipient": "E-mail address that the report goes to",
    "state": "queued, sending, sent, failed, refused or unknown",
    "attempts": "Attempts to send so far",
    "last_error": "Why the last attempt failed",
    "updated_at": "When the state last changed",
}


def meaning_of(name: str, description: str | None) -> str:
    """What a column means: its own description, else the shared one.

    Raises:
        KeyError: it has neither.
    """
    return description or MEANINGS[name]


def table_name(table: type[dy.Schema]) -> str:
    """The snake-case name of a table: JourneyEvents is journey_events."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", table.__name__).lower()
