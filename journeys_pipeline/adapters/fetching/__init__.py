"""Files of every connection: found, told apart from those known, read once, kept, and put away."""

from journeys_pipeline.adapters.fetching.at_once import at_once
from journeys_pipeline.adapters.fetching.fetch import Fetch

__all__ = ["Fetch", "at_once"]
