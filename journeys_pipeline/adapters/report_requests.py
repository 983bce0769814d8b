"""Reports that readers asked for, until a sensor has them made (F83)."""

from typing import Any

import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.viewer import STARTED, WAITING, ReportRequests

OPEN_AT_ONCE = 20


class TooManyRequests(Exception):
    """So many reports of the account wait to be made that another is not taken."""


def request_report(warehouse: Warehouse, request: dict[str, Any]) -> bool:
    """Whether the request is new; one that is there already, by its id, stays as it is.

    Args:
        warehouse: Where it is kept.
        request: A row of ReportRequests but its state.

    Raises:
        TooManyRequests: the account has `OPEN_AT_ONCE` that are not made yet.
    """
    row = pl.DataFrame([request | {"state": WAITING}], schema=ReportRequests.create_empty().schema)
    with warehouse.transaction() as transaction:
        transaction.take_turns(ReportRequests)  # else two see the last free place
        within = {"account_id": [request["account_id"]], "state": [WAITING, STARTED]}
        waiting = transaction.read(ReportRequests, within, columns=["request_id"])["request_id"]
        if request["request_id"] not in waiting and len(waiting) >= OPEN_AT_ONCE:
            raise TooManyRequests(f"{len(waiting)} reports of account {request['account_id']} wait to be made.")
        return transaction.add(ReportRequests, row) == 1
