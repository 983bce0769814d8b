"""Entries of contact files, accepted or refused, and what became of each file."""

from journeys_pipeline.transforms.contact_entries.import_performance import export_imports, measure_imports
from journeys_pipeline.transforms.contact_entries.judging import ContactFile, find_repetitions, judge_contacts

__all__ = ["ContactFile", "export_imports", "find_repetitions", "judge_contacts", "measure_imports"]
