"""Logs as one JSON object on each line, without contacts and secrets (JOURNEYS_LOG=json)."""

import json
import logging
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from journeys_pipeline.adapters.telling import mask, words_of

DAGSTER = "dagster_meta"  # what Dagster knows of a line of a run; an attribute of its log records
LONGEST = 2000
Line = dict[str, Any]


class JsonLines(logging.Formatter):
    """Times, levels, runs, assets, partitions and accounts as fields; of an error its class, its place, and our words.

    Args:
        secrets: Texts that must not be told.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._secrets = sorted(secrets, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        of_run: Mapping[str, Any] = getattr(record, DAGSTER, {})
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": of_run.get("orig_message") or record.getMessage(),
            "account": getattr(record, "account_id", None),
            **_about_run(of_run),
            "error": _error_of_event(of_run.get("dagster_event")) or _error(record.exc_info),
        }
        return json.dumps({name: self._safe(value) for name, value in line.items() if value}, ensure_ascii=False)

    def _safe(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._safe(one) for name, one in value.items() if one}
        return mask(str(value), self._secrets)[:LONGEST]


def write_json_lines(secrets: Collection[str]) -> None:
    """From now on this process logs JSON lines to standard error: our loggers from INFO on, others' warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("journeys_pipeline").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("journeys_pipeline").critical("The process ends.", exc_info=(kind, error, trace))


def _about_run(of_run: Mapping[str, Any]) -> Line:
    tags, event = of_run.get("job_tags") or {}, of_run.get("dagster_event")
    bounds = [tags.get(f"dagster/asset_partition_range_{end}", "") for end in ("start", "end")]
    partitions = tags.get("dagster/partition") or "...".join(filter(None, bounds))
    return {
        "run_id": of_run.get("run_id"),
        "job": of_run.get("job_name"),
        "asset": of_run.get("step_key"),
        "partition": getattr(event, "partition", None) or partitions,
        "event": getattr(event, "event_type_value", "").replace("PIPELINE_", "RUN_"),  # as the UI says
    }


def _error_of_event(event: Any) -> Line | None:
    """Of a failed step or run the error that it began with."""
    error = getattr(getattr(event, "event_specific_data", None), "error", None)
    if error is None:
        return None
    first = error.cause or error
    return {"class": first.cls_name, "says": words_of(first.message)}


def _error(raised: Any) -> Line | None:
    if not raised or raised[0] is None:
        return None
    kind, error, trace = raised
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else None
    return {"class": kind.__name__, "says": words_of(f"{kind.__module__}.{kind.__qualname__}: {error}"), "at": place}
