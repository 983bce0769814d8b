"""Figures for Prometheus, to whoever has the token; the warehouse is asked at each scrape."""

import hmac
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.measures import measure
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.tiers import REFRESH_EVERY
from journeys_pipeline.viewer.catalog_source import CatalogSource

PREFIX = "journeys_"
PATH = "/metrics"


class Figures(Collector):
    """The warehouse's figures, and what the catalog's tiers promise."""

    def __init__(self, warehouse: Warehouse, catalog: CatalogSource) -> None:
        self._warehouse = warehouse
        self._catalog = catalog

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family for each figure."""
        at = now()
        for figure in measure(self._warehouse, at=at):
            family = GaugeMetricFamily(PREFIX + figure.name, figure.meaning, labels=figure.labels)
            for labels, value in figure.values.items():
                family.add_metric(labels, value)
            yield family
        promised = GaugeMetricFamily(
            f"{PREFIX}promised_age_seconds", "How old an account's figures may be", labels=["account", "tier"]
        )
        for account in self._catalog.catalog().accounts:
            tier = account.tier_on(at.date())
            promised.add_metric([account.id, tier], REFRESH_EVERY[tier].total_seconds())
        yield promised


class WithMetrics:
    """An application, and beside it `/metrics`: by any host name, for no reader, with the token alone."""

    def __init__(self, application: ASGIApp, figures: Figures, token: str) -> None:
        self._application = application
        self._figures = figures
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        answer = self._application
        if scope["type"] == "http" and scope["path"] == PATH:
            answer = await self._scrape(Request(scope))
        await answer(scope, receive, send)

    async def _scrape(self, request: Request) -> Response:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, self._expected):
            return PlainTextResponse("The token of JOURNEYS_METRICS_TOKEN is wanted.", status_code=401)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self._figures)
        text = await run_in_threadpool(generate_latest, registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"})
