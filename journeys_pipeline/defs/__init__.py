"""Everything Dagster: assets, partitions, schedules, sensors, checks, jobs, resources."""
