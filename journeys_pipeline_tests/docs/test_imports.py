"""docs/imports.md lists the reasons for refusal as the program gives them."""

import re
from pathlib import Path

from journeys_pipeline.schemas.contact_entries import REASONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "imports.md"


def test_every_reason_is_documented_with_its_hint() -> None:
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))

    assert documented == REASONS
