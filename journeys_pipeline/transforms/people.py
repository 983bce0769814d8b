"""Records of people feeds become identities: for each id of a person, the one id that they are counted under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
import polars_hash as plh

from journeys_pipeline.schemas.journey_events import QuarantinedRecords
from journeys_pipeline.schemas.people import DELETION, MERGE, PROFILE, Identities, PeopleChanges
from journeys_pipeline.transforms.contact_entries import derive_person_id, normalise_emails, normalise_phones
from journeys_pipeline.transforms.journey_events import read_time

REQUIRED = {
    PROFILE: ["person_id", "account_id", "updated_at"],
    MERGE: ["survivor_id", "merged_id", "merged_at"],
    DELETION: ["person_id", "deleted_at"],
}
TIME_OF = {PROFILE: "updated_at", MERGE: "merged_at", DELETION: "deleted_at"}
IDS = ["person_id", "survivor_id", "merged_id"]
OUR_IDS = "^contact-[0-9a-f]{32}$"
CONTENT = ["change_type", "person_id", "survivor_id", "phone", "email"]
PERSON = ["account_id", "person_id"]


@dataclass(frozen=True)
class PeopleFile:
    """The file that records come from, and how its phone numbers are written."""

    file_id: str
    account_id: str
    landed_on: date
    read_at: datetime
    default_region: str | None = None


def accept_people(records: pl.LazyFrame, *, file: PeopleFile) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """PeopleChanges that keep all rules, and QuarantinedRecords with the first rule that each other record broke.

    A profile whose phone or e-mail address is not valid is accepted without it.

    Args:
        records: One row per record with `row_number`, `is_readable`, `flawed_field`, and every field as text.
        file: Where the records come from.
    """
    kinds = [pl.when(pl.col(time).is_not_null()).then(pl.lit(kind)) for kind, time in TIME_OF.items()]
    judged = (
        records.with_columns(
            change_type=pl.coalesce(kinds),
            kinds=pl.sum_horizontal(pl.col(time).is_not_null() for time in TIME_OF.values()),
            changed_at=pl.coalesce(read_time(time) for time in TIME_OF.values()),
        )
        .with_columns(refusal=pl.coalesce(_refusals(file)))
        .with_columns(person_id=pl.coalesce(pl.when(pl.col("change_type") == MERGE).then("merged_id"), "person_id"))
    )
    accepted = _typed(judged.filter(pl.col("refusal").is_null()), file)
    refused = judged.filter(pl.col("refusal").is_not_null()).select(
        "row_number",
        file_id=pl.lit(file.file_id),
        account_id=pl.lit(file.account_id),
        reason="refusal",
        day=pl.lit(file.landed_on),
    )
    return accepted, QuarantinedRecords.cast(refused)


def drop_repeated(changes: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The PeopleChanges that no earlier row and no known one says, in their order."""
    key = PeopleChanges.primary_key()
    return changes.join(known, on=key, how="anti", maintain_order="left").unique(key, keep="first", maintain_order=True)


def resolve_identities(changes: pl.LazyFrame) -> pl.LazyFrame:
    """Identities, by account and id, whatever the order in which the changes came.

    - All persons that merges connect are one (D6): the survivor of the earliest of these merges; of those at one time,
      that of the smaller survivor id, then the smaller merged id.
    - The id that is derived from a contact stands for the person whose newest profile has that contact (D23). If
      several have it, the one whose first profile is the oldest; of those of one time, the smaller id.

    A deletion changes nothing: who was counted stays counted (D7).
    """
    merged = _merged_persons(changes)
    owners = _contact_owners(changes).rename({"person_id": "owner"})
    survivors = merged.rename({"person_id": "owner"})
    by_contact = owners.join(survivors, on=["account_id", "owner"], how="left").select(
        "account_id",
        person_id="contact",
        resolved_person_id=pl.coalesce("resolved_person_id", "owner"),
    )
    return Identities.cast(pl.concat([merged, by_contact])).sort(Identities.primary_key())


def resolve(facts: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows with each `person_id` replaced by the id of the person that it stands for.

    Where there is an `alternate_person_id`, it says who it is if nothing is known of the first; it is null afterwards.
    """
    columns = facts.collect_schema().names()
    resolved = facts.join(identities, on=PERSON, how="left")
    if "alternate_person_id" not in columns:
        return resolved.with_columns(person_id=pl.coalesce("resolved_person_id", "person_id")).select(columns)
    alternate = {"person_id": "alternate_person_id", "resolved_person_id": "resolved_alternate"}
    return (
        resolved.join(identities.rename(alternate), on=["account_id", "alternate_person_id"], how="left")
        .with_columns(
            person_id=pl.coalesce("resolved_person_id", "resolved_alternate", "person_id"),
            alternate_person_id=pl.lit(None, dtype=pl.String),
        )
        .select(columns)
    )


def find_affected(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """`account_id` and `person_id` of all ids of those persons whose ids are not the same in both Identities."""
    row = Identities.column_names()
    changed = pl.concat([before.join(after, on=row, how="anti"), after.join(before, on=row, how="anti")])
    persons = changed.select("account_id", "resolved_person_id")
    ids = pl.concat([before, after]).join(persons, on=["account_id", "resolved_person_id"], how="semi")
    survivors = persons.select("account_id", person_id="resolved_person_id")
    return pl.concat([ids.select(PERSON), survivors]).unique().sort(PERSON)


def _refusals(file: PeopleFile) -> list[pl.Expr]:
    """The rules for records, first things first, each as the reason why a record breaks it."""
    kind = pl.col("change_type")
    rules = [
        (~pl.col("is_readable"), "the line is not a JSON object"),
        (
            pl.col("kinds") != 1,
            "the record is not one of: profile (updated_at), merge (merged_at), deletion (deleted_at)",
        ),
        *(
            ((kind == change_type) & pl.col(name).is_null(), f"{name} is missing")
            for change_type, names in REQUIRED.items()
            for name in names
        ),
        (pl.col("account_id") != file.account_id, "account_id is not that of the connection"),
        (pl.col("changed_at").is_null(), "the time is no time with an offset (ISO 8601) nor epoch milliseconds"),
        *(
            (pl.col(name).str.contains(OUR_IDS), f"{name} has the form of ids that are derived from contacts")
            for name in IDS
        ),
        (pl.col("survivor_id") == pl.col("merged_id"), "survivor_id and merged_id are the same"),
    ]
    flawed = pl.format("{} is not a single value", "flawed_field")
    return [
        pl.when(pl.col("flawed_field").is_not_null() & pl.col("is_readable")).then(flawed),
        *(pl.when(condition).then(pl.lit(reason)) for condition, reason in rules),
    ]


def _typed(records: pl.LazyFrame, file: PeopleFile) -> pl.LazyFrame:
    kind = pl.col("change_type")
    contacts = [_given(name, kind == PROFILE) for name in ("phone", "email")]
    content = plh.concat_str(
        *(pl.col(name).fill_null("") for name in CONTENT),
        pl.col("changed_at").dt.epoch("us").cast(pl.String),
        separator="\x1f",
    )
    return PeopleChanges.cast(
        records.with_columns(*contacts)
        .with_columns(
            phone=pl.col("phone").map_batches(
                lambda phones: normalise_phones(phones, default_region=file.default_region), return_dtype=pl.String
            ),
            email=pl.col("email").map_batches(normalise_emails, return_dtype=pl.String),
            survivor_id=pl.when(kind == MERGE).then("survivor_id"),
            account_id=pl.lit(file.account_id),
            file_id=pl.lit(file.file_id),
            day=pl.lit(file.landed_on),
            read_at=pl.lit(file.read_at, dtype=pl.Datetime("us", "UTC")),
        )
        .with_columns(change_id=content.chash.sha2_256().str.head(32))
        .select(PeopleChanges.column_names())
    )


def _given(name: str, condition: pl.Expr) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(condition & (text != "")).then(text)


def _contact_owners(changes: pl.LazyFrame) -> pl.LazyFrame:
    """`account_id`, the id that is derived from a `contact`, and the `person_id` of its owner."""
    newest = (
        changes.filter(pl.col("change_type") == PROFILE)
        .sort("changed_at", "change_id")
        .group_by(PERSON)
        .agg(pl.col("phone", "email").last(), since=pl.col("changed_at").first())
    )
    return (
        newest.unpivot(["phone", "email"], index=[*PERSON, "since"], value_name="contact")
        .drop_nulls("contact")
        .with_columns(contact=derive_person_id(pl.col("account_id"), pl.col("contact")))
        .sort("since", "person_id")
        .unique(["account_id", "contact"], keep="first", maintain_order=True)
        .select("account_id", "contact", "person_id")
    )


def _merged_persons(changes: pl.LazyFrame) -> pl.LazyFrame:
    """Identities of those whom merges connect with somebody else."""
    merges = changes.filter(pl.col("change_type") == MERGE).select(
        "account_id", "changed_at", "survivor_id", merged_id="person_id"
    )
    return merges.map_batches(_connect, schema=Identities.create_empty().schema)


def _connect(merges: pl.DataFrame) -> pl.DataFrame:
    ordered = merges.sort("account_id", "changed_at", "survivor_id", "merged_id")
    persons = pl.concat(
        [
            ordered.select("account_id", person_id="survivor_id"),
            ordered.select("account_id", person_id="merged_id"),
        ]
    )
    numbers = persons.select(pl.struct(PERSON).rank("dense") - 1).to_series().to_list()
    survivors = _survivors(numbers[: ordered.height], numbers[ordered.height :])
    names = persons.with_columns(number=pl.Series(numbers, dtype=pl.Int64)).unique("number").sort("number")
    resolved = names["person_id"].gather(pl.Series(survivors, dtype=pl.UInt32))
    return (
        names.with_columns(resolved_person_id=resolved)
        .filter(pl.col("person_id") != pl.col("resolved_person_id"))
        .select(Identities.column_names())
    )


def _survivors(survivors: Sequence[int], merged: Sequence[int]) -> list[int]:
    """For each person (a number from 0) the survivor of the earliest merge among all that they are connected by.

    The merges come by time. They are gone through backwards, so that the earliest has the last word.
    """
    above = list(range(max([*survivors, *merged], default=-1) + 1))
    named = list(above)

    def top(person: int) -> int:
        while above[person] != person:
            above[person] = above[above[person]]
            person = above[person]
        return person

    for survivor, other in zip(reversed(survivors), reversed(merged), strict=True):
        above[top(other)] = top(survivor)
        named[top(survivor)] = survivor
    return [named[top(person)] for person in range(len(above))]
