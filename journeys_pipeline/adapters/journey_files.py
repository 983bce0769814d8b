"""Files of journey definitions: one journey version per line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters.event_files import decoded, read_object
from journeys_pipeline.adapters.packed_lines import line_blocks


def read_journey_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Line number and object of each line that is not blank; null for a line that holds no JSON object."""
    number = 0
    for block in line_blocks(path):
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            if line.strip():
                yield number, read_object(decoded(line))
