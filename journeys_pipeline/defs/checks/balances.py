"""Conservation: two counts of the same thing, made in different ways, must agree in the run's days.

Each balance is counted apart, so that a lost row makes the balance of its kind fail and no other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.batches import batches_of, count_rows
from journeys_pipeline.defs.checks.periods import described, run_range, unsettled_days, within
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.transforms.people import resolve

CELL = ["account_id", "journey_id", "day"]

Days = tuple[date, date] | None
NONE_UNSETTLED = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
ALL_ACCOUNTS = pl.lit(value=True)


@dataclass(frozen=True)
class Books:
    """Where both sides of a balance are counted: the rows of some accounts, or of all."""

    warehouse: Warehouse
    lake: Lake
    days: Days
    unsettled: pl.DataFrame = field(default_factory=lambda: NONE_UNSETTLED)
    accounts: pl.Expr = ALL_ACCOUNTS
    _served: dict[tuple[type[dy.Schema], int], pl.DataFrame] = field(default_factory=dict)
    """What was read from the warehouse, once for all parts and balances: by table and how many days before."""

    def apart(self, tables: Iterable[type[dy.Schema]]) -> list["Books"]:
        """These books in parts, each of as many accounts as memory has room for the days' rows of in these tables.

        The first part is of all accounts that are in no other, so that none is left out.
        """
        _, *others = batches_of(count_rows(self.facts(table) for table in tables))
        rest = ~pl.col("account_id").is_in([account for accounts in others for account in accounts])
        return [replace(self, accounts=of) for of in (rest, *(pl.col("account_id").is_in(each) for each in others))]

    def figures(self, table: type[dy.Schema], *, days_before: int = 0) -> pl.LazyFrame:
        """A table's figures by day, with `day` for their period; of some days before the books' too."""
        return self._read(table, "period", "day", days_before).rename({"period": "day"})

    def refreshes(self, *, days_before: int = 0) -> pl.LazyFrame:
        """Refreshes of the days; of some days before the books' too."""
        return self._read(Refreshes, "day", "", days_before)

    def rows(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table's rows of all days."""
        return self.lake.scan(table).filter(self.accounts)

    def facts(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table's rows of the days."""
        return self.rows(table).filter(within(pl.col("day"), self.days))

    def persons(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table's rows up to the last of the days, each person under one id."""
        until = pl.lit(value=True) if self.days is None else pl.col("day") <= self.days[1]
        return resolve(self.rows(table).filter(until), self.rows(Identities))

    def _read(self, table: type[dy.Schema], column: str, grain: str, days_before: int) -> pl.LazyFrame:
        if (table, days_before) not in self._served:
            days: dict[str, list[date]] = {}
            if self.days:
                first, last = (day.toordinal() for day in self.days)
                days = {column: [date.fromordinal(day) for day in range(first - days_before, last + 1)]}
            self._served[table, days_before] = self.warehouse.read(table, days, grain=grain)
        return self._served[table, days_before].lazy().filter(self.accounts)


Side = Callable[[Books], pl.LazyFrame]
"""Columns of the balance's key and `count`; a cell that it lacks counts 0."""


@dataclass(frozen=True)
class Balance:
    """Two sides that must be equal in every cell of the key."""

    name: str
    table: type[dy.Schema]
    description: str
    figures: Side
    other: Side
    key: Sequence[str] = field(default_factory=lambda: CELL)
    also_reads: Sequence[type[dy.Schema]] = ()
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR

    def differences(self, books: Books) -> pl.DataFrame:
        """The cells in which the sides differ, with both counts."""
        sides = [
            side(books).group_by(self.key).agg(pl.col("count").sum().cast(pl.Int64).alias(name))
            for side, name in ((self.figures, "figures"), (self.other, "counted"))
        ]
        joined = sides[0].join(sides[1], on=list(self.key), how="full", coalesce=True)
        filled = joined.with_columns(pl.col("figures", "counted").fill_null(0))
        differing = filled.filter(pl.col("figures") != pl.col("counted"))
        settled = differing.join(books.unsettled.lazy(), on=["account_id", "day"], how="anti")
        return settled.collect(engine="streaming")


def summed(table: type[dy.Schema], *columns: str) -> Side:
    """The sum of columns of a table of figures."""
    return lambda books: books.figures(table).with_columns(count=pl.sum_horizontal(columns))


def rows_of(table: type[dy.Schema], condition: pl.Expr | None = None) -> Side:
    """The number of facts, or of those that meet a condition."""
    keep = pl.lit(value=True) if condition is None else condition
    return lambda books: books.facts(table).filter(keep).with_columns(count=pl.lit(1))


def balance_checks(
    name: str,
    assets: Mapping[type[dy.Schema], str],
    balances: Sequence[Balance],
    facts: Collection[type[dy.Schema]],
) -> Any:
    """The checks that the sides of balances agree in the run's days, in one step.

    Args:
        name: Of the step.
        assets: What each table is made as.
        balances: Of these tables.
        facts: The lake's tables that most rows are read of.
    """
    of_check = {dg.AssetCheckKey(dg.AssetKey(assets[balance.table]), balance.name): balance for balance in balances}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                key.name,
                asset=key.asset_key,
                description=balance.description,
                additional_deps=sorted({assets[table] for table in balance.also_reads} - {assets[balance.table]}),
            )
            for key, balance in of_check.items()
        ],
        can_subset=True,
    )
    def check(
        context: dg.AssetCheckExecutionContext,
        catalog_file: CatalogFile,
        lake_folder: LakeFolder,
        warehouse_database: WarehouseDatabase,
    ) -> Iterator[dg.AssetCheckResult]:
        days, warehouse = run_range(context), warehouse_database.open()
        books = Books(warehouse, lake_folder.open(), days, unsettled_days(context, warehouse, catalog_file.load()))
        parts = books.apart(facts)
        for key in context.selected_asset_check_keys:
            balance = of_check[key]
            wrong = pl.concat(balance.differences(part) for part in parts).sort(balance.key)
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=wrong.is_empty(),
                severity=balance.severity,
                metadata={"cells that differ": wrong.height, "days": described(days), "first": markdown_table(wrong)},
            )

    return check
