"""The application: its addresses, and what becomes of a refusal."""

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from journeys_pipeline.adapters.terms import TermsBook
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.catalog_source import CatalogSource
from journeys_pipeline.viewer.dashboards import Dashboards
from journeys_pipeline.viewer.gate import Gate
from journeys_pipeline.viewer.guard import Guard
from journeys_pipeline.viewer.markup import page
from journeys_pipeline.viewer.reports import Reports
from journeys_pipeline.viewer.settings import Settings
from journeys_pipeline.viewer.shelf import Shelf
from journeys_pipeline.viewer.terms import TermsPage


@dataclass(frozen=True)
class Places:
    """Where what is shown comes from."""

    catalog: CatalogSource
    warehouse: Warehouse
    dashboards: Path
    reports: Path


def make_application(settings: Settings, places: Places) -> ASGIApp:
    """The viewer, to be served by uvicorn."""
    gate = Gate(settings.door, places.catalog, TermsBook(places.warehouse))
    dashboards = Dashboards(gate, Shelf(places.dashboards))
    terms = TermsPage(gate, settings.origins)
    reports = Reports(gate, places.warehouse, places.reports, settings.origins)

    async def not_here(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code != refusals.not_here().status:
            return PlainTextResponse(error.detail, status_code=error.status_code, headers=error.headers)
        return await _refuse(request, _unless_nobody(gate, request))

    application = Starlette(
        routes=[
            Route("/", dashboards.start),
            Route("/{account}/", dashboards.landing),
            Route("/{account}/terms", terms.show),
            Route("/{account}/terms", terms.accept, methods=["POST"]),
            Route("/{account}/reports", reports.register),
            Route("/{account}/reports.html", reports.register),  # as pages name each other
            Route("/{account}/reports", reports.ask, methods=["POST"]),
            Route("/{account}/reports/{report}", reports.download),
            Route("/{account}/{page}", dashboards.page),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*settings.hosts], www_redirect=False)],
        exception_handlers={
            HTTPException: not_here,
            refusals.Refusal: _refuse,
            refusals.TermsOpen: _to_terms,
        },
    )
    application.router.redirect_slashes = False  # the answer to /acme would tell that there is a path /acme/
    guarded = Guard(application, vary=settings.door.headers)
    if not settings.metrics_token:
        return guarded
    from journeys_pipeline.viewer.metrics import Figures, WithMetrics  # noqa: PLC0415 - only who is scraped pays for it

    return WithMetrics(guarded, Figures(places.warehouse, places.catalog), settings.metrics_token)


def _unless_nobody(gate: Gate, request: Request) -> refusals.Refusal:
    """Whoever is not logged in learns no more than that."""
    try:
        gate.visitor(request)
    except refusals.Refusal as refusal:
        return refusal
    return refusals.not_here()


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, refusals.Refusal)  # noqa: S101 - the handler of no other
    return page("refusal", status=error.status, title=error.title, text=error.text, ask=error.ask)


async def _to_terms(_request: Request, error: Exception) -> Response:
    assert isinstance(error, refusals.TermsOpen)  # noqa: S101 - the handler of no other
    return RedirectResponse(f"/{error.account_id}/terms", status_code=303)
