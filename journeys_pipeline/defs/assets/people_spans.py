"""Stage 5: unique people in a form that sums, so that figures of any range need no person any more."""

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.defs.assets.metrics import CAMPAIGNS
from journeys_pipeline.defs.fact_reading import read_facts
from journeys_pipeline.defs.figures import dependencies, periods_of
from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import days, some_days
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.metrics import PeopleByDay, PeopleSpans
from journeys_pipeline.transforms.metrics import measure_people, measure_spans

PEOPLE_AT_ONCE = 4_000_000  # person-days told apart together; they take a gigabyte or so


@dg.asset(
    partitions_def=days,
    backfill_policy=some_days,
    deps=dependencies(CAMPAIGNS.sources, "day"),
    **about(PeopleSpans, kinds={"polars", "deltalake"}, group="metrics"),
)
def people_spans(
    context: dg.AssetExecutionContext, config: RefreshConfig, catalog_file: CatalogFile, lake_folder: LakeFolder
) -> None:
    scope, lake = Scope.of(context, config, catalog_file.load()), lake_folder.open()
    of_days = periods_of(scope, "day")
    # spans of a day depend on who counted before it, so those of all later days are made too
    changed = days_between(scope.periods[0], max(scope.periods[-1], scope.as_of.date()) + timedelta(days=1))
    for accounts in CAMPAIGNS.batches(lake, scope.accounts, of_days):
        people = measure_people(read_facts(lake, accounts), of_days)
        lake.replace(PeopleByDay, people, {"day": scope.periods, "account_id": accounts})
        replace_spans(lake, accounts, changed)
    rows = scope.select(lake.scan(PeopleSpans), "day").group_by(period="day").agg(rows=pl.len())
    add_row_counts(context, rows.collect(), periods=scope.periods, accounts=len(scope.accounts))


def replace_spans(lake: Lake, accounts: Sequence[str], changed: Sequence[date]) -> None:
    """Make the spans of the accounts' days anew, until nobody has written people meanwhile.

    Runs of other days, on other machines, may write both tables at once: whoever is last has seen all people.
    """
    version = None
    while version != lake.version(PeopleByDay):
        version = lake.version(PeopleByDay)
        lake.replace(PeopleSpans, spans_since(lake, accounts, changed[0]), {"day": changed, "account_id": accounts})


def spans_since(lake: Lake, accounts: Sequence[str], first: date) -> pl.LazyFrame:
    """PeopleSpans of the accounts' days from `first` on; some of their people after the other, if they are many."""
    people = lake.scan(PeopleByDay).filter(pl.col("account_id").is_in(accounts))
    many = people.filter(pl.col("day") >= first).select(pl.len()).collect().item()
    parts = many // PEOPLE_AT_ONCE + 1
    part = pl.col("person_id").hash() % parts
    spans = [
        measure_spans(people.filter(part == number), first=first).collect(engine="streaming") for number in range(parts)
    ]
    key = PeopleSpans.primary_key()
    return pl.concat(spans).lazy().group_by(key).agg(pl.col("people").sum())
