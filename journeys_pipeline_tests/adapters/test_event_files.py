"""Files of events are read as written, whatever their form, and one bad line costs that line alone."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters import packed_lines
from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.event_files import FIELD_NAMES, RECORD_SCHEMA, read_records
from journeys_pipeline.adapters.journey_files import read_journey_lines

EVENTS = [
    {"event_id": "e1", "event_type": "message_sent", "journey_version": "2", "price": "0.125", "url": "https://a/?b=c"},
    {"event_id": "e2", "event_type": "goal_performed", "value": "10.50", "event_name": "buy, twice", "is_test": "true"},
]


def records_of(path: Path, content: bytes, *, block_bytes: int = 1 << 20) -> pl.DataFrame:
    path.write_bytes(content)
    return pl.concat([pl.DataFrame(schema=RECORD_SCHEMA), *read_records(path, block_bytes=block_bytes)])


def csv_of(events: list[dict[str, str]]) -> bytes:
    columns = sorted({key for event in events for key in event})
    return pl.DataFrame(events, schema=dict.fromkeys(columns, pl.String)).write_csv().encode()


NDJSON = "\n".join(map(json.dumps, EVENTS)).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(NDJSON), id="gzip"),
        pytest.param(zstandard.compress(NDJSON), id="zstd"),
        pytest.param(zstandard.compress(NDJSON + b"\n") + zstandard.compress(b"\n"), id="zstd of two frames"),
        pytest.param(b"\xef\xbb\xbf" + NDJSON.replace(b"\n", b"\r\n\r\n"), id="byte order mark, CRLF, blank lines"),
        pytest.param(csv_of(EVENTS), id="csv"),
        pytest.param(csv_of(EVENTS).replace(b'"buy, twice"', b"buy\\, twice").replace(b"\\,", b","), id="ragged csv"),
        pytest.param(gzip.compress(csv_of(EVENTS)), id="csv, gzip"),
    ],
)
def test_every_form_of_file_gives_the_same_events(
    tmp_path: Path, content: bytes, request: pytest.FixtureRequest
) -> None:
    plain = records_of(tmp_path / "plain", NDJSON).drop("row_number")
    readable = plain.height - ("ragged" in request.node.callspec.id)

    other = records_of(tmp_path / "other", content).drop("row_number")

    assert other.filter("is_readable").equals(plain.head(readable))
    assert other.height == plain.height


def test_parquet_gives_the_same_events_as_text(tmp_path: Path) -> None:
    plain = records_of(tmp_path / "plain", NDJSON)
    pl.DataFrame(EVENTS, infer_schema_length=None).write_parquet(tmp_path / "parquet")

    other = pl.concat(read_records(tmp_path / "parquet"))

    assert other.equals(plain)


def test_typed_parquet_keeps_times_with_their_offset_and_nested_attributes(tmp_path: Path) -> None:
    row = {"event_id": 7, "is_test": True, "attributes": {"b": 1, "a": None}, "extra": 2}
    frame = pl.DataFrame([row]).with_columns(occurred_at=pl.datetime(2026, 11, 1, 12, time_zone="UTC"))
    frame.write_parquet(tmp_path / "parquet")

    record = pl.concat(read_records(tmp_path / "parquet")).row(0, named=True)

    assert (record["event_id"], record["is_test"], record["attributes"]) == ("7", "true", '{"b":1,"extra":2}')
    assert record["occurred_at"] == "2026-11-01 12:00:00.000000+00:00"


@pytest.mark.parametrize(
    "bad",
    [b"nonsense", b"[1]", b"null", b"5", b'{"event_id":"x"', b'{"event_id":NaN}', b'{"event_id":"\xff"}',
     b'{"event_id":"\\ud800"}', b'{"event_id":"a\tb"}', b"[" * 100_000, b'{"event_id":01}', b"\x00\x00",
     b'{"a":1}{"a":2}'],
)  # fmt: skip
def test_a_line_that_is_no_json_object_costs_that_line_alone(tmp_path: Path, bad: bytes) -> None:
    content = b'{"event_id":"e1"}\n' + bad + b'\n{"event_id":"e3"}\n'

    records = records_of(tmp_path / "file", content)

    assert records["row_number"].to_list() == [1, 2, 3]
    assert records["is_readable"].to_list() == [True, False, True]
    assert records["event_id"].to_list() == ["e1", None, "e3"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"event_id":"a","event_id":"a"}', "event_id"),
        ('{"price":1,"price":2}', "price"),
        ('{"event_id":["a"]}', "event_id"),
        ('{"attributes":5}', "attributes"),
        ('{"x":1,"attributes":{"x":2}}', "attributes"),
    ],
)
def test_a_field_given_twice_or_nested_is_named(tmp_path: Path, line: str, field: str) -> None:
    records = records_of(tmp_path / "file", line.encode())

    assert records.select("is_readable", "flawed_field").rows() == [(True, field)]


@pytest.mark.parametrize("line", ['{"event_id":null,"event_id":"a"}', '{"event_id":"a","event_id":null}'])
def test_null_means_absent_and_so_repeats_nothing(tmp_path: Path, line: str) -> None:
    records = records_of(tmp_path / "file", line.encode())

    assert records.select("event_id", "flawed_field").rows() == [("a", None)]


@pytest.mark.parametrize("number", ["0.1000000000000000055511", "123456789012.123456", "1.50", "1e-05", "-0", "12"])
@pytest.mark.parametrize("other", ["", ', "unknown": 1.10'])
def test_money_passes_through_no_binary_float(tmp_path: Path, number: str, other: str) -> None:
    records = records_of(tmp_path / "file", f'{{"price": {number}, "value":{number}{other}}}'.encode())

    assert records.select("price", "value").rows() == [(number, number)]


def test_unknown_fields_are_kept_as_json_with_their_numbers_as_written(tmp_path: Path) -> None:
    line = '{"event_id":"e","zeta":1.10,"row_number":9,"attributes":{"alpha":["é",{"b":null}],"gone":null}}'

    records = records_of(tmp_path / "file", line.encode())

    assert records["attributes"].to_list() == ['{"alpha":["é",{"b":null}],"row_number":9,"zeta":1.10}']
    assert records["row_number"].to_list() == [1]


def test_row_numbers_go_on_over_blocks_and_a_field_rare_in_a_block_is_found(tmp_path: Path) -> None:
    lines = [f'{{"event_id":"e{number}"}}' for number in range(1, 1001)]
    lines[776] = '{"event_id":"e777","reason":"rare","price":1.5}'

    records = records_of(tmp_path / "file", "\n".join(lines).encode(), block_bytes=4096)

    assert records["row_number"].to_list() == list(range(1, 1001))
    assert records.filter(event_id="e777").select("row_number", "reason", "price").rows() == [(777, "rare", "1.5")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_that_was_cut_short_is_unreadable(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "file"
    path.write_bytes(pack(NDJSON)[:-4])

    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        list(read_records(path))


def test_a_line_that_would_exhaust_memory_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_lines, "LONGEST_LINE_BYTES", 100)
    lines = [b'{"event_id": "e1"}', b'{"event_id": "' + b"x" * 1000 + b'"}', b'{"event_id": "e3"}', b"y" * 1000]
    path = tmp_path / "file"
    path.write_bytes(b"\n".join(lines))

    records = pl.concat(read_records(path, block_bytes=30))

    found = records.select("row_number", "is_readable", "event_id").rows()
    assert found == [(1, True, "e1"), (2, False, None), (3, True, "e3"), (4, False, None)]


def test_a_broken_csv_row_costs_that_row_alone_and_rows_keep_their_line(tmp_path: Path) -> None:
    content = b'event_id;reason;color\ne1;"two\nlines";red\n\ne2;too;many;fields\ne3;\xff;x\ne4;;\n'

    records = records_of(tmp_path / "file", content)

    assert records.select("row_number", "is_readable", "event_id", "reason", "attributes").rows() == [
        (2, True, "e1", "two\nlines", '{"color":"red"}'),
        (5, False, None, None, None),
        (6, False, None, None, None),
        (7, True, "e4", None, None),
    ]


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from([":null", '":', '": null', ",", "}", '\\"price":1.5', "price", '"price":2,']),
)  # fmt: skip
KEYS = st.sampled_from([*FIELD_NAMES[:6], "price", "value", "duration_s", "unknown", 'x"price', "x:"])
STYLES = [{}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"separators": (" ,\t", " : ")}]
OBJECTS = st.dictionaries(KEYS, SCALARS, max_size=6)


@settings(deadline=None)
@given(objects=st.lists(OBJECTS, min_size=1, max_size=8), style=st.sampled_from(STYLES))
def test_the_fast_reader_agrees_with_plain_json(
    tmp_path_factory: pytest.TempPathFactory, objects: list[dict], style: dict
) -> None:
    lines = [json.dumps(found, **style) for found in objects]
    expected = [
        {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in found.items()
            if name in FIELD_NAMES and value is not None and value != ""
        }
        for found in objects
    ]

    records = records_of(tmp_path_factory.getbasetemp() / "fuzzed", "\n".join(lines).encode())

    assert records["is_readable"].all()
    assert [
        {k: v for k, v in row.items() if v is not None} for row in records.select(FIELD_NAMES).to_dicts()
    ] == expected


def test_journey_lines_keep_their_number_and_a_bad_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journeys"
    path.write_bytes(b'{"journey_id":"j"}\n\n{"name":"\xff"}\nnonsense\n')

    assert list(read_journey_lines(path)) == [(1, {"journey_id": "j"}), (3, None), (4, None)]
