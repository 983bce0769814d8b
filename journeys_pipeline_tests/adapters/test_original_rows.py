"""Rejected rows are shown as their sender wrote them, whatever the encoding, packing and line ends."""

import gzip
import io
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from journeys_pipeline.adapters import original_rows as module
from journeys_pipeline.adapters.original_rows import original_rows

Span = tuple[int, int | None]


def rows(path: Path, content: bytes, spans: list[Span], encoding: str = "utf-8") -> list[str]:
    path.write_bytes(content)
    return list(original_rows(path, encoding=encoding, spans=spans))


def zip_of(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("contacts.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress, zip_of])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_rows_are_found_by_their_lines(tmp_path: Path, encoding: str, end: str, pack: Callable[[bytes], bytes]) -> None:
    content = end.join(["h", "Zo\u00eb", "two", "lines", "", "last"]).encode(encoding)

    found = rows(tmp_path / "f", pack(content), [(1, 2), (2, 3), (3, 6), (6, None)], encoding.removesuffix("-sig"))

    assert found == ["h", "Zo\u00eb", "two\nlines", "last"]


@given(
    lines=st.lists(st.text('ab,"\u2028\u00e9', max_size=5), min_size=1, max_size=30),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    data=st.data(),
)
def test_any_rows_of_any_file_are_the_lines_between(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, data: st.DataObject
) -> None:
    numbers = st.integers(1, len(lines))
    starts = sorted(data.draw(st.sets(numbers, min_size=1)))
    spans: list[Span] = [*pairwise(starts), (starts[-1], None)]
    wanted = [span for span in spans if data.draw(st.booleans())]

    found = rows(tmp_path_factory.mktemp("rows") / "f", (end.join(lines) + end).encode(), wanted)

    assert found == ["\n".join(lines[begin - 1 : stop and stop - 1]).rstrip() for begin, stop in wanted]


def test_what_cannot_be_decoded_is_marked_and_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert rows(tmp_path / "f", b"h\ncaf\xe9\n", [(2, 3), (9, None)]) == ["caf\ufffd", ""]


def test_a_long_row_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_TEXT", 3)

    assert rows(tmp_path / "f", b"abcdef\nxyz\n", [(1, 2), (2, None)]) == ["abc", "xyz"]
