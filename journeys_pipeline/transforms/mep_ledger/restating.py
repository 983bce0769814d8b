"""A closed month as it would be billed by what is known now, and why that differs from what was billed (D5-D7)."""

from datetime import datetime

import polars as pl

from journeys_pipeline.transforms.mep_ledger.booking import book_engagements
from journeys_pipeline.transforms.mep_ledger.engaging import KEY

LATE, OTHER_PERSON, MERGED, WITHDRAWN = "late entry", "entry of another person", "merged", "withdrawn"
DELETED, RENAMED, CREDIT_MOVED = "deleted", "renamed", "credit moved"
CAUSES = {
    LATE: "+1: the person's first entry arrived after the close",
    OTHER_PERSON: "+1: an entry that was billed to one person is known to be another's, who was not billed",
    MERGED: "-1: two billed persons are known to be one; the earlier MEP stays",
    WITHDRAWN: "-1: no entry of the person is left in the month",
    DELETED: "0: the person was deleted, their id is a keyed hash now (D7)",
    RENAMED: "0: the person is known by another id (D6)",
    CREDIT_MOVED: "0: an earlier entry arrived after the close; it would get the credit (D3)",
}
"""Why a row differs, and by how much it changes the month's MEP."""
COLUMNS_OF_DIFFERENCES = {
    "account_id": pl.String(),
    "month": pl.Date(),
    "change": pl.Int64(),
    "cause": pl.String(),
    "person_id": pl.String(),
    "restated_person_id": pl.String(),
    "engaged_at": pl.Datetime("us", "UTC"),
    "journey_id": pl.String(),
    "campaign_id": pl.String(),
    "source_id": pl.String(),
    "adjusted_in": pl.Date(),
}
HASHED = "^deleted-"


def restate(engagements: pl.LazyFrame, billed: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """MepLedger of a closed month anew: every person engaged by what is known now, and nobody else.

    Args:
        engagements: What `find_engagements` gives for the month's entries by what is known now.
        billed: The statement's rows and the adjustments, as `rename_booked` names them by what is known now.
        as_of: Billed At of whoever is in neither.
    """
    return book_engagements(engagements, billed.join(engagements, on=KEY, how="semi"), as_of=as_of)


def find_differences(
    engagements: pl.LazyFrame, statement: pl.LazyFrame, *, late: pl.LazyFrame, adjusted: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per difference between statement and recount; the sum of `change` is recount - statement.

    Columns: account_id, month, change (+1, 0 or -1), cause (one of CAUSES), person_id (as closed; null for +1),
    restated_person_id, engaged_at, journey_id, campaign_id and source_id (as they would be; of a row that goes, as they
    are), adjusted_in (the month in which the person was booked since; null if in none).

    Args:
        engagements: What `find_engagements` gives for the month's entries by what is known now.
        statement: MepLedger rows as closed, and `restated_person_id`, their person's id by what is known now.
        late: What `find_late` gives without regard to adjustments.
        adjusted: `account_id`, `restated_person_id` and `adjusted_in` of the adjustments of that service month.
    """
    recount = engagements.rename({"person_id": "restated_person_id"})
    person = ["month", "account_id", "restated_person_id"]
    ranked = statement.with_columns(
        is_first=pl.int_range(pl.len()).over(person, order_by=["engaged_at", "source_id", "person_id"]) == 0
    )
    restated = recount.select(*person, recounted="source_id")
    compared = ranked.join(restated, on=person, how="left")
    lost = compared.with_columns(cause=_cause()).drop_nulls("cause")
    is_late = late.select("account_id", restated_person_id="person_id", is_late=pl.lit(value=True)).unique()
    new = (
        recount.join(statement, on=person, how="anti")
        .join(is_late, on=person[1:], how="left")
        .with_columns(
            person_id=pl.lit(None, pl.String),
            cause=pl.when("is_late").then(pl.lit(LATE)).otherwise(pl.lit(OTHER_PERSON)),
        )
    )
    rows = pl.concat([lost.select(_COMMON), new.select(_COMMON)]).join(adjusted, on=person[1:], how="left")
    change = pl.col("cause").replace_strict({cause: int(text.partition(":")[0]) for cause, text in CAUSES.items()})
    return (
        rows.with_columns(change=change.cast(pl.Int64))
        .select(COLUMNS_OF_DIFFERENCES.keys())
        .sort("cause", *person, "person_id")
    )


_COMMON = [name for name in COLUMNS_OF_DIFFERENCES if name not in {"change", "adjusted_in"}]


def _cause() -> pl.Expr:
    """Why a row of the statement differs; null if it does not."""
    has_other_id = pl.col("person_id") != pl.col("restated_person_id")
    is_hashed = pl.col("restated_person_id").str.contains(HASHED)
    return (
        pl.when(~pl.col("is_first"))
        .then(pl.lit(MERGED))
        .when(pl.col("recounted").is_null())
        .then(pl.lit(WITHDRAWN))
        .when(has_other_id & is_hashed)
        .then(pl.lit(DELETED))
        .when(has_other_id)
        .then(pl.lit(RENAMED))
        .when(pl.col("recounted") != pl.col("source_id"))
        .then(pl.lit(CREDIT_MOVED))
    )
