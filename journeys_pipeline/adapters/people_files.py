"""Files of people feeds: one profile, merge or deletion per line."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.journey_files import read_journey_lines

FIELDS = [
    "person_id", "account_id", "phone", "email", "updated_at", "survivor_id", "merged_id", "merged_at", "deleted_at",
]  # fmt: skip
RECORD_SCHEMA = pl.Schema(
    {
        "row_number": pl.Int64(),
        "is_readable": pl.Boolean(),
        "flawed_field": pl.String(),
        **dict.fromkeys(FIELDS, pl.String()),
    }
)
LINES_PER_CHUNK = 100_000


def read_people_records(path: Path) -> Iterator[pl.DataFrame]:
    """All records of a file, in order, in chunks with the columns of RECORD_SCHEMA; nothing judged and nothing lost.

    Fields hold text; an empty one is absent. A field that is not a single value is named in `flawed_field`.
    """
    lines = read_journey_lines(path)
    while chunk := list(islice(lines, LINES_PER_CHUNK)):
        yield pl.DataFrame([_record(number, found) for number, found in chunk], schema=RECORD_SCHEMA)


def _record(number: int, found: dict[str, Any] | None) -> dict[str, Any]:
    values = {
        name: value for name, value in (found or {}).items() if name in FIELDS and value is not None and value != ""
    }
    nested = [name for name, value in values.items() if isinstance(value, dict | list)]
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return {
        "row_number": number,
        "is_readable": found is not None,
        "flawed_field": nested[0] if nested else None,
        **texts,
    }
