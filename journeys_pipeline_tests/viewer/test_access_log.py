"""The log says who saw what, when, without names."""

import json
import logging

import pytest

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.viewer.access_log import LOGGER, reader_of
from journeys_pipeline_tests.viewer.test_reports import register
from journeys_pipeline_tests.viewer.world import Home, Proxy, fields_of

ANA, VERA = "ana@small.example", "vera@small.example"


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    return [json.loads(record.message) for record in caplog.records if record.name == LOGGER.name]


def test_each_visit_is_a_line_of_account_reader_page_and_outcome(
    home: Home, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER.name)
    register(home, "small")

    proxy.accept_terms("small", VERA)
    proxy.accept_terms("small", ANA)
    proxy.get("/small/", ANA)
    proxy.get("/small/mep.html", VERA)
    proxy.get("/small/reports/small-1", ANA)
    fields = fields_of(proxy.get("/small/reports", ANA))
    proxy.post("/small/reports", ANA, fields | {"name": "x", "format": "csv", "month": f"{now():%Y-%m}"})

    vera, ana = reader_of("small", VERA), reader_of("small", ANA)
    lines = [(line["account"], line["reader"], line["what"], line["outcome"]) for line in logged(caplog)]
    assert lines[:5] == [
        ("small", vera, "terms", "accepted"),
        ("small", ana, "terms", "accepted"),
        ("small", ana, "index-mep.html", "shown"),
        ("small", vera, "mep.html", "refused"),
        ("small", ana, "small-1", "downloaded"),
    ]
    assert lines[5][3] == "requested"
    assert len({vera, ana}) == 2


def test_no_line_of_the_log_has_a_contact(home: Home, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    proxy.accept_terms("small", ANA)
    proxy.get("/small/imports.html", ANA)
    proxy.get("/small/ana@small.example", ANA)
    proxy.get("/", "stranger@else.example")

    assert "@" not in caplog.text


def test_a_reader_is_the_same_in_one_account_and_another_in_the_next() -> None:
    same, capitals, elsewhere = (
        reader_of("small", ANA),
        reader_of("small", "Ana@Small.example"),
        reader_of("large", ANA),
    )

    assert same == capitals
    assert same != elsewhere
