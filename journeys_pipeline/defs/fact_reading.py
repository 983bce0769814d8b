"""Facts from the lake, each person under one id. Without Dagster, which the command line would wait for."""

from datetime import date

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.metrics import CampaignPerformance, PeopleSpans
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.transforms.ivr_metrics import IvrFacts
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    campaigns_of_range,
    differing_days,
    measure_campaigns,
    narrow,
)
from journeys_pipeline.transforms.people import resolve


def read_facts(lake: Lake, accounts: list[str]) -> Facts:
    """The accounts' fact tables, from the first day on."""
    return Facts(
        entries=_of_persons(lake, JourneyEntries, accounts),
        exits=_of_persons(lake, JourneyExits, accounts),
        steps=_of_persons(lake, JourneySteps, accounts),
        messages=_of_persons(lake, MessageEvents, accounts),
        goals=_of_persons(lake, GoalEvents, accounts),
        journeys=_of_accounts(lake, Journeys, accounts),
    )


def read_ivr_facts(lake: Lake, accounts: list[str]) -> IvrFacts:
    """The accounts' fact tables of calls, from the first day on."""
    return IvrFacts(
        calls=_of_persons(lake, Calls, accounts),
        menu_steps=_of_persons(lake, MenuSteps, accounts),
        inputs=_of_persons(lake, CollectedInputs, accounts),
        journeys=_of_accounts(lake, Journeys, accounts),
    )


def read_campaigns(
    lake: Lake, warehouse: Warehouse, accounts: list[str], start: date, end: date, *, journey: str | None = None
) -> pl.LazyFrame:
    """CampaignPerformance of the days [start, end) as one period, of all journeys of the accounts or of one.

    Added up from what is served by day. An account with a day whose spans do not agree with it, as one from before
    there were spans or one that a refresh is at work on, is counted from facts.
    """
    within = {"period": days_between(start, end), "account_id": accounts} | (
        {"journey_id": [journey]} if journey else {}
    )
    by_day = warehouse.read(CampaignPerformance, within, grain="day").lazy()
    spans = _of_accounts(lake, PeopleSpans, accounts).filter(
        pl.col("day").is_between(start, end, closed="left"),
        *([pl.col("journey_id") == journey] if journey else []),
    )
    differing = differing_days(by_day, spans).select(pl.col("account_id").unique().sort()).collect(engine="streaming")
    counted_anew = differing["account_id"].to_list()
    is_added_up = ~pl.col("account_id").is_in(counted_anew)
    figures = [campaigns_of_range(by_day.filter(is_added_up), spans.filter(is_added_up), start, end)]
    for account in counted_anew:
        facts = read_facts(lake, [account])
        of_account = measure_campaigns(narrow(facts, journey) if journey else facts, Periods(start, end, "range"))
        figures.append(of_account.collect(engine="streaming").lazy())
    return pl.concat(figures).sort("account_id", "journey_id")


def _of_accounts(lake: Lake, table: type[dy.Schema], accounts: list[str]) -> pl.LazyFrame:
    return lake.scan(table).filter(pl.col("account_id").is_in(accounts))


def _of_persons(lake: Lake, table: type[dy.Schema], accounts: list[str]) -> pl.LazyFrame:
    facts, identities = _of_accounts(lake, table, accounts), _of_accounts(lake, Identities, accounts)
    if identities.head(1).collect().is_empty():
        return facts  # a join for nothing costs as much as the figures
    return resolve(facts, identities)
