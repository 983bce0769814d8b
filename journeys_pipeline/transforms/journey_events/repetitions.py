"""Events that come again are told from new ones by hashes of their key and of their content.

The hashes are kept for good, so they are of a published kind (XXH3) and of the values' text, never Polars' own.

- Key: 128 bits, so that two of 10^12 events of an account share one with a chance of 1 in 10^14.
- Content: the sum of a hash of each field, seeded by its name. A field that is null adds nothing, so that a column can
  join the table without making all earlier events look different.
"""

from zlib import crc32

import polars as pl
import polars_hash as plh

from journeys_pipeline.schemas.journey_events import JourneyEvents

EVENT_KEY = ["key_high", "key_low"]
NEW, DUPLICATE, CONFLICT = "new", "duplicate", "conflict"

_NO_CONTENT = {"account_id", "event_id", "day", "file_id", "row_number"}  # the key, what follows from it, the origin
_LOWEST = -(2**63)


def sign_events(events: pl.LazyFrame) -> pl.LazyFrame:
    """JourneyEvents with `key_high`, `key_low` and `content`, as EventKeys holds them."""
    key = plh.concat_str("account_id", "event_id", separator="\x1f")
    fields = [name for name in JourneyEvents.column_names() if name not in _NO_CONTENT]
    return events.with_columns(
        key_high=_xxh3(key, seed=0), key_low=_xxh3(key, seed=1), content=pl.sum_horizontal(map(_field_hash, fields))
    )


def is_in_part(part: int, *, of_parts: int) -> pl.Expr:
    """Whether a row's key is in one of the equal ranges (from 0) that the keys are cut into."""
    edges = [_LOWEST + 2**64 * edge // of_parts for edge in (part, part + 1)]
    return pl.col("key_high").is_between(edges[0], edges[1] - 1)


def judge_repetitions(arriving: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The arriving events with a `verdict`: new; duplicate of the first of its key; or in conflict with it.

    Args:
        arriving: `key_high`, `key_low`, `content`, and whatever else, in the order of arrival.
        known: EventKeys of the same range of keys.
    """
    keys = arriving.select(EVENT_KEY)
    stored = known.join(keys, on=EVENT_KEY, how="semi").select(*EVENT_KEY, stored="content")
    first = pl.coalesce("stored", pl.col("content").first().over(EVENT_KEY))
    is_new = pl.col("stored").is_null() & pl.struct(EVENT_KEY).is_first_distinct()
    verdict = (
        pl.when(is_new)
        .then(pl.lit(NEW))
        .when(pl.col("content") == first)
        .then(pl.lit(DUPLICATE))
        .otherwise(pl.lit(CONFLICT))
    )
    return (
        arriving.join(stored, on=EVENT_KEY, how="left", maintain_order="left")
        .with_columns(verdict=verdict)
        .drop("stored")
    )


def _field_hash(name: str) -> pl.Expr:
    dtype = JourneyEvents.columns()[name].dtype
    value = pl.col(name).reinterpret(dtype=pl.Int64) if dtype == pl.Float64 else pl.col(name).to_physical()
    return _xxh3(plh.col(name) if dtype == pl.String else value.cast(pl.String), seed=crc32(name.encode()))


def _xxh3(text: pl.Expr, *, seed: int) -> pl.Expr:
    return text.nchash.xxh3_64(seed=seed).reinterpret(dtype=pl.Int64)  # pyright: ignore[reportAttributeAccessIssue]
