"""A server of the S3 protocol on loopback, with one empty bucket."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BUCKET = "journeys"
START_S = 60.0
# One request at a time: served by threads, two conditional puts of one key can both succeed, as they never do in S3.
SERVE = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

make_server("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app)).serve_forever()
"""


@contextmanager
def serve_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the bucket, whose endpoint and credentials are in the environment while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    for name, value in settings(endpoint).items():
        monkeypatch.setenv(name, value)
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(server, port)
        _make_bucket(endpoint)
        yield f"s3://{BUCKET}"
    finally:
        server.terminate()
        server.wait(START_S)


def settings(endpoint: str) -> dict[str, str]:
    """The variables that the store's clients read."""
    return {
        "AWS_ACCESS_KEY_ID": "journeys",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
    }


def _make_bucket(endpoint: str) -> None:
    import boto3  # noqa: PLC0415 - slow, and only here

    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    give_up_at = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("The server of the S3 protocol did not start.")
