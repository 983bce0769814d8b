"""Entries of contact files, accepted or refused, and what became of each file."""

from journeys_pipeline.transforms.contact_entries.import_performance import measure_imports
from journeys_pipeline.transforms.contact_entries.judging import ContactFile, judge_contacts

__all__ = ["ContactFile", "judge_contacts", "measure_imports"]
