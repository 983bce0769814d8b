"""Nothing is shown before the terms are accepted, and it is kept who accepted what, when (F92, F93)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from journeys_pipeline.schemas.viewer import TermsAcceptances
from journeys_pipeline_tests.viewer.world import PUBLIC, Home, Proxy, fields_of, served

ANA, VERA = "ana@small.example", "vera@small.example"
TEXT = "Be nice to the numbers of Small."


@pytest.mark.parametrize("path", ["", "index.html", "mep.html", "absent.html", "reports", "reports/x"])
def test_f92_nothing_is_shown_before_the_terms_are_accepted(proxy: Proxy, path: str) -> None:
    answer = proxy.get(f"/small/{path}", ANA)

    assert (answer.status, answer.headers["location"]) == (303, "/small/terms")
    assert answer.body == b""


def test_f92_no_report_is_asked_for_before_the_terms_are_accepted(proxy: Proxy) -> None:
    answer = proxy.post("/small/reports", ANA, {"name": "early"})

    assert (answer.status, answer.headers["location"]) == (303, "/small/terms")


def test_f92_accepting_opens_the_pages(proxy: Proxy) -> None:
    terms = proxy.get("/small/terms", ANA)
    accepted = proxy.post("/small/terms", ANA, fields_of(terms))
    page, again = proxy.get("/small/imports.html", ANA), proxy.get("/small/terms", ANA)

    assert TEXT in terms.text
    assert "<form" in terms.text
    assert TEXT in again.text
    assert "<form" not in again.text
    assert (accepted.status, accepted.headers["location"]) == (303, "/small/")
    assert page.status == 200


def test_f93_it_is_kept_who_accepted_what_and_when(home: Home, proxy: Proxy) -> None:
    before = datetime.now(UTC)

    proxy.accept_terms("small", "Ana@Small.example")

    (row,) = home.warehouse.read(TermsAcceptances).to_dicts()
    assert (row["account_id"], row["user_id"], row["terms_version"]) == ("small", ANA, "1")
    assert (row["text"], row["text_sha256"]) == (TEXT, hashlib.sha256(TEXT.encode()).hexdigest())
    assert before <= row["accepted_at"] <= datetime.now(UTC)


def test_f92_one_reader_does_not_accept_for_another(proxy: Proxy) -> None:
    proxy.accept_terms("small", ANA)

    answer = proxy.get("/small/imports.html", VERA)

    assert answer.headers["location"] == "/small/terms"


def test_f92_one_account_is_not_accepted_for_another(proxy: Proxy) -> None:
    proxy.accept_terms("small", "agency@all.example")

    answer = proxy.get("/large/imports.html", "agency@all.example")

    assert answer.headers["location"] == "/large/terms"


@pytest.mark.parametrize(("old", "new"), [('version: "1"', 'version: "2"'), (TEXT, f"{TEXT} Very nice.")])
def test_f92_new_terms_are_asked_for_again_and_the_old_acceptance_stays(
    home: Home, proxy: Proxy, old: str, new: str
) -> None:
    proxy.accept_terms("small", ANA)
    home.catalog.write_text(home.catalog.read_text().replace(old, new))

    between = proxy.get("/small/imports.html", ANA)
    proxy.accept_terms("small", ANA)
    after = proxy.get("/small/imports.html", ANA)

    assert (between.status, after.status) == (303, 200)
    assert home.warehouse.read(TermsAcceptances).height == 2


def test_f92_terms_that_changed_while_they_were_read_are_shown_anew(home: Home, proxy: Proxy) -> None:
    read = fields_of(proxy.get("/small/terms", ANA))
    home.catalog.write_text(home.catalog.read_text().replace(TEXT, "All is yours."))

    answer = proxy.post("/small/terms", ANA, read)

    assert (answer.status, answer.headers["location"]) == (303, "/small/terms")
    assert home.warehouse.read(TermsAcceptances).is_empty()


def test_f93_accepting_many_times_at_once_is_one_acceptance(home: Home, proxy: Proxy) -> None:
    fields = fields_of(proxy.get("/small/terms", ANA))

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: proxy.post("/small/terms", ANA, fields), range(24))]

    assert {answer.headers["location"] for answer in answers} == {"/small/"}
    assert home.warehouse.read(TermsAcceptances).height == 1


def test_f93_an_acceptance_outlives_the_viewer(home: Home) -> None:
    with served(home.application()) as proxy:
        proxy.accept_terms("small", ANA)

    with served(home.application()) as proxy:
        answer = proxy.get("/small/imports.html", ANA)

    assert answer.status == 200


def test_f92_an_account_without_terms_shows_nothing(home: Home, proxy: Proxy) -> None:
    terms = f'    terms:\n      version: "1"\n      text: {TEXT}\n'
    home.catalog.write_text(home.catalog.read_text().replace(terms, ""))

    page, form = proxy.get("/small/imports.html", ANA), proxy.get("/small/terms", ANA)

    assert (page.status, form.status) == (403, 403)
    assert "jo@small.example" in page.text


def test_f92_terms_for_all_accounts_hold_where_an_account_has_none(home: Home, proxy: Proxy) -> None:
    terms = f'    terms:\n      version: "1"\n      text: {TEXT}\n'
    general = "\n  terms: {version: general, text: Fair use.}\n"
    home.catalog.write_text(home.catalog.read_text().replace(terms, "") + general)

    proxy.accept_terms("small", ANA)

    assert home.warehouse.read(TermsAcceptances)["terms_version"].to_list() == ["general"]
    assert proxy.get("/small/imports.html", ANA).status == 200


def test_the_text_of_terms_is_text_and_not_html(home: Home, proxy: Proxy) -> None:
    home.catalog.write_text(home.catalog.read_text().replace(TEXT, "a < b <script>alert(1)</script>"))

    page = proxy.get("/small/terms", ANA)

    assert "<script>" not in page.text
    assert "a &lt; b &lt;script&gt;" in page.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://dashboards.example.com", f"{PUBLIC}.evil"])
def test_a_form_from_another_site_accepts_nothing(home: Home, proxy: Proxy, origin: str) -> None:
    fields = fields_of(proxy.get("/small/terms", ANA))

    answer = proxy.post("/small/terms", ANA, fields, origin=origin)

    assert answer.status == 403
    assert home.warehouse.read(TermsAcceptances).is_empty()
