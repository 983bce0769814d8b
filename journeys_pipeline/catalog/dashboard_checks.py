"""What an account's own dashboards name, against what there is to show (F87, F96, F99)."""

from collections.abc import Collection, Iterator
from typing import Any

from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.catalog.mistakes import Where, nearest, written
from journeys_pipeline.catalog.standard_dashboards import standard_dashboard
from journeys_pipeline.tiers import Tier

Finding = tuple[Where, str]
Entry = tuple[Where, dict[str, Any]]

OPEN_DATASETS = [name for name, dataset in DATASETS.items() if dataset.scope == "account"]
MEASURES = ("measure", "bars", "reference", "trend_measure")
DIMENSIONS = ("x", "y", "by", "note")
COLUMNS = ("columns",)


def check_dashboards(account: Entry) -> Iterator[Finding]:
    """Every mistake in an account's dashboards that their own keys cannot tell."""
    where, mapping = account
    if mapping.get("dashboards") and Tier.SCALE not in _tiers(mapping):
        yield (
            (*where, "dashboards"),
            "are for accounts on the tier scale (F87), and this account never is: add that tier, or remove them",
        )
    dashboards = list(_entries(account, "dashboards"))
    yield from _repeated(dashboards)
    for dashboard in dashboards:
        widgets = list(_entries(dashboard, "widgets"))
        yield from _repeated(widgets)
        for widget in widgets:
            yield from _check_shown(widget)
            yield from _check_kind(widget)
            yield from _check_rows(widget)
            for figure in _entries(widget, "figures"):
                yield from _check_shown(figure)
                yield from _check_trend(figure)
                yield from _check_rows(figure)


def _tiers(account: dict[str, Any]) -> Collection[Any]:
    tiers = account.get("tiers")
    return [one.get("tier") for one in tiers if isinstance(one, dict)] if isinstance(tiers, list) else []


def _entries(parent: Entry, key: str) -> Iterator[Entry]:
    """The mappings in a list; whatever else stands there is for the models to refuse."""
    where, mapping = parent
    values = mapping.get(key)
    for number, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(value, dict):
            yield (*where, key, number), value


def _repeated(entries: Collection[Entry]) -> Iterator[Finding]:
    first: dict[str, Where] = {}
    for where, mapping in entries:
        name = mapping.get("id")
        if isinstance(name, str) and first.setdefault(name, where) != where:
            yield (*where, "id"), f"is the same as in {written(first[name])}: give each its own"


def _check_shown(shown: Entry) -> Iterator[Finding]:
    """The dataset of a widget or figure, and the columns that it names of it."""
    where, mapping = shown
    name = mapping.get("dataset")
    if not isinstance(name, str):
        return
    if name not in OPEN_DATASETS:
        yield (*where, "dataset"), f"is not a dataset: {nearest(name, OPEN_DATASETS)}"
        return
    columns = {key: column for key, column in DATASETS[name].columns.items() if column.kind != "page"}
    for key, column in _named(mapping):
        if column not in columns:
            yield (*where, key), f"`{column}` is not in the dataset {name}: {nearest(column, _fitting(columns, key))}"
        elif column not in _fitting(columns, key):
            wanted = "figures" if key in MEASURES else "a text or a day"
            yield (*where, key), f"`{column}` does not hold {wanted}: {nearest(column, _fitting(columns, key))}"


def _named(mapping: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in (*MEASURES, *DIMENSIONS, *COLUMNS):
        value = mapping.get(key)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and key != "trend_measure":
                yield key, name


def _fitting(columns: dict[str, Column], key: str) -> list[str]:
    if key in MEASURES:
        return [name for name, column in columns.items() if column.is_measure]
    if key in DIMENSIONS:
        return [name for name, column in columns.items() if column.kind in {"text", "day"}]
    return list(columns)


def _check_kind(widget: Entry) -> Iterator[Finding]:
    """Lines and areas are over days."""
    where, mapping = widget
    dataset = DATASETS.get(str(mapping.get("dataset")))
    if mapping.get("kind") not in {"line", "area", "bar"} or dataset is None:
        return
    x = mapping.get("x", "day")
    if x == "day" and "day" not in dataset.columns:
        yield (*where, "x"), f"is missing: this dataset has no day; it has {', '.join(dataset.dimensions)}"
    if x != "day" and mapping.get("kind") != "bar":
        yield (*where, "kind"), "must be bar, unless `x` is day"


def _check_rows(shown: Entry) -> Iterator[Finding]:
    """The table behind a figure is one of those that there are."""
    where, mapping = shown
    known = [widget.id for widget in standard_dashboard("rows").widgets]
    if isinstance(mapping.get("rows"), str) and mapping["rows"] not in known:
        yield (*where, "rows"), f"is not a table of rows: {nearest(mapping['rows'], known)}"


def _check_trend(figure: Entry) -> Iterator[Finding]:
    """A trend is a dataset per day that holds the figure's measure."""
    where, mapping = figure
    name = mapping.get("trend")
    if not isinstance(name, str):
        return
    daily = [one for one in OPEN_DATASETS if "day" in DATASETS[one].columns]
    if name not in daily:
        yield (*where, "trend"), f"is not a dataset per day: {nearest(name, daily)}"
        return
    measure = str(mapping.get("trend_measure", mapping.get("measure")))
    if measure not in DATASETS[name].measures:
        hint = nearest(measure, DATASETS[name].measures)
        yield (*where, "trend_measure"), f"`{measure}` is not in the dataset {name}: {hint}"
