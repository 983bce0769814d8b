"""Where the columns of a contact file stand, and the table that its rows become."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

SCHEMA = {
    "row_number": pl.Int64,
    "raw_phone": pl.String,
    "raw_email": pl.String,
    "attributes": pl.String,
    "is_readable": pl.Boolean,
}


@dataclass(frozen=True)
class Layout:
    """What the header says about the rows below it. No two names are the same, and none has control characters."""

    names: list[str]
    delimiter: str
    phone_at: int | None
    email_at: int | None

    @cached_property
    def others(self) -> dict[str, int]:
        """The columns that become attributes: name and position."""
        wanted = (self.phone_at, self.email_at)
        return {name: position for position, name in enumerate(self.names) if position not in wanted}
