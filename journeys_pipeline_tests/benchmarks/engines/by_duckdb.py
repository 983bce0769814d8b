"""The campaign figures by DuckDB: `by_duckdb parquet|ndjson FOLDER OUTPUT` prints its seconds."""

import sys
import time
from pathlib import Path

import duckdb

from journeys_pipeline_tests.benchmarks.engines.sql import FIGURES, TABLES

DIALECT = {
    "temporary": "", "arg_min": "arg_min", "arg_max": "arg_max",
    "days_of_attribution": "to_days(journey.goal_attribution_days)",
}  # fmt: skip
PARQUET = "CREATE VIEW events AS SELECT * FROM read_parquet('{folder}/parquet/*.parquet') WHERE NOT is_test"
NDJSON = """
CREATE TABLE events AS
SELECT DISTINCT ON (account_id, event_id) *
FROM read_json('{folder}/ndjson/*.ndjson', format = 'newline_delimited', columns = {{
    event_id: 'VARCHAR', event_type: 'VARCHAR', occurred_at: 'TIMESTAMP', account_id: 'VARCHAR', is_test: 'BOOLEAN',
    journey_id: 'VARCHAR', person_id: 'VARCHAR', message_id: 'VARCHAR', channel: 'VARCHAR', exit_type: 'VARCHAR',
    price: 'DECIMAL(18, 6)', currency: 'VARCHAR', is_machine: 'BOOLEAN', event_name: 'VARCHAR', value: 'VARCHAR'
}})
WHERE NOT is_test
"""


def main() -> None:
    source, folder, output = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    begun = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW journeys AS SELECT * FROM read_parquet('{folder}/journeys.parquet')")
    connection.execute({"parquet": PARQUET, "ndjson": NDJSON}[source].format(folder=folder))
    for table in TABLES:
        connection.execute(table.format(**DIALECT))
    figures = {name: connection.sql(query.format(**DIALECT)).arrow().read_all() for name, query in FIGURES.items()}
    seconds = time.perf_counter() - begun
    import polars as pl  # noqa: PLC0415 - to write what was found is no part of the comparison

    for name, rows in figures.items():
        pl.from_arrow(rows).write_parquet(output / f"{name}.parquet")
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main()
