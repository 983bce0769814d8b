"""Tables as datasets: columns with meanings, the calendar month, and metrics that never add unique counts (D20)."""

from typing import Any

import sqlalchemy as sa

from journeys_pipeline.adapters.warehouse import METADATA
from journeys_pipeline.superset.naming import DATABASE, MONTH, uuid_of, words

STANDARD = (
    "account_performance_by_day",
    "account_performance_by_month",
    "campaign_performance_by_month",
    "version_performance_by_month",
    "journey_funnel_by_month",
    "exits_by_type_by_month",
    "entry_points_by_day",
    "channel_performance_by_day",
    "channel_performance_by_month",
    "channel_costs_by_month",
    "element_performance_by_month",
    "call_performance_by_day",
    "call_performance_by_month",
    "call_drop_offs_by_month",
    "call_hours_by_month",
    "menu_paths_by_month",
    "import_performance",
)
MEP = ("mep_summary", "mep_by_day", "mep_by_journey", "mep_by_sub_account", "mep_by_entry_source")
TIMES = ("period", "month", "fetched_at")
UNIQUE = frozenset(
    {
        "active", "active_profiles", "clicked_messages", "clicked_people", "distinct_values", "engaged", "entered",
        "exited_passages", "exited_people", "goal_performers", "in_it_now", "messaged", "opened_messages",
        "opened_people", "passages", "people", "profiles_exited", "profiles_in_journey", "reached_goal",
        "seen_messages", "seen_people", "unique_callers", "unique_entrants", "unique_people",
    }
)  # fmt: skip
"""Counts of different people or messages: right for the one row that they stand in."""
NO_SUMS = frozenset(
    {"cumulative", "hour", "journey_version", "newest_version", "price", "projected", "rank", "row_number", "weekday"}
)
MONEY = frozenset({"cost", "goal_value"})
EVERY_ENTRY = frozenset({"element_performance_by_month"})
"""Tables in which `entered` counts arrivals, not people."""


def dataset(table_name: str, dialect: str) -> dict[str, Any]:
    """A table as Superset's import takes it.

    Args:
        table_name: The table's name in the warehouse.
        dialect: "sqlite" or "postgresql".
    """
    table = METADATA.tables[table_name]
    time = time_column(table_name)
    return {
        "table_name": table_name,
        "main_dttm_col": time,
        "description": table.comment,
        "schema": None,
        "sql": None,
        "filter_select_enabled": True,
        "uuid": uuid_of("dataset", table_name),
        "metrics": [_metric(table_name, column) for column in table.columns if _is_count(column)],
        "columns": [*(_column(column, dialect) for column in table.columns), _month(time, dialect)],
        "version": "1.0.0",
        "database_uuid": uuid_of("database", DATABASE),
    }


def time_column(table_name: str) -> str:
    """The column that says which month a row belongs to."""
    columns = METADATA.tables[table_name].columns
    return next(name for name in TIMES if name in columns)


def metric_name(table_name: str, column: str) -> str:
    """The metric that is made of a column."""
    kind = "unique" if _is_unique(table_name, column) else "total"
    return f"{kind}_{column.removeprefix('unique_').removeprefix('total_')}"


def _is_unique(table_name: str, column: str) -> bool:
    return column in UNIQUE and not (column == "entered" and table_name in EVERY_ENTRY)


def _is_count(column: sa.Column[Any]) -> bool:
    is_number = isinstance(column.type, sa.Integer | sa.Numeric) and not isinstance(column.type, sa.Float)
    is_statistic = column.name.startswith(("median_", "p95_"))
    return is_number and not is_statistic and column.name not in NO_SUMS


def _metric(table_name: str, column: sa.Column[Any]) -> dict[str, Any]:
    """A sum, where it may be made at all; empty where it would say something wrong."""
    guards = [guard for applies, guard in _guards(table_name, column) if applies]
    total = f"SUM({column.name})"
    return {
        "metric_name": metric_name(table_name, column.name),
        "verbose_name": words(column.name),
        "description": column.comment,
        "expression": f"CASE WHEN {' AND '.join(guards)} THEN {total} END" if guards else total,
    }


def _guards(table_name: str, column: sa.Column[Any]) -> list[tuple[bool, str]]:
    return [
        # people are counted once for each row: rows of one account are not added (D20)
        (_is_unique(table_name, column.name), "COUNT(*) = COUNT(DISTINCT account_id)"),
        # money of several currencies is not added (D18)
        (column.name in MONEY, "COUNT(DISTINCT currency) = 1"),
        # of calls, version 0 is all versions together
        (table_name.startswith(("call_", "menu_")), "(MIN(journey_version) > 0 OR MAX(journey_version) = 0)"),
    ]


def _column(column: sa.Column[Any], dialect: str) -> dict[str, Any]:
    is_time = isinstance(column.type, sa.Date | sa.DateTime)
    return {
        "column_name": str(column.name),
        "verbose_name": words(column.name),
        "description": column.comment,
        "type": _type(column),
        "is_dttm": is_time,
        "groupby": True,
        "filterable": True,
        "python_date_format": _format(column) if is_time and dialect == "sqlite" else None,
    }


def _type(column: sa.Column[Any]) -> str:
    kinds: list[tuple[type[Any], str]] = [
        (sa.Date, "DATE"), (sa.DateTime, "TIMESTAMP"), (sa.Boolean, "BOOLEAN"), (sa.Integer, "BIGINT"),
        (sa.Float, "FLOAT"), (sa.Numeric, "NUMERIC"),
    ]  # fmt: skip
    return next((name for kind, name in kinds if isinstance(column.type, kind)), "VARCHAR")


def _format(column: sa.Column[Any]) -> str:
    """How SQLite holds it: as text, which Superset must be told; fractions of a second it drops itself by day."""
    return "%Y-%m-%d" if isinstance(column.type, sa.Date) else "%Y-%m-%d %H:%M:%S"


def _month(time: str, dialect: str) -> dict[str, Any]:
    """The calendar month as text, so that one filter fits tables by day and by month alike."""
    expression = f"strftime('%Y-%m', {time})" if dialect == "sqlite" else f"to_char({time}, 'YYYY-MM')"
    return {
        "column_name": MONTH,
        "verbose_name": "Month",
        "description": "The month of the row, UTC, like 2026-11",
        "type": "VARCHAR",
        "is_dttm": False,
        "groupby": True,
        "filterable": True,
        "expression": expression,
    }
