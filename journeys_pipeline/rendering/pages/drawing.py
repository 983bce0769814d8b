"""Charts over days and heat maps as Vega-Lite; colours are variables of the page, so that they follow its theme."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from journeys_pipeline.catalog.dashboards import Chart, HeatMap, VegaLite
from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.rendering.pages.palette import DASHES, on_paper, series_colours, variable

Spec = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
FORMATS = {"share": ".0%", "money": ",.2f"}
HEIGHT = 230
LINE_HEIGHT = 28
CONFIG: Spec = {
    "background": None,
    "aria": False,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "gridColor": variable("grid"),
        "domainColor": variable("grid"),
        "tickColor": variable("grid"),
        "labelColor": variable("muted"),
        "titleColor": variable("muted"),
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelPadding": 6,
    },
    "legend": {
        "labelColor": variable("ink"),
        "titleColor": variable("muted"),
        "orient": "top",
        "title": None,
        "labelFontSize": 12,
        "symbolType": "circle",
        "symbolSize": 80,
        "offset": 8,
    },
    "bar": {"binSpacing": 1},
}


def draw(widget: Chart | HeatMap | VegaLite, values: Sequence[str] = ()) -> Spec:
    """The chart's specification without its data, which the page hands over for the month that is shown.

    Args:
        widget: Its declaration.
        values: Those of the dimension that sets its colours apart, in the order of the legend; of a heat map, those
            that have a line.
    """
    if isinstance(widget, VegaLite):
        return {**widget.spec, "config": CONFIG | widget.spec.get("config", {})}
    body = _draw_heat(widget, lines=len(values)) if isinstance(widget, HeatMap) else _draw_days(widget, values)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": CONFIG,
        **body,
    }


def svg(spec: Spec, rows: Sequence[Mapping[str, Any]], *, width: int = 640) -> str:
    """The chart as a picture that stands alone, drawn without a browser.

    Raises:
        ValueError: the specification is not valid Vega-Lite.
    """
    import vl_convert  # noqa: PLC0415 - a second of import time that only drawing needs

    whole = spec | {"width": width, "data": {"values": list(rows)}}
    coloured = on_paper(json.dumps(whole)).replace('"background": null', '"background": "white"')
    return vl_convert.vegalite_to_svg(coloured)


def _draw_days(widget: Chart, values: Sequence[str]) -> Spec:
    columns = DATASETS[widget.dataset].columns
    encoding: Spec = {
        "x": _days_axis(has_bands=widget.kind == "bar"),
        "y": _values_axis(columns[widget.measures[0]], stacks=widget.kind != "line"),
    }
    mark: Spec = {
        "line": {
            "type": "line",
            "strokeWidth": 2.25,
            "interpolate": "monotone",
            "point": not DASHES.keys() & set(widget.measures) and {"size": 16},
        },
        "area": {"type": "area", "opacity": 0.85, "interpolate": "monotone"},
        "bar": {"type": "bar"},
    }[widget.kind]
    if widget.by:
        transform, series = [_value_of(widget.measures[0]), _order_of(widget.by, values)], columns[widget.by].label
        encoding |= _colours(widget.by, values, series_colours(widget.by, values), widget.kind)
    elif len(widget.measures) == 1:
        transform, series = [_value_of(widget.measures[0])], None
        mark["color"] = series_colours(None, widget.measures)[0]
    else:
        labels = {name: columns[name].label for name in widget.measures}
        names = list(labels.values())
        transform, series = [*_folded(labels), _order_of("series", names)], "What"
        encoding |= _colours("series", names, series_colours(None, widget.measures), widget.kind)
        if widget.kind == "line":
            dashes = [DASHES.get(name, [1, 0]) for name in widget.measures]
            scale = {"domain": names, "range": dashes}
            encoding["strokeDash"] = {"field": "series", "type": "nominal", "scale": scale}
    encoding["tooltip"] = _tooltip(columns[widget.measures[0]], encoding.get("color", {}).get("field"), series)
    return {"height": HEIGHT, "transform": transform, "mark": mark, "encoding": encoding}


def _value_of(measure: str) -> Spec:
    return {"calculate": f"datum[{json.dumps(measure)}]", "as": "value"}


def _folded(labels: Mapping[str, str]) -> list[Spec]:
    """Several measures as one column of values, and one that names each as readers know it."""
    named = {"calculate": f"{json.dumps(labels)}[datum.measure]", "as": "series"}
    return [{"fold": list(labels), "as": ["measure", "value"]}, named]


def _order_of(field: str, values: Sequence[str]) -> Spec:
    """Where a value stands among all, so that the first lies at the bottom of a stack."""
    return {"calculate": f"indexof({json.dumps(list(values))}, datum[{json.dumps(field)}])", "as": "order"}


def _colours(field: str, values: Sequence[str], colours: Sequence[str], kind: str) -> Spec:
    """Colours in the order of the values; a legend of strokes for lines, of dots for what is filled."""
    scale = {"domain": list(values), "range": list(colours)}
    colour: Spec = {"field": field, "type": "nominal", "scale": scale}
    if kind == "line":
        return {"color": colour | {"legend": {"symbolType": "stroke", "symbolStrokeWidth": 3}}}
    return {"color": colour, "order": {"field": "order", "type": "quantitative"}}


def _days_axis(*, has_bands: bool) -> Spec:
    """Days, every fourth with its label; bars stand in bands, so that a label is below its bar."""
    days: Spec = {"field": "day", "timeUnit": "utcyearmonthdate", "title": None}
    axis: Spec = {"grid": False, "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 6, "labelFlush": False}
    if has_bands:
        label = "utcdate(datum.value) % 4 == 1 ? utcFormat(datum.value, '%-d %b') : ''"
        return days | {"type": "ordinal", "axis": axis | {"labelExpr": label, "ticks": False}}
    ticks = {"interval": "day", "step": 4}
    return days | {"type": "temporal", "axis": axis | {"format": "%-d %b", "tickCount": ticks}}


def _values_axis(column: Column, *, stacks: bool) -> Spec:
    axis: Spec = {"tickCount": 5, "format": FORMATS.get(column.kind, ",d"), "domain": False, "ticks": False}
    if column.kind == "count":
        axis["tickMinStep"] = 1
    return {"field": "value", "type": "quantitative", "title": None, "axis": axis, "stack": "zero" if stacks else None}


def _tooltip(measure: Column, field: str | None, series: str | None) -> list[Spec]:
    day = {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": "Day", "format": "%-d %B %Y"}
    number = {"field": "value", "type": "quantitative", "format": FORMATS.get(measure.kind, ",d")}
    if field is None or series is None:
        return [day, number | {"title": measure.label}]
    return [day, {"field": field, "type": "nominal", "title": series}, number | {"title": "Value"}]


def _draw_heat(widget: HeatMap, *, lines: int) -> Spec:
    columns = DATASETS[widget.dataset].columns
    axis = {"grid": False, "domain": False, "ticks": False, "labelAngle": 0, "labelOverlap": True}
    shade = {
        "field": widget.measure,
        "type": "quantitative",
        "title": columns[widget.measure].label,
        "scale": {"range": [0.06, 1]},
        "legend": None,
    }
    return {
        "height": max(2, lines) * LINE_HEIGHT,
        "mark": {"type": "rect", "cornerRadius": 2, "color": variable("accent")},
        "encoding": {
            "x": {"field": widget.x, "type": "ordinal", "title": columns[widget.x].label, "sort": None, "axis": axis},
            "y": {"field": widget.y, "type": "ordinal", "title": None, "sort": None, "axis": axis},
            "opacity": shade,
            "tooltip": [{"field": name, "title": columns[name].label} for name in (widget.y, widget.x, widget.measure)],
        },
    }
