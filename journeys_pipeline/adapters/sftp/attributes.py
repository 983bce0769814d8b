# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""What a server says of one entry: kind, size, time."""

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from paramiko import SFTPClient

MOST_EXTENSIONS = 100


@dataclass(frozen=True)
class Attributes:
    """By the server's own values, as far as it gives them."""

    mode: int = 0
    file_bytes: int | None = None
    modified_s: float | None = None  # since 1970, UTC

    @property
    def is_regular(self) -> bool:
        """Whether it is a file that can be read to its end: no link, folder, FIFO or device."""
        return stat.S_ISREG(self.mode)


def look_at(client: "SFTPClient", path: str) -> Attributes:
    """The attributes of what lies at a path; a link is not followed.

    Raises:
        OSError: what the server answered.
    """
    from paramiko.sftp import CMD_LSTAT

    kind, message = cast("Any", client)._request(CMD_LSTAT, path)  # noqa: SLF001 - `lstat` would unpack the answer itself
    return unpack_answer(kind, message)


def unpack_answer(kind: int, message: Any) -> Attributes:
    """The attributes in the answer to a request for them.

    Raises:
        SFTPError: it is another answer.
    """
    from paramiko.sftp import CMD_ATTRS, SFTPError

    if kind != CMD_ATTRS:
        raise SFTPError("attributes were asked for, something else was answered")
    return unpack(message)


def unpack(message: Any) -> Attributes:
    """The next attributes in a message. paramiko's own unpacking counts to four billion if the server says so.

    Raises:
        EOFError: the message is malformed.
    """
    from paramiko import SFTPAttributes

    flags = message.get_int()
    file_bytes = message.get_int64() if flags & SFTPAttributes.FLAG_SIZE else None
    if flags & SFTPAttributes.FLAG_UIDGID:
        message.get_int64()
    mode = message.get_int() if flags & SFTPAttributes.FLAG_PERMISSIONS else 0
    times = message.get_int64() if flags & SFTPAttributes.FLAG_AMTIME else None
    extensions = message.get_int() if flags & SFTPAttributes.FLAG_EXTENDED else 0
    if extensions > MOST_EXTENSIONS:
        raise EOFError("malformed attributes")
    for _ in range(2 * extensions):
        message.get_binary()
    modified_s = None if times is None else times & 0xFFFFFFFF  # the time of access stands before it
    return Attributes(mode, file_bytes, modified_s)
