"""Who sees which page: accounts, roles, packages, early access (F76, F85-F88, F91, F94, F101)."""

import re

import pytest

from journeys_pipeline_tests.viewer.world import Home, Proxy, served

ACCOUNTS = ["small", "middle", "large"]
USERS = ["vera", "ana", "com"]
ANYBODY, MEP, CUSTOM, EARLY = "imports.html", "mep.html", "custom-spring.html", "heatmap.html"


def expected(account_id: str, user: str, page: str) -> int:
    """The matrix in words: MEP for the two managers, custom pages on scale, early pages where they are switched on."""
    refused = {
        MEP: user == "vera" and 403,
        CUSTOM: account_id != "large" and 403,
        EARLY: account_id != "large" and 404,
    }
    return refused.get(page) or 200


@pytest.mark.parametrize("page", [ANYBODY, MEP, CUSTOM, EARLY])
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("account_id", ACCOUNTS)
def test_a_reader_sees_what_role_package_and_early_access_give(
    readers: Proxy, account_id: str, user: str, page: str
) -> None:
    answer = readers.get(f"/{account_id}/{page}", f"{user}@{account_id}.example")

    assert answer.status == expected(account_id, user, page)
    assert (f"{account_id} {page}" in answer.text) == (answer.status == 200)


@pytest.mark.parametrize("path", ["", "index.html", ANYBODY, MEP, CUSTOM, EARLY, "terms", "reports", "reports/x"])
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("other", ["small", "middle"])
def test_another_accounts_page_is_as_if_it_were_not_there(readers: Proxy, other: str, user: str, path: str) -> None:
    theirs = readers.get(f"/{other}/{path}", f"{user}@large.example")
    nobodys = readers.get(f"/nobody/{path}", f"{user}@large.example")

    assert theirs.status == nobodys.status == 404
    assert theirs.body == nobodys.body
    assert _timeless(theirs.headers) == _timeless(nobodys.headers)


def test_another_accounts_page_looks_like_a_page_that_never_was(readers: Proxy) -> None:
    theirs = readers.get("/small/index.html", "ana@large.example")

    absent = readers.get("/large/absent.html", "ana@large.example")

    assert (theirs.status, theirs.body) == (absent.status, absent.body)


def test_another_accounts_forms_are_not_there_either(readers: Proxy) -> None:
    asked = readers.post("/small/reports", "ana@large.example", {"name": "x"})
    accepted = readers.post("/small/terms", "ana@large.example", {"version": "1"})

    assert (asked.status, accepted.status) == (404, 404)


def test_f76_f101_a_role_that_may_not_see_mep_is_told_whom_to_ask(readers: Proxy) -> None:
    answer = readers.get("/middle/mep.html", "vera@middle.example")

    assert answer.status == 403
    assert "Analyze manager or Communication manager" in answer.text
    assert "Jo of Middle, jo@middle.example" in answer.text


def test_f87_f101_a_page_of_another_package_names_the_package_and_whom_to_ask(readers: Proxy) -> None:
    answer = readers.get("/small/custom-spring.html", "ana@small.example")

    assert answer.status == 403
    assert "package scale" in answer.text
    assert "on start" in answer.text
    assert "jo@small.example" in answer.text


@pytest.mark.parametrize("page", ["rows.html", "custom-autumn.html"])
@pytest.mark.parametrize(("account_id", "status"), [("small", 403), ("middle", 403), ("large", 404)])
def test_f87_f88_what_was_never_made_for_a_package_names_the_package(
    readers: Proxy, account_id: str, status: int, page: str
) -> None:
    answer = readers.get(f"/{account_id}/{page}", f"ana@{account_id}.example")

    assert answer.status == status
    assert ("package scale" in answer.text) == (status == 403)


def test_a_group_gives_its_roles_to_all_its_users(home: Home) -> None:
    with served(home.application()) as proxy:
        shut = proxy.get("/large/terms", "new@large.example", groups="other, small-analysts")
        open_to_group = proxy.get("/large/terms", "new@large.example", groups="other, large-analysts")

    assert (shut.status, open_to_group.status) == (404, 200)


def test_the_capitals_of_a_users_name_do_not_matter(readers: Proxy) -> None:
    answer = readers.get("/small/imports.html", "VERA@Small.Example")

    assert answer.status == 200


def test_f94_the_landing_page_is_the_overview(readers: Proxy) -> None:
    start = readers.get("/", "vera@small.example")

    landing = readers.get(start.headers["location"], "vera@small.example")

    assert start.status == 303
    assert "small index.html" in landing.text


@pytest.mark.parametrize(
    ("user", "page"), [("vera", "index.html"), ("ana", "index-mep.html"), ("com", "index-mep.html")]
)
def test_f76_the_overview_with_mep_is_for_the_two_managers(readers: Proxy, user: str, page: str) -> None:
    by_default = readers.get("/middle/", f"{user}@middle.example")
    by_name = readers.get("/middle/index.html", f"{user}@middle.example")
    fuller = readers.get("/middle/index-mep.html", f"{user}@middle.example")

    assert f"middle {page}" in by_default.text
    assert by_name.body == by_default.body
    assert fuller.status == (403 if user == "vera" else 200)


def test_a_reader_of_several_accounts_chooses(readers: Proxy) -> None:
    answer = readers.get("/", "agency@all.example")

    assert re.findall(r'href="(.*?)"', answer.text) == ["/small/", "/middle/", "/large/"]


def test_f101_a_reader_of_no_account_is_told_whom_to_ask(readers: Proxy) -> None:
    answer = readers.get("/", "stranger@else.example")

    assert answer.status == 403
    assert "the desk, desk@host.example" in answer.text


def test_an_account_without_pages_says_so_to_its_readers(home: Home) -> None:
    (home.path / "dashboards" / "small" / "pages.json").unlink()

    with served(home.application()) as proxy:
        proxy.accept_terms("small", "vera@small.example")
        answer = proxy.get("/small/", "vera@small.example")

    assert answer.status == 404
    assert "No dashboards have been made" in answer.text


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_page_that_is_not_what_was_published_is_not_shown(home: Home, proxy: Proxy, damage: str) -> None:
    page = home.path / "dashboards" / "small" / "imports.html"
    proxy.accept_terms("small", "vera@small.example")
    page.unlink() if damage == "gone" else page.write_text("<p>other numbers</p>")

    answer = proxy.get("/small/imports.html", "vera@small.example")

    assert answer.status == 503
    assert "other numbers" not in answer.text


def test_a_manifest_of_another_account_is_not_believed(home: Home, proxy: Proxy) -> None:
    dashboards = home.path / "dashboards"
    proxy.accept_terms("small", "vera@small.example")
    (dashboards / "small" / "pages.json").write_bytes((dashboards / "large" / "pages.json").read_bytes())

    answer = proxy.get("/small/imports.html", "vera@small.example")

    assert answer.status == 404


def test_a_reader_who_is_removed_from_the_catalog_is_out_at_once(home: Home, proxy: Proxy) -> None:
    proxy.accept_terms("small", "vera@small.example")
    before = proxy.get("/small/imports.html", "vera@small.example")

    home.catalog.write_text(home.catalog.read_text().replace("Vera@small.example", "paul@small.example"))
    after = proxy.get("/small/imports.html", "vera@small.example")

    assert (before.status, after.status) == (200, 404)


def test_a_catalog_with_mistakes_leaves_the_one_before_in_force(home: Home, proxy: Proxy) -> None:
    proxy.accept_terms("small", "vera@small.example")

    home.catalog.write_text("accounts: []")
    answer = proxy.get("/small/imports.html", "vera@small.example")

    assert answer.status == 200


def _timeless(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}
