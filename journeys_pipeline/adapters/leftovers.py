"""What programs that died have left: files and folders that were on their way somewhere."""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

PREFIXES = (".incoming-", ".scratch-", ".writing-", ".reading-")


def remove_leftovers(folders: Iterable[Path], *, before: datetime) -> tuple[int, int]:
    """How many files and folders on their way are gone, and how many bytes; those written to since `before` stay."""
    found = [path for folder in folders for path in _on_their_way(folder) if _newest(path) < before]
    size = sum(_size(path) for path in found)
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found), size


def _on_their_way(folder: Path) -> list[Path]:
    """All below the folder; what lies in a scratch folder goes with it."""
    found = [path for path in sorted(folder.rglob(".*-*")) if path.name.startswith(PREFIXES)]
    return [path for path in found if not any(parent in found for parent in path.parents)]


def _newest(path: Path) -> datetime:
    """When anything in it was written last; now, if somebody else removes it meanwhile."""
    try:
        return datetime.fromtimestamp(max(each.stat().st_mtime for each in [path, *path.rglob("*")]), UTC)
    except OSError:
        return datetime.now(UTC)


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in [path, *path.rglob("*")] if each.is_file())
