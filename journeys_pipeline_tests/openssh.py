"""A real OpenSSH server on loopback, for tests and benchmarks."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
STARTS = 5  # another process may take the port between our choosing it and the server's binding it
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
    home: Path  # its keys and its log


def find_sshd() -> str | None:
    """The server's program, or None where the package is missing."""
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")
    return found if shutil.which("ssh-keygen") else None


def make_key(path: Path, kind: str = "ed25519", *, passphrase: str = "", form: str = "OpenSSH") -> str:
    """The public key as "type base64"; the private one is written to `path`."""
    bits = ["-b", "2048"] if kind == "rsa" else []  # the default takes seconds
    form_options = [] if form == "OpenSSH" else ["-m", form]
    options = ["-t", kind, *bits, "-N", passphrase, "-C", "", *form_options, "-f", str(path)]
    subprocess.run(["ssh-keygen", "-q", *options], check=True)
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


@contextmanager
def serve(tmp_path: Path, *, settings: str = "") -> Iterator[OpenSshServer]:
    """A server of its own, stopped at the end; `settings` are lines of sshd_config that win over ours.

    Raises:
        RuntimeError: it did not start; its log follows.
    """
    home, folder = tmp_path / "sshd", tmp_path / "served"
    for path in (home, folder):
        path.mkdir(mode=0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host_key = make_key(home / "host_key")
    (home / "authorized_keys").write_text(make_key(home / "client_key") + "\n")
    process, port = _start(home, folder, settings)
    try:
        yield OpenSshServer(LOOPBACK, port, getpass.getuser(), home / "client_key", host_key, folder, home)
    finally:
        process.terminate()
        process.wait(START_S)


def _start(home: Path, folder: Path, settings: str) -> tuple[subprocess.Popen[bytes], int]:
    sshd = find_sshd() or "sshd"
    for _ in range(STARTS):
        port = free_port()
        config = home / "sshd_config"
        config.write_text(settings + _config(home, folder, port))  # the first of two settings wins
        with (home / "sshd.log").open("ab") as log:
            process = subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log)
        if answers(process, port):
            return process, port
        process.kill()
        process.wait(START_S)
    raise RuntimeError(f"sshd did not start: {(home / 'sshd.log').read_text()}")


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


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return listener.getsockname()[1]


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether our server, not another process on that port, sends its banner in time."""
    give_up_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as probe:
                return probe.recv(8).startswith(b"SSH-2.0-") and process.poll() is None
        except OSError:
            time.sleep(0.02)
    return False
