"""Files of events, read as records of text: one row per record, nothing judged and nothing lost.

A file is NDJSON or CSV (plain, gzip or zstd) or Parquet; its first bytes say which, never its name.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import polars as pl

from journeys_pipeline.adapters.packed_lines import BLOCK_BYTES, line_blocks
from journeys_pipeline.schemas.journey_events import JourneyEvents

OURS = {"day", "file_id", "row_number", "attributes"}
FIELD_NAMES = [name for name in JourneyEvents.column_names() if name not in OURS]
KNOWN = {*FIELD_NAMES, "attributes"}
RECORD_SCHEMA = pl.Schema(
    {
        "row_number": pl.Int64(),
        "is_readable": pl.Boolean(),
        "flawed_field": pl.String(),
        **dict.fromkeys(FIELD_NAMES, pl.String()),
        "attributes": pl.String(),
    }
)

SAMPLE_EVERY = 100
CSV_RECORDS_PER_CHUNK = 100_000
PARQUET_ROWS_PER_CHUNK = 200_000
PARQUET_MAGIC = b"PAR1"
DELIMITERS = ",;\t|"

# A flat object of plain scalars. On these lines Polars' parser and Python's agree, but for two things: numbers with
# a fraction (Polars takes them through binary floats, so they are quoted first) and repeated or unknown keys (counted).
GAP = "[ \\t]*"
TEXT = (
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|'
    r'\\u(?:[1-9abcefABCEF][0-9a-fA-F]{3}|0[0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))*"'
)
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
NUMERIC_FIELDS = {"price", "value", "duration_s"}
NUMERIC = '"(?:price|value|duration_s)": ?'
PAIR = f"(?:{NUMERIC}{NUMBER}|{TEXT}: ?(?:{TEXT}|0|-?[1-9][0-9]{{0,17}}|true|false|null))"
PLAIN_OBJECT = f"^{GAP}\\{{{GAP}{PAIR}(?:{GAP},{GAP}{PAIR})*{GAP}\\}}{GAP}\r?$"


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class _Repeated(dict[str, Any]):
    """A JSON object that gives a field twice."""

    field = ""


def read_records(path: Path, *, block_bytes: int = BLOCK_BYTES) -> Iterator[pl.DataFrame]:
    """All records of a file, in order, in chunks of bounded size with the columns of RECORD_SCHEMA.

    `row_number` is the line on which the record begins (Parquet: the row). Fields hold the scalar as it was
    written, `attributes` the fields unknown to us as JSON. A record that is no object has is_readable false; a
    field that is given twice or is not a single value is named in `flawed_field`. Blank lines are no records.

    Raises:
        UnreadableFile: the compressed file is cut short or damaged.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == PARQUET_MAGIC:
        yield from _parquet_records(path)
        return
    blocks = line_blocks(path, block_bytes=block_bytes)
    first = next(blocks, b"")
    whole = _chain(first, blocks)
    yield from _json_records(whole) if first.lstrip()[:1] in {b"{", b""} else _csv_records(whole)


def read_object(line: str) -> dict[str, Any] | None:
    """The object that a line of JSON holds, numbers as text as written; null if it holds none."""
    try:
        found = _DECODER.decode(line)
        line_is_text = "\\u" not in line or bool(json.dumps(found, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if line_is_text and isinstance(found, dict) else None


def decoded(line: bytes) -> str:
    """The line's text; a line that is not UTF-8 becomes a text that is no JSON."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"


def canonical_json(value: object) -> str:
    """Compact JSON with sorted keys; numbers stay as they were written."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        items = sorted(cast("dict[str, object]", value).items())
        return (
            "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{canonical_json(item)}" for key, item in items) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(canonical_json, cast("list[object]", value))) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of pairs; null means absent, so only a second value makes a field repeated."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counts = Counter(key for key, value in pairs if value is not None)
    found.update({key: value for key, value in pairs if value is not None})
    if max(counts.values(), default=0) > 1:
        found = _Repeated(found)
        found.field = counts.most_common(1)[0][0]
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant
)


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _json_records(blocks: Iterable[bytes]) -> Iterator[pl.DataFrame]:
    lines_before = 0
    for block in blocks:
        numbers = pl.int_range(lines_before + 1, pl.len() + lines_before + 1, dtype=pl.Int64)
        lines = _lines_of(block).with_columns(row_number=numbers)
        lines_before += lines.height
        present = _where(pl.col("line").str.strip_chars(" \t\r\n") != "", lines)
        if not present.is_empty():
            yield _json_chunk(present, block)


def _lines_of(block: bytes) -> pl.DataFrame:
    try:
        block.decode()
    except UnicodeDecodeError:
        lines = block.removesuffix(b"\n").split(b"\n")
        return pl.DataFrame({"line": [decoded(line) for line in lines]}, schema={"line": pl.String})
    return pl.read_lines(block, name="line")


def _json_chunk(lines: pl.DataFrame, block: bytes) -> pl.DataFrame:
    """Records of a block's lines: by Polars where that is provably the same, else by Python, in the lines' order.

    Polars' time grows with the fields that it looks for: first those of some lines, then all, of what remains.
    """
    text = pl.col("line").str
    nulls = text.count_matches('":null', literal=True) + text.count_matches('": null', literal=True)
    counted = lines.with_columns(
        is_plain=text.contains(PLAIN_OBJECT), key_count=text.count_matches('":', literal=True), null_count=nulls
    )
    plain = _where(pl.col("is_plain"), counted)
    sample = "\n".join(lines.get_column("line").gather_every(SAMPLE_EVERY))
    usual = [name for name in FIELD_NAMES if f'"{name}"' in sample]
    fast = _fast_records(plain, usual, block if plain.height == lines.height else None)
    if fast.height == lines.height:
        return fast
    if fast.height < plain.height:
        fast = pl.concat([fast, _fast_records(plain.join(fast, on="row_number", how="anti"), FIELD_NAMES, None)])
    if fast.height < lines.height:
        slow = lines.join(fast, on="row_number", how="anti")
        read = [read_object(line) for line in slow.get_column("line")]
        fast = pl.concat([fast, _rewritten_records(slow.get_column("row_number").to_list(), read)])
    return fast.sort("row_number")


def _fast_records(plain: pl.DataFrame, fields: list[str], block: bytes | None) -> pl.DataFrame:
    """Records of plain lines (`block`: the bytes of exactly these); without those that repeat or have other fields.

    Counting tells: keys = values found + nulls only if no key is another and none repeated. Text that looks like
    a key's end is counted among the keys, at most as often among the nulls, so it can only send a line away.
    """
    none = _filled(pl.DataFrame(schema={"row_number": pl.Int64}))
    if not fields or plain.is_empty():
        return none
    if NUMERIC_FIELDS & set(fields):
        quoted = plain.get_column("line").str.replace_all(f"({NUMERIC})({NUMBER})", '$1"$2"')
        block = quoted.str.join("\n").item().encode()
    source = plain.get_column("line").str.join("\n").item().encode() if block is None else block
    read = pl.read_ndjson(source, schema=dict.fromkeys(fields, pl.String()))
    if read.height != plain.height:
        return none
    values = pl.sum_horizontal(pl.col(fields).is_not_null())
    found = plain.select("row_number", "key_count", "null_count").hstack(read)
    return _filled(_where(values == pl.col("key_count") - pl.col("null_count"), found))


def _where(condition: pl.Expr, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that fulfil the condition; nothing is copied if all do, as they mostly do."""
    return rows if rows.select(condition.all()).item() else rows.filter(condition)


def _filled(records: pl.DataFrame) -> pl.DataFrame:
    """The columns of RECORD_SCHEMA; is_readable true where missing, else null. Empty text is absent, as in CSV."""
    fields = [name for name in FIELD_NAMES if name in records.columns]
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in RECORD_SCHEMA.items() if name not in records.columns]
    readable = pl.col("is_readable").fill_null(value=True)
    present = pl.when(pl.col(fields) != "").then(pl.col(fields))
    return (
        records.with_columns(present, *missing).with_columns(readable).select(RECORD_SCHEMA.names()).cast(RECORD_SCHEMA)
    )


def _rewritten_records(row_numbers: list[int], objects: list[dict[str, Any] | None]) -> pl.DataFrame:
    """Records of objects (null: unreadable), which Python writes out so plainly that Polars reads them alike."""
    texts = ["{}" if found is None else json.dumps(_flat(found), ensure_ascii=False) for found in objects]
    fields = pl.Struct(dict.fromkeys([*FIELD_NAMES, "attributes", "flawed_field"], pl.String()))
    readable = [found is not None for found in objects]
    frame = pl.DataFrame({"row_number": row_numbers, "is_readable": readable, "read": texts})
    return _filled(frame.with_columns(pl.col("read").str.json_decode(fields)).unnest("read"))


def _flat(found: dict[str, Any]) -> dict[str, str]:
    """Known fields as text, all others together as attributes, and the name of a field that is neither."""
    flat: dict[str, str] = {}
    flaw = found.field if isinstance(found, _Repeated) else None
    unknown = {key: value for key, value in found.items() if key not in KNOWN and value is not None}
    given = found.get("attributes") or {}
    for key in FIELD_NAMES:
        value = found.get(key)
        if isinstance(value, dict | list):
            flaw = flaw or key
        elif value is not None:
            flat[key] = value if isinstance(value, str) else json.dumps(value)
    if not isinstance(given, dict) or given.keys() & unknown.keys():
        flaw = flaw or "attributes"
    elif extra := {**unknown, **{key: value for key, value in given.items() if value is not None}}:
        flat["attributes"] = canonical_json(extra)
    return {**flat, "flawed_field": flaw} if flaw else flat


def _csv_records(blocks: Iterable[bytes]) -> Iterator[pl.DataFrame]:
    lines = (line.decode(errors="surrogateescape") for block in blocks for line in block.splitlines(keepends=True))
    first = next(lines)
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    rows = _csv_rows(csv.reader(lines, delimiter=delimiter, strict=True), header)
    while chunk := list(islice(rows, CSV_RECORDS_PER_CHUNK)):
        yield _rewritten_records([number for number, _ in chunk], [found for _, found in chunk])


def _csv_rows(reader: Any, header: list[str]) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Row number and fields of each row; null for a row that cannot be read. An empty field is absent."""
    while True:
        number = reader.line_num + 2
        try:
            row = next(reader)
            "".join(row).encode()
        except StopIteration:
            return
        except (csv.Error, UnicodeEncodeError):
            yield number, None
            continue
        if row:
            found = _object([(key, value or None) for key, value in zip(header, row, strict=False)])
            given = found.get("attributes")
            yield number, _with_attributes(found, given) if len(row) == len(header) else None


def _with_attributes(found: dict[str, Any], given: object) -> dict[str, Any]:
    """The fields with the JSON text of `attributes` read; text that is no object stays, and is a flaw."""
    if given and isinstance(given, str):
        found["attributes"] = read_object(given) or given
    return found


def _parquet_records(path: Path) -> Iterator[pl.DataFrame]:
    frame = pl.scan_parquet(path)
    kept = [name for name, dtype in frame.collect_schema().items() if dtype.is_nested() or _is_json(name, dtype)]
    for start in range(0, frame.select(pl.len()).collect().item(), PARQUET_ROWS_PER_CHUNK):
        rows = frame.slice(start, PARQUET_ROWS_PER_CHUNK).with_columns(pl.exclude(kept).cast(pl.String)).collect()
        found = [_with_attributes(row, row.get("attributes")) for row in rows.iter_rows(named=True)]
        yield _rewritten_records(list(range(start + 1, start + 1 + rows.height)), [*found])


def _is_json(name: str, dtype: pl.DataType) -> bool:
    """A number or flag among the unknown fields stays one."""
    return name not in KNOWN and (dtype.is_integer() or dtype.is_float() or dtype == pl.Boolean)
