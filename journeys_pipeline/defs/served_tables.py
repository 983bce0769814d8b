"""An account's rows of served tables, as its pages are made from them."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.warehouse import GRAINS, Slice, Warehouse
from journeys_pipeline.periods import MONTHS_IN_SIGHT, add_months, days_between, month_of


class ServedTables(Mapping[tuple[type[dy.Schema], str], pl.LazyFrame]):
    """An account's rows of a served table, read when it is asked for, and once."""

    def __init__(self, warehouse: Warehouse, account_id: str, as_of: datetime) -> None:
        newest = month_of(as_of.date())
        first = add_months(newest, -MONTHS_IN_SIGHT)  # one more than is in sight: what the oldest is compared with
        self._warehouse = warehouse
        self._account: Slice = {"account_id": [account_id]}
        self._periods = {
            "day": days_between(first, add_months(newest, 1)),
            "month": [add_months(first, later) for later in range(MONTHS_IN_SIGHT + 1)],
        }
        self._read: dict[tuple[type[dy.Schema], str], pl.LazyFrame] = {}

    def __getitem__(self, key: tuple[type[dy.Schema], str]) -> pl.LazyFrame:
        if key not in self._read:
            table, grain = key
            within: Slice = {**self._account, "period": self._periods[grain]} if grain in GRAINS else self._account
            self._read[key] = self._warehouse.read(table, within, grain=grain).lazy()
        return self._read[key]

    def __iter__(self) -> Iterator[tuple[type[dy.Schema], str]]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
