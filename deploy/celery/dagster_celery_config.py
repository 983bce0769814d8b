"""Settings of the workers: `celery -A dagster_celery.app worker` reads this module if it is on the PYTHONPATH."""

import os

broker_url = os.environ["JOURNEYS_CELERY_BROKER"]
result_backend = os.environ["JOURNEYS_CELERY_BACKEND"]
worker_prefetch_multiplier = 1
worker_concurrency = 1
worker_max_tasks_per_child = 1
"""A process for each run, as on one machine: what a run took of memory goes back."""
