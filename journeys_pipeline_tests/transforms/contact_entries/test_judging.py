"""What makes a contact row valid (F47-F53, D9, D10, D23), and the import performance table (F37-F46)."""

import hashlib
import json
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.contact_files import SCHEMA, read_contact_rows
from journeys_pipeline.catalog import ContactsFeed
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.transforms.contact_entries import ContactFile, find_repetitions, judge_contacts, measure_imports

IMPORTED_AT = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
FILE = ContactFile(file_id="f1", account_id="acme", imported_at=IMPORTED_AT)
PHONE, EMAIL = " +31 20 624 1111", "Ann@Acme.com "
GOOD_PHONE, GOOD_EMAIL = "+31206241111", "ann@acme.com"
BAD_PHONE, BAD_EMAIL = "+31 20", "ann@@acme"


COLUMNS = {
    "phone": {"phone_column": "phone"},
    "email": {"email_column": "email"},
    "both": {"phone_column": "phone", "email_column": "email"},
}


def feed(contact_type: str = "both", default_region: str | None = None) -> ContactsFeed:
    return ContactsFeed(
        kind="contacts",
        id="contacts",
        glob="*.csv",
        journey_id="welcome",
        sub_account_id="north",
        contact_type=contact_type,
        **COLUMNS[contact_type],
        default_region=default_region,
        delimiter=None,
    )


def judged(*contacts: tuple[str | None, str | None], using: ContactsFeed, file: ContactFile = FILE) -> pl.DataFrame:
    rows = [(line, phone, email, "{}", True) for line, (phone, email) in enumerate(contacts, start=2)]
    frame = pl.LazyFrame(rows, schema=SCHEMA, orient="row")
    return ContactEntries.validate(judge_contacts(frame, feed=using, file=file).collect())


def person(contact: str, account_id: str = "acme") -> str:
    return "contact-" + hashlib.sha256(f"{account_id}\x1f{contact}".encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("phone", "email", "reasons"),
    [
        (PHONE, EMAIL, None),
        (PHONE, "", None),
        (PHONE, BAD_EMAIL, "MALFORMED_EMAIL"),
        ("", EMAIL, None),
        (" \t", "\u00a0", "EMPTY_BOTH"),
        ("", BAD_EMAIL, "MALFORMED_EMAIL"),
        (BAD_PHONE, EMAIL, "MALFORMED_PHONE"),
        (BAD_PHONE, "", "MALFORMED_PHONE"),
        (BAD_PHONE, BAD_EMAIL, "MALFORMED_PHONE,MALFORMED_EMAIL"),
    ],
)
def test_with_both_types_one_may_be_empty_and_none_malformed_f49_f50_f51_d10(
    phone: str, email: str, reasons: str | None
) -> None:
    entry = judged((phone, email), using=feed("both")).row(0, named=True)

    assert (entry["is_valid"], entry["reasons"]) == (reasons is None, reasons)
    assert entry["phone"] == (GOOD_PHONE if phone == PHONE else None)
    assert entry["email"] == (GOOD_EMAIL if email == EMAIL else None)


@pytest.mark.parametrize(
    ("contact_type", "phone", "email", "reasons"),
    [
        ("phone", PHONE, BAD_EMAIL, None),
        ("phone", None, EMAIL, "EMPTY_PHONE"),
        ("phone", BAD_PHONE, EMAIL, "MALFORMED_PHONE"),
        ("email", BAD_PHONE, EMAIL, None),
        ("email", PHONE, " ", "EMPTY_EMAIL"),
        ("email", PHONE, BAD_EMAIL, "MALFORMED_EMAIL"),
    ],
)
def test_with_one_type_it_must_be_there_and_sound_and_the_other_is_ignored_f47_f48(
    contact_type: str, phone: str | None, email: str | None, reasons: str | None
) -> None:
    entry = judged((phone, email), using=feed(contact_type)).row(0, named=True)

    assert (entry["is_valid"], entry["reasons"]) == (reasons is None, reasons)
    assert entry["email" if contact_type == "phone" else "phone"] is None


@pytest.mark.parametrize("contact_type", ["phone", "email", "both"])
def test_an_unreadable_row_is_invalid_for_that_reason_alone_d11(contact_type: str) -> None:
    row = pl.LazyFrame([(2, PHONE, EMAIL, "{}", False)], schema=SCHEMA, orient="row")

    entry = judge_contacts(row, feed=feed(contact_type), file=FILE).collect().row(0, named=True)

    assert (entry["is_valid"], entry["reasons"], entry["person_id"]) == (False, "MALFORMED_ROW", None)
    assert (entry["phone"], entry["email"]) == (None, None)


@pytest.mark.parametrize(
    ("region", "phone", "expected"),
    [
        ("US", "(201) 555-0123", "+12015550123"),
        ("NL", "020 624 1111", GOOD_PHONE),
        ("US", PHONE, GOOD_PHONE),
        (None, "020 624 1111", None),
        ("US", "020 624 1111", None),
    ],
)
def test_a_national_number_belongs_to_the_default_region(region: str | None, phone: str, expected: str | None) -> None:
    entries = judged((phone, None), using=feed("phone", region))

    assert entries["phone"].to_list() == [expected]


def test_a_person_is_the_phone_if_there_is_one_else_the_email_within_the_account_d23() -> None:
    contacts = [(PHONE, EMAIL), ("", EMAIL), (BAD_PHONE, EMAIL)]
    elsewhere = ContactFile(file_id="f2", account_id="other", imported_at=IMPORTED_AT)

    ours = judged(*contacts, using=feed())
    theirs = judged(*contacts, using=feed(), file=elsewhere)

    assert ours["person_id"].to_list() == [person(GOOD_PHONE), person(GOOD_EMAIL), None]
    assert theirs["person_id"].to_list() == [person(GOOD_PHONE, "other"), person(GOOD_EMAIL, "other"), None]


@pytest.mark.parametrize("account_id", ["acme", "", "acme\x1f", "Zürich 名"])
@pytest.mark.parametrize("email", ["ann@acme.com", "zoë@bücher.com", f"{'a' * 240}@acme.com"])
def test_a_person_is_identified_by_account_and_contact_d23(account_id: str, email: str) -> None:
    file = ContactFile(file_id="f1", account_id=account_id, imported_at=IMPORTED_AT)

    entries = judged((None, email), using=feed("email"), file=file)

    assert entries["person_id"].to_list() == [f"contact-{identify(account_id, email)}"]


def test_a_person_who_came_earlier_in_the_file_is_valid_and_flagged_d9() -> None:
    contacts = [("", BAD_EMAIL), ("020 624 1111", ""), ("", BAD_EMAIL), (PHONE, EMAIL), ("", EMAIL), (PHONE, "")]

    entries = judged(*contacts, using=feed("both", "NL"))

    assert entries["row_number"].to_list() == [2, 3, 4, 5, 6, 7]
    assert entries["is_valid"].to_list() == [False, True, False, True, True, True]
    assert entries["is_duplicate"].to_list() == [False, False, False, True, False, True]


def test_what_was_refused_is_shown_by_its_shape_alone() -> None:
    entries = judged(("+31 20 624x", "Zo\u00eb.9@acme"), (PHONE, EMAIL), ("", ""), using=feed())

    assert entries["shape"].to_list() == ["+9 9 9x x.9@x", None, None]


def test_a_part_of_the_people_finds_its_own_repetitions_and_the_parts_find_all_d9() -> None:
    people = [(f"+3120624{number % 7:04}", None) for number in range(20)]
    entries = judged(*people, using=feed()).lazy()

    parts = [find_repetitions(entries, part=part, of_parts=3).collect()["row_number"].to_list() for part in range(3)]

    assert sorted(chain(*parts)) == list(range(9, 22))
    assert sum(bool(part) for part in parts) > 1


def test_an_entry_says_where_it_comes_from_and_when() -> None:
    row = pl.LazyFrame([(7, PHONE, None, '{"name": "Ann"}', True)], schema=SCHEMA, orient="row")

    entries = judge_contacts(row, feed=feed(), file=FILE).collect()

    assert ContactEntries.validate(entries).rows(named=True) == [
        {
            "file_id": "f1",
            "row_number": 7,
            "account_id": "acme",
            "sub_account_id": "north",
            "journey_id": "welcome",
            "phone": GOOD_PHONE,
            "email": None,
            "person_id": person(GOOD_PHONE),
            "is_valid": True,
            "reasons": None,
            "shape": None,
            "is_duplicate": False,
            "attributes": '{"name": "Ann"}',
            "imported_at": IMPORTED_AT,
            "day": date(2026, 3, 31),
        }
    ]


def test_a_file_without_rows_gives_no_entries() -> None:
    entries = judged(using=feed())

    assert entries.is_empty()


def landed(file_id: str, **differences: object) -> dict[str, object]:
    usual: dict[str, object] = dict.fromkeys(LandedFiles.column_names())
    usual |= {"file_id": file_id, "account_id": "acme", "connection_id": "sftp", "feed_id": "contacts"}
    usual |= {"kind": "contacts", "journey_id": "welcome", "file_name": "a.csv", "sha256": "0", "status": "landed"}
    return usual | {"fetched_at": IMPORTED_AT} | differences


def measured(files: list[dict[str, object]], entries: pl.DataFrame) -> pl.DataFrame:
    manifest = LandedFiles.validate(pl.DataFrame(files, schema=LandedFiles.create_empty().schema))
    return ImportPerformance.validate(measure_imports(manifest.lazy(), entries.lazy()).collect())


def test_a_file_is_measured_with_all_its_reasons_f38_to_f46_f53() -> None:
    contacts = [(PHONE, ""), (PHONE, ""), (BAD_PHONE, BAD_EMAIL), ("", BAD_EMAIL), ("", "")]
    entries = judged(*contacts, using=feed())

    table = measured([landed("f1")], entries)

    assert table.row(0, named=True) == {
        "file_id": "f1",
        "account_id": "acme",
        "journey_id": "welcome",
        "connection_id": "sftp",
        "feed_id": "contacts",
        "connection_error": None,
        "file_name": "a.csv",
        "fetched_at": IMPORTED_AT,
        "status": "landed",
        "error": None,
        "total_entries": 5,
        "valid_entries": 2,
        "invalid_entries": 3,
        "duplicate_entries": 1,
        "reasons": '{"EMPTY_BOTH": 1, "MALFORMED_EMAIL": 2, "MALFORMED_PHONE": 1}',
    }


def test_every_contact_file_and_connection_error_is_a_row_f38_f41_d12() -> None:
    refusal, failure = "The file is empty.", "Host unknown."
    none = dict.fromkeys(["feed_id", "kind", "journey_id", "file_name", "sha256"])
    files = [
        landed("d", status="connection_error", error=failure, **none),
        landed("c", status="refused", error=refusal),
        landed("b", status="duplicate", duplicate_of="a"),
        landed("e", kind="events", journey_id=None),
        landed("a"),
        landed("f", error=refusal),
        landed("z", fetched_at=datetime(2026, 3, 1, tzinfo=UTC)),
    ]

    table = measured(files, judged(using=feed()))

    shown = table.select("file_id", "status", "connection_error", "error", "total_entries", "valid_entries", "reasons")
    assert shown.rows() == [
        ("z", "landed", None, None, 0, 0, "{}"),
        ("a", "landed", None, None, 0, 0, "{}"),
        ("b", "duplicate", None, None, None, None, None),
        ("c", "refused", None, refusal, None, None, None),
        ("d", "connection_error", failure, failure, None, None, None),
        ("f", "landed", None, refusal, None, None, None),
    ]


def count_entries(lines: list[str]) -> int:
    """The oracle: every line below the header that is not blank is one entry, valid or not."""
    return sum(1 for line in lines if line.strip())


line = st.one_of(
    st.tuples(st.sampled_from([PHONE, BAD_PHONE, ""]), st.sampled_from([EMAIL, BAD_EMAIL, ""])).map(",".join),
    st.sampled_from(["", "  ", "one", "1,2,3", '"open,', '+31206241111,"a\ufeffb"']),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(line), contact_type=st.sampled_from(["phone", "email", "both"]))
def test_total_is_valid_plus_invalid_whatever_the_file_f43_f46(
    tmp_path: Path, lines: list[str], contact_type: str
) -> None:
    path = tmp_path / "content"
    path.write_text("\n".join(["phone,email", *lines]), encoding="utf-8")
    rows = pl.concat(read_contact_rows(path, phone_column="phone", email_column="email"))

    entries = judge_contacts(rows.lazy(), feed=feed(contact_type), file=FILE).collect()
    result = measured([landed("f1")], ContactEntries.validate(entries)).row(0, named=True)

    assert result["total_entries"] == entries.height == count_entries(lines)
    assert result["valid_entries"] + result["invalid_entries"] == result["total_entries"]
    assert result["invalid_entries"] == 0 or json.loads(result["reasons"])
