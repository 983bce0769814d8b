"""The warehouse keeps what it is given exactly, on SQLite and on PostgreSQL alike."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from journeys_pipeline.adapters.leases import LeaseHeld, hold_lease
from journeys_pipeline.adapters.warehouse import METADATA, TABLES, Warehouse
from journeys_pipeline.schemas.metrics import CampaignPerformance, ChannelCosts, Refreshes, TouchedDays

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
EARLY, LATE = datetime(2026, 3, 2, 23, 59, 59, 123456, tzinfo=UTC), datetime(2026, 3, 3, 0, 0, 0, 1, tzinfo=UTC)
COMMENTS = {"add_table_comment", "remove_table_comment", "modify_comment"}
START_S = 30.0
THREADS, WRITES = 8, 20


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL, without a database, of a real PostgreSQL server of this module's own."""
    pytest.importorskip("psycopg2", reason="no PostgreSQL driver here (the extra named postgres)")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        reason = "no PostgreSQL server here (Debian: apt-get install postgresql)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    # PostgreSQL refuses to run as root: then it runs as nobody, in a folder that nobody can reach.
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="journeys-postgresql-"))
    start: dict[str, Any] = {"cwd": home}
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        start |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    try:
        yield from _serve(programs[-1].parent, home / "data", start)
    finally:
        shutil.rmtree(home)


def _serve(programs: Path, data: Path, start: dict[str, Any]) -> Iterator[str]:
    init = [programs / "initdb", "-D", data, "-U", "journeys", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(init, check=True, capture_output=True, **start)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-F"]
    command += ["-c", "timezone=Asia/Kolkata"]  # a server far from UTC: times must come back in UTC all the same
    with (data.parent / "log").open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **start)
    url = f"postgresql+psycopg2://journeys@127.0.0.1:{port}"
    try:
        _wait_until_it_answers(server, url, data.parent / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # "fast": disconnects whoever is still there
        server.wait(START_S)


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    engine = sa.create_engine(f"{url}/postgres", poolclass=sa.NullPool)
    give_up_at = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < give_up_at:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text()}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    server, name = request.getfixturevalue("postgresql"), f"w{uuid.uuid4().hex}"
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return f"{server}/{name}"


@pytest.fixture
def warehouse(url: str) -> Warehouse:
    warehouse = Warehouse(url)
    warehouse.migrate()
    return warehouse


def frame(table: type[dy.Schema], *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.create_empty().schema)


def touched(account_id: str, day: date, at: datetime = EARLY) -> dict[str, object]:
    return {"account_id": account_id, "day": day, "touched_at": at}


def sent(account_id: str, period: date, cost: Decimal = Decimal(0)) -> dict[str, object]:
    return {
        "account_id": account_id,
        "journey_id": "welcome",
        "period": period,
        "channel": "sms",
        "currency": "EUR",
        "priced_messages": 5_000_000_000,
        "cost": cost,
    }


def differences(url: str) -> list[Any]:
    """What alembic would write into a new migration, comments aside."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    flat = [operation for each in found for operation in (each if isinstance(each, list) else [each])]
    return [operation for operation in flat if operation[0] not in COMMENTS]


def test_migrations_make_exactly_the_tables_and_columns_of_the_schemas(url: str) -> None:
    before = {operation[0] for operation in differences(url)}

    Warehouse(url).migrate()

    assert before == {"add_table"}
    assert differences(url) == []


def test_migrations_make_the_keys_of_the_schemas(warehouse: Warehouse, url: str) -> None:
    inspector = sa.inspect(sa.create_engine(url, poolclass=sa.NullPool))

    made = {table.name: inspector.get_pk_constraint(table.name)["constrained_columns"] for table in TABLES.values()}

    assert made == {table.name: schema.primary_key() for (schema, _), table in TABLES.items()}


def test_migrating_again_keeps_the_rows(warehouse: Warehouse, url: str) -> None:
    rows = frame(TouchedDays, touched("acme", MONDAY))
    warehouse.upsert(TouchedDays, rows)

    Warehouse(url).migrate()

    assert warehouse.read(TouchedDays).equals(rows)


def test_every_table_is_empty_at_first_and_has_its_columns(warehouse: Warehouse) -> None:
    read = {(schema, grain): warehouse.read(schema, grain=grain) for schema, grain in TABLES}

    assert all(rows.is_empty() for rows in read.values())
    assert {key: rows.schema for key, rows in read.items()} == {key: key[0].create_empty().schema for key in TABLES}


def test_times_come_back_to_the_microsecond_in_utc(warehouse: Warehouse) -> None:
    rows = frame(TouchedDays, touched("acme", MONDAY, EARLY), touched("acme", TUESDAY, LATE))

    warehouse.upsert(TouchedDays, rows)

    assert warehouse.read(TouchedDays)["touched_at"].to_list() == [EARLY, LATE]
    assert warehouse.read(TouchedDays).schema == rows.schema


def test_money_comes_back_exactly(warehouse: Warehouse) -> None:
    texts = ["0.000001", "0.100000", "999999999999.999999", "-12.340000", "9007199254.740993"]
    costs = [*map(Decimal, texts)]
    rows = frame(ChannelCosts, *(sent(f"a{index}", MONDAY, cost) for index, cost in enumerate(costs)))

    warehouse.replace(ChannelCosts, rows, {}, grain="day")

    assert warehouse.read(ChannelCosts, grain="day")["cost"].to_list() == costs
    assert warehouse.read(ChannelCosts, grain="day").equals(rows)


def test_replacing_a_slice_leaves_other_days_and_accounts(warehouse: Warehouse) -> None:
    old = [sent(account, day, Decimal(1)) for account in ("acme", "zeta") for day in (MONDAY, TUESDAY)]
    warehouse.replace(ChannelCosts, frame(ChannelCosts, *old), {}, grain="day")

    within = {"period": [TUESDAY], "account_id": ["acme"]}
    warehouse.replace(ChannelCosts, frame(ChannelCosts, sent("acme", TUESDAY, Decimal(2))), within, grain="day")

    rows = warehouse.read(ChannelCosts, grain="day").select("account_id", "period", "cost").rows()
    assert rows == [
        ("acme", MONDAY, Decimal(1)),
        ("acme", TUESDAY, Decimal(2)),
        ("zeta", MONDAY, Decimal(1)),
        ("zeta", TUESDAY, Decimal(1)),
    ]


def test_a_slice_replaced_by_no_rows_is_emptied(warehouse: Warehouse) -> None:
    warehouse.upsert(TouchedDays, frame(TouchedDays, touched("acme", MONDAY), touched("zeta", MONDAY)))

    warehouse.replace(TouchedDays, frame(TouchedDays), {"account_id": ["acme"]})

    assert warehouse.read(TouchedDays)["account_id"].to_list() == ["zeta"]


def test_days_and_months_are_kept_apart(warehouse: Warehouse) -> None:
    warehouse.replace(ChannelCosts, frame(ChannelCosts, sent("acme", MONDAY)), {}, grain="day")

    warehouse.replace(ChannelCosts, frame(ChannelCosts), {"account_id": ["acme"]}, grain="month")

    assert warehouse.read(ChannelCosts, grain="day").height == 1
    assert warehouse.read(ChannelCosts, grain="month").is_empty()


def test_rows_that_break_the_schema_leave_the_slice_as_it_was(warehouse: Warehouse) -> None:
    good = frame(ChannelCosts, sent("acme", MONDAY))
    warehouse.replace(ChannelCosts, good, {}, grain="day")

    with pytest.raises(dy.exc.ValidationError):
        warehouse.replace(
            ChannelCosts, good.with_columns(priced_messages=pl.lit(-1)), {"account_id": ["acme"]}, grain="day"
        )

    assert warehouse.read(ChannelCosts, grain="day").equals(good)


def test_a_write_that_the_database_refuses_leaves_the_slice_as_it_was(warehouse: Warehouse) -> None:
    warehouse.upsert(TouchedDays, frame(TouchedDays, touched("acme", MONDAY), touched("zeta", MONDAY)))
    clashing = frame(TouchedDays, touched("acme", TUESDAY), touched("zeta", MONDAY))

    with pytest.raises(sa.exc.IntegrityError):
        warehouse.replace(TouchedDays, clashing, {"account_id": ["acme"]})

    assert warehouse.read(TouchedDays).select("account_id", "day").rows() == [("acme", MONDAY), ("zeta", MONDAY)]


def test_upsert_puts_a_row_in_the_place_of_the_row_with_its_key(warehouse: Warehouse) -> None:
    warehouse.upsert(TouchedDays, frame(TouchedDays, touched("acme", MONDAY), touched("acme", TUESDAY)))

    warehouse.upsert(TouchedDays, frame(TouchedDays, touched("acme", TUESDAY, LATE), touched("zeta", MONDAY, LATE)))

    assert warehouse.read(TouchedDays).rows() == [
        ("acme", MONDAY, EARLY),
        ("acme", TUESDAY, LATE),
        ("zeta", MONDAY, LATE),
    ]


def test_reading_a_slice_gives_its_rows_only(warehouse: Warehouse) -> None:
    rows = [touched(account, day) for account in ("acme", "mid", "zeta") for day in (TUESDAY, MONDAY)]
    warehouse.upsert(TouchedDays, frame(TouchedDays, *rows))

    within = {"account_id": ["zeta", "acme"], "day": [MONDAY]}
    found = warehouse.read(TouchedDays, within)

    assert found["account_id"].to_list() == ["acme", "zeta"]
    assert warehouse.read(TouchedDays, {"account_id": []}).is_empty()


def test_eight_writers_at_once_lose_nothing(warehouse: Warehouse) -> None:
    starting_line = threading.Barrier(THREADS)

    def write(thread: int) -> None:
        starting_line.wait(timeout=60)
        for number in range(WRITES):
            account = f"{thread}-{number}"
            mark = {"account_id": account, "day": MONDAY, "tier": "scale", "as_of": EARLY, "begun_at": LATE}
            warehouse.upsert(Refreshes, frame(Refreshes, mark))
            figures = frame(CampaignPerformance, campaign(account))
            warehouse.replace(CampaignPerformance, figures, {"account_id": [account]}, grain="day")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, range(THREADS)))

    written = {f"{thread}-{number}" for thread in range(THREADS) for number in range(WRITES)}
    for table, grain in ((Refreshes, ""), (CampaignPerformance, "day")):
        rows = warehouse.read(table, grain=grain)
        assert (set(rows["account_id"]), rows.height) == (written, THREADS * WRITES)


def test_of_eight_who_want_a_connection_one_at_a_time_has_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journeys_pipeline.adapters.leases.LOOK_S", 0.01)
    starting_line = threading.Barrier(THREADS)
    tokens: list[int] = []
    seen_at_once: list[int] = []

    def take(_thread: int) -> None:
        starting_line.wait(timeout=60)
        with suppress(LeaseHeld), hold_lease(warehouse, "acme-sftp") as lease:
            tokens.append(lease.token)
            time.sleep(0.02)
            seen_at_once.append(max(tokens) - lease.token)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(take, range(THREADS)))

    assert tokens == list(range(1, len(tokens) + 1))
    assert seen_at_once == [0] * len(tokens)
    assert tokens


def campaign(account_id: str) -> dict[str, object]:
    counts = ["profiles_in_journey", "entries", "profiles_exited", "active_profiles", "messages_sent"]
    return {"account_id": account_id, "journey_id": "welcome", "period": MONDAY} | dict.fromkeys(counts, 1)
