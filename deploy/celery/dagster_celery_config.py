"""Settings of the workers: `celery -A dagster_celery.app worker` reads this module if it is on the PYTHONPATH."""

import os

broker_url = os.environ["JOURNEYS_CELERY_BROKER"]
result_backend = os.environ["JOURNEYS_CELERY_BACKEND"]
worker_concurrency = 1
worker_disable_prefetch = True  # else a worker at work takes one more run, which waits while others have nothing to do
worker_max_tasks_per_child = 1
"""A process for each run, as on one machine: what a run took of memory goes back."""
