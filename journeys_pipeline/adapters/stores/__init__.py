"""Folders of this machine and object stores, which files are fetched from as from SFTP servers."""

from journeys_pipeline.adapters.stores.bucket import BucketSession
from journeys_pipeline.adapters.stores.folder import FolderSession

FOLDER_SCHEME = "file://"

__all__ = ["BucketSession", "FolderSession", "open_store"]


def open_store(url: str, *, file_s: float) -> BucketSession | FolderSession:
    """A session with the folder (file:///…) or object store (s3://…) of a URL; a file's deadline is for the latter.

    Raises:
        ConnectionFailed: the URL is of neither.
    """
    if url.startswith(FOLDER_SCHEME):
        return FolderSession(url.removeprefix(FOLDER_SCHEME))
    return BucketSession(url, file_s=file_s)
