"""Pages of dashboards: declarations and datasets become HTML."""
