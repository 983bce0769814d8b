"""A real Postfix on loopback, with configuration, queue and mailboxes of its own, for tests."""

import email
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from journeys_pipeline_tests.certificates import make_certificate
from journeys_pipeline_tests.openssh import LOOPBACK, START_S, STARTS, free_port

DOMAIN = "acme.example"
LARGEST_MAIL = 200_000  # bytes
DAEMONS = Path("/usr/lib/postfix/sbin")


@dataclass(frozen=True)
class PostfixServer:
    """A running server that takes mail for known addresses of DOMAIN, and puts it into a maildir each."""

    port: int
    home: Path
    certificate: Path

    def mails(self, user: str, count: int = 1) -> list[EmailMessage]:
        """What lies in a mailbox, once that many are there or time is over."""
        give_up_at = time.monotonic() + START_S
        while len(files := self._files(user)) < count and time.monotonic() < give_up_at:
            time.sleep(0.05)
        return [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]  # type: ignore[misc]

    def _files(self, user: str) -> list[Path]:
        return sorted((self.home / "mail" / user / "new").glob("*"))


def find_postfix() -> str | None:
    """What keeps Postfix from being run here; None if nothing does."""
    if not (DAEMONS / "master").exists():
        return "no Postfix here (Debian: apt-get install postfix)"
    return None if os.geteuid() == 0 else "Postfix runs as root only"


@contextmanager
def serve_by_postfix(*users: str) -> Iterator[PostfixServer]:
    """A server of its own, stopped at the end; its folder is one that its users can reach.

    Raises:
        RuntimeError: it did not start; its log follows.
    """
    home = Path(tempfile.mkdtemp(prefix="journeys-postfix-"))
    home.chmod(0o755)
    try:
        _configure(home, users)
        process, port = _start(home)
        try:
            yield PostfixServer(port, home, home / "certificate.pem")
        finally:
            process.terminate()
            process.wait(START_S)
    finally:
        shutil.rmtree(home)


def _configure(home: Path, users: tuple[str, ...]) -> None:
    for name in ("etc", "queue", "data", "mail"):
        (home / name).mkdir(mode=0o755)
    postfix, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    os.chown(home / "data", postfix.pw_uid, postfix.pw_gid)
    os.chown(home / "mail", nobody.pw_uid, nobody.pw_gid)
    make_certificate(home)
    boxes = ", ".join(f"{{ {user}@{DOMAIN} = {user}/ }}" for user in users)
    (home / "etc" / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {home / "queue"}
data_directory = {home / "data"}
command_directory = /usr/sbin
daemon_directory = {DAEMONS}
maillog_file = {home / "log"}
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = {LOOPBACK}
inet_protocols = ipv4
myhostname = mail.{DOMAIN}
mydestination =
mynetworks = {LOOPBACK}/32
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ later@{DOMAIN} = 450 4.2.0 come back }} }}
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {home / "mail"}
virtual_mailbox_maps = inline:{{ {boxes}, {{ later@{DOMAIN} = later/ }} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
default_transport = error:this server sends nothing out
message_size_limit = {LARGEST_MAIL}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {home / "key.pem"}, {home / "certificate.pem"}
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
""")


def _services(port: int) -> str:
    """Only what takes mail in and puts it into mailboxes."""
    return f"""
{LOOPBACK}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
discard unix - - n - - discard
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def _start(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(STARTS):
        port = free_port()
        (home / "etc" / "master.cf").write_text(_services(port))
        subprocess.run(
            [shutil.which("postfix") or "/usr/sbin/postfix", "-c", home / "etc", "check"],
            check=True,
            capture_output=True,
        )
        command = [DAEMONS / "master", "-c", home / "etc", "-d"]
        with (home / "output").open("ab") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if _answers(process, port):
            return process, port
        process.kill()
        process.wait(START_S)
    log = home / "log"
    raise RuntimeError(
        f"Postfix did not start: {log.read_text() if log.exists() else ''}{(home / 'output').read_text()}"
    )


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    give_up_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=START_S) as probe:
                return probe.recv(4).startswith(b"220") and process.poll() is None
        except OSError:
            time.sleep(0.05)
    return False
