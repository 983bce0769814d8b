"""Certificates of loopback, signed by themselves."""

import subprocess
from pathlib import Path

REQUEST = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
NAMES = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Certificate and key, as files in the folder."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [*REQUEST, *NAMES, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
