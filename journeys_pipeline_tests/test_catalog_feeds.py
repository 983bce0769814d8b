"""The catalog's keys about logging in, completeness, what comes after landing, and limits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from journeys_pipeline.catalog import (
    Catalog,
    CatalogError,
    Connection,
    ContactsFeed,
    Marker,
    StoreConnection,
    load_catalog,
)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFDYWOCYXsx/YEGKrwzFq1h/QsJXCohAlanozKzQ9lRc"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
GOOD = f"""\
accounts:
  - {{id: acme, name: Acme, tiers: [{{tier: grow, valid_from: 2026-01-01}}]}}
connections:
  - id: acme-sftp
    account_id: acme
    host: sftp.acme.example
    user: journeys
    key_file: keys/acme
    host_key: {KEY}
    folder: in
    feeds:
      - kind: contacts
        id: newcomers
        glob: "*.csv"
        journey_id: welcome
        contact_type: phone
        phone_column: Mobile
"""
DROPPED = """\
accounts:
  - {{id: acme, name: Acme, tiers: [{{tier: grow, valid_from: 2026-01-01}}]}}
connections:
  - id: acme-drop
    url: "{url}"
    account_id: acme
    feeds: [{{kind: events, id: events, glob: "*.ndjson"}}]
"""
CONNECTION, FEED = "connections[0]", "connections[0].feeds[0]"

Load = Callable[[str, str], Catalog]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Reads the good catalog with one text replaced by another."""

    def replace_and_load(old: str, new: str) -> Catalog:
        path = tmp_path / "journeys.yaml"
        path.write_text(GOOD.replace(old, new, 1))
        return load_catalog(path)

    return replace_and_load


def connection_of(catalog: Catalog) -> Connection:
    return catalog.connections[0]


def feed_of(catalog: Catalog) -> ContactsFeed:
    return catalog.contacts_feed("acme-sftp", "newcomers")


def mistakes(load: Load, old: str, new: str) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(old, new)
    return str(caught.value).removeprefix("journeys.yaml:").split("\njourneys.yaml:")


def in_feed(lines: str) -> tuple[str, str]:
    return ("phone_column: Mobile", f"phone_column: Mobile\n        {lines}")


def in_connection(lines: str) -> tuple[str, str]:
    return ("user: journeys", f"user: journeys\n    {lines}")


def test_what_a_catalog_leaves_out_has_the_documented_defaults(load: Load) -> None:
    catalog = load("", "")

    connection, feed = connection_of(catalog), feed_of(catalog)

    assert (connection.connections_at_once, connection.fetch_deadline_s) == (2, 1800)
    assert (feed.complete_when, feed.after_landing, feed.move_to) == ("listed_twice", "leave", None)
    assert (feed.reimport_same_content, feed.return_rejects) == (False, False)
    assert (feed.max_bytes, feed.max_expansion, feed.max_row_bytes, feed.max_columns) == (2**32, 200, 2**24, 1000)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"host_key: {KEY}", [KEY]),
        (f"host_key: [{KEY}]", [KEY]),
        (f"host_key:\n      - {KEY}\n      - {OTHER_KEY}", [KEY, OTHER_KEY]),
    ],
)
def test_a_server_may_have_one_pinned_key_or_several(load: Load, given: str, expected: list[str]) -> None:
    catalog = load(f"host_key: {KEY}", given)

    assert connection_of(catalog).host_keys == expected


def test_a_login_may_need_both_an_encrypted_key_and_a_password(load: Load) -> None:
    catalog = load(*in_connection("password_env: ACME_PASSWORD\n    passphrase_env: ACME_PASSPHRASE"))

    connection = connection_of(catalog)

    assert connection.key_file is not None
    assert (connection.password_env, connection.passphrase_env) == ("ACME_PASSWORD", "ACME_PASSPHRASE")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("listed_twice", "listed_twice"),
        ("renamed", "renamed"),
        ("{marker: .done}", Marker(".done")),
        ('{marker: "-ok.txt"}', Marker("-ok.txt")),
    ],
)
def test_a_feed_says_how_to_tell_that_a_file_is_whole(load: Load, given: str, expected: object) -> None:
    catalog = load(*in_feed(f"complete_when: {given}"))

    assert feed_of(catalog).complete_when == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [("Mobile", ["Mobile"]), ("[Mobile, Handy]", ["Mobile", "Handy"]), ('"Mobile, Handy"', ["Mobile, Handy"])],
)
def test_a_column_may_have_one_name_or_several(load: Load, given: str, expected: list[str]) -> None:
    catalog = load("phone_column: Mobile", f"phone_column: {given}")

    assert feed_of(catalog).phone_columns == expected


@pytest.mark.parametrize(("given", "expected"), [("true", True), ("false", False), ("yes", True), ("no", False)])
def test_a_flag_is_true_or_false(load: Load, given: str, expected: object) -> None:
    catalog = load(*in_feed(f"reimport_same_content: {given}"))

    assert feed_of(catalog).reimport_same_content is expected


@pytest.mark.parametrize("folder", ["done", "../done", "/archive", "in"])
def test_files_may_be_moved_to_any_other_folder(load: Load, folder: str) -> None:
    catalog = load(*in_feed(f"after_landing: move\n        move_to: {folder}"))

    assert feed_of(catalog).move_to == folder


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("    key_file: keys/acme\n", ""), [f"4: {CONNECTION}: has no way to log in: add `key_file`, or"]),
        (("key_file: keys/acme", "password_env: P\n    passphrase_env: Q"),
         [f"9: {CONNECTION}.passphrase_env: has no key that it opens"]),
        (in_connection("passphrase_env: sesame!"), [f"8: {CONNECTION}.passphrase_env: must be the NAME of an"]),
        (in_connection("connections_at_once: 0"), [f"8: {CONNECTION}.connections_at_once: must be at least 1"]),
        (in_connection("fetch_deadline_s: 1h"), [f"8: {CONNECTION}.fetch_deadline_s: must be a whole number"]),
        (in_connection("host_keys: x"), [f"8: {CONNECTION}.host_keys: is not a key here: did you mean `host_key`?"]),
        ((KEY, "[]"), [f"9: {CONNECTION}.host_key: is empty: add at least one entry"]),
        ((KEY, f"[{KEY}, AAAA]"), [f"9: {CONNECTION}.host_key[1]: must be the server's whole public key"]),
        ((KEY, "AAAA"), [f"9: {CONNECTION}.host_key: must be the server's whole public key"]),
        (in_feed("complete_when: now"), [f"18: {FEED}.complete_when: must be listed_twice, renamed, or what"]),
        (in_feed("complete_when: {marker: done/}"), [f"18: {FEED}.complete_when: must be listed_twice, renamed"]),
        (in_feed("complete_when: {marker: ' '}"), [f"18: {FEED}.complete_when: must be listed_twice, renamed"]),
        (in_feed("complete_when: {suffix: .x}"), [f"18: {FEED}.complete_when: must be listed_twice, renamed"]),
        (in_feed("after_landing: keep"), [f"18: {FEED}.after_landing: must be one of 'leave', 'move' or 'delete'"]),
        (in_feed("after_landing: move"), [f"12: {FEED}.move_to: is missing: `after_landing: move` needs the folder"]),
        (in_feed("move_to: done"), [f"18: {FEED}.move_to: is for `after_landing: move` only"]),
        (in_feed("after_landing: move\n        move_to: ./"), [f"19: {FEED}.move_to: is the folder that is fetched"]),
        (in_feed("after_landing: move\n        move_to: ../in"), [f"19: {FEED}.move_to: is the folder that is"]),
        (in_feed("return_rejects: maybe"), [f"18: {FEED}.return_rejects: must be true or false"]),
        (in_feed("max_bytes: 4 GiB"), [f"18: {FEED}.max_bytes: must be a whole number"]),
        (in_feed("max_columns: 0"), [f"18: {FEED}.max_columns: must be at least 1"]),
        (("phone_column: Mobile", "phone_column: []"), [f"17: {FEED}.phone_column: is empty: add at least one"]),
        (("phone_column: Mobile", "phone_column: [Mobile, ' ']"), [f"17: {FEED}.phone_column[1]: is blank"]),
        (("phone_column: Mobile", "phone_columns: Mobile"),
         [f"12: {FEED}.phone_column: is missing: `contact_type: phone` needs",
          f"17: {FEED}.phone_columns: is not a key here: did you mean `phone_column`?"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_to_do(
    load: Load, change: tuple[str, str], expected: list[str]
) -> None:
    found = mistakes(load, *change)

    assert len(found) == len(expected), found
    for line, beginning in zip(found, expected, strict=True):
        assert line.startswith(beginning)


def test_files_may_be_dropped_in_a_folder_or_an_object_store(tmp_path: Path) -> None:
    path = tmp_path / "journeys.yaml"
    path.write_text(DROPPED.format(url="s3://journeys/acme"))

    (connection,) = load_catalog(path).connections

    assert isinstance(connection, StoreConnection)
    assert (connection.url, connection.server) == ("s3://journeys/acme", "s3://journeys")


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("https://drop.example/acme", "must be a folder (file:///drop/acme) or an object store"),
        ("s3://key:secret@journeys/acme", "must be a folder (file:///drop/acme) or an object store"),
        ("file://relative", "must be a folder (file:///drop/acme) or an object store"),
    ],
)
def test_a_place_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, url: str, mistake: str) -> None:
    path = tmp_path / "journeys.yaml"
    path.write_text(DROPPED.format(url=url))

    with pytest.raises(CatalogError) as refusal:
        load_catalog(path)

    assert f"journeys.yaml:5: connections[0].url: {mistake}" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_keys_of_a_server_are_no_keys_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "journeys.yaml"
    path.write_text(DROPPED.format(url="file:///drop") + "    user: journeys\n")

    with pytest.raises(CatalogError, match=r"journeys.yaml:8: connections\[0\].user: is not a key here"):
        load_catalog(path)
