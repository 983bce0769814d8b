"""The words for datasets and their columns."""

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


def text(label: str) -> Column:
    return Column(label, "text")


def count(label: str) -> Column:
    return Column(label, "count")


def share(label: str) -> Column:
    return Column(label, "share")


DAY = Column("Day", "day")
JOURNEY = {"journey": text("Journey"), "page": Column("Page", "page")}
CHANNEL = {"channel": text("Channel")}
CURRENCY = {"currency": text("Currency")}
COST = {"cost": Column("Cost", "money")}
FIGURES = {
    "profiles_in_journey": count("Profiles in journey"),
    "active_profiles": count("Active profiles"),
    "goal_performers": count("Goal performers"),
    "messages_sent": count("Messages sent"),
}
BEFORE = {f"{name}_before": count(f"{column.label}, month before") for name, column in FIGURES.items()}

CALLS = {
    "calls": count("Calls"),
    "answered": count("Answered"),
    "completed": count("Completed"),
    "ended_early": count("Dropped"),
}
