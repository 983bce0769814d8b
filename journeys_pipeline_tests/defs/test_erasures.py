"""An erasure changes nothing that is billed, and begins only when it can be ended."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.booking import adjust_month
from journeys_pipeline.defs.erased_outputs import Outputs
from journeys_pipeline.defs.erasures import CannotErase, Eraser
from journeys_pipeline.defs.refresh import Scope
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.erasures import Erasures
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.people import resolve_identities
from journeys_pipeline_tests.defs.books import AFTER, DUE, KEY, LATER, OPEN, World, january
from journeys_pipeline_tests.mailing_worlds import MailingWorld
from journeys_pipeline_tests.transforms.mep_ledger.examples import JANUARY

PHONE = "+31206241987"
DERIVED = f"contact-{identify('acme', PHONE)}"


@pytest.fixture
def world(each_database: None, tmp_path: Path) -> World:
    """A month in which a person entered by profile and by contact, and another one by a contact only."""
    world = World(tmp_path)
    world.profile("p1", PHONE, at=OPEN)
    world.enter(january(1, DERIVED), january(2, "p1"), january(3, "p2"))
    world.run(OPEN)
    return world


@pytest.fixture
def eraser(world: World, tmp_path: Path) -> Eraser:
    catalog: Catalog = MailingWorld(tmp_path, 25).mailing.catalog
    landing_zone = LandingZone(tmp_path / "landing")
    outputs = Outputs(tmp_path / "reports", tmp_path / "outbox")
    return Eraser(catalog, landing_zone, world.books.lake, world.books.warehouse, KEY, outputs, AFTER)


def test_a_closed_month_stays_byte_for_byte_and_gets_no_adjustment(world: World, eraser: Eraser) -> None:
    world.run(DUE)
    before = world.files()

    eraser.erase("acme", contacts=[PHONE], requested_by="ann")
    late = adjust_month(world.books, Scope([JANUARY], ["acme"], LATER), JANUARY)

    assert (world.files(), late, world.adjusted()) == (before, 0, {})
    assert len(before) == 1


def test_in_an_open_month_the_person_is_billed_once_under_a_hash(world: World, eraser: Eraser) -> None:
    before = world.billed()

    eraser.erase("acme", person_id="p1", requested_by="ann")
    world.run(OPEN + timedelta(days=1))

    after = world.billed()
    assert sorted(before) == ["p1", "p2"]
    assert [person[:8] for person in sorted(after)] == ["deleted-", "p2"]
    assert sorted(after.values()) == sorted(before.values())


def test_a_profile_that_comes_again_is_the_same_person(world: World, eraser: Eraser) -> None:
    eraser.erase("acme", contacts=[PHONE], requested_by="ann")
    changes = world.books.lake.scan(PeopleChanges).collect()

    again = changes.filter(pl.col("change_type") == "profile").with_columns(
        phone=pl.lit(PHONE), change_id=pl.lit("again")
    )
    identities = resolve_identities(pl.concat([changes, again]).lazy()).collect()

    assert changes["phone"].drop_nulls().to_list() == [DERIVED]
    assert identities.rows() == [("acme", DERIVED, "p1")]
    assert identities.equals(world.books.lake.scan(Identities).collect())


def test_an_erasure_is_recorded_without_saying_of_whom(world: World, eraser: Eraser) -> None:
    eraser.erase("acme", contacts=[PHONE], requested_by="ann")
    eraser.erase("acme", contacts=[PHONE], requested_by="ann")

    [row] = world.books.warehouse.read(Erasures).to_dicts()
    assert row["requested_by"] == "ann"
    assert row["erased_at"] == AFTER
    assert not any(trace in str(row) for trace in (PHONE, "p1", DERIVED))


def test_without_a_key_nothing_is_erased(world: World, eraser: Eraser) -> None:
    with pytest.raises(CannotErase, match="JOURNEYS_DELETION_KEY"):
        replace(eraser, deletion_key=None).erase("acme", contacts=[PHONE], requested_by="ann")

    assert world.books.warehouse.read(Erasures).is_empty()


def test_while_files_wait_to_be_read_nothing_is_erased(world: World, eraser: Eraser) -> None:
    file = {
        "file_id": "f1", "account_id": "acme", "connection_id": "sftp", "feed_id": "events", "kind": "events",
        "file_name": "f1", "file_bytes": 1, "sha256": "0" * 64, "fetched_at": OPEN, "status": "landed",
    }  # fmt: skip
    world.books.warehouse.upsert(LandedFiles, pl.DataFrame([file], schema=LandedFiles.create_empty().schema))

    with pytest.raises(CannotErase, match="wait to be read"):
        eraser.erase("acme", contacts=[PHONE], requested_by="ann")

    assert world.books.lake.scan(PeopleChanges).collect()["phone"].to_list() == [PHONE]
