"""What goes wrong in the warehouse is told without the rows that it went wrong with."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.warehouse import TABLES, Warehouse
from journeys_pipeline.schemas.ivr_metrics import InputValues


def test_an_error_quotes_no_collected_input(tmp_path: Path) -> None:
    cell = {"account_id": "acme", "journey_id": "survey", "journey_version": 0, "period": date(2026, 3, 1)}
    row = cell | {"element_id": "pin", "variable": "pin", "masking": "always", "value": "4711", "inputs": 1}
    without_tables = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")

    with pytest.raises(sa.exc.OperationalError) as failure, without_tables.transaction() as transaction:
        transaction.connection.execute(TABLES[InputValues, "day"].insert(), [row])

    assert "no such table" in str(failure.value)
    assert "4711" not in str(failure.value)
