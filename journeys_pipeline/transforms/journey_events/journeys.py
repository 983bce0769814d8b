"""Lines of a journeys feed become journey versions; what breaks a rule is set aside with its reason."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from journeys_pipeline.schemas.journey_events import JOURNEY_STATUSES, Journeys, QuarantinedRecords
from journeys_pipeline.transforms.journey_events.accepting import WHOLE_NUMBER, EventFile, read_time

JOURNEY_TIMES = ["launched_at", "stopped_at", "valid_from"]
LONGEST_ATTRIBUTION_DAYS = 90
ELEMENT_FIELDS = ["element_id", "type", "name"]


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
    journeys = pl.DataFrame(accepted, schema=texts).with_columns(read_time(name) for name in JOURNEY_TIMES)
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
        yield "an element lacks its element_id, type or name, or they are no text"
    given = pl.DataFrame([{name: row[name] for name in JOURNEY_TIMES}], schema=dict.fromkeys(JOURNEY_TIMES, pl.String))
    times = given.select(read_time(name).alias(name) for name in JOURNEY_TIMES).row(0, named=True)
    yield from (
        f"{name} is no time with an offset (ISO 8601) nor epoch milliseconds"
        for name in JOURNEY_TIMES
        if row[name] and times[name] is None
    )


def _as_text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _is_element(element: Any) -> bool:
    if not isinstance(element, dict):
        return False
    values = [element.get(name) for name in ELEMENT_FIELDS]
    return all(isinstance(value, str) and value for value in values)
