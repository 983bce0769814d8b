"""Figures about calls and what callers do, each by date range and by journey version (F23-F32).

Every table has rows per version, and rows for all versions together: there the version is 0. So unique people, medians
and shares are right in both, and nobody need add them up.
"""

import dataframely as dy
import polars as pl

ALL_VERSIONS = 0
MOST_VALUES = 100
CALL_FIGURES = "call_figures"  # what the tables are made as, together


class _OfVersion(dy.Schema):
    """What each of these tables is counted for."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    journey_version = dy.Int32(primary_key=True, min=0, description="0: all versions together")
    period = dy.Date(primary_key=True)


class CallPerformance(_OfVersion):
    """One row per journey, version and period with calls that ended in it (F26, F28, D19)."""

    calls = dy.Int64(min=1, description="Call volume: all calls, unanswered ones too (F26, D19)")
    answered = dy.Int64(min=0, description="Calls whose outcome is completed or hung_up")
    answered_by_human = dy.Int64(min=0, description="Of the answered calls, those that a person answered")
    answered_by_machine = dy.Int64(
        min=0, description="Of them, those that an answering machine answered; some records tell neither"
    )
    no_answer = dy.Int64(min=0, description="Calls that nobody answered")
    busy = dy.Int64(min=0, description="Calls to a line that was busy")
    failed = dy.Int64(min=0, description="Calls that could not be made or broke down")
    completed = dy.Int64(
        min=0,
        description="Answered calls whose outcome is completed, or whose last element ends the way in the journey's "
        "version: an exit point, or one from which neither a next element nor a menu option leads on (D19)",
    )
    ended_early = dy.Int64(min=0, description="Answered calls that are not completed")
    completion_rate = dy.Float64(nullable=True, min=0.0, max=1.0, description="completed / answered (F28)")
    talk_time_s = dy.Decimal(18, 3, nullable=True, description="Seconds of all answered calls; null where none tells")
    median_talk_time_s = dy.Decimal(18, 4, nullable=True, description="Seconds, the median of answered calls")
    unique_callers = dy.Int64(min=1, description="Unique people called or calling, answered or not")

    @dy.rule()
    def calls_are_answered_or_not(cls) -> pl.Expr:
        """Calls = answered + no answer + busy + failed."""
        return pl.col("calls") == pl.sum_horizontal("answered", "no_answer", "busy", "failed")

    @dy.rule()
    def answered_calls_end_in_one_way(cls) -> pl.Expr:
        """Answered = completed + ended early."""
        return pl.col("answered") == pl.col("completed") + pl.col("ended_early")


class CallElementPerformance(_OfVersion):
    """One row per call element, version and period with calls that it began (F3)."""

    element_id = dy.String(
        primary_key=True,
        description="Element of type call whose way leads to the one reached last; empty where none or several do",
    )
    calls = dy.Int64(min=1, description="Calls, unanswered ones too")
    answered_by_human = dy.Int64(min=0, description="Of the answered calls, those that a person answered")
    answered_by_machine = dy.Int64(
        min=0, description="Of them, those that an answering machine answered; some records tell neither"
    )
    no_answer = dy.Int64(min=0, description="Calls that nobody answered")
    busy = dy.Int64(min=0, description="Calls to a line that was busy")
    failed = dy.Int64(min=0, description="Calls that could not be made or broke down")
    talk_time_s = dy.Decimal(18, 3, nullable=True, description="Seconds of all answered calls; null where none tells")


class CallCosts(_OfVersion):
    """One row per call element, version, period and currency: what calls cost (F20, D18)."""

    element_id = dy.String(primary_key=True, description="Element of type call, as in CallElementPerformance")
    currency = dy.String(primary_key=True, description="ISO 4217; empty where no price is known")
    calls = dy.Int64(min=1, description="Calls, unanswered ones too")
    cost = dy.Decimal(18, 6, nullable=True, description="In the row's currency; null where no price is known")


class CallHours(_OfVersion):
    """One row per hour of the week, version and period with calls: when calls began (F27)."""

    period = dy.Date(primary_key=True, description="Of the call's end, as everywhere; a call may begin the day before")
    weekday = dy.Int64(primary_key=True, min=1, max=7, description="Of started_at in UTC: 1 is Monday, 7 Sunday")
    hour = dy.Int64(primary_key=True, min=0, max=23, description="Of started_at in UTC")
    calls = dy.Int64(min=1, description="Calls, unanswered ones too")
    answered = dy.Int64(min=0, description="Calls whose outcome is completed or hung_up")


class CallDropOffs(_OfVersion):
    """One row per element, version and period in which calls ended early: where callers hang up (F29)."""

    element_id = dy.String(primary_key=True, description="Element reached last; empty where the record names none")
    ended_early = dy.Int64(min=1, description="Calls that ended early at the element")
    share = dy.Float64(min=0.0, max=1.0, description="Of all calls of the journey, version and period that ended early")


class MenuPerformance(_OfVersion):
    """One row per element, version and period with a menu shown, an option pressed or input asked for (F3, F30)."""

    element_id = dy.String(primary_key=True)
    shown = dy.Int64(nullable=True, min=0, description="Times that the menu was played; null for no menu")
    repeats = dy.Int64(nullable=True, min=0, description="Times that it was played again in the same call; own grain")
    pressed = dy.Int64(nullable=True, min=0, description="Options pressed; null for no menu")
    no_input = dy.Int64(nullable=True, min=0, description="Attempts without input; null where no attempt is told of")
    invalid = dy.Int64(
        nullable=True, min=0, description="Attempts with invalid input; null where no attempt is told of"
    )


class MenuPaths(_OfVersion):
    """One row per menu option, version and period in which the menu was used: how callers move through it (F30).

    An option is there that was pressed, and one that the journey's version offers but nobody pressed.
    """

    element_id = dy.String(primary_key=True, description="The menu")
    key = dy.String(primary_key=True, description="Key pressed; empty where the event names none")
    next_element_id = dy.String(
        primary_key=True, description="Where it led: as the event says, else as the journey's version says, else empty"
    )
    label = dy.String(nullable=True, description="Of the option in the journey's version (the newest of several)")
    presses = dy.Int64(min=0, description="Times that the option was pressed; 0: it was offered only")
    share = dy.Float64(
        nullable=True, min=0.0, max=1.0, description="Of all presses in the menu, version and period; null without any"
    )


class InputPerformance(_OfVersion):
    """One row per element, variable, version and period: how well input was collected (F31)."""

    element_id = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    attempts = dy.Int64(min=1, description="Times that input was asked for")
    ok = dy.Int64(min=0, description="Attempts that gave valid input")
    no_input = dy.Int64(min=0, description="Attempts that gave no input")
    invalid = dy.Int64(min=0, description="Attempts that gave invalid input")
    distinct_values = dy.Int64(
        nullable=True, min=0, description="Different valid values; null unless the source lets all be kept (always)"
    )

    @dy.rule()
    def attempts_end_in_one_way(cls) -> pl.Expr:
        """Attempts = ok + no input + invalid."""
        return pl.col("attempts") == pl.sum_horizontal("ok", "no_input", "invalid")


class InputValues(_OfVersion):
    """One row per valid value that callers gave, masked as its source asks; the 100 most frequent of each (F31)."""

    element_id = dy.String(primary_key=True)
    variable = dy.String(primary_key=True)
    masking = dy.String(
        primary_key=True,
        check=lambda c: c.is_in(["always", "masked"]),
        description="always: the value; masked: its last two characters. Others are not shown",
    )
    value = dy.String(primary_key=True, description="What callers keyed in")
    inputs = dy.Int64(min=1, description="Times that it was given")


IVR_FIGURES: list[type[dy.Schema]] = [
    CallPerformance, CallElementPerformance, CallCosts, CallHours, CallDropOffs, MenuPerformance, MenuPaths,
    InputPerformance, InputValues,
]  # fmt: skip
