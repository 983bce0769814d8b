"""Asset checks: what must hold of the tables, and the promise of each tier."""

from journeys_pipeline.defs.assets.account_metrics import ACCOUNTS
from journeys_pipeline.defs.assets.ivr_metrics import CALLS
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.defs.checks.balances import balance_checks
from journeys_pipeline.defs.checks.dashboards import pages_are_fit
from journeys_pipeline.defs.checks.events import EVENT_BALANCES, EVENTS_OF
from journeys_pipeline.defs.checks.freshness import freshness_check, late_accounts
from journeys_pipeline.defs.checks.imports import few_entries_are_invalid, totals_are_valid_plus_invalid
from journeys_pipeline.defs.checks.ivr import IVR_BALANCES
from journeys_pipeline.defs.checks.journeys import JOURNEY_BALANCES
from journeys_pipeline.defs.checks.keys import unique_key_check
from journeys_pipeline.defs.checks.mails import no_mail_needs_an_operator
from journeys_pipeline.defs.checks.messages import MESSAGE_BALANCES
from journeys_pipeline.defs.checks.spans import months_are_what_days_add_up_to, spans_add_up_to_the_days
from journeys_pipeline.defs.checks.statements import statements_are_unchanged
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
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.schemas.metrics import PeopleSpans
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.tiers import Tier

LAKE_TABLES = [
    ContactEntries, JourneyEvents, PeopleChanges, Identities, JourneyEntries, JourneyExits, JourneySteps, MessageEvents,
    GoalEvents, Calls, MenuSteps, CollectedInputs, PeopleSpans, MepLedger, MepAdjustments,
]  # fmt: skip

FACTS = {table: table_name(table) for table in EVENTS_OF}
FIGURES = {table: f"{family.name}_by_day" for family in (*FAMILIES, ACCOUNTS, CALLS) for table in family.measures}
BALANCES = [*EVENT_BALANCES, *JOURNEY_BALANCES, *MESSAGE_BALANCES, *IVR_BALANCES]

checks = [
    totals_are_valid_plus_invalid,
    few_entries_are_invalid,
    statements_are_unchanged,
    no_mail_needs_an_operator,
    *(unique_key_check(table) for table in LAKE_TABLES),
    balance_checks("facts_balance", FACTS, EVENT_BALANCES, EVENTS_OF),
    balance_checks("figures_balance", FIGURES, [*JOURNEY_BALANCES, *MESSAGE_BALANCES], EVENTS_OF),
    balance_checks("figures_of_calls_balance", FIGURES, IVR_BALANCES, EVENTS_OF),
    spans_add_up_to_the_days,
    months_are_what_days_add_up_to,
    *(freshness_check(tier) for tier in Tier),
    pages_are_fit,
]

__all__ = ["BALANCES", "FACTS", "FIGURES", "IVR_BALANCES", "LAKE_TABLES", "checks", "late_accounts"]
