"""The three packages and how fresh each promises its numbers to be (F85, F90)."""

from datetime import timedelta
from enum import StrEnum


class Tier(StrEnum):
    """An account's package; it decides when numbers are refreshed, never where they are kept."""

    START = "start"
    GROW = "grow"
    SCALE = "scale"


REFRESH_EVERY = {
    Tier.START: timedelta(hours=24),
    Tier.GROW: timedelta(hours=6),
    Tier.SCALE: timedelta(hours=2),
}

REFRESH_CRON = {
    Tier.START: "0 3 * * *",
    Tier.GROW: "0 */6 * * *",
    Tier.SCALE: "0 */2 * * *",
}
