"""What a widget can show: datasets, and what each of their columns is.

The words stand here, below everything else, because a catalog's own dashboards are checked against them, the
transforms make frames with exactly these columns, and rendering formats each by its kind.
"""

from journeys_pipeline.catalog.datasets.accounts import ACCOUNT_DATASETS
from journeys_pipeline.catalog.datasets.calls import CALL_DATASETS
from journeys_pipeline.catalog.datasets.campaigns import CAMPAIGN_DATASETS
from journeys_pipeline.catalog.datasets.channels import CHANNEL_DATASETS
from journeys_pipeline.catalog.datasets.imports import IMPORT_DATASETS
from journeys_pipeline.catalog.datasets.meps import MEP_DATASETS
from journeys_pipeline.catalog.datasets.words import Column, ColumnKind, Dataset

DATASETS: dict[str, Dataset] = {
    **ACCOUNT_DATASETS,
    **CHANNEL_DATASETS,
    **CAMPAIGN_DATASETS,
    **CALL_DATASETS,
    **IMPORT_DATASETS,
    **MEP_DATASETS,
}

__all__ = ["DATASETS", "MEP_DATASETS", "Column", "ColumnKind", "Dataset"]
