"""What of a journey is defined anew when its feed comes, and since when figures depend on it."""

import polars as pl

VERSION = ["journey_id", "version"]
OF_JOURNEY = ["goal_event_name", "goal_attribution_days", "campaign_id", "campaign_name"]
OF_VERSION = ["elements", "campaign_id", "campaign_name"]


def find_redefinitions(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """Columns journey_id, version and element_id: what is defined otherwise; null where all of them are meant.

    Figures take goal and campaign from a journey's newest version, an element's type from the newest that has it, and
    the ways of calls from each version.

    Args:
        before: Journeys of one account.
        after: The same, with what the feed brought.
    """
    journeys, versions, elements = (_differing(of(before), of(after)) for of in (_as_newest, _versions, _types))
    return pl.concat(
        [
            journeys.select("journey_id", version=pl.lit(None, pl.Int32), element_id=pl.lit(None, pl.String)),
            versions.select("journey_id", "version", element_id=pl.lit(None, pl.String)),
            elements.select("journey_id", version=pl.lit(None, pl.Int32), element_id="element_id"),
        ]
    ).unique()


def concerned_since(redefinitions: pl.LazyFrame, events: pl.LazyFrame, contacts: pl.LazyFrame) -> pl.LazyFrame:
    """Column `first`: the first day on which anything of what is defined otherwise happened; null if nothing did.

    Args:
        redefinitions: As found.
        events: JourneyEvents of the account.
        contacts: ContactEntries of the account.
    """
    happened = pl.concat(
        [
            events.select("journey_id", "day", of_version="journey_version", at_element="element_id"),
            contacts.select("journey_id", "day", of_version=pl.lit(None, pl.Int32), at_element=pl.lit(None, pl.String)),
        ]
    )
    firsts = happened.group_by("journey_id", "of_version", "at_element").agg(pl.col("day").min())
    is_meant = (pl.col("version").is_null() | (pl.col("version") == pl.col("of_version"))) & (
        pl.col("element_id").is_null() | (pl.col("element_id") == pl.col("at_element"))
    )
    return firsts.join(redefinitions, on="journey_id").filter(is_meant).select(first=pl.col("day").min())


def _differing(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that only one of the two has."""
    every = before.collect_schema().names()
    return pl.concat(
        [
            some.join(others, on=every, how="anti", nulls_equal=True)
            for some, others in ((before, after), (after, before))
        ]
    )


def _as_newest(journeys: pl.LazyFrame) -> pl.LazyFrame:
    return journeys.group_by("journey_id").agg(pl.col(OF_JOURNEY).max_by("version"))


def _versions(journeys: pl.LazyFrame) -> pl.LazyFrame:
    return journeys.select(*VERSION, *OF_VERSION)


def _types(journeys: pl.LazyFrame) -> pl.LazyFrame:
    element = pl.Struct({"element_id": pl.String, "type": pl.String})
    return (
        journeys.select("journey_id", "version", element=pl.col("elements").str.json_decode(pl.List(element)))
        .explode("element")
        .unnest("element")
        .group_by("journey_id", "element_id")
        .agg(pl.col("type").max_by("version"))
    )
