"""Files written to an SFTP server, and files put away there, without harm to what lies there already."""

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING

from journeys_pipeline.adapters.sftp.attributes import look_at

if TYPE_CHECKING:
    from paramiko import SFTPClient

CHUNK_BYTES = 32_768  # one SFTP write request; some servers refuse more
MOST_NAMESAKES = 1_000


class Refused(Exception):
    """Nothing was done, for a reason that is not the server's answer."""


def replace_file(client: "SFTPClient", path: str, content: bytes) -> None:
    """The content under `path`, in place of an older file; readers of `path` see one of the two, whole.

    Raises:
        OSError: what the server answered; the older file is untouched, except on a server that cannot replace.
        Refused: the server has not kept all bytes.
    """
    folder, name = posixpath.split(path)
    unfinished = posixpath.join(folder, f".{name}.part")
    with suppress(FileNotFoundError):
        client.remove(unfinished)  # or a link of that name would be followed
    try:
        _upload(client, unfinished, content)
        _rename_over(client, unfinished, path)
    except (OSError, Refused) as error:
        if not isinstance(error, TimeoutError):
            with suppress(OSError):
                client.remove(unfinished)
        raise


def make_folder(client: "SFTPClient", folder: str) -> None:
    """The folder exists, with those above it."""
    try:
        look_at(client, folder)
    except FileNotFoundError:
        above = posixpath.dirname(folder.rstrip("/"))
        if above not in {"", folder}:
            make_folder(client, above)
        client.mkdir(folder)


def free_path(client: "SFTPClient", folder: str, name: str) -> str:
    """`folder/name`, or with `.1`, `.2` … behind it, whichever does not exist yet.

    Raises:
        Refused: too many files of that name lie there.
    """
    for number in range(MOST_NAMESAKES):
        path = posixpath.join(folder, f"{name}.{number}" if number else name)
        try:
            look_at(client, path)
        except FileNotFoundError:
            return path
    raise Refused(f"there are {MOST_NAMESAKES} files of that name already: empty the folder")


def _upload(client: "SFTPClient", path: str, content: bytes) -> None:
    remote = client.open(path, "wx")  # no `with`: leaving it after a stall would wait for the server once more
    for start in range(0, len(content), CHUNK_BYTES):
        remote.write(content[start : start + CHUNK_BYTES])
    remote.close()
    if look_at(client, path).file_bytes != len(content):  # paramiko is silent about a `close` that failed
        raise Refused("the server kept only a part of the file: make room on its disk")


def _rename_over(client: "SFTPClient", source: str, target: str) -> None:
    try:
        client.posix_rename(source, target)
    except (FileNotFoundError, PermissionError, TimeoutError):
        raise
    except OSError:  # the extension is unknown there
        with suppress(FileNotFoundError):
            client.remove(target)
        client.rename(source, target)
