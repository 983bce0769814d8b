"""Object stores: S3 and what speaks like it, named by URLs such as s3://bucket/folder.

Credentials, region and endpoint come from the variables that the store's own tools read (AWS_ACCESS_KEY_ID, …), for the
Delta tables' engine and for Polars too.
"""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

BYTES_PER_REQUEST = 16 * 1024 * 1024  # a request with its answer has to end within the client's 30 s


def is_bucket(place: str | Path) -> bool:
    """Whether a place is a URL of an object store, and not a folder."""
    return "://" in str(place)


def open_bucket(url: str) -> "ObjectStore":
    """The object store below a URL.

    Raises:
        ValueError: the URL's scheme is of no object store.
    """
    from obstore.exceptions import BaseError  # noqa: PLC0415 - most homes have no object store
    from obstore.store import from_url  # noqa: PLC0415

    try:
        return from_url(url)
    except BaseError:
        raise ValueError(f"{url} names no object store; write s3://bucket/folder.") from None


def read_object(bucket: "ObjectStore", found: "ObjectMeta") -> Generator[bytes]:
    """The bytes of an object as it was found, in parts, each of which is asked for again if the network fails.

    Raises:
        FileNotFoundError: it is gone.
        BaseError: it is another one by now (PreconditionError), or cannot be read.
    """
    for start in range(0, found["size"], BYTES_PER_REQUEST):
        end = min(start + BYTES_PER_REQUEST, found["size"])
        part = bucket.get(found["path"], options={"range": (start, end), "if_match": found["e_tag"]})
        yield bytes(part.bytes())
