"""What every asset tells about its table: description, columns, row counts."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypedDict

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.schemas.shared_columns import meaning_of

OWNER = "team:data-engineering"


class About(TypedDict):
    """Keyword arguments of `dg.asset`."""

    description: str | None
    kinds: set[str]
    group_name: str
    owners: Sequence[str]
    metadata: Mapping[str, Any]


def about(table: type[dy.Schema], *, kinds: set[str], group: str) -> About:
    """The keyword arguments of `dg.asset` that come from a table's schema."""
    return {
        "description": inspect.cleandoc(table.__doc__ or ""),
        "kinds": kinds,
        "group_name": group,
        "owners": [OWNER],
        "metadata": {"dagster/column_schema": column_schema(table)},
    }


def column_schema(table: type[dy.Schema]) -> dg.TableSchema:
    """The table's columns for the Dagster UI: name, type, meaning, whether null may stand, whether key."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=definition.alias or name,
                type=str(definition.dtype),
                description=meaning_of(name, definition.description),
                constraints=dg.TableColumnConstraints(nullable=definition.nullable, unique=definition.unique),
                tags={"primary_key": ""} if definition.primary_key else None,
            )
            for name, definition in table.columns().items()
        ]
    )


def add_row_counts(
    context: dg.AssetExecutionContext, counts: pl.DataFrame, *, periods: Iterable[date], accounts: int
) -> None:
    """Give each partition of the run its own row count.

    Args:
        context: The run's.
        counts: Columns `period` and `rows`.
        periods: The partitions that the run makes.
        accounts: How many accounts the run covers.
    """
    rows = dict(counts.select("period", "rows").iter_rows())
    for period in periods:
        context.add_asset_metadata(
            {"dagster/partition_row_count": rows.get(period, 0), "accounts refreshed": accounts},
            partition_key=period.isoformat(),
        )


def markdown_table(rows: pl.DataFrame, *, most: int = 12) -> dg.MetadataValue:
    """The first rows as a small Markdown table."""
    header = f"| {' | '.join(rows.columns)} |\n|{' --- |' * rows.width}"
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows.head(most).rows()]
    return dg.MetadataValue.md("\n".join([header, *lines]))


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|")
