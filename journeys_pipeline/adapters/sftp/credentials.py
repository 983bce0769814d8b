# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""What proves who we are to a server, and which server it must be."""

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys_pipeline.adapters.sftp.errors import ConnectionFailed
from journeys_pipeline.catalog import Connection

if TYPE_CHECKING:
    from paramiko import PKey

RSA = "ssh-rsa"
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")  # the third, `ssh-rsa`, is SHA-1


@dataclass(frozen=True)
class HostKey:
    """A server's public key; as a text, its kind and fingerprint."""

    kind: str
    key: bytes

    @property
    def signatures(self) -> tuple[str, ...]:
        """The algorithms by which a server may prove that it has this key."""
        return RSA_SIGNATURES if self.kind == RSA else (self.kind,)

    def __str__(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self.key).digest()).decode()
        return f"{self.kind} SHA256:{digest.rstrip('=')}"


def pinned_keys(connection: Connection) -> tuple[HostKey, ...]:
    """The host keys of which the server must have one.

    Raises:
        ConnectionFailed: one of them cannot be read.
    """
    try:
        lines = [line.split()[:2] for line in connection.host_keys]
        return tuple(HostKey(kind, base64.b64decode(encoded, validate=True)) for kind, encoded in lines)
    except (ValueError, binascii.Error):
        raise ConnectionFailed("`host_key` must read like 'ssh-ed25519 AAAA…' (see ssh-keyscan).") from None


def private_key(key_file: Path, passphrase: str | None) -> "PKey":
    """The key in an OpenSSH or PEM file: ed25519, ECDSA or RSA; a certificate beside it goes along.

    Raises:
        ConnectionFailed: the file or the passphrase is missing or wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    unusable: str | None = None
    try:
        content = key_file.read_bytes()
        return _for_paramiko(_decrypt(content, passphrase), key_file)
    except FileNotFoundError:
        unusable = "does not exist: check `key_file`"
    except OSError as error:
        unusable = f"cannot be read: {error.strerror}"
    except TypeError:
        unusable = "is encrypted: set its passphrase (`passphrase_env`)"
    except _WrongPassphraseError:
        unusable = "does not open with this passphrase: check it (`passphrase_env`)"
    except (ValueError, UnsupportedAlgorithm):
        unusable = "cannot be used: an OpenSSH or PEM private key is needed, of kind ed25519, ECDSA or RSA"
    raise ConnectionFailed(f"The key file {key_file} {unusable}.")


class _WrongPassphraseError(Exception):
    """The key is encrypted, and not with this passphrase."""


def _decrypt(content: bytes, passphrase: str | None) -> Any:
    """The key. Raises TypeError without a passphrase that is needed; one that is not needed is not used."""
    try:
        return _load(content, None)
    except TypeError:
        if passphrase is None:
            raise
    try:
        return _load(content, passphrase.encode())
    except ValueError:
        raise _WrongPassphraseError from None


def _load(content: bytes, passphrase: bytes | None) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    if b"BEGIN OPENSSH PRIVATE KEY" in content:
        return load_ssh_private_key(content, passphrase)
    return load_pem_private_key(content, passphrase)


def _for_paramiko(key: Any, key_file: Path) -> "PKey":
    """As paramiko wants it, which itself neither reads PKCS #8 nor tells a wrong passphrase from a broken file."""
    import paramiko
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    kinds: dict[type, Any] = {
        rsa.RSAPrivateKey: paramiko.RSAKey,
        ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
        ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    }
    own_class = next((own for kind, own in kinds.items() if isinstance(key, kind)), None)
    if own_class is None:
        raise ValueError("another kind of key")
    openssh, plain = serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, openssh, plain).decode()
    result = own_class.from_private_key(io.StringIO(text))
    certificate = key_file.with_name(key_file.name + "-cert.pub")
    if certificate.is_file():
        result.load_certificate(str(certificate))
    return result
