"""Bytes hashed on their way."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from typing import BinaryIO


def write_hashed(chunks: Generator[bytes], into: BinaryIO) -> str:
    """SHA-256 (hexadecimal) of the chunks, which are written to `into`; a failure there is not the source's."""
    digest = hashlib.sha256()
    with closing(chunks):
        for chunk in chunks:
            digest.update(chunk)
            into.write(chunk)
    return digest.hexdigest()
