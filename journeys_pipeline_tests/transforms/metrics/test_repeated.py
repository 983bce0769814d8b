"""Of rows that repeat a key one stands, and rows of equal keys meet, whatever their hashes are."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.transforms.metrics import repeated
from journeys_pipeline.transforms.metrics.repeated import MARK, first_of_each, last_of_each, meet

KEY = ["account_id", "message_id"]
ROWS = [
    ("acme", "a", 2, "s1", "acme a late"),
    ("acme", "a", 1, "s3", "acme a at one, after"),
    ("acme", "a", 1, "s2", "acme a at one, before"),
    ("acme", "b", 3, "s4", "acme b"),
    ("beta", "a", 5, "s5", "beta a"),
]


@pytest.fixture(params=["as they are", "all the same"])
def hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of keys that tell them apart, and such that do not."""
    if request.param == "all the same":
        monkeypatch.setattr(repeated, "mark_of", lambda _key: pl.lit(0).alias(MARK))


def frame(rows: list[tuple[Any, ...]]) -> pl.LazyFrame:
    columns = [*KEY, "hour", "source_id", "name"]
    at = pl.lit(datetime(2026, 11, 1, tzinfo=UTC)) + pl.duration(hours="hour")
    return pl.LazyFrame(rows, schema=columns, orient="row").with_columns(occurred_at=at).drop("hour")


@pytest.mark.usefixtures("hashes")
def test_the_first_of_each_key_stands_and_of_one_instant_the_smaller_id() -> None:
    stand = first_of_each(frame(ROWS), KEY).collect()

    assert sorted(stand["name"]) == ["acme a at one, before", "acme b", "beta a"]


@pytest.mark.usefixtures("hashes")
def test_the_last_of_each_key_stands() -> None:
    stand = last_of_each(frame(ROWS), KEY).collect()

    assert sorted(stand["name"]) == ["acme a late", "acme b", "beta a"]


@pytest.mark.usefixtures("hashes")
def test_rows_meet_those_of_the_same_key_alone() -> None:
    other = pl.LazyFrame({"account_id": ["acme", "beta"], "message_id": ["b", "a"], "price": [1, 2]})

    met = meet(frame(ROWS), other, KEY).select("name", "price").collect()

    assert sorted(met.rows()) == [("acme b", 1), ("beta a", 2)]
