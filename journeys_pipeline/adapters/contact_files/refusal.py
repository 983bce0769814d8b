"""What a contact file may not exceed, and how it is refused as a whole."""

from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024


class UnreadableFile(ValueError):  # it says what the file is, as the manifest does
    """A file that is refused as a whole; the message says what to do about it, and never repeats a contact."""


@dataclass(frozen=True)
class Limits:
    """What a contact file may hold at most; more is refused, so that no file exhausts memory or disk."""

    max_bytes: int = 4096 * _MEBIBYTE
    max_expansion: int = 200  # unpacked bytes per packed byte, judged once 10 MiB are unpacked
    max_row_bytes: int = 16 * _MEBIBYTE  # of a line, and of the lines that a quoted field joins, as UTF-8
    max_columns: int = 1000


def readable_size(size: int) -> str:
    """A number of bytes as people write it."""
    whole, rest = divmod(size, _MEBIBYTE)
    return f"{size:,} bytes" if rest else f"{whole:,} MiB"


def damaged_file() -> UnreadableFile:
    return UnreadableFile("The compressed file is damaged or cut off. Compress it and send it again.")


def overlong_row(limits: Limits) -> UnreadableFile:
    return UnreadableFile(
        f"A line is longer than {readable_size(limits.max_row_bytes)} (max_row_bytes). "
        "Check that the file is a CSV file with one contact per line, and send it again."
    )
