"""Files that lie inside a folder, and nowhere else."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_inside(folder: Path, *names: str) -> BinaryIO:
    """The file that a chain of names leads to from `folder`: no link is followed, no name leads out.

    Raises:
        FileNotFoundError: there is no such plain file, or a name is none.
    """
    descriptor = _descend(folder, names)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError("It is no plain file.")
    return os.fdopen(descriptor, "rb")


def read_inside(folder: Path, *names: str) -> bytes:
    """The bytes of a file, see `open_inside`."""
    with open_inside(folder, *names) as stream:
        return stream.read()


def _descend(folder: Path, names: tuple[str, ...]) -> int:
    """A descriptor of the last name; each is opened relative to the one before, so that nothing can be swapped."""
    if not names or not all(map(_is_plain, names)):
        raise FileNotFoundError("A name is empty, or leads elsewhere.")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for depth, name in enumerate(names, start=1):
        kind = os.O_DIRECTORY if depth < len(names) else os.O_NONBLOCK  # a FIFO would wait for its writer
        try:
            below = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=at)
        except OSError:
            raise FileNotFoundError("There is no such file.") from None
        finally:
            os.close(at)
        at = below
    return at


def _is_plain(name: str) -> bool:
    """Whether a name is that of something in a folder, and one that the operating system takes."""
    return name not in {"", ".", ".."} and not any(sign in name for sign in "/\\\0") and name.isprintable()
