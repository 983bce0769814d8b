"""The demo's SFTP server: pinned keys, one folder a user."""

import base64
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import paramiko
import pytest

from journeys_pipeline.demo.sftp_server import Endpoint, serve


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for account in ("aurora", "borealis"):
        (tmp_path / "world" / account).mkdir(parents=True)
        (tmp_path / "world" / account / "journeys.ndjson").write_text(f"of {account}\n")
    (tmp_path / "world" / ".staging").mkdir()
    return tmp_path / "world"


@contextmanager
def logged_in(endpoint: Endpoint, user: str, key_file: Path | None = None) -> Iterator[paramiko.SFTPClient]:
    kind, encoded = endpoint.host_key.split()
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        pinned = paramiko.Ed25519Key(data=base64.b64decode(encoded))
        client.get_host_keys().add(f"[{endpoint.host}]:{endpoint.port}", kind, pinned)
        client.connect(
            endpoint.host, endpoint.port, user, key_filename=str(key_file or endpoint.key_file),
            look_for_keys=False, allow_agent=False, timeout=10,
        )  # fmt: skip
        yield client.open_sftp()


def test_a_user_lists_and_reads_its_own_folder(root: Path, tmp_path: Path) -> None:
    with serve(root, tmp_path / "keys") as endpoint, logged_in(endpoint, "borealis") as sftp:
        names = sftp.listdir(".")
        content = sftp.open("journeys.ndjson").read()

    assert endpoint.users == ("aurora", "borealis")
    assert names == ["journeys.ndjson"]
    assert content == b"of borealis\n"


@pytest.mark.parametrize("path", ["../aurora/journeys.ndjson", "/../aurora/journeys.ndjson", "../../world/aurora"])
def test_another_users_folder_is_out_of_reach(root: Path, tmp_path: Path, path: str) -> None:
    with (
        serve(root, tmp_path / "keys") as endpoint,
        logged_in(endpoint, "borealis") as sftp,
        pytest.raises(FileNotFoundError) as refusal,
    ):
        sftp.stat(path)

    assert "No such file" in str(refusal.value)


def test_a_link_out_of_the_folder_leads_nowhere(root: Path, tmp_path: Path) -> None:
    (root / "borealis" / "way_out").symlink_to(root / "aurora" / "journeys.ndjson")

    with (
        serve(root, tmp_path / "keys") as endpoint,
        logged_in(endpoint, "borealis") as sftp,
        pytest.raises(FileNotFoundError) as refusal,
    ):
        sftp.open("way_out")

    assert "No such file" in str(refusal.value)


@pytest.mark.parametrize("user", ["nobody", ".staging", "..", " "])
def test_unknown_users_are_refused(root: Path, tmp_path: Path, user: str) -> None:
    with (
        serve(root, tmp_path / "keys") as endpoint,
        pytest.raises(paramiko.AuthenticationException) as refusal,
        logged_in(endpoint, user),
    ):
        pass

    assert "Authentication failed" in str(refusal.value)


def test_another_key_is_refused(root: Path, tmp_path: Path) -> None:
    with serve(root, tmp_path / "other") as other:
        pass

    with (
        serve(root, tmp_path / "keys") as endpoint,
        pytest.raises(paramiko.AuthenticationException) as refusal,
        logged_in(endpoint, "aurora", other.key_file),
    ):
        pass

    assert "Authentication failed" in str(refusal.value)


def test_keys_stay_the_same_between_runs_and_are_private(root: Path, tmp_path: Path) -> None:
    with serve(root, tmp_path / "keys") as first:
        pass
    with serve(root, tmp_path / "keys") as second:
        pass
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}

    assert first.host_key == second.host_key
    assert modes == {"host_key": 0o600, "client_key": 0o600}


def test_leaving_the_block_ends_the_server_even_with_somebody_connected(root: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        with serve(root, tmp_path / "keys") as endpoint:
            sftp = stack.enter_context(logged_in(endpoint, "aurora"))
        with pytest.raises((OSError, EOFError, paramiko.SSHException)) as cut_off:
            sftp.listdir(".")

    with pytest.raises(OSError, match="Unable to connect") as refusal, logged_in(endpoint, "aurora"):
        pass

    assert cut_off.value is not None
    assert refusal.value is not None
