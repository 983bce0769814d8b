"""Where each figure of a page comes from: a served table, the columns that tell its rows apart, and those summed.

Said a second time, apart from the transforms that shape pages, so that a mistake in those is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dataframely as dy
import polars as pl

from journeys_pipeline.schemas.contact_entries import REASONS, ImportPerformance
from journeys_pipeline.schemas.ivr_metrics import (
    CallCosts,
    CallDropOffs,
    CallHours,
    CallPerformance,
    InputPerformance,
    InputValues,
    MenuPaths,
    MenuPerformance,
)
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.mep_ledger import (
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepBySubAccount,
    MepSummary,
)
from journeys_pipeline.schemas.metrics import (
    AccountPerformance,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ElementPerformance,
    EntryPoints,
    ExitsByType,
    GoalDelays,
    GoalValues,
    JourneyFunnel,
    VersionPerformance,
)
from journeys_pipeline.schemas.reports import MEP_REPORT, ReportRegister

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
PERIOD = pl.col("period")
FETCHED = pl.col("fetched_at").dt.date()
HOUR = pl.format("{}:00", pl.col("hour").cast(pl.String).str.zfill(2))
WEEKDAY = pl.col("weekday").replace_strict(dict(enumerate(DAYS, start=1)), return_dtype=pl.String)
PRESSED = pl.when(pl.col("key") == "").then(pl.lit("?")).otherwise(pl.col("key"))
LED_TO = pl.when(pl.col("next_element_id") == "").then(pl.lit("not named")).otherwise(pl.col("next_element_id"))

OPTION = pl.concat_str(PRESSED, pl.coalesce("label", LED_TO), separator=" · ")


@dataclass(frozen=True)
class Source:
    """Some figures of a dataset; `key` and `figures` by the names that they have on pages."""

    table: type[dy.Schema]
    grain: str
    key: Mapping[str, pl.Expr]
    figures: Mapping[str, pl.Expr]
    rates: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """One figure divided by another."""
    month: pl.Expr = PERIOD
    where: pl.Expr = field(default_factory=lambda: pl.lit(value=True))
    is_in_every_part: bool = False
    """Shown whichever month is chosen."""


def columns(*names: str, **renamed: str) -> dict[str, pl.Expr]:
    """Columns that pages call as the table does, or otherwise."""
    return {name: pl.col(column) for name, column in (dict(zip(names, names, strict=True)) | renamed).items()}


def _month(
    table: type[dy.Schema], key: dict[str, pl.Expr], figures: dict[str, pl.Expr], **others: tuple[str, str]
) -> Source:
    return Source(table, "month", key, figures, others)


def _day(table: type[dy.Schema], key: dict[str, pl.Expr], figures: dict[str, pl.Expr]) -> Source:
    return Source(table, "day", {"day": PERIOD} | key, figures)


def _costs(*names: str, by_day: bool = False) -> list[Source]:
    """What messages cost, and calls, which are the channel voice."""
    key = columns(*names)
    voice = key | ({"channel": pl.lit("voice")} if "channel" in names else {})
    day = {"day": PERIOD} if by_day else {}
    return [
        Source(ChannelCosts, "day", day | key, columns("cost")),
        Source(CallCosts, "day", day | voice, columns("cost"), where=pl.col("cost").is_not_null()),
    ]


FIGURES = columns("profiles_in_journey", "active_profiles", "goal_performers", "messages_sent")
PEOPLE = FIGURES | columns("profiles_exited", "completion_rate", "goal_events")
JOURNEY, CHANNEL = columns("journey"), columns("channel")
MESSAGES = columns("messages_sent", "delivered", clicked="clicked_messages") | {
    "looked_at": pl.coalesce("seen_messages", "opened_messages")
}
ELEMENT = columns("journey", "element_type", element="element_id")
ELEMENT_FIGURES = columns(
    "entered", "completed", "timed_out", "satisfied", "executed", waiting="in_it_now", exited="exited_here",
    failed="errored", median_dwell="median_dwell_s",
)  # fmt: skip
CALLS = columns(
    "calls", "answered", "completed", "ended_early", "unique_callers", median_talk_time="median_talk_time_s"
)
ENTRIES = columns(total="total_entries", valid="valid_entries", invalid="invalid_entries")
FILES = {
    "files": (pl.col("status") == "landed").cast(pl.Int64),
    "connection_errors": (pl.col("status") == "connection_error").cast(pl.Int64),
}

FAILED = pl.col("status").is_in(["refused", "connection_error"]).cast(pl.Int64)
WITHDRAWN = pl.col("status") == "withdrawn"
RECORDS = {name: pl.when(pl.col("status") == "landed").then(name) for name in ("records", "quarantined")}


def _imports(key: dict[str, pl.Expr], figures: dict[str, pl.Expr], **rates: tuple[str, str]) -> Source:
    return Source(ImportPerformance, "", key, figures, rates, month=FETCHED, where=~WITHDRAWN)


def _step(name: str, figure: str, table: type[dy.Schema], column: str) -> Source:
    return Source(table, "month", {"step": pl.lit(name)}, {figure: pl.col(column)})


def _mep(table: type[dy.Schema], key: dict[str, pl.Expr], *names: str) -> Source:
    return Source(table, "", key, columns(*names), month=pl.col("month"))


def _count_in_json(code: str) -> pl.Expr:
    return pl.col("reasons").str.json_path_match(f"$.{code}").cast(pl.Int64)


SOURCES: Mapping[str, list[Source]] = {
    "account": [_month(AccountPerformance, {}, FIGURES)],
    "account_days": [
        _day(AccountPerformance, {}, FIGURES | columns("entries")),
        _day(ExitsByType, {}, columns("exits")),
        _day(ElementPerformance, {}, columns(inside="in_it_now")),
    ],
    "account_costs": _costs("currency"),
    "account_cost_days": _costs("currency", by_day=True),
    "channel_costs": _costs("channel", "currency"),
    "journey_costs": _costs("journey", "channel", "currency"),
    "journeys": [
        _month(
            CampaignPerformance, JOURNEY, FIGURES | columns("completion_rate"),
            goal_rate=("goal_performers", "profiles_in_journey"),
        )
    ],
    "goal_rates": [
        _month(CampaignPerformance, JOURNEY, FIGURES, goal_rate=("goal_performers", "profiles_in_journey"))
    ],
    "journey_days": [_day(CampaignPerformance, JOURNEY, FIGURES | columns("entries"))],
    "movers": [Source(CampaignPerformance, "day", JOURNEY, columns("entries"))],
    "channel_days": [_day(ChannelPerformance, CHANNEL, columns("messages_sent", "delivered"))],
    "channels": [
        _month(
            ChannelPerformance, CHANNEL, MESSAGES, delivery_rate=("delivered", "messages_sent"),
            look_rate=("looked_at", "delivered"), click_rate=("clicked", "delivered"),
        ),
        *_costs("channel", "currency"),
    ],
    "channel_journeys": [_month(ChannelPerformance, JOURNEY | CHANNEL, MESSAGES)],
    "delivery_funnel": [
        Source(ChannelPerformance, "month", {"step": pl.lit(name)}, {"messages": MESSAGES[of]})
        for name, of in zip(
            ("Sent", "Delivered", "Seen or opened", "Clicked"),
            ("messages_sent", "delivered", "looked_at", "clicked"),
            strict=True,
        )
    ],
    "elements": [_month(ElementPerformance, ELEMENT, ELEMENT_FIGURES)],
    "silent_elements": [_month(ElementPerformance, ELEMENT, ELEMENT_FIGURES)],
    "entry_sources": [_month(EntryPoints, columns("entry_source"), columns("entries"))],
    "exits": [_month(ExitsByType, columns("exit_type"), columns("exits"))],
    "campaign": [_month(CampaignPerformance, {}, PEOPLE)],
    "campaign_days": [
        _day(CampaignPerformance, {}, FIGURES | columns("profiles_exited", "entries", "goal_events")),
        _day(ExitsByType, {}, columns("exits")),
    ],
    "campaign_funnel": [
        _step("Entered", "people", JourneyFunnel, "entered"),
        _step("Sent a message", "people", JourneyFunnel, "messaged"),
        _step("Active", "people", JourneyFunnel, "active"),
        _step("Reached the goal", "people", JourneyFunnel, "reached_goal"),
    ],
    "versions": [_month(VersionPerformance, {"journey_version": pl.format("Version {}", "journey_version")}, PEOPLE)],
    "goal_values": [_month(GoalValues, columns("currency"), columns("goal_events", "goal_value"))],
    "time_to_goal": [_month(GoalDelays, columns("delay"), columns("goal_events"))],
    "ivr_journeys": [_month(CallPerformance, JOURNEY, CALLS, completion_rate=("completed", "answered"))],
    "call_days": [_day(CallPerformance, {}, columns("calls", "answered", "completed", "ended_early"))],
    "ivr": [_month(CallPerformance, {}, CALLS, completion_rate=("completed", "answered"))],
    "ivr_days": [_day(CallPerformance, {}, CALLS)],
    "ivr_hours": [_month(CallHours, {"weekday": WEEKDAY, "hour": HOUR}, columns("calls"))],
    "ivr_steps": [
        _step("Called", "calls", CallPerformance, "calls"),
        _step("Answered", "calls", CallPerformance, "answered"),
        _step("Completed", "calls", CallPerformance, "completed"),
        Source(
            MenuPerformance, "month", {"step": pl.format("Menu: {}", "element_id")},
            {"calls": pl.col("shown") - pl.col("repeats").fill_null(0)}, where=pl.col("shown") > 0,
        ),
    ],
    "ivr_drop_offs": [
        _month(
            CallDropOffs, {"element": pl.col("element_id").replace({"": "not named"})}, columns("ended_early", "share")
        )
    ],
    "ivr_options": [
        _month(
            MenuPaths,
            {"menu": pl.col("element_id"), "option": OPTION},
            columns("presses", "share"),
        )
    ],
    "ivr_menus": [
        _month(
            MenuPerformance, columns(element="element_id"),
            columns("shown", "repeats", "pressed", "no_input", "invalid"),
        )
    ],
    "ivr_inputs": [
        _month(
            InputPerformance, columns("variable", element="element_id"),
            columns("attempts", "no_input", "invalid", "distinct_values", valid="ok"),
        )
    ],
    "ivr_values": [_month(InputValues, columns("variable", "value", _element="element_id"), columns("inputs"))],
    "imports": [_imports({}, ENTRIES | FILES, valid_share=("valid", "total"))],
    "import_days": [_imports({"day": FETCHED}, ENTRIES | FILES)],
    "import_files": [
        Source(
            ImportPerformance, "", columns("fetched_at", file="file_name"), ENTRIES,
            {"invalid_share": ("invalid", "total")}, month=FETCHED,
        )
    ],
    "import_warnings": [
        _imports(columns(file="file_name", _file="file_id"), ENTRIES, invalid_share=("invalid", "total"))
    ],
    "import_journeys": [_imports(JOURNEY, {"valid": ENTRIES["valid"], "files": FILES["files"]})],
    "import_contacts": [_imports(columns("contact_type"), ENTRIES | FILES, valid_share=("valid", "total"))],
    "import_reasons": [
        _imports({"reason": pl.lit(code.replace("_", " ").capitalize())}, {"entries": _count_in_json(code)})
        for code in REASONS
    ],
    "import_arrivals": [
        Source(
            LandedFiles, "", {"weekday": WEEKDAY, "hour": HOUR}, {"files": FILES["files"]}, month=FETCHED,
            where=(pl.col("kind") == "contacts") & (pl.col("status") == "landed"),
        )
    ],
    "feeds": [
        Source(
            LandedFiles, "", {"feed": pl.coalesce("feed_id", pl.col("connection_id") + " (connection)")},
            RECORDS | {"files": FILES["files"], "failed_files": FAILED},
            month=FETCHED,
        )
    ],
    "mep_sub_accounts": [_mep(MepBySubAccount, columns("sub_account"), "billed", "engaged")],
    "mep_months": [
        Source(
            MepSummary, "", {"in_month": pl.col("month").dt.strftime("%B %Y")}, columns("mep", "allowance", "overage"),
            month=pl.col("month"), is_in_every_part=True,
        )
    ],
    "mep_reports": [
        Source(
            ReportRegister, "", columns("name", "made_at", _report="report_id"), columns(persons="row_count"),
            month=pl.col("month"), where=pl.col("report_type") == MEP_REPORT,
        )
    ],
    "mep": [
        _mep(MepSummary, columns("currency"), "price", "mep", "allowance", "overage", "projected"),
        Source(
            MepSummary, "", {}, columns("mep", "allowance", "overage", "projected"), {"used": ("mep", "allowance")},
            month=pl.col("month"),
        ),
    ],
    "mep_days": [_mep(MepByDay, columns("day"), "new", "cumulative")],
    "mep_course": [_mep(MepByDay, columns("day"), "cumulative")],
    "mep_journeys": [_mep(MepByJourney, columns(journey="journey_name", _id="journey_id"), "billed", "engaged")],
    "mep_campaigns": [_mep(MepByCampaign, columns(campaign="campaign_name", _id="campaign_id"), "billed", "engaged")],
    "mep_sources": [_mep(MepByEntrySource, columns("entry_source"), "billed")],
}  # fmt: skip
"""By dataset. A key that begins with _ parts rows that pages do not tell apart: one of them is what is shown."""
