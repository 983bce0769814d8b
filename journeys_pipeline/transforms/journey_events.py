"""Records as written become typed events; what breaks a rule is set aside with its reason, nothing is lost."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from journeys_pipeline.schemas.journey_events import (
    CALL_OUTCOMES,
    CHANNELS,
    ENTRY_SOURCES,
    EXIT_TYPES,
    INPUT_OUTCOMES,
    JOURNEY_STATUSES,
    OUTCOMES,
    REQUIRED_FIELDS,
    JourneyEvents,
    Journeys,
    QuarantinedRecords,
)

KEY = ["account_id", "event_id"]
ENVELOPE = ["event_id", "event_type", "occurred_at", "account_id"]
TIMES = ["occurred_at", "started_at", "answered_at"]
WHOLE_NUMBERS = ["journey_version", "segments"]
JOURNEY_TIMES = ["launched_at", "stopped_at", "valid_from"]
LONGEST_ATTRIBUTION_DAYS = 90
FLAGS = ["is_test", "is_machine", "permanent"]
CHOICES = {
    "channel": CHANNELS,
    "entry_source": ENTRY_SOURCES,
    "exit_type": EXIT_TYPES,
    "answered_by": ["human", "machine"],
    "masking": ["always", "masked", "never"],
}
ELEMENT_FIELDS = ["element_id", "type", "name"]
OUTCOMES_OF = {"element_completed": OUTCOMES, "call_ended": CALL_OUTCOMES, "input_collected": INPUT_OUTCOMES}

# \d would be digits of every script, which Polars cannot read; JSON writers turn to exponents below 0.0001.
ISO_TIME = (
    r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
)
EPOCH_MS = r"^[0-9]{11,14}$"
WHOLE_NUMBER = r"^[1-9][0-9]{0,8}$"
AMOUNT = r"[0-9]{1,12}(?:\.[0-9]{1,6})?|[0-9](?:\.[0-9])?e-0?5|[0-9]e-0?6"
MONEY = f"^-?(?:{AMOUNT})$"
PRICE = f"^(?:{AMOUNT})$"
SECONDS = r"^[0-9]{1,9}(?:\.[0-9]+)?(?:e-[0-9]{1,2})?$"
CURRENCY = r"^[A-Z]{3}$"


@dataclass(frozen=True)
class EventFile:
    """The file that records come from."""

    file_id: str
    account_id: str
    landed_on: date


def accept_events(records: pl.LazyFrame, *, file: EventFile) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """JourneyEvents that keep all rules, and QuarantinedRecords with the first rule that each other record broke.

    Args:
        records: One row per record with `row_number`, `is_readable`, `flawed_field`, every event field as text,
            and `attributes`.
        file: Where the records come from.
    """
    judged = records.with_columns(
        *(_time(name).alias(f"typed_{name}") for name in TIMES),
        refusal=pl.coalesce(
            pl.when(~pl.col("is_readable")).then(pl.lit("the line is not a JSON object")),
            pl.when(pl.col("flawed_field").is_not_null()).then(
                pl.format("{} is given twice or is not a single value", "flawed_field")
            ),
            *(_refuse(pl.col(name).is_null(), f"{name} is missing") for name in ENVELOPE),
            _refuse(pl.col("account_id") != file.account_id, "account_id is not that of the connection"),
            _refuse(~pl.col("event_type").is_in(list(REQUIRED_FIELDS)), "event_type is unknown"),
            *_missing_fields(),
            *_malformed_fields(),
        ),
    ).with_columns(
        refusal=pl.coalesce(
            "refusal",
            *(
                _refuse(
                    pl.col(name).is_not_null() & pl.col(f"typed_{name}").is_null(),
                    f"{name} is no time with an offset (ISO 8601) nor epoch milliseconds",
                )
                for name in TIMES
            ),
        )
    )
    accepted = _typed(judged.filter(pl.col("refusal").is_null()), file)
    return accepted, _quarantined(judged.filter(pl.col("refusal").is_not_null()), file)


def drop_known(accepted: pl.DataFrame, known: pl.LazyFrame, *, landed_on: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events whose key is new, and QuarantinedRecords of those that contradict the first of their key.

    An event that repeats the first of its key in every field is in neither: a duplicate, dropped.

    Args:
        accepted: JourneyEvents in the order in which they arrived.
        known: JourneyEvents of other files.
        landed_on: Day for the quarantine.
    """
    content = pl.struct(pl.exclude("file_id", "row_number")).hash()
    keys = accepted.lazy().select(KEY).unique()
    stored = known.join(keys, on=KEY, how="semi").with_columns(stored=content).select(*KEY, "stored")
    compared = (
        accepted.lazy()
        .with_columns(content=content)
        .with_row_index("order")
        .join(stored, on=KEY, how="left")
        .with_columns(
            is_first=pl.col("order") == pl.col("order").min().over(KEY),
            first=pl.col("content").sort_by("order").first().over(KEY),
        )
        .sort("order")
        .collect()
    )
    is_new = pl.col("stored").is_null() & pl.col("is_first")
    contradicts = ~is_new & (pl.col("content") != pl.coalesce("stored", "first"))
    conflicts = compared.filter(contradicts).select(
        "file_id",
        "row_number",
        "account_id",
        pl.lit("event_id came before with other content; the first is kept").alias("reason"),
        pl.lit(landed_on).alias("day"),
    )
    return compared.filter(is_new).select(JourneyEvents.column_names()), QuarantinedRecords.cast(conflicts)


def _refuse(condition: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason))


def _missing_fields() -> list[pl.Expr]:
    """A field that the event's type requires is not there."""
    fields = sorted({field for required in REQUIRED_FIELDS.values() for field in required})
    types = {field: [name for name, required in REQUIRED_FIELDS.items() if field in required] for field in fields}
    return [
        _refuse(pl.col(field).is_null() & pl.col("event_type").is_in(types[field]), f"{field} is missing")
        for field in fields
    ]


def _malformed_fields() -> list[pl.Expr]:
    """A field is there, but not what it should be."""
    patterns = dict.fromkeys(WHOLE_NUMBERS, (WHOLE_NUMBER, "a whole number from 1 on"))
    patterns |= {"price": (PRICE, "an amount from 0 on with at most six decimals")}
    patterns |= {"duration_s": (SECONDS, "a number of seconds"), "currency": (CURRENCY, "an ISO 4217 code")}
    goal_value = (pl.col("event_type") == "goal_performed") & ~pl.col("value").str.contains(MONEY)
    return [
        *(
            _refuse(~pl.col(name).str.contains(form), f"{name} is not {what}")
            for name, (form, what) in patterns.items()
        ),
        *(_refuse(~pl.col(name).is_in(["true", "false"]), f"{name} is not true or false") for name in FLAGS),
        *(_refuse(~pl.col(name).is_in(allowed), f"{name} is unknown") for name, allowed in CHOICES.items()),
        *(
            _refuse((pl.col("event_type") == kind) & ~pl.col("outcome").is_in(allowed), "outcome is unknown")
            for kind, allowed in OUTCOMES_OF.items()
        ),
        _refuse(~pl.col("outcome").is_in(sorted({*OUTCOMES, *CALL_OUTCOMES, *INPUT_OUTCOMES})), "outcome is unknown"),
        _refuse(goal_value, "value is not an amount with at most six decimals"),
    ]


def _time(name: str) -> pl.Expr:
    """UTC microseconds from ISO 8601 with an offset, or from epoch milliseconds; null for anything else."""
    text = pl.col(name)
    iso = text.str.replace("Z$", "+0000").str.replace(" ", "T", literal=True).str.replace(r":(\d\d)$", "${1}")
    from_iso = iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False)
    from_epoch = (text.cast(pl.Int64, strict=False) * 1000).cast(pl.Datetime("us", "UTC"))
    return pl.when(text.str.contains(ISO_TIME)).then(from_iso).when(text.str.contains(EPOCH_MS)).then(from_epoch)


def _typed(records: pl.LazyFrame, file: EventFile) -> pl.LazyFrame:
    kind = pl.col("event_type")
    acts = ["message_seen", "message_opened", "message_clicked"]
    is_input = kind == "input_collected"
    derived_entry = pl.concat_str(
        ["journey_id", "journey_version", "person_id", pl.col("typed_occurred_at").dt.epoch("us").cast(pl.String)],
        separator="|",
    )
    return JourneyEvents.cast(
        records.with_columns(
            *(pl.col(f"typed_{name}").alias(name) for name in TIMES),
            *((pl.col(name) == "true").alias(name) for name in FLAGS),
            day=pl.col("typed_occurred_at").dt.date(),
            segments=pl.when(kind == "message_sent").then(pl.col("segments").fill_null("1")).otherwise("segments"),
            entry_id=pl.when(kind == "journey_entered")
            .then(pl.coalesce("entry_id", derived_entry))
            .otherwise("entry_id"),
            value=pl.when(is_input & (pl.col("masking") == "never"))
            .then(None)
            .when(is_input & (pl.col("masking") == "masked"))
            .then(pl.concat_str(pl.lit("***"), pl.col("value").str.tail(2)))
            .otherwise("value"),
            file_id=pl.lit(file.file_id),
        )
        .with_columns(
            pl.col("is_test").fill_null(value=False),
            is_machine=pl.when(kind.is_in(acts))
            .then(pl.col("is_machine").fill_null(value=False))
            .otherwise("is_machine"),
        )
        .select(JourneyEvents.column_names())
    )


def _quarantined(records: pl.LazyFrame, file: EventFile) -> pl.LazyFrame:
    return QuarantinedRecords.cast(
        records.select(
            pl.lit(file.file_id).alias("file_id"),
            "row_number",
            pl.lit(file.account_id).alias("account_id"),
            pl.col("refusal").alias("reason"),
            pl.lit(file.landed_on).alias("day"),
        )
    )


def accept_journeys(
    lines: Iterable[tuple[int, dict[str, Any] | None]], *, file: EventFile
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Journeys that keep all rules, and QuarantinedRecords of the other lines.

    Args:
        lines: Line number and object of each line; null for a line that holds no object.
        file: Where the lines come from.
    """
    accepted: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    origin = {"file_id": file.file_id, "account_id": file.account_id, "day": file.landed_on}
    for number, line in lines:
        row = _journey_row(line or {})
        reason = "the line is not a JSON object" if line is None else next(_flaws(row, line, file), None)
        if reason:
            refused.append(origin | {"row_number": number, "reason": reason})
        else:
            accepted.append(row)
    texts = dict.fromkeys(Journeys.column_names(), pl.String)
    journeys = pl.DataFrame(accepted, schema=texts).with_columns(_time(name) for name in JOURNEY_TIMES)
    quarantined = pl.DataFrame(refused, schema=QuarantinedRecords.create_empty().schema)
    return Journeys.cast(journeys), quarantined


def _journey_row(line: dict[str, Any]) -> dict[str, Any]:
    """The line's fields as text; a goal without a window has one of 30 days (D15)."""
    goal = line.get("goal") or {}
    row = {name: _as_text(line.get(name)) for name in Journeys.column_names()}
    row["elements"] = json.dumps(line.get("elements") or [], ensure_ascii=False)
    row["goal_event_name"] = _as_text(goal.get("event_name")) if isinstance(goal, dict) else None
    row["goal_attribution_days"] = _as_text(goal.get("attribution_days") or "30") if row["goal_event_name"] else None
    return row


def _flaws(row: dict[str, Any], line: dict[str, Any], file: EventFile) -> Iterator[str]:
    """The rules that a journey version breaks, first things first: a later rule relies on the earlier ones."""
    nested = [name for name in row if name != "elements" and isinstance(line.get(name), dict | list)]
    yield from (f"{name} is not a single value" for name in nested)
    columns = Journeys.columns().items()
    yield from (f"{name} is missing" for name, column in columns if row[name] is None and not column.nullable)
    if row["account_id"] != file.account_id:
        yield "account_id is not that of the connection"
    if row["status"] not in JOURNEY_STATUSES:
        yield "status is unknown"
    if not re.fullmatch(WHOLE_NUMBER, row["version"]):
        yield "version is not a whole number from 1 on"
    if not isinstance(line.get("goal") or {}, dict) or not isinstance(line.get("elements") or [], list):
        yield "goal is not an object, or elements is not a list"
    if line.get("goal") and row["goal_event_name"] is None:
        yield "goal.event_name is missing"
    days = row["goal_attribution_days"]
    if days is not None and not (days.isdecimal() and 1 <= int(days) <= LONGEST_ATTRIBUTION_DAYS):
        yield "goal.attribution_days is not a whole number from 1 to 90"
    if not all(_is_element(element) for element in line.get("elements") or []):
        yield "an element lacks its element_id, type or name"
    given = pl.DataFrame([{name: row[name] for name in JOURNEY_TIMES}], schema=dict.fromkeys(JOURNEY_TIMES, pl.String))
    times = given.select(_time(name).alias(name) for name in JOURNEY_TIMES).row(0, named=True)
    yield from (
        f"{name} is no time with an offset (ISO 8601) nor epoch milliseconds"
        for name in JOURNEY_TIMES
        if row[name] and times[name] is None
    )


def _as_text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _is_element(element: Any) -> bool:
    return isinstance(element, dict) and all(element.get(name) for name in ELEMENT_FIELDS)
