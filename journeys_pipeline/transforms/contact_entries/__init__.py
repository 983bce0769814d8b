"""Entries of contact files, accepted or refused, and what became of each file."""

from journeys_pipeline.transforms.contact_entries.emails import normalise_emails
from journeys_pipeline.transforms.contact_entries.import_performance import export_imports, measure_imports
from journeys_pipeline.transforms.contact_entries.judging import (
    ContactFile,
    derive_person_id,
    find_repetitions,
    judge_contacts,
)
from journeys_pipeline.transforms.contact_entries.phones import normalise_phones

__all__ = [
    "ContactFile",
    "derive_person_id",
    "export_imports",
    "find_repetitions",
    "judge_contacts",
    "measure_imports",
    "normalise_emails",
    "normalise_phones",
]
