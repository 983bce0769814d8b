"""Datasets that can be shown for any range of days: how the rows of days become those of a range (F24).

Counts of calls add up over days. A median, or a number of different people, does not: it is shown for a month, which is
counted for itself, or for a single day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ranged:
    """What is added up, per what."""

    key: Sequence[str]
    """Rows of days that agree in these become one."""
    sums: Sequence[str]
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """One sum divided by another."""
    shares: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict[str, tuple[str, Sequence[str]]])
    """A sum divided by that of all rows that agree in some columns."""
    single: Sequence[str] = ()
    """What is right for one day alone."""
    order: Sequence[str] = ()
    """The columns that rows are sorted by; `-` before a name turns it round."""
    latest: Sequence[str] = ()
    """Names, of which the newest day's stands."""
    ends: tuple[Sequence[str], Sequence[str]] = ((), ())
    """Of the first key, what comes first and what comes last; between them, the most frequent first."""
    every: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """All values of the keys, where a row that is missing is one of nought."""
    note: str | None = None
    """What a range means here that a month does not."""
    source: str | None = None
    """The dataset whose rows of days these are made from, if it is another."""


WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
HOURS = [f"{hour:02}:00" for hour in range(24)]
CALLS = ["calls", "answered", "completed", "ended_early"]

RANGES: Mapping[str, Ranged] = {
    "ivr": Ranged(
        [], CALLS, ratios={"completion_rate": ("completed", "answered")}, single=["median_talk_time", "unique_callers"]
    ),
    "ivr_days": Ranged(["day"], CALLS, order=["day"], source="ivr"),
    "ivr_hours": Ranged(["weekday", "hour"], ["calls"], every={"weekday": WEEKDAYS, "hour": HOURS}),
    "ivr_steps": Ranged(
        ["step"],
        ["calls"],
        ends=(["Called", "Answered"], ["Completed"]),
        note="A call that hears a menu before and after midnight counts on both days.",
    ),
    "ivr_drop_offs": Ranged(
        ["element"], ["ended_early"], shares={"share": ("ended_early", [])}, order=["-ended_early", "element"]
    ),
    "ivr_options": Ranged(
        ["menu", "key", "leads_to"],
        ["presses"],
        latest=["option"],
        shares={"share": ("presses", ["menu"])},
        order=["menu", "key", "leads_to"],
    ),
    "ivr_menus": Ranged(
        ["element"],
        ["shown", "repeats", "pressed", "no_input", "invalid"],
        order=["element"],
        note="Repeats are those within a day.",
    ),
    "ivr_inputs": Ranged(
        ["element", "variable"],
        ["attempts", "valid", "no_input", "invalid"],
        single=["distinct_values"],
        order=["element", "variable"],
    ),
    "ivr_values": Ranged(
        ["variable", "value"],
        ["inputs"],
        order=["variable", "-inputs", "value"],
        note="Of each day, the 100 most frequent are added up.",
    ),
}
