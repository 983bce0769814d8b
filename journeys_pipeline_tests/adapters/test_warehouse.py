"""The warehouse keeps what it is given exactly, on SQLite and on PostgreSQL alike."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from journeys_pipeline.adapters.warehouse import METADATA, TABLES, Transaction, Warehouse
from journeys_pipeline.schemas.metrics import CampaignPerformance, ChannelCosts, Refreshes, TouchedDays
from journeys_pipeline.schemas.reports import MailOutbox

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
EARLY, LATE = datetime(2026, 3, 2, 23, 59, 59, 123456, tzinfo=UTC), datetime(2026, 3, 3, 0, 0, 0, 1, tzinfo=UTC)
COMMENTS = {"add_table_comment", "remove_table_comment", "modify_comment"}
THREADS, WRITES = 8, 20
SO_THAT_IT_WAITS_S = 0.3
CONTACT = "ann@acme.example"


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

    assert warehouse.read(TouchedDays).select("account_id", "day", "touched_at").rows() == [
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


def while_open(warehouse: Warehouse, first: Callable[[Transaction], Any], second: Callable[[Transaction], Any]) -> Any:
    """What the second writes in a transaction of its own that begins before that of the first has ended."""
    began = threading.Event()

    def write() -> Any:
        began.set()
        with warehouse.transaction() as transaction:
            return second(transaction)

    with ThreadPoolExecutor(1) as pool:
        with warehouse.transaction() as transaction:
            first(transaction)
            other = pool.submit(write)
            began.wait(timeout=60)
            time.sleep(SO_THAT_IT_WAITS_S)
        return other.result(timeout=60)


def test_of_two_who_add_a_row_at_once_the_first_is_kept_and_neither_fails(warehouse: Warehouse) -> None:
    early, late = (frame(TouchedDays, touched("acme", MONDAY, at)) for at in (EARLY, LATE))

    added = while_open(warehouse, lambda one: one.add(TouchedDays, early), lambda two: two.add(TouchedDays, late))

    assert added == 0
    assert warehouse.read(TouchedDays).equals(early)


def test_of_several_added_rows_those_that_are_new_are_counted(warehouse: Warehouse) -> None:
    warehouse.upsert(TouchedDays, frame(TouchedDays, touched("acme", MONDAY)))
    days = [touched("acme", MONDAY, LATE), touched("acme", TUESDAY), touched("zeta", MONDAY)]

    with warehouse.transaction() as transaction:
        added = transaction.add(TouchedDays, frame(TouchedDays, *days))

    assert added == 2
    assert warehouse.read(TouchedDays)["touched_at"].to_list() == [EARLY] * 3


def test_of_two_who_upsert_a_new_row_at_once_the_last_is_kept_and_neither_fails(warehouse: Warehouse) -> None:
    early, late = (frame(TouchedDays, touched("acme", MONDAY, at)) for at in (EARLY, LATE))

    while_open(warehouse, lambda one: one.upsert(TouchedDays, early), lambda two: two.upsert(TouchedDays, late))

    assert warehouse.read(TouchedDays).equals(late)


def test_of_two_who_replace_a_slice_at_once_the_rows_of_the_last_are_kept(warehouse: Warehouse) -> None:
    within = {"account_id": ["acme"]}
    one, two = (frame(ChannelCosts, sent("acme", day)) for day in (MONDAY, TUESDAY))
    warehouse.replace(ChannelCosts, frame(ChannelCosts, sent("acme", MONDAY)), within, grain="day")

    while_open(
        warehouse,
        lambda first: first.replace(ChannelCosts, one, within, grain="day"),
        lambda second: second.replace(ChannelCosts, two, within, grain="day"),
    )

    assert warehouse.read(ChannelCosts, grain="day").equals(two)


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


def campaign(account_id: str) -> dict[str, object]:
    counts = ["profiles_in_journey", "entries", "profiles_exited", "active_profiles", "messages_sent"]
    return {"account_id": account_id, "journey_id": "welcome", "period": MONDAY} | dict.fromkeys(counts, 1)


def test_an_error_of_the_database_tells_no_row(warehouse: Warehouse, url: str) -> None:
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("DROP TABLE mail_outbox"))
    row = {"report_id": "r", "recipient": CONTACT, "account_id": "acme", "message_id": "m", "state": "queued"}
    mail = frame(MailOutbox, row | {"attempts": 0, "updated_at": EARLY})

    with pytest.raises(sa.exc.SQLAlchemyError) as failure:
        warehouse.upsert(MailOutbox, mail)

    assert CONTACT not in str(failure.value)
