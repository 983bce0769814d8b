"""What a widget can show: datasets, and what each of their columns is.

The words stand here, below everything else, because a catalog's own dashboards are checked against them, the
transforms make frames with exactly these columns, and rendering formats each by its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["text", "day", "time", "count", "share", "change", "money", "seconds", "trend", "page"]
Scope = Literal["account", "journey", "calls"]

DIMENSIONS: set[ColumnKind] = {"text", "day", "time"}


@dataclass(frozen=True)
class Column:
    """A column as readers see it. Of kind `page`: the file that a row links to; of kind `trend`: a small line."""

    label: str
    kind: ColumnKind

    @property
    def is_measure(self) -> bool:
        """Whether the column holds figures."""
        return self.kind not in DIMENSIONS | {"page", "trend"}


@dataclass(frozen=True)
class Dataset:
    """Rows of one account, per month in sight; those of scope `journey` or `calls` are of one journey."""

    about: str
    columns: Mapping[str, Column]
    scope: Scope = "account"

    @property
    def dimensions(self) -> list[str]:
        """Columns to set figures apart by."""
        return [name for name, column in self.columns.items() if column.kind in DIMENSIONS]

    @property
    def measures(self) -> list[str]:
        """Columns of figures."""
        return [name for name, column in self.columns.items() if column.is_measure]


def _text(label: str) -> Column:
    return Column(label, "text")


def _count(label: str) -> Column:
    return Column(label, "count")


def _share(label: str) -> Column:
    return Column(label, "share")


DAY = Column("Day", "day")
JOURNEY = {"journey": _text("Journey"), "page": Column("Page", "page")}
CHANNEL = {"channel": _text("Channel")}
CURRENCY = {"currency": _text("Currency")}
COST = {"cost": Column("Cost", "money")}
FIGURES = {
    "profiles_in_journey": _count("Profiles in journey"),
    "active_profiles": _count("Active profiles"),
    "goal_performers": _count("Goal performers"),
    "messages_sent": _count("Messages sent"),
}
BEFORE = {f"{name}_before": _count(f"{column.label}, month before") for name, column in FIGURES.items()}

CALLS = {
    "calls": _count("Calls"),
    "answered": _count("Answered"),
    "completed": _count("Completed"),
    "ended_early": _count("Dropped"),
}

DATASETS: dict[str, Dataset] = {
    "account": Dataset("The account's figures; unique people over all journeys", {**FIGURES, **BEFORE}),
    "account_days": Dataset(
        "The account's figures per day",
        {
            "day": DAY,
            **FIGURES,
            "entries": _count("Entries"),
            "exits": _count("Exits"),
            "inside": _count("Inside at the day's end"),
        },
    ),
    "account_costs": Dataset(
        "Cost of messages and calls per currency",
        {**CURRENCY, **COST, "cost_before": Column("Cost, month before", "money")},
    ),
    "account_cost_days": Dataset("The same per day", {"day": DAY, **CURRENCY, **COST}),
    "channel_days": Dataset(
        "Messages per day and channel",
        {"day": DAY, **CHANNEL, "messages_sent": _count("Messages sent"), "delivered": _count("Delivered")},
    ),
    "delivery_funnel": Dataset(
        "How far messages came", {"step": _text("Step"), "messages": _count("Messages"), "share": _share("Of all sent")}
    ),
    "journeys": Dataset(
        "Journeys with any activity in the month",
        {
            **JOURNEY,
            "campaign": _text("Campaign"),
            "status": _text("Status"),
            **FIGURES,
            "completion_rate": _share("Completion"),
            "goal_rate": _share("Goal rate"),
        },
    ),
    "journey_days": Dataset(
        "Journeys per day",
        {
            "day": DAY,
            **JOURNEY,
            **FIGURES,
            "entries": _count("Entries"),
        },
    ),
    "channel_costs": Dataset(
        "Cost per channel and currency; calls are the channel voice",
        {**CHANNEL, **CURRENCY, **COST, "priced": _count("Messages with a price")},
    ),
    "goal_rates": Dataset(
        "Goal performers per profile, of journeys that have a goal",
        {**JOURNEY, "goal_rate": _share("Goal rate"), "mean": _share("Mean of the journeys")},
    ),
    "movers": Dataset(
        "Entries of each journey beside those on the same days of the month before",
        {
            **JOURNEY,
            "entries": _count("Entries"),
            "entries_before": _count("Same days, month before"),
            "difference": Column("Difference", "change"),
        },
    ),
    "feeds": Dataset(
        "What came over each feed",
        {
            "feed": _text("Feed"),
            "holds": _text("Holds"),
            "last_file_at": Column("Last file", "time"),
            "files": _count("Files"),
            "failed_files": _count("Failed"),
            "records": _count("Records"),
            "quarantined": _count("Refused records"),
        },
    ),
    "channels": Dataset(
        "Messages per channel: what became of them, what people did, what they cost",
        {
            **CHANNEL,
            "messages_sent": _count("Sent"),
            "delivered": _count("Delivered"),
            "delivery_rate": _share("Of sent"),
            "looked_at": _count("Seen or opened"),
            "look_rate": _share("Of delivered"),
            "clicked": _count("Clicked"),
            "click_rate": _share("Of delivered, clicked"),
            **COST,
            **CURRENCY,
        },
    ),
    "channel_journeys": Dataset(
        "Messages per journey and channel",
        {
            **JOURNEY,
            **CHANNEL,
            "messages_sent": _count("Sent"),
            "delivered": _count("Delivered"),
            "looked_at": _count("Seen or opened"),
            "clicked": _count("Clicked"),
        },
    ),
    "journey_costs": Dataset(
        "Cost per journey, channel and currency", {**JOURNEY, **CHANNEL, **CURRENCY, **COST, "priced": _count("Priced")}
    ),
    "entry_sources": Dataset(
        "How people came in",
        {"entry_source": _text("Entry source"), "entries": _count("Entries")},
    ),
    "elements": Dataset(
        "Elements of journeys: who came, who waits, who went on, and how",
        {
            **JOURNEY,
            "element": _text("Element"),
            "element_type": _text("Type"),
            "entered": _count("Entered"),
            "waiting": _count("Waiting"),
            "completed": _count("Completed"),
            "exited": _count("Exited"),
            "failed": _count("Failed"),
            "timed_out": _count("Timed out"),
            "median_dwell": Column("Median stay", "seconds"),
        },
    ),
    "silent_elements": Dataset(
        "Elements that send nothing (F22)",
        {
            **JOURNEY,
            "element": _text("Element"),
            "element_type": _text("Type"),
            "entered": _count("Entered"),
            "waiting": _count("Waiting"),
            "completed": _count("Completed"),
            "satisfied": _count("Satisfied"),
            "timed_out": _count("Timed out"),
            "executed": _count("Executed"),
            "failed": _count("Failed"),
            "median_dwell": Column("Median stay", "seconds"),
        },
    ),
    "exits": Dataset(
        "How people left",
        {"exit_type": _text("Exit"), "exits": _count("Exits"), "people": _count("People")},
    ),
    "campaign": Dataset(
        "The six figures of one journey (F6-F20)",
        {
            **FIGURES,
            "profiles_exited": _count("Profiles exited"),
            "completion_rate": _share("Completion rate"),
            "goal_events": _count("Goal events"),
            **BEFORE,
            "profiles_exited_before": _count("Profiles exited, month before"),
        },
        scope="journey",
    ),
    "campaign_days": Dataset(
        "One journey per day",
        {
            "day": DAY,
            **FIGURES,
            "profiles_exited": _count("Profiles exited"),
            "entries": _count("Entries"),
            "exits": _count("Exits"),
            "goal_events": _count("Goal events"),
        },
        scope="journey",
    ),
    "campaign_funnel": Dataset(
        "People of one journey: each step among those of the step before",
        {"step": _text("Step"), "people": _count("People")},
        scope="journey",
    ),
    "versions": Dataset(
        "Versions of one journey side by side",
        {
            "version": _text("Version"),
            **FIGURES,
            "profiles_exited": _count("Profiles exited"),
            "completion_rate": _share("Completion"),
        },
        scope="journey",
    ),
    "goal_costs": Dataset(
        "What one goal event costs, by channel and currency",
        {**CHANNEL, **CURRENCY, "cost_per_goal": Column("Cost per goal event", "money")},
        scope="journey",
    ),
    "goal_values": Dataset(
        "Value of goal events per currency",
        {**CURRENCY, "goal_events": _count("Goal events"), "goal_value": Column("Goal value", "money")},
        scope="journey",
    ),
    "ivr_journeys": Dataset(
        "Journeys with calls",
        {
            **JOURNEY,
            **CALLS,
            "completion_rate": _share("Completion rate"),
            "median_talk_time": Column("Median talk time", "seconds"),
            "unique_callers": _count("Unique callers"),
        },
    ),
    "ivr": Dataset(
        "Calls of one journey",
        {
            **CALLS,
            "completion_rate": _share("Completion rate"),
            "median_talk_time": Column("Median talk time", "seconds"),
            "unique_callers": _count("Unique callers"),
        },
        scope="calls",
    ),
    "ivr_days": Dataset("Calls of one journey per day", {"day": DAY, **CALLS}, scope="calls"),
    "ivr_hours": Dataset(
        "When calls of one journey begin",
        {"weekday": _text("Weekday"), "hour": _text("Hour, UTC"), "calls": _count("Calls")},
        scope="calls",
    ),
    "ivr_steps": Dataset(
        "How far callers come in one journey",
        {"step": _text("Step"), "calls": _count("Calls")},
        scope="calls",
    ),
    "ivr_drop_offs": Dataset(
        "Where calls of one journey end early",
        {"element": _text("Last element"), "ended_early": _count("Ended early"), "share": _share("Of all early ends")},
        scope="calls",
    ),
    "ivr_options": Dataset(
        "Options pressed in menus of one journey",
        {
            "menu": _text("Menu"),
            "key": _text("Key"),
            "option": _text("Option"),
            "leads_to": _text("Leads to"),
            "presses": _count("Presses"),
            "share": _share("Of the menu's presses"),
        },
        scope="calls",
    ),
    "ivr_menus": Dataset(
        "Menus and inputs of one journey that did not go well",
        {
            "element": _text("Element"),
            "shown": _count("Shown"),
            "repeats": _count("Repeats"),
            "pressed": _count("Options pressed"),
            "no_input": _count("No input"),
            "invalid": _count("Invalid input"),
        },
        scope="calls",
    ),
    "ivr_inputs": Dataset(
        "What callers of one journey were asked for",
        {
            "element": _text("Element"),
            "variable": _text("Asked for"),
            "attempts": _count("Attempts"),
            "valid": _count("Valid"),
            "no_input": _count("No input"),
            "invalid": _count("Invalid"),
            "distinct_values": _count("Different values"),
        },
        scope="calls",
    ),
    "ivr_values": Dataset(
        "What callers of one journey keyed in, masked as its source asks",
        {"variable": _text("Asked for"), "value": _text("Value"), "inputs": _count("Times")},
        scope="calls",
    ),
    "imports": Dataset(
        "Contact files of the month in figures",
        {
            "files": _count("Files fetched"),
            "total": _count("Entries"),
            "valid": _count("Valid entries"),
            "invalid": _count("Invalid entries"),
            "valid_share": _share("Valid share"),
            "connection_errors": _count("Connection errors"),
        },
    ),
    "import_days": Dataset(
        "Entries of contact files per day of fetching",
        {
            "day": DAY,
            "valid": _count("Valid"),
            "invalid": _count("Invalid"),
            "files": _count("Files fetched"),
            "connection_errors": _count("Connection errors"),
        },
    ),
    "import_files": Dataset(
        "Contact files and connection errors, the newest first (F38-F45)",
        {
            "fetched_at": Column("Fetched, UTC", "time"),
            "connection": _text("Connection"),
            "file": _text("File"),
            **JOURNEY,
            "status": _text("Status"),
            "total": _count("Total"),
            "valid": _count("Valid"),
            "invalid": _count("Invalid"),
            "invalid_share": _share("Invalid share"),
            "warning_line": _share("Warning line"),
            "reasons": _text("Reasons"),
        },
    ),
    "import_warnings": Dataset(
        "Files with invalid entries, beside their feed's warning line (F54)",
        {"file": _text("File"), "invalid_share": _share("Invalid share"), "warning_line": _share("Warning line")},
    ),
    "import_reviews": Dataset(
        "Files to look at: over the warning line, refused, or not fetched",
        {
            "fetched_at": Column("Fetched, UTC", "time"),
            "file": _text("File"),
            "connection": _text("Connection"),
            "finding": _text("What was found"),
        },
    ),
    "import_reasons": Dataset(
        "Why entries are invalid (F53)", {"reason": _text("Reason"), "entries": _count("Entries")}
    ),
    "import_contacts": Dataset(
        "Entries by the contact that their feed asks for",
        {
            "contact_type": _text("Contact"),
            "files": _count("Files"),
            "valid": _count("Valid"),
            "invalid": _count("Invalid"),
            "valid_share": _share("Valid share"),
        },
    ),
    "import_journeys": Dataset(
        "Journeys that files feed", {**JOURNEY, "files": _count("Files"), "valid": _count("Valid entries")}
    ),
    "import_arrivals": Dataset(
        "When files are put on the server",
        {"weekday": _text("Weekday"), "hour": _text("Hour, UTC"), "files": _count("Files")},
    ),
    "mep": Dataset(
        "MEP of the month against the plan in force",
        {
            "plan": _text("Plan"),
            "price": Column("Price a month", "money"),
            "currency": _text("Currency"),
            "allowance": _count("Plan allows"),
            "mep": _count("MEP"),
            "used": _share("Of the plan"),
            "overage": _count("Above the plan"),
            "projected": _count("Projected"),
            "state": _text("State"),
            "mep_before": _count("MEP, month before"),
        },
    ),
    "mep_days": Dataset(
        "MEP by the day of Engaged At", {"day": DAY, "new": _count("New MEP"), "cumulative": _count("MEP so far")}
    ),
    "mep_course": Dataset(
        "MEP so far, beside the month before, the plan, and where it leads",
        {
            "day": DAY,
            "cumulative": _count("This month"),
            "last_month": _count("Month before"),
            "plan": _count("Plan"),
            "projection": _count("Projection"),
        },
    ),
    "mep_journeys": Dataset(
        "MEP by journey (F82): billed sums to the total, engaged overlaps",
        {
            **JOURNEY,
            "campaign": _text("Campaign"),
            "billed": _count("Billed"),
            "engaged": _count("Engaged"),
            "trend": Column("Billed per day", "trend"),
        },
    ),
    "mep_campaigns": Dataset(
        "MEP by campaign (F74)",
        {"campaign": _text("Campaign"), "billed": _count("Billed"), "engaged": _count("Engaged")},
    ),
    "mep_sub_accounts": Dataset(
        "MEP by sub-account (F69)",
        {"sub_account": _text("Sub-account"), "billed": _count("Billed"), "engaged": _count("Engaged")},
    ),
    "mep_sources": Dataset(
        "MEP by the source of the first entry (F64)",
        {"entry_source": _text("Entry source"), "billed": _count("Billed")},
    ),
    "mep_months": Dataset(
        "The months in sight against their plans",
        {
            "in_month": _text("Month"),
            "mep": _count("MEP"),
            "allowance": _count("Plan allows"),
            "overage": _count("Above the plan"),
            "state": _text("State"),
        },
    ),
    "mep_reports": Dataset(
        "Reports made of the month (F75)",
        {
            "name": _text("Report"),
            "made_at": Column("Made, UTC", "time"),
            "persons": _count("Rows"),
            "format": _text("Format"),
            "state": _text("State"),
        },
    ),
}

MEP_DATASETS = {name for name in DATASETS if name.startswith("mep")}
"""Seen by the roles of F76 only."""
