"""What a widget can show: datasets, and what each of their columns is.

The words stand here, below everything else, because a catalog's own dashboards are checked against them, the
transforms make frames with exactly these columns, and rendering formats each by its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["text", "day", "time", "count", "number", "share", "change", "money", "seconds", "page"]
Scope = Literal["account", "journey"]

DIMENSIONS: set[ColumnKind] = {"text", "day", "time"}


@dataclass(frozen=True)
class Column:
    """A column as readers see it. Of kind `page`: the file that a row links to, never shown itself."""

    label: str
    kind: ColumnKind

    @property
    def is_measure(self) -> bool:
        """Whether the column holds figures."""
        return self.kind not in DIMENSIONS and self.kind != "page"


@dataclass(frozen=True)
class Dataset:
    """Rows of one account, per month in sight; those of scope `journey` are of one journey."""

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
}
