"""The register of an account's reports, their files, and the form that asks for another (F83, F84)."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.inner_files import open_inside
from journeys_pipeline.adapters.report_requests import TooManyRequests, request_report
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.roles import MEP_ROLES
from journeys_pipeline.schemas.reports import ReportRegister
from journeys_pipeline.schemas.viewer import MADE, ReportRequests
from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.access_log import note
from journeys_pipeline.viewer.forms import Form, read_form
from journeys_pipeline.viewer.gate import Gate, Visit
from journeys_pipeline.viewer.guard import refuse_foreign
from journeys_pipeline.viewer.markup import page
from journeys_pipeline.viewer.report_form import LONGEST_NAME, Complaint, months_in_reach, new_key, read_request

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = 200
CHUNK = 256 * 1024


class Reports:
    """What is asked for, and got."""

    def __init__(self, gate: Gate, warehouse: Warehouse, folder: Path, origins: Collection[str]) -> None:
        self._gate = gate
        self._warehouse = warehouse
        self._folder = folder
        self._origins = origins

    def register(self, request: Request) -> Response:
        """The form, what waits to be made, and the register (F84)."""
        return self._register(self._enter(request, "reports"))

    def download(self, request: Request) -> Response:
        """A report's file, as it was made."""
        visit, report_id = self._enter(request, "report"), request.path_params["report"]
        within = {"account_id": [visit.account.id], "report_id": [report_id]}
        found = self._warehouse.read(ReportRegister, within).to_dicts()
        if not found:
            raise refusals.not_here()
        path = Path(found[0]["path"])
        try:
            stream = open_inside(self._folder / visit.account.id, *path.relative_to(visit.account.id).parts)
        except (FileNotFoundError, ValueError):
            raise refusals.not_here() from None
        note(visit, report_id, "downloaded")
        disposition = {"Content-Disposition": f'attachment; filename="{path.name}"'}
        return StreamingResponse(_chunks(stream), media_type=MEDIA_TYPES[found[0]["format"]], headers=disposition)

    async def ask(self, request: Request) -> Response:
        """Have a report made."""
        self._gate.visitor(request)
        refuse_foreign(request, self._origins)
        return await run_in_threadpool(self._ask, request, await read_form(request))

    def _ask(self, request: Request, form: Form) -> Response:
        visit = self._enter(request, "report")
        try:
            wanted = read_request(form, visit.account, visit.visitor.user, at=now())
            request_report(self._warehouse, wanted)
        except Complaint as complaint:
            return self._register(visit, complaint=str(complaint), status=422)
        except TooManyRequests:
            text = "Many reports of this account wait to be made. Ask again when they are there."
            return self._register(visit, complaint=text, status=429)
        note(visit, wanted["request_id"], "requested")
        return RedirectResponse(f"/{visit.account.id}/reports", status_code=303)

    def _enter(self, request: Request, what: str) -> Visit:
        visit = self._gate.enter(request)
        if visit.roles.isdisjoint(MEP_ROLES):
            note(visit, what, "refused")
            raise refusals.other_role([role.label for role in MEP_ROLES], ask=visit.contact)
        return visit

    def _register(self, visit: Visit, *, complaint: str = "", status: int = 200) -> Response:
        of_account = {"account_id": [visit.account.id]}
        made = self._warehouse.read(ReportRegister, of_account).sort("made_at", descending=True)
        requests = self._warehouse.read(ReportRequests, of_account).sort("requested_at", descending=True)
        shown: dict[str, Any] = {
            "made": made.head(MOST_ROWS).to_dicts(),
            "waiting": requests.filter(pl.col("state") != MADE).head(MOST_ROWS).to_dicts(),
            "months": months_in_reach(now().date()),
        }
        return page(
            "reports",
            status=status,
            account=visit.account,
            ask=visit.contact,
            complaint=complaint,
            key=new_key(),
            longest_name=LONGEST_NAME,
            **shown,
        )


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk
