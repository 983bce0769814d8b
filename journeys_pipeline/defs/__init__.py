"""Everything Dagster: assets, partitions, schedules, sensors, checks, jobs, resources; and what these read by."""
