"""Every id of a person is counted as one person (D6, D23), whatever the order in which the feed tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.people_files import RECORD_SCHEMA
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries
from journeys_pipeline.schemas.journey_events import QuarantinedRecords
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.people import (
    PeopleFile,
    accept_people,
    drop_repeated,
    find_affected,
    resolve,
    resolve_identities,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
FILE = PeopleFile("f1", "acme", date(2026, 3, 20), NOON, "NL")
PHONE, EMAIL = "+31206241111", "ann@mailbox.nl"


def at(hour: int) -> str:
    return (NOON + timedelta(hours=hour)).isoformat()


def profile(person_id: str, hour: int = 0, **fields: Any) -> dict[str, Any]:
    return {"person_id": person_id, "account_id": "acme", "updated_at": at(hour), **fields}


def merge(survivor_id: str, merged_id: str, hour: int = 0) -> dict[str, Any]:
    return {"survivor_id": survivor_id, "merged_id": merged_id, "merged_at": at(hour)}


def judge(*records: dict[str, Any], file: PeopleFile = FILE) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [{"row_number": row, "is_readable": True, **found} for row, found in enumerate(records, start=1)]
    accepted, refused = accept_people(pl.DataFrame(rows, schema=RECORD_SCHEMA).lazy(), file=file)
    return PeopleChanges.cast(accepted.collect()), QuarantinedRecords.validate(refused.collect())


def identities(*records: dict[str, Any]) -> dict[str, str]:
    accepted, refused = judge(*records)
    assert refused["reason"].to_list() == []
    found = Identities.validate(resolve_identities(accepted.lazy()).collect())
    return dict(found.select("person_id", "resolved_person_id").iter_rows())


def derived(contact: str) -> str:
    return f"contact-{identify('acme', contact)}"


def test_the_three_kinds_of_record_are_kept_as_they_say() -> None:
    gone = {"person_id": "dee", "deleted_at": at(3)}

    accepted, _ = judge(profile("ann", 1, phone=" 020 624 1111 ", email="Ann@Mailbox.nl"), merge("ann", "bob", 2), gone)

    said = accepted.select("change_type", "person_id", "survivor_id", "phone", "email", "changed_at").rows()
    assert said == [
        ("profile", "ann", None, PHONE, EMAIL, NOON + timedelta(hours=1)),
        ("merge", "bob", "ann", None, None, NOON + timedelta(hours=2)),
        ("deletion", "dee", None, None, None, NOON + timedelta(hours=3)),
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"is_readable": False}, "the line is not a JSON object"),
    (profile("ann", flawed_field="phone"), "phone is not a single value"),
    ({"person_id": "ann"}, "the record is not one of"),
    (profile("ann") | merge("ann", "bob"), "the record is not one of"),
    (profile("ann") | {"person_id": None}, "person_id is missing"),
    (profile("ann") | {"account_id": None}, "account_id is missing"),
    (merge("ann", "bob") | {"survivor_id": None}, "survivor_id is missing"),
    (merge("ann", "bob") | {"merged_id": None}, "merged_id is missing"),
    ({"deleted_at": at(0)}, "person_id is missing"),
    (profile("ann") | {"account_id": "beta"}, "account_id is not that of the connection"),
    (merge("ann", "bob") | {"account_id": "beta"}, "account_id is not that of the connection"),
    (profile("ann") | {"updated_at": "2026-03-20T12:00:00"}, "the time is no time with an offset"),
    (merge("ann", "ann"), "survivor_id and merged_id are the same"),
    (merge("ann", derived(PHONE)), "merged_id has the form of ids that are derived from contacts"),
]


@pytest.mark.parametrize(("record", "reason"), BAD)
def test_a_bad_record_is_set_aside_with_its_reason_and_stops_nothing(record: dict[str, Any], reason: str) -> None:
    accepted, refused = judge(profile("good"), record)

    assert accepted["person_id"].to_list() == ["good"]
    assert refused["row_number"].to_list() == [2]
    assert refused["reason"].item().startswith(reason)


def test_a_profile_with_contacts_that_are_not_valid_is_kept_without_them() -> None:
    accepted, _ = judge(profile("ann", phone="12", email="nobody@"), profile("bob", phone="  "))

    assert accepted.select("person_id", "phone", "email").rows() == [("ann", None, None), ("bob", None, None)]


def test_what_was_said_before_is_one_row_and_anything_else_is_another() -> None:
    known, _ = judge(profile("ann", phone=PHONE), file=PeopleFile("f0", "acme", date(2026, 3, 1), NOON, None))
    said = [profile("ann", email=EMAIL), profile("ann", phone="020 624 1111"), profile("ann", 1, phone=PHONE)]
    arriving, _ = judge(
        *said, said[0], merge("ann", "bob"), merge("bob", "ann"), {"person_id": "ann", "deleted_at": at(0)}
    )

    new = PeopleChanges.validate(drop_repeated(arriving.lazy(), known.lazy()).collect())

    assert new["row_number"].to_list() == [1, 3, 5, 6, 7]


def test_merges_resolve_through_one_another_to_the_survivor_of_the_earliest_d6() -> None:
    found = identities(merge("bob", "cor", 2), merge("ann", "bob", 1), merge("dee", "cor", 3), merge("eve", "fay", 9))

    assert found == {"bob": "ann", "cor": "ann", "dee": "ann", "fay": "eve"}


def test_a_contact_stands_for_whoever_has_it_now_and_a_contact_given_up_for_nobody_d23() -> None:
    moved = [profile("ann", 1, phone=PHONE, email=EMAIL), profile("ann", 2, phone="+31206241112", email=EMAIL)]

    found = identities(*moved)

    assert found == {derived("+31206241112"): "ann", derived(EMAIL): "ann"}


def test_of_two_profiles_with_one_contact_the_older_is_meant_then_the_smaller_id_d23() -> None:
    older = [profile("zoe", 1), profile("ann", 2, phone=PHONE), profile("zoe", 3, phone=PHONE)]
    as_old = [profile("bob", 1, email=EMAIL), profile("amy", 1, email=EMAIL)]

    found = identities(*older, *as_old)

    assert found == {derived(PHONE): "zoe", derived(EMAIL): "amy"}


def test_a_contact_stands_for_the_person_that_its_owner_was_merged_into() -> None:
    found = identities(profile("bob", 1, phone=PHONE), merge("ann", "bob", 2))

    assert found == {"bob": "ann", derived(PHONE): "ann"}


def test_a_deletion_changes_nobodys_identity_d7() -> None:
    told = [profile("bob", 1, phone=PHONE), merge("ann", "bob", 2)]

    found = identities(*told, {"person_id": "bob", "deleted_at": at(3)}, {"person_id": "ann", "deleted_at": at(4)})

    assert found == identities(*told)


PEOPLE = st.sampled_from(["ann", "bob", "cor", "dee", "eve", "fay"])
HOURS = st.integers(0, 5)
CONTACTS = st.sampled_from([None, PHONE, "+31206241112"])
EMAILS = st.sampled_from([None, EMAIL, "bob@mailbox.nl"])
MERGES = st.builds(merge, PEOPLE, PEOPLE, HOURS).filter(lambda record: record["survivor_id"] != record["merged_id"])
PROFILES = st.builds(lambda person, hour, phone, email: profile(person, hour, phone=phone, email=email),
                     PEOPLE, HOURS, CONTACTS, EMAILS)  # fmt: skip
FEEDS = st.lists(st.one_of(MERGES, PROFILES), max_size=14)


def expected(records: Iterable[dict[str, Any]]) -> dict[str, str]:
    """In ten obvious lines: groups of persons, each named by its earliest merge; then contacts."""
    merges = sorted((r["merged_at"], r["survivor_id"], r["merged_id"]) for r in records if "merged_at" in r)
    group = {person: {person} for _, *pair in merges for person in pair}
    for _, survivor, merged in merges:
        together = group[survivor] | group[merged]
        group |= dict.fromkeys(together, together)
    name = {person: next(s for _, s, m in merges if s in group[person]) for person in group}
    profiles = sorted((r for r in records if "updated_at" in r), key=lambda r: r["updated_at"])
    since, newest = dict[str, str](), dict[str, dict[str, Any]]()
    for found in profiles:
        since.setdefault(found["person_id"], found["updated_at"])
        newest[found["person_id"]] = found
    youngest_first = sorted(newest, key=lambda person: (since[person], person), reverse=True)
    contacts = {derived(newest[p][kind]): name.get(p, p) for p in youngest_first
                for kind in ("phone", "email") if newest[p][kind]}  # fmt: skip
    return {person: resolved for person, resolved in name.items() if person != resolved} | contacts


def tells_one_thing_at_a_time(records: list[dict[str, Any]]) -> bool:
    told = [(record["person_id"], record["updated_at"]) for record in records if "updated_at" in record]
    return len(told) == len(set(told))


@settings(max_examples=150, deadline=None)
@given(records=FEEDS.filter(tells_one_thing_at_a_time))
def test_identities_agree_with_going_through_groups_of_persons_one_by_one(records: list[dict[str, Any]]) -> None:
    assert identities(*records) == expected(records)


@settings(max_examples=60, deadline=None)
@given(records=FEEDS, data=st.data())
def test_order_repetition_and_the_cutting_into_files_change_nothing(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    repeated = records + data.draw(st.lists(st.sampled_from(records), max_size=4) if records else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    cut = data.draw(st.integers(0, len(shuffled)))

    first, _ = judge(*shuffled[:cut])
    second, _ = judge(*shuffled[cut:], file=PeopleFile("f2", "acme", date(2026, 3, 21), NOON, None))
    first = drop_repeated(first.lazy(), PeopleChanges.create_empty().lazy()).collect()
    changes = pl.concat([drop_repeated(second.lazy(), first.lazy()).collect(), first])

    found = resolve_identities(PeopleChanges.validate(changes).lazy()).collect()
    assert dict(found.select("person_id", "resolved_person_id").iter_rows()) == identities(*records)


@settings(max_examples=60, deadline=None)
@given(records=FEEDS)
def test_to_resolve_twice_is_to_resolve_once(records: list[dict[str, Any]]) -> None:
    known = resolve_identities(judge(*records)[0].lazy())
    people = ["ann", "bob", "cor", "unheard of", derived(PHONE), derived(EMAIL)]
    rows = [{"account_id": "acme", "source_id": f"{first}/{second}", "person_id": first, "alternate_person_id": second}
            for first in people for second in (*people, None) if second != first]  # fmt: skip
    entries = pl.DataFrame(rows, schema=JourneyEntries.create_empty().schema, infer_schema_length=None).lazy()

    once = resolve(entries, known)

    assert once.sort("source_id").collect().equals(resolve(once, known).sort("source_id").collect())


@dataclass(frozen=True)
class Row:
    person_id: str | None
    alternate_person_id: str | None = None
    account_id: str = "acme"


KNOWN = [profile("ann", 1, phone=PHONE), profile("bob", 2, email=EMAIL), merge("cor", "bob", 3)]


@pytest.mark.parametrize(
    ("row", "person"),
    [
        (Row(derived(PHONE), derived(EMAIL)), "ann"),  # the profile known by the phone
        (Row(derived("+31206241112"), derived(EMAIL)), "cor"),  # else the one known by the e-mail address
        (Row(derived("+31206241112"), derived("x@mailbox.nl")), derived("+31206241112")),  # else the phone's own
        (Row("bob"), "cor"),
        (Row("bob", account_id="beta"), "bob"),
        (Row("unheard of"), "unheard of"),
    ],
)
def test_an_entry_is_of_the_person_known_by_phone_else_by_email_else_of_its_own_d23(row: Row, person: str) -> None:
    entries = pl.DataFrame([vars(row)], schema=JourneyEntries.create_empty().schema).lazy()

    resolved = resolve(entries, resolve_identities(judge(*KNOWN)[0].lazy())).collect()

    assert resolved.select("person_id", "alternate_person_id").rows() == [(person, None)]
    assert resolved.schema == JourneyEntries.create_empty().schema


def test_facts_without_an_alternate_are_resolved_likewise_and_keep_their_columns() -> None:
    goals = pl.DataFrame([{"account_id": "acme", "person_id": "bob"}], schema=GoalEvents.create_empty().schema).lazy()

    resolved = resolve(goals, resolve_identities(judge(*KNOWN)[0].lazy())).collect()

    assert resolved["person_id"].to_list() == ["cor"]
    assert resolved.schema == goals.collect_schema()


def test_all_ids_of_a_person_are_affected_when_one_of_them_changes_and_nobody_elses() -> None:
    before = [merge("ann", "bob", 1), profile("bob", 1, email=EMAIL), merge("eve", "fay", 1), merge("gus", "hal", 1)]
    after = [*before, merge("ann", "cor", 2), merge("gus", "ida", 2)]

    affected = find_affected(*(resolve_identities(judge(*told)[0].lazy()) for told in (before, after))).collect()

    ids = affected["person_id"].to_list()
    assert ids == sorted(["ann", "bob", "cor", "gus", "hal", "ida", derived(EMAIL)])
