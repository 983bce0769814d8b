"""Records as written become typed events; what breaks a rule is set aside with its reason, nothing is lost."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from journeys_pipeline.schemas.journey_events import (
    CALL_OUTCOMES,
    CHANNELS,
    ENTRY_SOURCES,
    EXIT_TYPES,
    INPUT_OUTCOMES,
    OUTCOMES,
    REQUIRED_FIELDS,
    JourneyEvents,
    QuarantinedRecords,
)

ENVELOPE = ["event_id", "event_type", "occurred_at", "account_id"]
TIMES = ["occurred_at", "started_at", "answered_at"]
WHOLE_NUMBERS = ["journey_version", "segments"]
FLAGS = ["is_test", "is_machine", "permanent"]
CHOICES = {
    "channel": CHANNELS,
    "entry_source": ENTRY_SOURCES,
    "exit_type": EXIT_TYPES,
    "answered_by": ["human", "machine"],
    "masking": ["always", "masked", "never"],
}
OUTCOMES_OF = {"element_completed": OUTCOMES, "call_ended": CALL_OUTCOMES, "input_collected": INPUT_OUTCOMES}

# \d would be digits of every script, which Polars cannot read; JSON writers turn to exponents below 0.0001.
ISO_TIME = (
    r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
)
EPOCH_MS = r"^[0-9]{11,14}$"
WHOLE_NUMBER = r"^[1-9][0-9]{0,8}$"
AMOUNT = r"[0-9]{1,12}(?:\.[0-9]{1,6})?|[0-9](?:\.[0-9])?e-0?5|[0-9]e-0?6"
MONEY = f"^-?(?:{AMOUNT})$"
PRICE = f"^(?:{AMOUNT})$"
SECONDS = r"^[0-9]{1,9}(?:\.[0-9]+)?(?:e-[0-9]{1,2})?$"
CURRENCY = r"^[A-Z]{3}$"


@dataclass(frozen=True)
class EventFile:
    """The file that records come from."""

    file_id: str
    account_id: str
    landed_on: date


def accept_events(records: pl.LazyFrame, *, file: EventFile) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """JourneyEvents that keep all rules, and QuarantinedRecords with the first rule that each other record broke.

    Args:
        records: One row per record with `row_number`, `is_readable`, `flawed_field`, every event field as text,
            and `attributes`.
        file: Where the records come from.
    """
    judged = records.with_columns(
        *(read_time(name).alias(f"typed_{name}") for name in TIMES),
        refusal=pl.coalesce(
            pl.when(~pl.col("is_readable")).then(pl.lit("the line is not a JSON object")),
            pl.when(pl.col("flawed_field").is_not_null()).then(
                pl.format("{} is given twice or is not a single value", "flawed_field")
            ),
            *(_refuse(pl.col(name).is_null(), f"{name} is missing") for name in ENVELOPE),
            _refuse(pl.col("account_id") != file.account_id, "account_id is not that of the connection"),
            _refuse(~pl.col("event_type").is_in(list(REQUIRED_FIELDS)), "event_type is unknown"),
            *_missing_fields(),
            *_malformed_fields(),
        ),
    ).with_columns(
        refusal=pl.coalesce(
            "refusal",
            *(
                _refuse(
                    pl.col(name).is_not_null() & pl.col(f"typed_{name}").is_null(),
                    f"{name} is no time with an offset (ISO 8601) nor epoch milliseconds",
                )
                for name in TIMES
            ),
        )
    )
    accepted = _typed(judged.filter(pl.col("refusal").is_null()), file)
    return accepted, _quarantined(judged.filter(pl.col("refusal").is_not_null()), file)


def _refuse(condition: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason))


def _missing_fields() -> list[pl.Expr]:
    """A field that the event's type requires is not there."""
    fields = sorted({field for required in REQUIRED_FIELDS.values() for field in required})
    types = {field: [name for name, required in REQUIRED_FIELDS.items() if field in required] for field in fields}
    return [
        _refuse(pl.col(field).is_null() & pl.col("event_type").is_in(types[field]), f"{field} is missing")
        for field in fields
    ]


def _malformed_fields() -> list[pl.Expr]:
    """A field is there, but not what it should be."""
    patterns = dict.fromkeys(WHOLE_NUMBERS, (WHOLE_NUMBER, "a whole number from 1 on"))
    patterns |= {"price": (PRICE, "an amount from 0 on with at most six decimals")}
    patterns |= {"duration_s": (SECONDS, "a number of seconds"), "currency": (CURRENCY, "an ISO 4217 code")}
    goal_value = (pl.col("event_type") == "goal_performed") & ~pl.col("value").str.contains(MONEY)
    return [
        *(
            _refuse(~pl.col(name).str.contains(form), f"{name} is not {what}")
            for name, (form, what) in patterns.items()
        ),
        *(_refuse(~pl.col(name).is_in(["true", "false"]), f"{name} is not true or false") for name in FLAGS),
        *(_refuse(~pl.col(name).is_in(allowed), f"{name} is unknown") for name, allowed in CHOICES.items()),
        *(
            _refuse((pl.col("event_type") == kind) & ~pl.col("outcome").is_in(allowed), "outcome is unknown")
            for kind, allowed in OUTCOMES_OF.items()
        ),
        _refuse(~pl.col("outcome").is_in(sorted({*OUTCOMES, *CALL_OUTCOMES, *INPUT_OUTCOMES})), "outcome is unknown"),
        _refuse(goal_value, "value is not an amount with at most six decimals"),
    ]


def read_time(name: str) -> pl.Expr:
    """UTC microseconds from ISO 8601 with an offset, or from epoch milliseconds; null for anything else."""
    text = pl.col(name)
    iso = text.str.replace("Z$", "+0000").str.replace(" ", "T", literal=True).str.replace(r":(\d\d)$", "${1}")
    from_iso = iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False)
    from_epoch = (text.cast(pl.Int64, strict=False) * 1000).cast(pl.Datetime("us", "UTC"))
    return pl.when(text.str.contains(ISO_TIME)).then(from_iso).when(text.str.contains(EPOCH_MS)).then(from_epoch)


def _typed(records: pl.LazyFrame, file: EventFile) -> pl.LazyFrame:
    kind = pl.col("event_type")
    acts = ["message_seen", "message_opened", "message_clicked"]
    is_input = kind == "input_collected"
    derived_entry = pl.concat_str(
        ["journey_id", "journey_version", "person_id", pl.col("typed_occurred_at").dt.epoch("us").cast(pl.String)],
        separator="|",
    )
    return JourneyEvents.cast(
        records.with_columns(
            *(pl.col(f"typed_{name}").alias(name) for name in TIMES),
            *((pl.col(name) == "true").alias(name) for name in FLAGS),
            day=pl.col("typed_occurred_at").dt.date(),
            segments=pl.when(kind == "message_sent").then(pl.col("segments").fill_null("1")).otherwise("segments"),
            entry_id=pl.when(kind == "journey_entered")
            .then(pl.coalesce("entry_id", derived_entry))
            .otherwise("entry_id"),
            value=pl.when(is_input & (pl.col("masking") == "never"))
            .then(None)
            .when(is_input & (pl.col("masking") == "masked"))
            .then(pl.concat_str(pl.lit("***"), pl.col("value").str.slice(2).str.tail(2)))
            .otherwise("value"),
            file_id=pl.lit(file.file_id),
        )
        .with_columns(
            pl.col("is_test").fill_null(value=False),
            is_machine=pl.when(kind.is_in(acts))
            .then(pl.col("is_machine").fill_null(value=False))
            .otherwise("is_machine"),
        )
        .select(JourneyEvents.column_names())
    )


def _quarantined(records: pl.LazyFrame, file: EventFile) -> pl.LazyFrame:
    return QuarantinedRecords.cast(
        records.select(
            pl.lit(file.file_id).alias("file_id"),
            "row_number",
            pl.lit(file.account_id).alias("account_id"),
            pl.col("refusal").alias("reason"),
            pl.lit(file.landed_on).alias("day"),
        )
    )
