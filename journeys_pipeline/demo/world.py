"""The sample world: feeds of a few customers, the same each time, flawed as real ones are."""

import gzip
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from journeys_pipeline.demo.accounts import SampleAccount, World, sample_accounts
from journeys_pipeline.demo.contact_files import ContactFile, write_contact_files
from journeys_pipeline.demo.drops import STAGING, Drop, drop_of, drop_times, publish, stamp, stamp_for, staged_path
from journeys_pipeline.demo.event_files import BAD_RECORDS, DAY_MS, EventFiles
from journeys_pipeline.demo.journeys import JourneyPlan, Timetable, feed_lines
from journeys_pipeline.demo.passages import Walker
from journeys_pipeline.periods import utc_midnight

__all__ = ["Drop", "World", "WorldSummary", "build_world", "publish"]
