"""The sample world's contact files: every wrong row that customers send, and counts that hold."""

from datetime import UTC, date, datetime
from typing import Any

import phonenumbers
import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email

from journeys_pipeline.adapters.contact_files import read_contact_rows
from journeys_pipeline.demo.contact_files import ContactFile
from journeys_pipeline.demo.world import World, WorldSummary, build_world

WORLD = World(people=1000, last_day=date(2026, 11, 24), now=datetime(2026, 11, 24, 18, tzinfo=UTC))
Record = dict[str, Any]
Verdict = tuple[str, ...]


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return build_world(tmp_path_factory.mktemp("world"), WORLD)


def _is_valid(kind: str, text: str) -> bool:
    try:
        if kind == "email":
            return bool(validate_email(text, check_deliverability=False))
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "US"))
    except (EmailNotValidError, phonenumbers.NumberParseException):
        return False


def _verdict(row: Record, kinds: list[str]) -> Verdict:
    texts = {"phone": (row["raw_phone"] or "").strip(), "email": (row["raw_email"] or "").strip()}
    return tuple("empty" if not texts[kind] else "valid" if _is_valid(kind, texts[kind]) else "wrong" for kind in kinds)


@pytest.fixture(scope="module")
def contact_rows(summary: WorldSummary) -> list[tuple[ContactFile, list[Verdict]]]:
    """Per contact file: its facts, and the verdict on each entry by the libraries themselves."""
    found = []
    for file in summary.contact_files:
        kinds = ["phone", "email"] if file.contact_type == "both" else [file.contact_type]
        columns = {f"{kind}_column": kind if kind in kinds else None for kind in ("phone", "email")}
        rows = pl.concat(read_contact_rows(file.path, **columns)).to_dicts()
        found.append((file, [_verdict(row, kinds) if row["is_readable"] else ("unreadable",) for row in rows]))
    return found


def test_contact_files_hold_as_many_valid_entries_as_they_say(
    contact_rows: list[tuple[ContactFile, list[Verdict]]],
) -> None:
    good = {("valid",), ("valid", "valid"), ("valid", "empty"), ("empty", "valid")}

    counted = [(len(verdicts), sum(verdict in good for verdict in verdicts)) for _, verdicts in contact_rows]

    assert counted == [(file.total_entries, file.valid_entries) for file, _ in contact_rows]
    assert len(counted) >= 3 * 12


def test_every_contact_defect_is_there(
    summary: WorldSummary, contact_rows: list[tuple[ContactFile, list[Verdict]]]
) -> None:
    verdicts = {(file.contact_type, verdict) for file, found in contact_rows for verdict in found}
    contents = [file.path.read_bytes() for file in summary.contact_files]
    one = {(kind, (verdict,)) for kind in ("phone", "email") for verdict in ("valid", "empty", "wrong", "unreadable")}
    both = {("both", (a, b)) for a in ("valid", "empty", "wrong") for b in ("valid", "empty", "wrong")}

    assert verdicts == one | both | {("both", ("unreadable",))}
    assert any(content.startswith(b"\xef\xbb\xbf") for content in contents)
    assert any(b";" in content.splitlines()[0] for content in contents)
    assert all(b"\xff\xfe\xff" in content for content in contents)
    assert all(b"\r\n\r\n" in content for content in contents)


def test_a_file_comes_again_under_another_name(summary: WorldSummary) -> None:
    by_name = {(file.journey_id, file.path.name): file.path for file in summary.contact_files}
    again = [file for file in summary.contact_files if file.duplicate_of]

    same = [file.path.read_bytes() == by_name[file.journey_id, file.duplicate_of].read_bytes() for file in again]

    assert same == [True, True, True]
