"""Contact files as tests write and read them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import read_contact_rows

Read = Callable[..., pl.DataFrame]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """All rows of a file with this content, by default with the columns phone and email."""

    def rows(content: bytes, **options: Any) -> pl.DataFrame:
        path = tmp_path / "content"
        path.write_bytes(content)
        return pl.concat(read_contact_rows(path, **{"phone_column": "phone", "email_column": "email", **options}))

    return rows
