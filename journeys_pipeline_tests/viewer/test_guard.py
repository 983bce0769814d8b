"""What every answer carries, and which forms are taken."""

import base64
import hashlib

import pytest

from journeys_pipeline.viewer.script_policy import policy_for
from journeys_pipeline_tests.viewer.world import PUBLIC, SCRIPT, Home, Proxy, served

VERA = "vera@small.example"


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("path", "user", "status"),
    [
        ("/", VERA, 303),
        ("/small/terms", VERA, 200),
        ("/small/imports.html", VERA, 200),
        ("/small/mep.html", VERA, 403),
        ("/large/imports.html", VERA, 404),
        ("/no/such/address", VERA, 404),
        ("/small/terms", "", 401),
    ],
)
def test_no_answer_is_kept_for_anybody_else_or_framed_or_guessed_at(
    readers: Proxy, path: str, user: str, status: int
) -> None:
    answer = readers.get(path, user)

    assert answer.status == status
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["vary"] == "Cookie, X-Forwarded-Email, X-Forwarded-Groups"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not {"server", "set-cookie", "etag", "last-modified"}.intersection(answer.headers)


def test_an_error_of_ours_carries_the_same_headers_and_tells_nothing(home: Home) -> None:
    with home.warehouse.transaction() as transaction:
        transaction.connection.exec_driver_sql("DROP TABLE terms_acceptances")

    with served(home.application()) as proxy:
        answer = proxy.get("/small/imports.html", VERA)

    assert answer.status == 500
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.text == "Internal Server Error"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_there_is_nothing_to_do_but_read_and_send_forms(readers: Proxy, method: str) -> None:
    theirs = readers.ask(method, "/small/imports.html", {})
    nobodys = readers.ask(method, "/nobody/imports.html", {})

    assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body)
    assert theirs.status == 405


def test_a_page_may_run_its_own_script_and_no_other(readers: Proxy) -> None:
    answer = readers.get("/small/imports.html", VERA)

    directives = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert directives["script-src"] == hash_of(SCRIPT)
    assert directives["connect-src"] == "'none'"
    assert "unsafe-eval" not in answer.headers["content-security-policy"]


def test_scripts_are_hashed_as_browsers_read_them() -> None:
    html = "<script>\r\none();\r</script><SCRIPT type='module'>two('<!-- & &amp;')</SCRIPT><script>one()</script >"

    policy = policy_for(html.encode())

    scripts = policy.split("script-src ")[1].split(";")[0].split(" ")
    assert scripts == [hash_of("\none();\n"), hash_of("two('<!-- & &amp;')"), hash_of("one()")]


def test_data_and_scripts_from_elsewhere_are_not_run() -> None:
    html = b"<script type='application/json'>{}</script><script src='https://evil.example/x.js'></script><p>x</p>"

    policy = policy_for(html)

    assert "script-src 'none'" in policy


def test_a_page_without_scripts_runs_none() -> None:
    policy = policy_for(b"<p onclick='alert(1)'>x</p>")

    assert "script-src 'none'" in policy


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json", "Origin": PUBLIC}, b"{}", 400),
        ({"Content-Type": "multipart/form-data; boundary=x", "Origin": PUBLIC}, b"--x--", 400),
        ({"Origin": PUBLIC}, b"name=x", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"name=x", 403),
        ({"Content-Type": "application/x-www-form-urlencoded", "Origin": PUBLIC}, b"x" * 70_000, 400),
        ({"Content-Type": "application/x-www-form-urlencoded", "Origin": PUBLIC}, b"a=1&" * 2000, 400),
        ({"Content-Type": "application/x-www-form-urlencoded", "Origin": PUBLIC}, b"name=%ff", 400),
        ({"Content-Type": "application/x-www-form-urlencoded", "Origin": PUBLIC}, b"\xff=1", 400),
    ],
)
@pytest.mark.parametrize("form", ["terms", "reports"])
def test_what_is_no_form_of_ours_is_refused(
    readers: Proxy, form: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    from_proxy = {
        "X-Journeys-Proxy-Secret": "a secret of the proxy's and ours",
        "X-Forwarded-Email": "ana@small.example",
    }

    answer = readers.ask("POST", f"/small/{form}", from_proxy | headers, body)

    assert answer.status == status
