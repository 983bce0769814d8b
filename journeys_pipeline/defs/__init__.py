"""Everything Dagster: assets, partitions, schedules, sensors, checks, jobs, resources."""

import warnings

import dagster as dg

# Back-fill policies and the months' mapping are marked beta; a test holds each to what we need of it.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
