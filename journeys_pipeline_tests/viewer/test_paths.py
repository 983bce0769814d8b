"""Nothing but published pages and registered reports can be got, whatever is asked for."""

import os
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.inner_files import read_inside
from journeys_pipeline_tests.viewer.world import PAGES, Proxy, make_home, page_html, served

VERA = "vera@large.example"
SECRET = b"root:x:0:0"
STEPS = [
    "..",
    ".",
    "",
    "%2e%2e",
    "%2E.",
    "..%2f",
    "%2f",
    "%5c",
    "\\",
    "%00",
    "%c0%ae",
    "....",
    "..;",
    "~",
    "//",
    "%252e",
]
NAMES = [
    "pages.json",
    "notes.txt",
    "link.html",
    "linked",
    "fifo.html",
    "small",
    "large",
    "dashboards",
    "reports",
    "etc",
]
PARTS = st.sampled_from([*STEPS, *NAMES, *PAGES, "passwd", "journeys.yaml", "warehouse.sqlite"])
OTHER = st.text(string.ascii_letters + string.digits + "%./\\~;:@=+-_", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A viewer over folders in which there is much to be found."""
    outside, inside = tmp_path_factory.mktemp("outside"), tmp_path_factory.mktemp("home")
    (outside / "passwd").write_bytes(SECRET)
    home = make_home(inside)
    account = inside / "dashboards" / "large"
    (account / "notes.txt").write_bytes(SECRET)
    (account / "link.html").symlink_to(outside / "passwd")
    (account / "linked").symlink_to(outside)
    os.mkfifo(account / "fifo.html")
    with served(home.application()) as proxy:
        proxy.accept_terms("large", VERA)
        yield proxy


@given(parts=st.lists(PARTS | OTHER, min_size=1, max_size=6), slash=st.sampled_from(["/", "%2f", "\\", "//"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_only_published_pages_come(reader: Proxy, parts: list[str], slash: str) -> None:
    answer = reader.get("/large/" + slash.join(parts), VERA)

    published = {page_html("large", file).encode() for file in PAGES}
    assert SECRET not in answer.body
    assert answer.status != 200 or answer.body in published or b"<title>Terms of" in answer.body
    assert answer.status < 500


@pytest.mark.parametrize(
    "path",
    [
        "/large/../small/index.html",
        "/large/%2e%2e/small/index.html",
        "/large/..%2fsmall%2findex.html",
        "/large/pages.json",
        "/large/notes.txt",
        "/large/link.html",
        "/large/linked/passwd",
        "/large/fifo.html",
        "/large/index.html/",
        "/large/index.html%00",
        "/large/index.html%20",
        "/large/INDEX.html",
        "/large/./index.html",
        "//large/index.html",
        "/large//index.html",
        "/large\\index.html",
        "/large/%2fetc%2fpasswd",
        "/large",
        "/large/reports/..%2f..%2fjourneys.yaml",
    ],
)
def test_there_is_no_way_around(reader: Proxy, path: str) -> None:
    answer = reader.get(path, VERA)

    assert answer.status in {403, 404}
    assert SECRET not in answer.body


@pytest.mark.parametrize(
    "names",
    [
        [],
        [""],
        ["."],
        [".."],
        ["folder", "..", "..", "outside"],
        ["../outside"],
        ["/etc/passwd"],
        ["folder", "/etc/passwd"],
        ["folder\\file"],
        ["folder", "file\0.html"],
        ["folder", "link"],
        ["linked", "outside"],
        ["folder", "absent"],
        ["folder"],
        ["folder", "file", "below"],
        ["fifo"],
        ["x" * 5000],
    ],
)
def test_no_chain_of_names_leads_out_of_a_folder(tmp_path: Path, names: list[str]) -> None:
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    (inside / "folder" / "file").write_bytes(b"ours")
    (tmp_path / "outside").write_bytes(SECRET)
    (inside / "folder" / "link").symlink_to(tmp_path / "outside")
    (inside / "linked").symlink_to(tmp_path)
    os.mkfifo(inside / "fifo")

    with pytest.raises(FileNotFoundError):
        read_inside(inside, *names)

    assert read_inside(inside, "folder", "file") == b"ours"
