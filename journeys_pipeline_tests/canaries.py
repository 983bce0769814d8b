"""Whatever lies below a folder, unpacked: to look for what must not be there any more."""

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import polars as pl
import zstandard

TRACES = re.compile(rb"20[ -]?624[ -]?19[ -]?87|(?<!joe)zoe[.]canary(@|%40|\\u0040)mailbox", re.IGNORECASE)
"""All writings of +31206241987 and zoe.canary@mailbox.nl in the tests' files."""


def below(folder: Path) -> dict[str, bytes]:
    """The bytes of all files, and what is packed in them, by path."""
    found: dict[str, bytes] = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        found |= dict(_unpacked(str(path.relative_to(folder)), path.read_bytes()))
    return found


def traces(folder: Path) -> list[str]:
    """Where the canary is named below a folder."""
    return sorted(path for path, content in below(folder).items() if TRACES.search(content))


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content.startswith(b"PAR1"):
        yield f"{name} rows", repr(pl.read_parquet(io.BytesIO(content), hive_partitioning=False).to_dicts()).encode()
    if content.startswith(b"\x1f\x8b"):
        yield from _unpacked(f"{name} text", gzip.decompress(content))
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        yield from _unpacked(f"{name} text", zstandard.ZstdDecompressor().decompressobj().decompress(content))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield f"{name} as UTF-8", content.decode("utf-16").encode()
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{name} {member}", archive.read(member))
    if name.endswith(".eml"):
        for number, part in enumerate(message_from_bytes(content, policy=default).walk()):
            if not part.is_multipart():
                yield from _unpacked(f"{name} part {number}", part.get_payload(decode=True))
