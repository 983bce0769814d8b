# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""What a folder on an SFTP server holds: files to fetch, and what else lies there."""

import posixpath
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from journeys_pipeline.adapters.sftp.attributes import Attributes, unpack
from journeys_pipeline.adapters.sftp.errors import is_unprintable, printable

if TYPE_CHECKING:
    from paramiko import SFTPClient

LINK = "a link"
FOLDER = "a folder"
DEVICE = "a FIFO or device"
NOT_UTF8 = "a name that is not UTF-8"
CONTROL_CHARACTERS = "a name with control characters"
PATH = "a name that is a path"
NO_STAMP = "no size or time"
REASONS = (LINK, FOLDER, DEVICE, NOT_UTF8, CONTROL_CHARACTERS, PATH, NO_STAMP)

MOST_ENTRIES = 1_000_000  # a server that never stops listing would else fill our memory
MOST_BYTES = 2**63 - 1


@dataclass(frozen=True)
class RemoteFile:
    """A regular file on the server, by the server's own values."""

    path: str
    name: str
    file_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class SkippedEntry:
    """What a listing left out: its name, made printable, and why (one of `REASONS`)."""

    name: str
    reason: str


def list_folder(client: "SFTPClient", folder: str) -> tuple[list[RemoteFile], list[SkippedEntry]]:
    """Files, and all that is none; each sorted by name. A name listed twice counts once, by its last line.

    Raises:
        EOFError: the listing is malformed, or has no end.
    """
    return sort_out(folder, dict(_read_folder(client, folder)))


def sort_out(folder: str, found: Mapping[bytes, Attributes]) -> tuple[list[RemoteFile], list[SkippedEntry]]:
    """Of the entries of a folder by their raw names: files, and all that is none; each sorted by name."""
    entries = [_judge(folder, name, attributes) for name, attributes in found.items() if name not in {b".", b".."}]
    files = [entry for entry in entries if isinstance(entry, RemoteFile)]
    skipped = [entry for entry in entries if isinstance(entry, SkippedEntry)]
    return sorted(files, key=lambda file: file.name), sorted(skipped, key=lambda entry: entry.name)


def _judge(folder: str, raw_name: bytes, attributes: Attributes) -> RemoteFile | SkippedEntry:
    name = raw_name.decode(errors="backslashreplace")
    reason = name_flaw(raw_name) if attributes.is_regular else _kind_reason(attributes.mode)
    if reason:
        return SkippedEntry(printable(name), reason)
    if attributes.modified_s is None or attributes.file_bytes is None or attributes.file_bytes > MOST_BYTES:
        return SkippedEntry(name, NO_STAMP)
    modified_at = datetime.fromtimestamp(attributes.modified_s, UTC)
    return RemoteFile(posixpath.join(folder, name), name, attributes.file_bytes, modified_at)


def _kind_reason(mode: int) -> str:
    return LINK if stat.S_ISLNK(mode) else FOLDER if stat.S_ISDIR(mode) else DEVICE


def name_flaw(raw_name: bytes) -> str | None:
    """Why a name cannot be used (one of `REASONS`); None if it can."""
    try:
        name = raw_name.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    if any(map(is_unprintable, name)):
        return CONTROL_CHARACTERS
    return PATH if "/" in name else None


def _read_folder(client: "SFTPClient", folder: str) -> Iterator[tuple[bytes, Attributes]]:
    """Raw names and attributes. paramiko's own listing fails as a whole at one name that is not UTF-8."""
    from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR

    request = cast("Any", client)._request  # noqa: SLF001 - paramiko has no public listing of raw names
    handle = request(CMD_OPENDIR, folder)[1].get_binary()
    entries = 0
    while True:
        try:
            message = request(CMD_READDIR, handle)[1]
        except EOFError:
            break
        for _ in range(message.get_int()):
            name = message.get_binary()
            message.get_binary()  # the line that `ls -l` would print
            entries += 1
            if not name or entries > MOST_ENTRIES:
                raise EOFError("malformed or endless listing")
            yield name, unpack(message)
    request(CMD_CLOSE, handle)
