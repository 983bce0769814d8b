"""Customers' SFTP servers: logged in to, listed, read from and written to."""

from journeys_pipeline.adapters.sftp.errors import ConnectionFailed
from journeys_pipeline.adapters.sftp.listing import RemoteFile, SkippedEntry
from journeys_pipeline.adapters.sftp.login import Timeouts
from journeys_pipeline.adapters.sftp.session import FetchFailed, SftpSession, WriteFailed, open_sftp

__all__ = [
    "ConnectionFailed",
    "FetchFailed",
    "RemoteFile",
    "SftpSession",
    "SkippedEntry",
    "Timeouts",
    "WriteFailed",
    "open_sftp",
]
