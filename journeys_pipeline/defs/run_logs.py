"""What runs write to the console."""

import logging
from collections.abc import Collection

import dagster as dg

from journeys_pipeline.adapters.log_lines import JsonLines, write_json_lines


def log_in_json(secrets: Collection[str]) -> None:
    """Our loggers, and the console log of all runs of this process, become JSON lines.

    Dagster asks for a logger of one's own in each run's config, and what the UI, back-fills and sensors start has none:
    so the one that Dagster takes by itself makes ours.
    """
    write_json_lines(secrets)

    def console(context: dg.InitLoggerContext) -> logging.Logger:
        config = context.logger_config
        logger = logging.Logger(config["name"], config["log_level"].upper())  # noqa: LOG001 - one of this run alone
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines(secrets))
        logger.addHandler(handler)
        return logger

    dg.colored_console_logger._logger_fn = console  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as said above
