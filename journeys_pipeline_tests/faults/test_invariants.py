"""Each invariant fails where it does not hold: the other tests of this folder rest on that."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline_tests.faults.invariants import Invariants
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, SECRETS, World, email, phone


def change(world: World, statement: str) -> None:
    """The warehouse, as one who is not us would change it."""
    with closing(sqlite3.connect(world.home / "warehouse.sqlite")) as connection, connection:
        assert connection.execute(statement).rowcount


def forget_a_row(world: World, table: type) -> None:
    """One row of the lake is gone."""
    lake = Lake(world.home / "lake")
    rows = lake.scan(table).filter(account_id="acme").collect()
    column = "day" if "day" in rows.columns else "month"
    within = {"account_id": ["acme"], column: rows[column].unique().to_list()}
    lake.replace(table, rows[1:].lazy(), within)


def first(folder: Path, pattern: str) -> Path:
    return next(path for path in sorted(folder.rglob(pattern)) if path.is_file())


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


SPOILS: dict[str, tuple[str, Callable[[World], None]]] = {
    "a file is missed": ("each_file_landed_once", lambda w: w.count("acme", "contacts-x.csv", b"Phone\r\n")),
    "a file lands twice": ("each_file_landed_once", lambda w: change(
        w, "INSERT INTO landed_files SELECT 'x' || file_id, account_id, connection_id, feed_id, kind, journey_id, "
        "file_name, file_bytes, modified_at, sha256, fetched_at, status, duplicate_of, error, after_error "
        "FROM landed_files WHERE kind = 'events'")),
    "an entry is lost": ("each_entry_counted_once", lambda w: forget_a_row(w, JourneyEntries)),
    "a figure is one too high": ("figures_are_those_of_brute_force", lambda w: change(
        w, "UPDATE campaign_performance_by_month SET entries = entries + 1 WHERE account_id = 'zeta'")),
    "a person is not billed": ("meps_are_those_of_brute_force", lambda w: forget_a_row(w, MepLedger)),
    "a statement changes": ("closed_statements_are_unchanged", lambda w: append(
        first(w.home / "statements", "*.csv"), "x")),
    "a report is torn": ("what_is_served_is_whole", lambda w: append(first(w.home / "reports/acme/2026-03", "*"), "x")),
    "a page is torn": ("what_is_served_is_whole", lambda w: append(first(w.home / "dashboards/acme", "*.html"), "x")),
    "a page is left": ("what_is_served_is_whole", lambda w: append(w.home / "dashboards/acme/old.html", "x")),
    "a contact is in the warehouse": ("secrets_and_contacts_are_where_they_belong", lambda w: change(
        w, f"UPDATE landed_files SET error = 'row 2: {email('acme', 3)}'")),
    "a contact is in Dagster's records": ("secrets_and_contacts_are_where_they_belong", lambda w: append(
        w.home / "dagster/notes", phone("zeta", 7))),
    "a contact is printed": ("secrets_and_contacts_are_where_they_belong", lambda w: append(
        w.root / "ticks.log", phone("zeta", 7))),
    "a secret is written down": ("secrets_and_contacts_are_where_they_belong", lambda w: append(
        w.home / "lake/notes", SECRETS["ACME_PASSWORD"])),
    "a page shows another account": ("no_account_sees_another", lambda w: append(
        first(w.home / "dashboards/acme", "*.html"), ACCOUNTS["zeta"])),
    "a mail is lost": ("each_mail_went_once", lambda w: first(w.home / "outbox", "*.eml").unlink()),
    "a mail went twice": ("each_mail_went_once", lambda w: (w.home / "outbox/again.eml").write_bytes(
        first(w.home / "outbox", "*.eml").read_bytes()) and None),
    "a mail was not even queued": ("each_mail_went_once", lambda w: change(
        w, "DELETE FROM mail_outbox WHERE account_id = 'acme'")),
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
def test_an_invariant_that_does_not_hold_is_noticed(world: World, spoil: str) -> None:
    name, do = SPOILS[spoil]
    invariants = Invariants.before(world)
    getattr(invariants, name)()

    do(world)

    with pytest.raises(AssertionError):
        getattr(Invariants(world, invariants.closed), name)()
