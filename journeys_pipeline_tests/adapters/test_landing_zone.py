"""The landing zone keeps bytes once, for good, for us alone."""

import hashlib
from pathlib import Path

import pytest

from journeys_pipeline.adapters.landing_zone import LandingZone

BYTES = b"phone\n+15005550006\n"
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def zone(root: Path) -> LandingZone:
    return LandingZone(root)


def land(zone: LandingZone, connection_id: str = "acme") -> Path:
    with zone.receive(connection_id) as incoming:
        incoming.stream.write(BYTES)
        incoming.keep(SHA256)
    return zone.path(connection_id, SHA256)


def land_half(zone: LandingZone) -> None:
    with zone.receive("acme") as incoming:
        incoming.stream.write(BYTES[:5])
        raise ConnectionResetError


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_bytes_lie_under_their_hash_in_their_connections_folder(zone: LandingZone, root: Path) -> None:
    path = land(zone)

    assert path == root / "acme" / SHA256[:2] / SHA256 == zone.path("acme", SHA256)
    assert path.read_bytes() == BYTES
    assert zone.path("acme", SHA256).is_file()


def test_nobody_else_may_read_what_landed(zone: LandingZone, root: Path) -> None:
    path = land(zone)

    modes = {p.stat().st_mode & 0o777 for p in (root, root / "acme", path.parent)}
    assert modes == {0o700}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_half_written_file_leaves_nothing(zone: LandingZone, root: Path) -> None:
    with pytest.raises(ConnectionResetError):
        land_half(zone)

    assert files_below(root) == []


def test_a_file_that_is_not_kept_leaves_nothing(zone: LandingZone, root: Path) -> None:
    with zone.receive("acme") as incoming:
        incoming.stream.write(BYTES)

    assert files_below(root) == []
    assert not zone.path("acme", SHA256).is_file()


def test_the_same_bytes_again_change_nothing(zone: LandingZone, root: Path) -> None:
    first = land(zone)
    before = first.stat()

    second = land(zone)

    assert second == first
    assert (second.stat().st_ino, second.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_below(root) == [first]


def test_connections_do_not_share_files(zone: LandingZone) -> None:
    land(zone, "acme")

    assert not zone.path("globex", SHA256).is_file()
    assert land(zone, "globex") != zone.path("acme", SHA256)


@pytest.mark.parametrize("connection_id", ["", ".", "..", "../acme", "a/b", ".hidden", "a\nb"])
def test_a_connection_id_cannot_lead_out_of_the_landing_zone(zone: LandingZone, connection_id: str) -> None:
    with pytest.raises(ValueError, match="connection id"):
        zone.path(connection_id, SHA256)


@pytest.mark.parametrize("sha256", ["", "..", SHA256.upper(), SHA256[:-1], SHA256 + "\n"])
def test_only_a_hash_is_an_address(zone: LandingZone, sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        zone.path("acme", sha256)
