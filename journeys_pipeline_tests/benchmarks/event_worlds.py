"""Events of any number for benchmarks, the same each time: as accepted events in Parquet, and as feeds write them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import polars as pl

from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys

EVENTS_PER_PASSAGE, EVENTS_ON_ITS_FIRST_DAY = 8.4, 6.1
PASSAGES_PER_CHUNK = 100_000
PEOPLE_PER_PASSAGE = 0.4
FIRST_DAY = date(2025, 6, 1)
HOUR = 3600.0
ONE_DAY = 24 * HOUR
REPEATED_LINES = 0.01

ENVELOPE = ["event_id", "event_type", "occurred_at", "account_id", "is_test"]
CONTEXT = ["journey_id", "journey_version", "person_id", "entry_id"]
MESSAGE = ["message_id", "channel"]
ELEMENTS = '[{"element_id":"in","type":"segment"},{"element_id":"mail","type":"email"},{"element_id":"wait","type":"pause"},{"element_id":"out","type":"exit_point"}]'  # noqa: E501 - one JSON text


@dataclass(frozen=True)
class EventWorld:
    """About how many events, over how many days and accounts; of the ten journeys of each, seven have a goal.

    What would happen after the last day is left out.
    """

    events: int
    days: int = 30
    accounts: int = 5

    @property
    def end(self) -> date:
        return FIRST_DAY + timedelta(days=self.days)

    @property
    def account_ids(self) -> list[str]:
        return [f"account-{number}" for number in range(self.accounts)]

    def journeys(self) -> pl.DataFrame:
        """Journeys: one version of each."""
        rows = [
            {
                "account_id": account, "journey_id": f"journey-{number}", "version": 1, "name": f"Journey {number}",
                "campaign_id": "c", "campaign_name": "Campaign", "status": "active", "elements": ELEMENTS,
                "goal_event_name": f"purchase-{number}" if number < 7 else None,
                "goal_attribution_days": 30 if number < 7 else None,
                "valid_from": datetime(2025, 1, 1, tzinfo=UTC),
            }
            for account in self.account_ids
            for number in range(10)
        ]  # fmt: skip
        return Journeys.validate(pl.DataFrame(rows, schema=Journeys.create_empty().schema))

    def write_parquet(self, folder: Path) -> Path:
        """The accepted events as Parquet files, a few for each account and day of entry."""
        folder.mkdir()
        for name, kinds in self._chunks():
            typed = pl.concat([JourneyEvents.cast(kind.lazy()) for kind in _with_rest(kinds)])
            chunk = typed.sort("occurred_at").with_columns(row_number=pl.int_range(1, pl.len() + 1)).collect()
            chunk.write_parquet(folder / f"{name}.parquet")
        return folder

    def write_ndjson(self, folder: Path) -> Path:
        """The same events as lines of feeds: absent fields left out, one line in a hundred written twice."""
        folder.mkdir()
        for name, kinds in self._chunks():
            lines = pl.concat([_lines(kind) for kind in kinds]).sort("occurred_at", "line")
            again = lines.filter(pl.col("line").hash(99) % 1000 < REPEATED_LINES * 1000)
            pl.concat([lines, again]).select("line").write_csv(
                folder / f"{name}.ndjson", include_header=False, quote_style="never"
            )
        return folder

    def _chunks(self) -> Iterator[tuple[str, list[pl.DataFrame]]]:
        """A name, and the events of each kind, for each account, day of entry, and part of it."""
        of_each = EVENTS_PER_PASSAGE if self.days > 1 else EVENTS_ON_ITS_FIRST_DAY
        a_day = max(1, int(self.events / of_each / self.days / self.accounts))
        people = max(1, int(a_day * self.days * PEOPLE_PER_PASSAGE))
        for offset in range(self.days):
            for number, account in enumerate(self.account_ids):
                first = (number * self.days + offset) * a_day
                for start in range(0, a_day, PASSAGES_PER_CHUNK):
                    many = min(PASSAGES_PER_CHUNK, a_day - start)
                    passages = _passages(account, offset, numbers=range(first + start, first + start + many))
                    drawn = passages.with_columns(_person(people)).drop("u")
                    yield f"day-{offset:03}-{account}-{start:09}", list(self._kinds(drawn))

    def _kinds(self, passages: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The events that follow from passages, one frame for each kind, with the fields that the kind has."""
        end = datetime.combine(self.end, datetime.min.time(), UTC)
        seeds = count(100, 2)

        def kind(event_type: str, share: float, after: float, within: float, **fields: pl.Expr) -> pl.DataFrame:
            """A share of the passages has the event, at a time from `after` until `within` seconds later."""
            seed = next(seeds)
            delay = pl.duration(milliseconds=((after + _drawn(seed + 1) * within) * 1000).cast(pl.Int64))
            event_id = pl.format("{}-{}", _id(seed), "number")
            return (
                passages.filter(_drawn(seed) < share)
                .with_columns(occurred_at=pl.col("entered_at") + delay)
                .filter(pl.col("occurred_at") < end)
                .with_columns(**fields, event_id=event_id, event_type=pl.lit(event_type), is_test=_drawn(7) < 0.01)
                .select(*ENVELOPE, *_fields_of(event_type), *fields)
            )

        at = {name: pl.lit(name) for name in ("in", "mail", "wait", "out")}
        ok = pl.lit("ok")
        price = {"price": (pl.lit(0.01) + (_drawn(8) * 100).round(0) / 1000).round(6), "currency": _currency()}
        yield kind("journey_entered", 1, 0, 0.001, entry_source=pl.lit("segment"), element_id=at["in"])
        yield kind("element_entered", 1, 1, 1, element_id=at["mail"])
        yield kind("message_sent", 1, 2, 5, element_id=at["mail"], segments=1 + (_drawn(9) * 2).cast(pl.Int64), **price)
        yield kind("message_sent", 0.005, 60, 5, element_id=at["mail"], segments=pl.lit(1))
        yield kind("message_priced", 0.1, 2 * HOUR, HOUR, **price)
        yield kind("message_delivered", 0.93, 10, HOUR)
        yield kind("message_bounced", 0.03, 10, HOUR, permanent=_drawn(10) < 0.5)
        yield kind("message_failed", 0.02, 10, HOUR, error_code=pl.lit("30003"))
        yield kind("message_opened", 0.35, 5 * HOUR, 40 * HOUR, is_machine=_drawn(11) < 0.2)
        yield kind("message_clicked", 0.1, 20 * HOUR, 40 * HOUR, is_machine=_drawn(12) < 0.1)
        yield kind("element_completed", 1, 7, 1, element_id=at["mail"], outcome=ok)
        yield kind("element_entered", 1, 8, 1, element_id=at["wait"])
        yield kind("element_completed", 0.9, ONE_DAY, ONE_DAY, element_id=at["wait"], outcome=ok)
        yield kind("journey_exited", 0.75, 2 * ONE_DAY, HOUR, element_id=at["out"], exit_type=pl.lit("exit_point"))
        yield kind("journey_exited", 0.1, 2 * ONE_DAY, HOUR, exit_type=pl.lit("exit_condition"))
        yield kind(
            "goal_performed", 0.15, HOUR, 5 * ONE_DAY, value=pl.format("{}.25", (_drawn(13) * 90).cast(pl.Int64)),
            currency=_currency(), event_name=pl.col("journey_id").str.replace("journey", "purchase"),
        )  # fmt: skip


def _passages(account: str, offset: int, *, numbers: range) -> pl.DataFrame:
    """People entering journeys on a day, from six in the morning on."""
    six = datetime.combine(FIRST_DAY + timedelta(days=offset), datetime.min.time(), UTC) + timedelta(hours=6)
    number = pl.int_range(numbers.start, numbers.stop, eager=True).alias("number")
    journey = (_drawn(1) ** 1.5 * 10).cast(pl.Int64)
    return (
        pl.DataFrame({"number": number})
        .with_columns(account_id=pl.lit(account), journey=journey, u=_drawn(2) ** 1.5)
        .with_columns(
            journey_id=pl.format("journey-{}", "journey"),
            journey_version=1 + (_drawn(3) * 2).cast(pl.Int64),
            entry_id=_id(20),
            message_id=_id(21),
            channel=pl.when(pl.col("journey") % 3 == 0).then(pl.lit("mobile_push")).otherwise(pl.lit("email")),
            entered_at=pl.lit(six).dt.cast_time_unit("us")
            + pl.duration(milliseconds=(_drawn(4) * 18 * HOUR * 1000).cast(pl.Int64)),
        )
    )


def _person(people: int) -> pl.Expr:
    """Some come often."""
    return pl.format("person-{}", (pl.col("u") * people).cast(pl.Int64) + 1_000_000).alias("person_id")


def _fields_of(event_type: str) -> list[str]:
    if event_type == "goal_performed":
        return ["person_id"]
    if event_type.startswith("message_"):
        return [*CONTEXT, *MESSAGE] if event_type == "message_sent" else [*MESSAGE, "person_id"]
    return CONTEXT


def _drawn(seed: int) -> pl.Expr:
    """A number from 0 until 1 for each passage."""
    return (pl.col("number").hash(seed) % 1_000_003) / 1_000_003


def _id(seed: int) -> pl.Expr:
    """An id of 20 digits that says nothing, as platforms give them."""
    return pl.col("number").hash(seed).cast(pl.String).str.zfill(20)


def _currency() -> pl.Expr:
    return pl.when(_drawn(14) < 0.8).then(pl.lit("EUR")).otherwise(pl.lit("USD"))


def _with_rest(kinds: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The kinds with all columns of JourneyEvents."""
    schema = JourneyEvents.create_empty().schema
    for kind in kinds:
        rest = {name: pl.lit(None, dtype) for name, dtype in schema.items() if name not in kind.columns}
        rest |= {"day": pl.col("occurred_at").dt.date(), "file_id": pl.lit("f"), "row_number": pl.lit(1)}
        yield kind.with_columns(**rest).select(schema.names())


def _lines(kind: pl.DataFrame) -> pl.DataFrame:
    """The events as JSON objects."""
    at = pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    fields = [at if name == "occurred_at" else pl.col(name) for name in kind.columns]
    return kind.select("occurred_at", line=pl.struct(fields).struct.json_encode())
