"""What goes wrong in the warehouse is told without the rows that it went wrong with."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from journeys_pipeline.adapters.warehouse import TABLES, Warehouse
from journeys_pipeline.cli import app
from journeys_pipeline.schemas.ivr_metrics import InputValues


def test_an_error_quotes_no_collected_input(tmp_path: Path) -> None:
    cell = {"account_id": "acme", "journey_id": "survey", "journey_version": 0, "period": date(2026, 3, 1)}
    row = cell | {"element_id": "pin", "variable": "pin", "masking": "always", "value": "4711", "inputs": 1}
    without_tables = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")

    with pytest.raises(sa.exc.OperationalError) as failure, without_tables.transaction() as transaction:
        transaction.connection.execute(TABLES[InputValues, "day"].insert(), [row])

    assert "no such table" in str(failure.value)
    assert "4711" not in str(failure.value)


def test_a_command_on_the_warehouse_of_a_newer_version_ends_with_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    Warehouse(url).migrate()
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    result = CliRunner().invoke(app, ["mep", "verify"], env={"JOURNEYS_HOME": str(tmp_path)})

    assert result.exit_code == 1
    assert "The warehouse is at revision 9999" in result.output
    assert "Traceback" not in result.output
