"""The campaign figures by ClickHouse, in process: `by_chdb parquet|ndjson FOLDER OUTPUT` prints its seconds."""

import io
import sys
import time
from pathlib import Path

from chdb.session import Session

from journeys_pipeline_tests.benchmarks.engines.sql import FIGURES, TABLES

DIALECT = {
    "temporary": "TEMPORARY", "arg_min": "argMin", "arg_max": "argMax",
    "days_of_attribution": "toIntervalDay(journey.goal_attribution_days)",
}  # fmt: skip
PARQUET = """
CREATE TEMPORARY TABLE events AS
SELECT event_id, event_type, occurred_at, account_id, journey_id, person_id, message_id, channel, exit_type, price,
       currency, is_machine, event_name, value
FROM file('{folder}/parquet/*.parquet', Parquet) WHERE NOT is_test
"""
NDJSON = """
CREATE TEMPORARY TABLE events AS
SELECT * FROM file('{folder}/ndjson/*.ndjson', JSONEachRow, '
    event_id String, event_type String, occurred_at DateTime64(6, ''UTC''), account_id String, is_test Bool,
    journey_id Nullable(String), person_id Nullable(String), message_id Nullable(String), channel Nullable(String),
    exit_type Nullable(String), price Nullable(Decimal(18, 6)), currency Nullable(String), is_machine Nullable(Bool),
    event_name Nullable(String), value Nullable(String)')
WHERE NOT is_test
LIMIT 1 BY account_id, event_id
"""


def main() -> None:
    source, folder, output = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    begun = time.perf_counter()
    session = Session()
    session.query("SET join_use_nulls = 1, date_time_input_format = 'best_effort', engine_file_truncate_on_insert = 1")
    journeys = f"CREATE TEMPORARY TABLE journeys AS SELECT * FROM file('{folder}/journeys.parquet', Parquet)"
    session.query(journeys)
    session.query({"parquet": PARQUET, "ndjson": NDJSON}[source].format(folder=folder))
    for table in TABLES:
        session.query(table.format(**DIALECT))
    figures = {name: session.query(query.format(**DIALECT), "Parquet").bytes() for name, query in FIGURES.items()}
    seconds = time.perf_counter() - begun
    import polars as pl  # noqa: PLC0415 - to write what was found is no part of the comparison

    for name, content in figures.items():
        pl.read_parquet(io.BytesIO(content)).write_parquet(output / f"{name}.parquet")
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main()
