"""Who asks is the proxy's word, and nobody else's."""

import ipaddress

import pytest

from journeys_pipeline.roles import Role
from journeys_pipeline.viewer.identity import NamedVisitor
from journeys_pipeline.viewer.settings import Settings, UnsafeSettings, settle
from journeys_pipeline_tests.viewer.world import HOST, SECRET, VARIABLES, Answer, Home, Proxy, served

ANA = "ana@small.example"
KNOWN = {"Host": HOST, "X-Journeys-Proxy-Secret": SECRET, "X-Forwarded-Email": ANA}


def terms_page(proxy: Proxy, headers: dict[str, str]) -> Answer:
    return proxy.ask("GET", "/small/terms", headers)


def settings(**changed: str) -> Settings:
    return settle(VARIABLES | changed, "127.0.0.1", 8000)


def test_whom_the_proxy_names_is_let_in(proxy: Proxy) -> None:
    answer = terms_page(proxy, KNOWN)

    assert answer.status == 200
    assert ANA in answer.text


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Journeys-Proxy-Secret": ""},
        {"X-Journeys-Proxy-Secret": SECRET[:-1]},
        {"X-Journeys-Proxy-Secret": SECRET.upper()},
        {"X-Journeys-Proxy-Secret": f"{SECRET}, {SECRET}"},
        {"x-journeys-proxy-secret": "guessed"},
        {"X-Forwarded-Email": ""},
        {"X-Forwarded-Email": f"{ANA}, com@small.example"},
        {"X-Forwarded-Email": "ana @small.example"},
        {"X-Forwarded-Email": "\xe4na@small.example"},
        {"x-forwarded-email": "com@small.example"},
        {"x-forwarded-groups": "large-analysts", "X-Forwarded-Groups": "nobody"},
    ],
)
def test_a_request_that_the_proxy_did_not_make_is_nobodys(proxy: Proxy, forged: dict[str, str]) -> None:
    answer = terms_page(proxy, KNOWN | forged)

    assert answer.status == 401
    assert "Small" not in answer.text


@pytest.mark.parametrize("header", ["X-Journeys-Proxy-Secret", "X-Forwarded-Email"])
def test_a_header_that_is_not_there_is_nobodys_word(proxy: Proxy, header: str) -> None:
    answer = terms_page(proxy, {name: value for name, value in KNOWN.items() if name != header})

    assert answer.status == 401


@pytest.mark.parametrize(
    "header", ["X_Forwarded_Email", "X-Forwarded-User", "X-Forwarded-Preferred-Username", "Cookie"]
)
def test_other_headers_name_nobody(proxy: Proxy, header: str) -> None:
    headers = {"Host": HOST, "X-Journeys-Proxy-Secret": SECRET, header: ANA}

    answer = terms_page(proxy, headers)

    assert answer.status == 401


@pytest.mark.parametrize("path", ["/", "/small/", "/small/x.html", "/nobody/x.html", "/a/b/c/d", "/small/reports/x"])
def test_whoever_is_not_logged_in_learns_nothing(proxy: Proxy, path: str) -> None:
    answer = proxy.ask("GET", path, {"Host": HOST})

    other = proxy.ask("GET", "/", {"Host": HOST})
    assert (answer.status, answer.body) == (401, other.body)


def test_names_of_headers_are_settings(home: Home) -> None:
    custom = settings(user_header="X-Auth-Request-User", groups_header="X-Auth-Request-Groups")

    with served(home.application(custom)) as proxy:
        by_user = terms_page(proxy, KNOWN | {"X-Auth-Request-User": ANA})
        by_group = terms_page(proxy, KNOWN | {"X-Auth-Request-User": "x", "X-Auth-Request-Groups": "small-analysts"})
        by_old_name = terms_page(proxy, KNOWN)

    assert (by_user.status, by_group.status, by_old_name.status) == (200, 200, 401)
    assert by_user.headers["vary"] == "Cookie, X-Auth-Request-User, X-Auth-Request-Groups"


@pytest.mark.parametrize(
    ("trusted", "status"), [("127.0.0.0/8", 200), ("10.0.0.7, 127.0.0.1", 200), ("10.0.0.0/8", 401)]
)
def test_only_trusted_proxies_are_believed(home: Home, trusted: str, status: int) -> None:
    with served(home.application(settings(secret="", trusted_proxies=trusted))) as proxy:
        answer = terms_page(proxy, KNOWN)

    assert answer.status == status


def test_nobody_becomes_a_trusted_proxy_by_saying_so(home: Home) -> None:
    with served(home.application(settings(secret="", trusted_proxies="10.0.0.7"))) as proxy:
        answer = terms_page(proxy, KNOWN | {"X-Forwarded-For": "10.0.0.7", "Forwarded": "for=10.0.0.7"})

    assert answer.status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", f"{HOST}.evil.example", "", "127.0.0.2"])
def test_a_request_for_another_host_is_refused(proxy: Proxy, host: str) -> None:
    answer = terms_page(proxy, KNOWN | {"Host": host})

    assert answer.status == 400


def test_the_one_visitor_of_a_viewer_on_loopback_needs_no_headers(home: Home) -> None:
    named = settle(VARIABLES, "127.0.0.1", 8000, visitor=NamedVisitor("me", "small", Role.VIEWER))

    with served(home.application(named)) as proxy:
        theirs = proxy.ask("GET", "/small/terms", {"Host": "127.0.0.1:8000"})
        other = proxy.ask("GET", "/large/terms", {"Host": "127.0.0.1:8000"})
        rebound = proxy.ask("GET", "/small/terms", {"Host": "evil.example"})

    assert (theirs.status, other.status, rebound.status) == (200, 404, 400)


def test_the_one_visitor_cannot_become_another_by_headers(home: Home) -> None:
    named = settle(VARIABLES, "127.0.0.1", 8000, visitor=NamedVisitor("me", "small", Role.VIEWER))

    with served(home.application(named)) as proxy:
        answer = terms_page(proxy, KNOWN | {"Host": "localhost:8000"})

    assert "logged in as me." in answer.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "dashboards.internal"])
def test_as_is_refused_where_others_could_reach_it(host: str) -> None:
    named = NamedVisitor("me", "small", Role.VIEWER)

    with pytest.raises(UnsafeSettings, match="not loopback"):
        settle(VARIABLES, host, 8000, visitor=named)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "dashboards.internal"])
def test_nothing_starts_where_anybody_could_forge_the_headers(host: str) -> None:
    with pytest.raises(UnsafeSettings, match="JOURNEYS_VIEWER_SECRET"):
        settle(VARIABLES | {"secret": ""}, host, 8000)


@pytest.mark.parametrize("guard", [{"secret": SECRET}, {"secret": "", "trusted_proxies": "10.1.2.3"}])
def test_with_a_secret_or_a_trusted_proxy_it_may_listen_anywhere(guard: dict[str, str]) -> None:
    settled = settle(VARIABLES | guard, "0.0.0.0", 8000)

    assert settled.host == str(ipaddress.ip_address("0.0.0.0"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"secret": "short"}, "too short"),
        ({"trusted_proxies": "10.0.0.0/8, 0.0.0.0/0"}, "trusts everybody"),
        ({"trusted_proxies": "::/0"}, "trusts everybody"),
        ({"trusted_proxies": "proxy.internal"}, "write addresses"),
        ({"url": ""}, "JOURNEYS_VIEWER_URL"),
        ({"url": "dashboards.example.com"}, "JOURNEYS_VIEWER_URL"),
        ({"url": "https://example.com/dashboards"}, "without a path"),
        ({"user_header": "X Forwarded: User"}, "letters, digits and dashes"),
    ],
)
def test_settings_that_would_let_others_in_are_refused(changed: dict[str, str], message: str) -> None:
    with pytest.raises(UnsafeSettings, match=message):
        settings(**changed)
