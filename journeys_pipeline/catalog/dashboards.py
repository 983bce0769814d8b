"""Dashboards as declared: the standard ones here, those of accounts on scale in their catalog (F87, F96, F99)."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from journeys_pipeline.catalog.values import Slug, Text


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _listed(value: Any) -> Any:
    """One name may stand for a list of one."""
    return [value] if isinstance(value, str) else value


FORBIDDEN = {
    "url": "fetches from elsewhere",
    "data": "names data of its own",
    "datasets": "names data of its own",
    "href": "leads elsewhere",
    "usermeta": "changes how the page draws",
}


def _spec(value: Any) -> Any:
    """Vega-Lite as JSON text: YAML would make texts of its numbers."""
    if not isinstance(value, str):
        raise ValueError("must be Vega-Lite as JSON, in the lines below `spec: |`")  # noqa: TRY004 - pydantic wants it
    try:
        spec: Any = json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON in its line {error.lineno}, column {error.colno}: {error.msg}") from None
    if not isinstance(spec, dict):
        raise ValueError("must be a Vega-Lite object: {…}")  # noqa: TRY004 - as above
    for key in _keys(spec):
        if key in FORBIDDEN:
            raise ValueError(f'`"{key}"` {FORBIDDEN[key]}: remove it; the chart is drawn from the rows of `dataset`')
    return cast("dict[str, Any]", spec)


def _keys(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in cast("dict[str, Any]", tree).items():
            yield key
            yield from _keys(value)
    elif isinstance(tree, list):
        for value in cast("list[Any]", tree):
            yield from _keys(value)


Names = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
Flag = bool


class _Widget(_Model):
    """What every widget has."""

    id: Slug
    title: Text
    about: Text | None = None
    """One sentence below the title: what to look for."""
    span: Annotated[int, Field(ge=2, le=12)] = 12
    """Columns of twelve."""
    export: Flag = True
    """Whether its rows can be taken away, on grow and scale (F89, F97)."""
    mep: Flag = False
    """Shown to the roles that may see MEP only (F76)."""
    rows: Slug | None = None
    """The table of the page of rows that its figures come from; accounts on scale get a link (F88, F100)."""
    empty: Text = "There is nothing to show for this month."


class Figure(_Model):
    """One card of a strip, or one per value of `by`; `trend` is a dataset with the same measure per day."""

    dataset: str
    measure: str
    label: Text | None = None
    by: str | None = None
    trend: str | None = None
    trend_measure: str | None = None
    """Where the trend's measure has another name."""
    note: str | None = None
    """A column of text that stands below the figure."""
    rows: Slug | None = None


class Kpis(_Widget):
    """A strip of figures, each with its change and a small line."""

    kind: Literal["kpis"]
    figures: Annotated[list[Figure], Field(min_length=1)]


class Chart(_Widget):
    """Lines, areas or bars over days, or bars for the values of a text."""

    kind: Literal["line", "area", "bar"]
    dataset: str
    x: str = "day"
    measures: Names = Field(alias="measure")
    by: str | None = None
    reference: str | None = None
    """A measure that is drawn as a line across: a mean, a plan."""
    limit: Annotated[int, Field(ge=1, le=60)] = 12
    """Of bars for a text: how many at most."""


class Funnel(_Widget):
    """Steps, each with its share of the first."""

    kind: Literal["funnel"]
    dataset: str
    x: str = "step"
    measure: str


class HeatMap(_Widget):
    """One shade per cell of two dimensions."""

    kind: Literal["heatmap"]
    dataset: str
    x: str
    y: str
    measure: str


class Table(_Widget):
    """Rows, in the dataset's order."""

    kind: Literal["table"]
    dataset: str
    columns: Annotated[list[str], Field(min_length=1)]
    bars: list[str] = []
    """Columns whose cells hold a bar beside the figure."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Note(_Widget):
    """A text."""

    kind: Literal["note"]
    text: Text


class VegaLite(_Widget):
    """A chart in the Vega-Lite language, drawn from one dataset (F96); it may name no data of its own."""

    kind: Literal["vega_lite"]
    dataset: str
    spec: Annotated[dict[str, Any], BeforeValidator(_spec)]


Widget = Annotated[
    Kpis | Chart | Funnel | HeatMap | Table | Note | VegaLite,
    Field(discriminator="kind"),
]


class Dashboard(_Model):
    """A page of widgets."""

    id: Slug
    title: Text
    about: Text | None = None
    widgets: Annotated[list[Widget], Field(min_length=1)]


def datasets_of(dashboard: Dashboard) -> set[str]:
    """Names of the datasets that a dashboard shows."""
    return {name for widget in dashboard.widgets for name in _datasets(widget)}


def _datasets(widget: Widget) -> Iterator[str]:
    if isinstance(widget, Kpis):
        for figure in widget.figures:
            yield from filter(None, (figure.dataset, figure.trend))
    elif not isinstance(widget, Note):
        yield widget.dataset
