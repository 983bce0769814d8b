"""Charts as SVG, drawn without a browser."""

import polars as pl

VALID, INVALID, INK = "#2a7f62", "#d1495b", "#3d4451"
WIDTH, HEIGHT = 560, 180  # pixels


def draw_imports(imports: pl.DataFrame) -> str:
    """Valid and invalid entries per UTC day of fetching, stacked, as SVG text.

    Args:
        imports: ImportPerformance rows; those without counts add nothing.
    """
    import altair as alt  # noqa: PLC0415 - a second of import time that only drawing needs
    import vl_convert  # noqa: PLC0415 - likewise

    kinds = {"valid_entries": "valid", "invalid_entries": "invalid"}
    days = (
        imports.group_by(day=pl.col("fetched_at").dt.strftime("%Y-%m-%d"))
        .agg(pl.col(list(kinds)).sum())
        .unpivot(list(kinds), index="day", variable_name="kind", value_name="entries")
        .with_columns(pl.col("kind").replace_strict(kinds))
        .sort("day", "kind")
    )
    chart = (
        alt.Chart(alt.Data(values=days.to_dicts()), width=WIDTH, height=HEIGHT)
        .mark_bar(aria=False)
        .encode(
            x=alt.X("day:T", title=None, timeUnit="utcyearmonthdate", axis=alt.Axis(format="%d %b", tickCount=8)),
            y=alt.Y("entries:Q", title="entries", axis=alt.Axis(tickCount=4)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=["valid", "invalid"], range=[VALID, INVALID])),
            order=alt.Order("kind:N", sort="descending"),
        )
        .properties(title=alt.TitleParams("Contact entries per day: valid below, invalid on top", anchor="start"))
        .configure(font="sans-serif", background="white", aria=False)
        .configure_view(stroke=None)
        .configure_axis(gridColor="#e6e8ec", domainColor="#c7ccd4", tickColor="#c7ccd4", labelColor=INK, titleColor=INK)
        .configure_title(color=INK, fontSize=13)
    )
    return vl_convert.vegalite_to_svg(chart.to_json())
