"""What must have been counted, by brute force in plain Python from the bytes that were sent."""

import csv
import gzip
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from journeys_pipeline_tests.faults.worlds import Sent

PHONE = re.compile(r"(?:\+31|0) ?20 ?624 ?(\d{4})")
EMAIL = re.compile(r"[a-z0-9.]+@[a-z0-9]+\.nl")


@dataclass
class Reckoning:
    """All of one account."""

    valid: dict[str, int] = field(default_factory=dict)  # entries, by the file's sha256
    invalid: dict[str, int] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    entries: dict[str, tuple[date, str]] = field(default_factory=dict)  # by source, to day and person
    messages: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    exited: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))

    def persons(self, month: date) -> set[str]:
        """Whom the month must bill."""
        return {person for day, person in self.entries.values() if day.replace(day=1) == month}

    def months(self) -> list[date]:
        """Those with an entry."""
        return sorted({day.replace(day=1) for day, _ in self.entries.values()})

    def figures(self, month: date) -> tuple[int, int, int, int]:
        """Profiles in journey, entries, profiles exited, messages sent."""
        entries = [day for day, _ in self.entries.values() if day.replace(day=1) == month]
        exited = {person for day, persons in self.exited.items() if day.replace(day=1) == month for person in persons}
        messages = {one for day, ids in self.messages.items() if day.replace(day=1) == month for one in ids}
        return len(self.persons(month)), len(entries), len(exited), len(messages)


def reckon(sent: Iterable[Sent], account_id: str, landed: Mapping[str, tuple[str, datetime]]) -> Reckoning:
    """What the account's files say; `landed` is what only the fetch can tell of a file: its id, and when it came."""
    found, of_account = Reckoning(), [one for one in sent if one.account_id == account_id and not one.says_nothing]
    known = _persons(one for one in of_account if one.kind == "people")
    for content in dict.fromkeys(one.content for one in of_account if one.kind == "contacts"):
        sha256 = hashlib.sha256(content).hexdigest()
        _add_contacts(found, sha256, content, known, *landed[sha256])
    for content in dict.fromkeys(one.content for one in of_account if one.kind == "events"):
        for event in _records(content):
            _add_event(found, event, known)
    return found


def _persons(feeds: Iterable[Sent]) -> dict[str, str]:
    """Contacts and ids that were merged, to the person that they stand for."""
    known: dict[str, str] = {}
    for record in (record for feed in feeds for record in _records(feed.content)):
        if "merged_id" in record:
            known[record["merged_id"]] = record["survivor_id"]
        for contact in ("phone", "email"):
            if contact in record:
                known[record[contact]] = record["person_id"]
    return known


def _add_event(found: Reckoning, event: Mapping[str, Any], known: Mapping[str, str]) -> None:
    if event["event_id"] in found.events:
        return
    found.events.add(event["event_id"])
    if event.get("is_test"):
        return
    day = datetime.fromisoformat(event["occurred_at"]).astimezone(UTC).date()
    person = known.get(event["person_id"], event["person_id"])
    if event["event_type"] == "journey_entered":
        found.entries[event["event_id"]] = day, person
    elif event["event_type"] == "message_sent":
        found.messages[day].add(event["message_id"])
    elif event.get("exit_type") == "exit_point":
        found.exited[day].add(person)


def _add_contacts(
    found: Reckoning, sha256: str, content: bytes, known: Mapping[str, str], file_id: str, fetched_at: datetime
) -> None:
    header, *lines = plain(content).decode().splitlines()
    found.valid[sha256] = found.invalid[sha256] = 0
    seen: set[str] = set()
    for number, row in enumerate(csv.reader(io.StringIO("\n".join(lines)), delimiter=";"), start=2):
        if not row:  # D11
            continue
        contact = _contact(row, columns=header.count(";") + 1)
        if contact is None:
            found.invalid[sha256] += 1
            continue
        found.valid[sha256] += 1
        phone, email = contact
        first = phone or email
        if first not in seen:  # D9: one person enters once per file
            person = known.get(phone) or known.get(email) or first
            found.entries[f"{file_id}#{number}"] = fetched_at.date(), person
        seen.add(first)


def _contact(row: list[str], *, columns: int) -> tuple[str, str] | None:
    """Phone and e-mail of a valid entry, of which one may be empty; None if it is invalid (D10)."""
    if len(row) != columns:
        return None
    _, phone, email = row
    number, address = PHONE.fullmatch(phone), EMAIL.fullmatch(email.lower())
    if (phone and not number) or (email and not address) or not (phone or email):
        return None
    return (f"+3120624{number[1]}" if number else ""), email.lower()


def plain(content: bytes) -> bytes:
    """The bytes, unpacked."""
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _records(content: bytes) -> list[dict[str, Any]]:
    """Lines that are JSON objects with an account; any other costs itself alone."""
    records: list[dict[str, Any]] = []
    for line in plain(content).decode(errors="replace").split("\n"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and "account_id" in record:
            records.append(record)
    return records
