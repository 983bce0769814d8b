"""Asset checks: what must hold of the tables, and the promise of each tier."""

from journeys_pipeline.defs.checks.balances import BALANCES, balance_check
from journeys_pipeline.defs.checks.dashboards import pages_are_fit
from journeys_pipeline.defs.checks.freshness import freshness_check, late_accounts
from journeys_pipeline.defs.checks.imports import few_entries_are_invalid, totals_are_valid_plus_invalid
from journeys_pipeline.defs.checks.ivr import IVR_BALANCES
from journeys_pipeline.defs.checks.keys import unique_key_check
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.tiers import Tier

LAKE_TABLES = [
    ContactEntries, JourneyEvents, PeopleChanges, Identities, JourneyEntries, JourneyExits, JourneySteps, MessageEvents,
    GoalEvents, Calls, MenuSteps, CollectedInputs, MepLedger,
]  # fmt: skip

checks = [
    totals_are_valid_plus_invalid,
    few_entries_are_invalid,
    *(unique_key_check(table) for table in LAKE_TABLES),
    *(balance_check(balance) for balance in (*BALANCES, *IVR_BALANCES)),
    *(freshness_check(tier) for tier in Tier),
    pages_are_fit,
]

__all__ = ["BALANCES", "IVR_BALANCES", "LAKE_TABLES", "checks", "late_accounts"]
