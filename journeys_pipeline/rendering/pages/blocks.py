"""What each widget shows for one month, as values for the template; text only, which the template escapes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, Figure, Funnel, Kpis, Table
from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.rendering.pages import formats
from journeys_pipeline.rendering.pages.palette import CHANNELS, MEASURES, variable

Rows = Mapping[str, pl.DataFrame]
"""Datasets by name, of one month."""

SPARK_WIDTH, SPARK_HEIGHT = 120, 30


@dataclass(frozen=True)
class Card:
    """One figure of a strip."""

    label: str
    dataset: str
    measure: str
    raw: str
    """The figure itself, for programs that read the page."""
    value: str
    unit: str | None
    by: str | None
    """The value that sets it apart, as JSON, for programs."""
    note: str | None
    change: str | None
    direction: str
    """up, down or flat: which arrow is shown; more is not always better, so it has no colour of praise or blame."""
    spark: str | None
    """Points of a line, as SVG takes them."""
    colour: str
    rows: str | None


@dataclass(frozen=True)
class Bar:
    """One line of a list of bars, or one step of a funnel."""

    label: str
    page: str | None
    value: str
    share: str | None
    width: float
    """Per cent of the longest."""
    marker: float | None
    """Where the reference lies, in the same measure."""
    reference: str | None
    """The reference in words, for whoever does not see where it lies."""
    colour: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    column: str
    page: str | None
    kind: str
    is_figure: bool
    bar: float | None
    trend: str | None


@dataclass(frozen=True)
class Grid:
    """A table."""

    headings: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    left_out: int


def cards(widget: Kpis, rows: Rows, *, before: str) -> list[Card]:
    """One card per figure, or per value of the column that it is set apart by."""
    return [
        _card(figure, row, rows, before=before) for figure in widget.figures for row in rows[figure.dataset].to_dicts()
    ]


def _card(figure: Figure, row: Mapping[str, Any], rows: Rows, *, before: str) -> Card:
    column = DATASETS[figure.dataset].columns[figure.measure]
    apart = {figure.by: row[figure.by]} if figure.by else {}
    change, direction = _change(row[figure.measure], row.get(f"{figure.measure}_before"), before)
    return Card(
        label=figure.label or column.label,
        dataset=figure.dataset,
        measure=figure.measure,
        raw="" if row[figure.measure] is None else str(row[figure.measure]),
        value=formats.written(row[figure.measure], column),
        note=row[figure.note] if figure.note else None,
        unit=row[figure.by] or None if figure.by else None,
        by=json.dumps(apart) if apart else None,
        change=change,
        direction=direction,
        spark=_spark(rows[figure.trend], figure.trend_measure or figure.measure, apart) if figure.trend else None,
        colour=variable(figure.measure if figure.measure in MEASURES else "accent"),
        rows=figure.rows,
    )


def _change(value: Any, earlier: Any, before: str) -> tuple[str | None, str]:
    if value is None or not earlier:
        return None, "flat"
    share = float(Decimal(value) / Decimal(earlier) - 1)
    sign = "+" if share > 0 else formats.MINUS if share < 0 else "±"
    direction = "up" if share > 0 else "down" if share < 0 else "flat"
    return f"{sign}{abs(share) * 100:,.0f}% on {before}", direction


def _spark(trend: pl.DataFrame, measure: str, apart: Mapping[str, Any]) -> str | None:
    return _line(trend.filter(*(pl.col(name) == value for name, value in apart.items()))[measure])


def _line(counts: Iterable[Any]) -> str | None:
    values = [float(value or 0) for value in counts]
    if len(values) < 2 or max(values) == 0:  # noqa: PLR2004 - a line needs two ends
        return None
    step, top = SPARK_WIDTH / (len(values) - 1), max(values)
    return " ".join(
        f"{at * step:.1f},{SPARK_HEIGHT - 2 - value / top * (SPARK_HEIGHT - 4):.1f}" for at, value in enumerate(values)
    )


def funnel(widget: Funnel, rows: pl.DataFrame) -> list[Bar]:
    """The steps; each share is of the first step."""
    column = DATASETS[widget.dataset].columns[widget.measure]
    records = rows.filter(pl.col(widget.measure).is_not_null()).to_dicts()
    first = max((record[widget.measure] for record in records[:1]), default=0) or 1
    return [
        Bar(
            label=record[widget.x],
            page=None,
            value=formats.written(record[widget.measure], column),
            share=formats.percent(record[widget.measure] / first),
            width=min(100.0, record[widget.measure] / first * 100),
            marker=None,
            reference=None,
            colour=variable("accent"),
        )
        for record in records
    ]


def bars(widget: Chart, rows: pl.DataFrame) -> list[tuple[str | None, list[Bar]]]:
    """Bars for the values of a text; apart from each other, each with its own scale, for what may not be compared."""
    if not widget.by:
        return [(None, _bars(widget, rows))]
    groups = rows.partition_by(widget.by, as_dict=True, maintain_order=True)
    return [(str(value) or "no currency", _bars(widget, group)) for (value,), group in groups.items()]


def _bars(widget: Chart, rows: pl.DataFrame) -> list[Bar]:
    columns, measure = DATASETS[widget.dataset].columns, widget.measures[0]
    records = rows.head(widget.limit).to_dicts()
    names = [measure, *([widget.reference] if widget.reference else [])]
    longest = float(max((record[name] or 0 for record in records for name in names), default=0)) or 1.0
    return [
        Bar(
            label=record[widget.x],
            page=record.get("page") if widget.x == "journey" else None,
            value=formats.written(record[measure], columns[measure]),
            share=None,
            width=float(record[measure] or 0) / longest * 100,
            marker=_marker(record.get(widget.reference), longest) if widget.reference else None,
            reference=_reference(widget.reference, record, columns) if widget.reference else None,
            colour=variable(record[widget.x]) if record[widget.x] in CHANNELS else variable("accent"),
        )
        for record in records
    ]


def _reference(name: str, record: Mapping[str, Any], columns: Mapping[str, Column]) -> str:
    return f"{columns[name].label}: {formats.written(record.get(name), columns[name])}"


def _marker(reference: Any, longest: float) -> float | None:
    return None if reference is None else float(reference) / longest * 100


def grid(widget: Table, rows: pl.DataFrame) -> Grid:
    """The table's cells; the first column of a dataset with pages links to them."""
    columns = {name: DATASETS[widget.dataset].columns[name] for name in widget.columns}
    longest = {name: float(rows[name].cast(pl.Float64).max() or 0) or 1.0 for name in widget.bars}  # pyright: ignore[reportArgumentType] - a number
    return Grid(
        headings=list(columns.values()),
        rows=[
            [
                Cell(
                    text=formats.written(record[name], column),
                    page=record.get("page") if name == "journey" else None,
                    column=name,
                    kind=column.kind,
                    is_figure=column.is_measure,
                    bar=float(record[name] or 0) / longest[name] * 100 if name in longest else None,
                    trend=_line(record[name]) if column.kind == "trend" else None,
                )
                for name, column in columns.items()
            ]
            for record in rows.head(widget.limit).to_dicts()
        ],
        left_out=max(0, rows.height - widget.limit),
    )
