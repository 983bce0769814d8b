"""The tables of the lake, in the order of the flow."""

import dataframely as dy

from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries, JourneyExits, JourneySteps, MessageEvents
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger, WithdrawnEntries
from journeys_pipeline.schemas.metrics import PeopleByDay, PeopleSpans
from journeys_pipeline.schemas.people import Identities, PeopleChanges

LAKE_TABLES: list[type[dy.Schema]] = [
    ContactEntries, Journeys, JourneyEvents, EventKeys, QuarantinedRecords, PeopleChanges, Identities, JourneyEntries,
    JourneyExits, JourneySteps, MessageEvents, GoalEvents, Calls, MenuSteps, CollectedInputs, PeopleByDay,
    PeopleSpans, MepLedger, MepAdjustments, WithdrawnEntries,
]  # fmt: skip
