"""What figures are counted from."""

from dataclasses import dataclass, replace

import polars as pl


@dataclass(frozen=True)
class Facts:
    """The fact tables, from as far back as attribution needs: actions and goals look back to entries."""

    entries: pl.LazyFrame
    exits: pl.LazyFrame
    steps: pl.LazyFrame
    messages: pl.LazyFrame
    goals: pl.LazyFrame
    journeys: pl.LazyFrame

    def of_journey(self, journey_id: str, version: int | None = None) -> "Facts":
        """The facts of one journey, or of one version of it; goal events belong to no journey yet and stay.

        Of messages only the sending is told apart: an event of a message need not name the journey.
        """
        is_of_version = pl.lit(value=True) if version is None else pl.col("journey_version") == version
        is_wanted = (pl.col("journey_id") == journey_id) & is_of_version
        return replace(
            self,
            entries=self.entries.filter(is_wanted),
            exits=self.exits.filter(is_wanted),
            steps=self.steps.filter(is_wanted),
            messages=self.messages.filter((pl.col("event_type") != "message_sent") | is_wanted),
            journeys=self.journeys.filter(pl.col("journey_id") == journey_id),
        )
