"""The dashboards that come with the package."""

from functools import cache
from importlib.resources import files

from journeys_pipeline.catalog.dashboards import Dashboard
from journeys_pipeline.catalog.document import parse
from journeys_pipeline.catalog.mistakes import Mistake


@cache
def standard_dashboard(name: str) -> Dashboard:
    """The dashboard in `standard/<name>.yaml`."""
    document = parse((files("journeys_pipeline.catalog") / "standard" / f"{name}.yaml").read_bytes())
    if isinstance(document, Mistake):
        raise TypeError(f"{name}.yaml:{document.line}: {document.message}")
    return Dashboard.model_validate(document.data)
