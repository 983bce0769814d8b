"""What the mail of a report says."""

import json
from typing import Any

from journeys_pipeline.transforms.reports import XLSX_ROW_LIMIT

UNITS = {"MEP consumption": "one per monthly engaged person"}


def write_letter(report: dict[str, Any], *, is_attached: bool) -> str:
    """The mail's text: period, rows, whether they may still change, why .csv (F71), or where the file lies.

    Args:
        report: The register's row.
        is_attached: Whether the file comes with the mail.
    """
    asked = json.loads(report["parameters"] or "{}")
    unit = UNITS.get(report["report_type"])
    kind = "" if report["name"] == report["report_type"] else f" ({report['report_type']})"
    lines = [
        f"{report['name']}{kind}, a report for account {report['account_id']}.",
        f"Period: {_period(report)} (UTC), {_state(report, asked)}.",
        *_scope(report, asked),
        f"Rows: {report['row_count']:,}{', ' + unit if unit else ''}.",
    ]
    if asked.get("format") == "xlsx" and report["format"] == "csv":
        lines.append(f"It comes as .csv, not as .xlsx, because it has more than {XLSX_ROW_LIMIT:,} rows.")
    if not is_attached:
        lines += [
            "The file is too large to be sent by mail. It lies in the reports folder:",
            f"Path: {report['path']}",
            f"SHA-256: {report['file_sha256'] or 'not recorded'}",
        ]
    return "\n".join(lines) + "\n"


def _period(report: dict[str, Any]) -> str:
    if report["month"]:
        return f"{report['month']:%Y-%m}"
    if report["first_day"]:
        return f"{report['first_day']} to {report['last_day']}"
    return f"all until {report['made_at']:%Y-%m-%d %H:%M}"


def _state(report: dict[str, Any], asked: dict[str, Any]) -> str:
    if asked.get("edition") == "as_restated":
        ledger = "the month is still open" if report["is_provisional"] else "what was closed is not changed by it"
        return f"restated: counted anew on {report['made_at']:%Y-%m-%d}, {ledger}"
    if report["month"]:
        return "provisional: the month is still open" if report["is_provisional"] else "closed: the month is final"
    return "provisional: late data may still come" if report["is_provisional"] else "final"


def _scope(report: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    if report["month"]:
        return [f"Sub-accounts: {(report['sub_accounts'] or 'all').replace(',', ', ')}."]
    if "journey_id" in asked:
        return [f"Journey: {asked['journey_id'] or 'all'}."]
    return [f"Dataset: {asked['dataset']}."] if "dataset" in asked else []
