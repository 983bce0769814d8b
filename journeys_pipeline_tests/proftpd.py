"""A real ProFTPD with mod_sftp on loopback, for tests."""

import getpass
import grp
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from journeys_pipeline_tests.openssh import LOOPBACK, START_S, STARTS, answers, free_port, make_key

PACKAGES = "proftpd-core proftpd-mod-crypto"
MODULES = Path("/usr/lib/proftpd")
USER, PASSWORD = "acme", "open sesame"


@dataclass(frozen=True)
class ProFtpdServer:
    """A running server that serves `folder` (its user begins there) to whoever has `key_file` or the password."""

    host: str
    port: int
    user: str
    key_file: Path
    host_key: str
    folder: Path


def find_proftpd() -> str | None:
    """The server's program, or None where one of the packages is missing."""
    found = shutil.which("proftpd", path=_path())
    return found if (MODULES / "mod_sftp.so").exists() else None


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin"


@contextmanager
def serve_by_proftpd(tmp_path: Path) -> Iterator[ProFtpdServer]:
    """A server of its own, stopped at the end.

    Raises:
        RuntimeError: it did not start; its log follows.
    """
    home, folder = tmp_path / "proftpd", tmp_path / "served"
    for path in (home, folder):
        path.mkdir(mode=0o700)
    host_key = make_key(home / "host_key", "ecdsa")
    make_key(home / "client_key")
    _write_users(home, folder)
    process, port = _start(home)
    try:
        yield ProFtpdServer(LOOPBACK, port, USER, home / "client_key", host_key, folder)
    finally:
        process.terminate()
        process.wait(START_S)


def _write_users(home: Path, folder: Path) -> None:
    public = subprocess.run(["ssh-keygen", "-e", "-f", home / "client_key.pub"], check=True, capture_output=True)
    (home / "authorized_keys").write_bytes(public.stdout)
    user = ["--name", USER, "--uid", str(os.getuid()), "--gid", str(os.getgid()), "--home", str(folder)]
    ftpasswd = shutil.which("ftpasswd", path=_path()) or "ftpasswd"
    command = [ftpasswd, "--passwd", "--stdin", *user, "--shell", "/bin/false", "--file", home / "passwd", "--sha512"]
    subprocess.run(command, input=PASSWORD.encode() + b"\n", check=True, capture_output=True)


def _start(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    proftpd = find_proftpd() or "proftpd"
    for _ in range(STARTS):
        port = free_port()
        config = home / "proftpd.conf"
        config.write_text(_config(home, port))
        with (home / "output.log").open("ab") as log:
            process = subprocess.Popen([proftpd, "-n", "-c", str(config)], stdin=subprocess.DEVNULL, stderr=log)
        if answers(process, port):
            return process, port
        process.kill()
        process.wait(START_S)
    raise RuntimeError(f"proftpd did not start: {(home / 'output.log').read_text()}")


def _config(home: Path, port: int) -> str:
    return f"""
ServerType standalone
ServerName test
UseReverseDNS off
DefaultAddress {LOOPBACK}
SocketBindTight on
Port {port}
PidFile {home / "pid"}
ScoreboardFile {home / "scoreboard"}
DelayTable none
SystemLog {home / "system.log"}
WtmpLog off
User {getpass.getuser()}
Group {grp.getgrgid(os.getgid()).gr_name}
ModulePath {MODULES}
LoadModule mod_sftp.c
AuthOrder mod_auth_file.c
AuthUserFile {home / "passwd"}
RequireValidShell off
RootLogin on
AllowOverwrite on
SFTPEngine on
SFTPLog {home / "sftp.log"}
SFTPHostKey {home / "host_key"}
SFTPAuthorizedUserKeys file:{home / "authorized_keys"}
"""
