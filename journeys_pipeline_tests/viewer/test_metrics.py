"""Prometheus scrapes the viewer with a token of its own; without one configured there is nothing to scrape."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.viewer.settings import UnsafeSettings, settle
from journeys_pipeline_tests.viewer.world import VARIABLES, Home, Proxy, served

TOKEN = "a token of this test"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AS_PROMETHEUS = {"Host": "10.1.2.3:8000", "Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def viewer(home: Home) -> Iterator[Proxy]:
    with served(home.application(settle(VARIABLES | {"metrics_token": TOKEN}, "127.0.0.1", 8000))) as proxy:
        yield proxy


def test_a_scrape_has_what_the_warehouse_says_at_that_moment(viewer: Proxy, home: Home) -> None:
    row = {"account_id": "small", "day": NOON.date(), "tier": "scale", "as_of": NOON, "begun_at": NOON}
    home.warehouse.upsert(Refreshes, pl.DataFrame([row], schema=Refreshes.create_empty().schema))

    answer = viewer.ask("GET", "/metrics", AS_PROMETHEUS)

    families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
    assert answer.status == 200
    assert set(families) == {
        "journeys_refreshed_timestamp_seconds", "journeys_fetched_timestamp_seconds", "journeys_failed_files",
        "journeys_quarantined_records", "journeys_mails", "journeys_promised_age_seconds",
    }  # fmt: skip
    refreshed = families["journeys_refreshed_timestamp_seconds"].samples
    assert [(sample.labels, sample.value) for sample in refreshed] == [({"account": "small"}, NOON.timestamp())]
    promised = {sample.labels["account"]: sample.value for sample in families["journeys_promised_age_seconds"].samples}
    assert promised.keys() == {"small", "middle", "large"}
    assert set(promised.values()) <= {2 * 3600, 6 * 3600, 24 * 3600}


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN}])
def test_without_the_token_nothing_is_told(viewer: Proxy, header: dict[str, str]) -> None:
    answer = viewer.ask("GET", "/metrics", header)

    assert answer.status == 401
    assert b"journeys_" not in answer.body


def test_a_reader_who_is_logged_in_gets_no_metrics(viewer: Proxy) -> None:
    assert viewer.get("/metrics", "vera@small.example").status == 401


def test_without_a_token_in_the_settings_there_are_no_metrics(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/metrics", AS_PROMETHEUS | {"Host": "127.0.0.1", "Authorization": "Bearer "})

    assert answer.status in {401, 403, 404}
    assert b"journeys_" not in answer.body


def test_the_dashboards_are_as_they_are_without_metrics(viewer: Proxy) -> None:
    answer = viewer.get("/small/", "vera@small.example")

    assert (answer.status, answer.headers["location"]) == (303, "/small/terms")
    assert answer.headers["x-frame-options"] == "DENY"


def test_a_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(UnsafeSettings, match="JOURNEYS_METRICS_TOKEN is too short"):
        settle(VARIABLES | {"metrics_token": "short"}, "127.0.0.1", 8000)
