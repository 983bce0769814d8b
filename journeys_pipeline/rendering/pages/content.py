"""All that a page is made of, and what of it is shown at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, Dashboard, HeatMap, Kpis, Note, VegaLite, Widget, datasets_of
from journeys_pipeline.catalog.datasets.ranges import RANGES
from journeys_pipeline.rendering.pages import formats

DrawnWidget = Chart | HeatMap | VegaLite


@dataclass(frozen=True)
class Link:
    """A page that this one leads to."""

    title: str
    file: str
    is_current: bool = False


@dataclass(frozen=True)
class Slice:
    """What a page shows at a time: a month, and a version where it has rows for each."""

    month: date
    version: int | None = None

    @property
    def key(self) -> str:
        """2026-11, or 2026-11.2."""
        return f"{self.month:%Y-%m}" if self.version is None else f"{self.month:%Y-%m}.{self.version}"

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The slice's rows, in the words that people use."""
        is_its = pl.col("month") == self.month
        if self.version is not None:
            is_its &= pl.col("version") == self.version
        return formats.said(rows.filter(is_its).drop("month"))


@dataclass(frozen=True)
class PageContent:
    """All that a page is made of."""

    dashboard: Dashboard
    account: str
    title: str
    rows: Mapping[str, pl.DataFrame]
    """Datasets by name, with the `month` (and `version`, if there are versions) that each row belongs to."""
    months: Sequence[date]
    """In the order of the selector, the newest first."""
    as_of: datetime
    navigation: Sequence[Link]
    siblings: Sequence[Link] = ()
    """Pages beside this one, of the same kind."""
    versions: Sequence[int] = ()
    """Of a journey, where the page has rows for each; 0 stands for all of them together."""
    days: Mapping[str, pl.DataFrame] | None = None
    """Datasets whose rows of days the page adds up for any range of them, with `day` and `version` (F24)."""
    can_export: bool = False
    has_rows: bool = False
    """Whether figures link to the rows behind them (F88, F100)."""

    @property
    def slices(self) -> list[Slice]:
        """All that the page can show; what it shows first foremost."""
        return [Slice(month, version) for month in self.months for version in (self.versions or [None])]

    @property
    def first_day(self) -> date:
        """Where a range may begin."""
        return self.months[-1]

    def way_to(self, rows: str | None) -> str | None:
        """The address of the table that a figure comes from, where the account may see it."""
        if rows is None or not self.has_rows:
            return None
        return rows_page(rows)

    def can_take(self, widget: Widget) -> bool:
        """Whether the widget's rows can be taken away (F89)."""
        return self.can_export and widget.export and not isinstance(widget, Kpis | Note)


def has_days(dashboard: Dashboard) -> bool:
    """Whether all that the page shows can be shown for any range of days."""
    return datasets_of(dashboard) <= RANGES.keys()


def rows_page(table: str) -> str:
    """The file of a table behind figures, by its name."""
    return f"rows-{table}.html"


def is_drawn(widget: Widget) -> bool:
    """Whether the widget is a chart that the browser draws."""
    return isinstance(widget, HeatMap | VegaLite) or (isinstance(widget, Chart) and widget.x == "day")
