"""The page that stands before all others: an account's terms, and their acceptance (F92, F93)."""

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.access_log import note
from journeys_pipeline.viewer.forms import Form, only, read_form
from journeys_pipeline.viewer.gate import Gate
from journeys_pipeline.viewer.guard import refuse_foreign
from journeys_pipeline.viewer.markup import page


class TermsPage:
    """What is accepted."""

    def __init__(self, gate: Gate, origins: Collection[str]) -> None:
        self._gate = gate
        self._origins = origins

    def show(self, request: Request) -> Response:
        """The account's terms as they are now."""
        visit = self._gate.approach(request)
        if visit.terms is None:
            raise refusals.no_terms(ask=visit.contact)
        account, user, terms = visit.account, visit.visitor.user, visit.terms
        has_accepted = self._gate.book.has_accepted(account.id, user, terms)
        return page("terms", account=account, terms=terms, user=user, ask=visit.contact, has_accepted=has_accepted)

    async def accept(self, request: Request) -> Response:
        """Keep that the visitor accepted the text that they were shown."""
        self._gate.visitor(request)
        refuse_foreign(request, self._origins)
        return await run_in_threadpool(self._keep, request, await read_form(request))

    def _keep(self, request: Request, form: Form) -> Response:
        visit = self._gate.approach(request)
        terms = visit.terms
        if terms is None:
            raise refusals.no_terms(ask=visit.contact)
        if (only(form, "version"), only(form, "text_sha256")) != (terms.version, terms.text_sha256):
            return RedirectResponse(f"/{visit.account.id}/terms", status_code=303)  # they changed while being read
        if self._gate.book.accept(visit.account.id, visit.visitor.user, terms, at=now()):
            note(visit, "terms", "accepted")
        return RedirectResponse(f"/{visit.account.id}/", status_code=303)
