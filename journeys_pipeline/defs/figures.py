"""Assets of figures: one asset for a family of tables, since Dagster's own records cost more than small tables do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.defs.batches import batches_of, count_rows
from journeys_pipeline.defs.metadata import OWNER, add_row_counts, column_schema
from journeys_pipeline.defs.partitions import days, days_around, days_to_months, months, one_run, some_days
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import add_months
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.transforms.metrics import Periods

Grain = Literal["day", "month"]
FactsT = TypeVar("FactsT")

MAPPINGS = {"day": days_around, "month": days_to_months}
WITHOUT_PARTITIONS = {Journeys, Identities}


@dataclass(frozen=True)
class Family(Generic[FactsT]):
    """Tables of figures that are made together: what each is counted by, and what they are made from."""

    name: str
    measures: dict[type[dy.Schema], Callable[[FactsT, Periods], pl.LazyFrame]]
    sources: Sequence[type[dy.Schema]]
    read: Callable[[Lake, list[str]], FactsT]
    group: str

    def asset(self, grain: Grain) -> dg.AssetsDefinition:
        """The asset that replaces the tables' slices with what is counted anew, one table after the other."""

        @dg.asset(
            name=f"{self.name}_by_{grain}",
            partitions_def=months if grain == "month" else days,
            backfill_policy=one_run if grain == "month" else some_days,
            deps=dependencies(self.sources, grain),
            description=self._description(grain),
            kinds={"polars", "sqlalchemy"},
            group_name=self.group,
            owners=[OWNER],
            metadata=self._columns(grain),
        )
        def figures(
            context: dg.AssetExecutionContext,
            config: RefreshConfig,
            catalog_file: CatalogFile,
            lake_folder: LakeFolder,
            warehouse_database: WarehouseDatabase,
        ) -> None:
            scope, warehouse = Scope.of(context, config, catalog_file.load()), warehouse_database.open()
            lake, periods = lake_folder.open(), periods_of(scope, grain)
            facts = [self.read(lake, accounts) for accounts in self.batches(lake, scope.accounts, periods)]
            counts: list[pl.DataFrame] = []
            for table, measure in self.measures.items():
                rows = pl.concat([measure(batch, periods).collect(engine="streaming") for batch in facts])
                warehouse.replace(table, rows, scope.slice("period"), grain=grain)
                counts.append(rows.select("period"))
            of_periods = pl.concat(counts).group_by("period").agg(rows=pl.len())
            add_row_counts(context, of_periods, periods=scope.periods, accounts=len(scope.accounts))

        return figures

    def batches(self, lake: Lake, accounts: Sequence[str], periods: Periods) -> list[list[str]]:
        """The accounts, as many together as memory has room for the facts of; figures of one need no other's."""
        tables = [lake.scan(source) for source in self.sources if source not in WITHOUT_PARTITIONS]
        rows = count_rows(periods.select(table) for table in tables)
        return batches_of({account: rows.get(account, 0) for account in accounts})

    def _description(self, grain: Grain) -> str:
        lines = [f"- `{table_name(table)}_by_{grain}`: {_first_line(table)}" for table in self.measures]
        return "\n".join(["Served tables:", "", *lines])

    def _columns(self, grain: Grain) -> dict[str, Any]:
        main, *others = self.measures
        return {"dagster/column_schema": column_schema(main)} | {
            f"columns of {table_name(table)}_by_{grain}": column_schema(table) for table in others
        }


def dependencies(sources: Sequence[type[dy.Schema]], grain: Grain) -> list[dg.AssetDep]:
    """What figures of a grain are made from, as the asset graph shows it."""
    return [
        dg.AssetDep(table_name(source), partition_mapping=None if source in WITHOUT_PARTITIONS else MAPPINGS[grain])
        for source in sources
    ]


def periods_of(scope: Scope, grain: Grain) -> Periods:
    """The days that a scope's partitions cover."""
    last = scope.periods[-1]
    end = add_months(last, 1) if grain == "month" else last.fromordinal(last.toordinal() + 1)
    return Periods(scope.periods[0], end, grain)


def _first_line(table: type[dy.Schema]) -> str:
    return (table.__doc__ or "").splitlines()[0]
