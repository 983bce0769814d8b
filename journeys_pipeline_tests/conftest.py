"""Servers that the tests speak to: real ones, on loopback, stopped afterwards."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
STARTS = 5  # another process may take the port between our choosing it and sshd's binding it
START_S = 10.0


@dataclass(frozen=True)
class OpenSshServer:
    """A running sshd that serves `folder` (its users begin there) to whoever has `key_file`."""

    host: str
    port: int
    user: str
    key_file: Path
    host_key: str
    folder: Path


@pytest.fixture
def openssh_server(tmp_path: Path) -> Iterator[OpenSshServer]:
    """A real OpenSSH server of this test's own."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")
    if sshd is None or shutil.which("ssh-keygen") is None:
        reason = "no OpenSSH server here (Debian: apt-get install openssh-server)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    home = tmp_path / "sshd"
    folder = tmp_path / "served"
    for path in (home, folder):
        path.mkdir(mode=0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host_key = _make_key(home / "host_key")
    client_key = _make_key(home / "client_key")
    (home / "authorized_keys").write_text(client_key + "\n")
    process, port = _start(sshd, home, folder)
    try:
        yield OpenSshServer(LOOPBACK, port, getpass.getuser(), home / "client_key", host_key, folder)
    finally:
        process.terminate()
        process.wait(START_S)


def _make_key(path: Path) -> str:
    """The public key as "type base64"."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def _start(sshd: str, home: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(STARTS):
        port = _free_port()
        config = home / "sshd_config"
        config.write_text(_config(home, folder, port))
        with (home / "sshd.log").open("ab") as log:
            process = subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log)
        if _answers(process, port):
            return process, port
        process.kill()
        process.wait(START_S)
    pytest.fail(f"sshd did not start: {(home / 'sshd.log').read_text()}")


def _config(home: Path, folder: Path, port: int) -> str:
    return f"""
ListenAddress {LOOPBACK}
Port {port}
HostKey {home / "host_key"}
AuthorizedKeysFile {home / "authorized_keys"}
PidFile none
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
Subsystem sftp internal-sftp -d {folder}
ForceCommand internal-sftp -d {folder}
"""


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        return listener.getsockname()[1]


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether our sshd, not another process on that port, sends its banner in time."""
    give_up_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as probe:
                return probe.recv(8).startswith(b"SSH-2.0-") and process.poll() is None
        except OSError:
            time.sleep(0.02)
    return False
