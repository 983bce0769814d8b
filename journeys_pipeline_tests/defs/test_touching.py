"""Days that files touch are marked, each file once, whoever else marks the same days."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import touch_days
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline_tests.databases import warehouse_url

DAY, READERS, FILES = date(2026, 11, 1), 6, 8


@pytest.mark.usefixtures("each_database")
def test_every_file_of_readers_at_work_at_once_is_counted(tmp_path: Path) -> None:
    url = warehouse_url(tmp_path)
    Warehouse(url).migrate()

    def read_files(reader: int) -> None:
        warehouse = Warehouse(url)
        for number in range(FILES):
            touch_days(warehouse, "acme", {DAY: [f"file-{reader}-{number}"]})

    with ThreadPoolExecutor(READERS) as readers:
        list(readers.map(read_files, range(READERS)))

    assert Warehouse(url).read(TouchedDays)["files"].to_list() == [READERS * FILES]
