"""What a page shows beside what the warehouse serves: every row of every widget, every row of its data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

import dataframely as dy
import polars as pl

from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.defs.checks.page_reading import ReadPage
from journeys_pipeline.defs.checks.page_sources import SOURCES, Source
from journeys_pipeline.defs.pages import PlannedPage
from journeys_pipeline.rendering.pages import formats
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.ivr_metrics import ALL_VERSIONS, IVR_FIGURES
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepBySubAccount
from journeys_pipeline.schemas.metrics import JourneySummary
from journeys_pipeline.transforms.dashboards.served import OF_VERSIONS, Served

By = Literal["text", "raw"]
Row = Mapping[str, Any]
NOTHING = {"", "0", "0%", "0.00", formats.NOTHING}
CLOSE = 1e-9  # two ways to one share may differ in the last bits


@dataclass(frozen=True)
class Expected:
    """Rows of one group of sources: by part and visible key, all that may be shown there."""

    key: Sequence[str]
    figures: Sequence[str]
    rows: Mapping[tuple[str, ...], list[Row]]


@dataclass(frozen=True)
class Shelf:
    """The served tables that one version of a page is compared with."""

    served: Served
    version: int

    def expected(self, dataset: str, *, by_day: bool = False) -> list[Expected]:
        """What the warehouse serves of a dataset, part by part: months, or single days."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Source]] = {}
        for source in SOURCES.get(dataset, []):
            groups.setdefault((tuple(source.key), tuple(source.figures)), []).append(source)
        return [self._expected(dataset, sources, by_day=by_day) for sources in groups.values()]

    def _expected(self, dataset: str, sources: Sequence[Source], *, by_day: bool) -> Expected:
        key, figures, rates = list(sources[0].key), list(sources[0].figures), sources[0].rates
        cells = ["part", *key, *(["journey_id"] if "journey" in key else [])]
        rows = [self._counted(source, cells, by_day=by_day) for source in sources]
        summed = pl.concat(rows, how="vertical_relaxed").group_by(cells).agg(_sum(name) for name in figures)
        shares = [
            pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole)).alias(name)
            for name, (part, whole) in rates.items()
        ]
        visible = [name for name in key if not name.startswith("_")]
        found: dict[tuple[str, ...], list[Row]] = {}
        for row in summed.with_columns(shares).collect().to_dicts():
            cell = (row["part"], *(written(dataset, name, row[name], "raw") for name in visible))
            found.setdefault(cell, []).append(row)
        return Expected(visible, [*figures, *rates], found)

    def _counted(self, source: Source, cells: Sequence[str], *, by_day: bool) -> pl.LazyFrame:
        grain = "day" if by_day and source.grain == "month" else source.grain
        month = source.month.dt.strftime("%Y-%m-%d" if by_day else "%Y-%m")
        if source.is_in_every_part:
            month = pl.lit([f"{month:%Y-%m}" for month in self.served.months])
        rows = self._rows(source.table, grain).filter(source.where).with_columns(**source.key, part=month)
        rows = rows.explode("part") if source.is_in_every_part else rows
        return rows.group_by(cells).agg(_sum(name, of=column) for name, column in source.figures.items())

    def _rows(self, table: type[dy.Schema], grain: str) -> pl.LazyFrame:
        """A table's rows, of the journey and version if there is one."""
        source = OF_VERSIONS.get(table, table) if self.version != ALL_VERSIONS else table
        rows = self.served.tables[source, grain]
        if source is not table or table in IVR_FIGURES:
            rows = rows.filter(pl.col("journey_version") == self.version)
        if "journey_id" in table.column_names():
            rows = self._named(rows)
        return self._told(table, rows)

    def _named(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        if self.served.journey_id is not None:
            rows = rows.filter(pl.col("journey_id") == self.served.journey_id)
        names = self.served.tables[JourneySummary, ""].select("journey_id", _name="name")
        return rows.join(names, on="journey_id", how="left").with_columns(journey=pl.coalesce("_name", "journey_id"))

    def _told(self, table: type[dy.Schema], rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with what pages tell of them from the catalog, or from another table."""
        if table is LandedFiles:
            read = self.served.tables[FeedReadings, ""].select("file_id", "records", "quarantined")
            at = pl.col("modified_at").dt
            return rows.join(read, on="file_id", how="left").with_columns(weekday=at.weekday(), hour=at.hour())
        if table is MepBySubAccount:
            name = pl.col("sub_account_id").replace({"": "none named", **self.served.sub_accounts})
            return rows.with_columns(sub_account=name)
        if table is ImportPerformance:
            kinds = [(*feed, kind) for feed, kind in self.served.contact_types.items()]
            schema = dict.fromkeys(["connection_id", "feed_id", "contact_type"], pl.String)
            asked = pl.LazyFrame(kinds, schema=schema, orient="row")
            return rows.join(asked, on=["connection_id", "feed_id"], how="left")
        return rows


@dataclass(frozen=True)
class Comparison:
    """A page, and the tables that it was made from."""

    page: PlannedPage
    read: ReadPage

    def findings(self) -> Iterator[str]:
        """Every figure that is not the one served."""
        shelves = {version: Shelf(self.page.served, version) for version in self.page.versions or [ALL_VERSIONS]}
        for version, shelf in shelves.items():
            for dataset in self._datasets:
                expected = shelf.expected(dataset)
                yield from self._of_text(dataset, version, expected)
                yield from self._of_data(dataset, version, expected)
            for dataset in self.read.island.get("ranges", {}).get("rows", {}):
                yield from self._of_days(dataset, version, shelf.expected(dataset, by_day=True))

    @cached_property
    def _datasets(self) -> list[str]:
        named = {row.dataset for row in self.read.rows} | self.read.island["datasets"].keys()
        return sorted(named & SOURCES.keys())

    def _is_of(self, part: str, version: int) -> bool:
        return not self.page.versions or part.endswith(f".{version}")

    def _of_text(self, dataset: str, version: int, expected: list[Expected]) -> Iterator[str]:
        for row in self.read.rows:
            if row.dataset == dataset and self._is_of(row.part, version):
                yield from _wrong(dataset, row.part, row.values, expected, row.by)

    def _of_data(self, dataset: str, version: int, expected: list[Expected]) -> Iterator[str]:
        data = self.read.island["datasets"].get(dataset, {"columns": [], "rows": {}})
        names = [name for name, *_ in data["columns"]]
        for part, rows in data["rows"].items():
            if self._is_of(part, version):
                for row in rows:
                    yield from _wrong(dataset, part, dict(zip(names, row, strict=True)), expected, "raw")

    def _of_days(self, dataset: str, version: int, expected: list[Expected]) -> Iterator[str]:
        data = self.read.island["ranges"]["rows"][dataset]
        rows: list[list[Any]] = data["rows"].get(str(version), [])
        for day, *values in rows:
            yield from _wrong(dataset, day, dict(zip(data["columns"], values, strict=True)), expected, "raw")
        for one in expected:
            if one.key == [] and one.figures and (lacking := {part for (part,) in one.rows} - {row[0] for row in rows}):
                yield from (f"{dataset} of {day} is missing" for day in sorted(lacking) if self._is_in_sight(day))

    def _is_in_sight(self, day: str) -> bool:
        return self.page.served.months[-1] <= date.fromisoformat(day) <= self.page.served.today


def _wrong(dataset: str, part: str, row: Row, expected: list[Expected], by: By) -> Iterator[str]:
    """The figures of a row that none of the rows with its key has."""
    for one in expected:
        if not all(name in row for name in one.key):
            continue
        cell = (part.partition(".")[0], *(_as_key(name, row[name]) for name in one.key))
        served = one.rows.get(cell) or _said(dataset, one, cell, by)
        for name in (name for name in one.figures if name in row):
            shown = row[name]
            wanted = [found[name] for found in served]
            if not any(_is_same(dataset, name, shown, value, by) for value in wanted or [None, 0]):
                told = ", ".join(sorted({written(dataset, name, value, by) for value in wanted})) or "nothing"
                yield f"{name} of {' '.join(cell)} is {shown}, served is {told}"


def _said(dataset: str, one: Expected, cell: tuple[str, ...], by: By) -> list[Row]:
    """Rows by a key in which days are written as people say them."""
    if by == "raw":
        return []
    found = [
        rows
        for known, rows in one.rows.items()
        if known[0] == cell[0]
        and all(
            cell[at + 1] in {known[at + 1], written(dataset, name, rows[0][name], "text")}
            for at, name in enumerate(one.key)
        )
    ]
    return [row for rows in found for row in rows]


def _as_key(name: str, value: Any) -> str:
    """What is shown: the platform's words are people's already."""
    return _currency(value) if name == "currency" else str(value).strip()


def _is_same(dataset: str, name: str, shown: Any, served: Any, by: By) -> bool:
    if by == "text" and not isinstance(shown, int | float):
        return shown == written(dataset, name, served, "text") or (served in (None, 0) and shown in NOTHING)
    if shown in (None, "") or served is None:
        return (shown in (None, "", 0, "0")) and served in (None, 0)
    return str(shown) == written(dataset, name, served, "text") or _is_near(shown, served)


def _is_near(shown: Any, served: Any) -> bool:
    try:
        return abs(float(shown) - float(served)) <= CLOSE * max(1.0, abs(float(served)))
    except ValueError:
        return False


def written(dataset: str, name: str, value: Any, by: By) -> str:
    """A value as a page holds it: in its data, or for people to read."""
    column = DATASETS[dataset].columns[name]
    if name in formats.SAID and value is not None:
        value = formats.say(value)
    if name == "currency":
        return _currency(value)
    if by == "text":
        return formats.written(value, column).strip()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value).strip()


def _currency(value: Any) -> str:
    return "no currency" if value in (None, "", formats.NOTHING) else value


def _sum(name: str, of: pl.Expr | None = None) -> pl.Expr:
    """A sum in which nothing but null stays null (F4)."""
    column = pl.col(name) if of is None else of
    return pl.when(column.is_not_null().any()).then(column.sum()).alias(name)
