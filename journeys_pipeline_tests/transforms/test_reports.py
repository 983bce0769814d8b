"""The MEP consumption report: its columns (F72), its people (D2, D8), its file format (F70, F71, D21)."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.reports import MepReport
from journeys_pipeline.transforms.mep_ledger import book_engagements, find_engagements
from journeys_pipeline.transforms.reports import Format, choose_format, report_meps, restate_meps

BILLED_AT = datetime(2026, 1, 20, 3, tzinfo=UTC)
JOURNEYS = pl.LazyFrame(
    {
        "account_id": ["acme"] * 2,
        "journey_id": ["j1", "j2"],
        "version": [1, 1],
        "campaign_id": ["c1", "c2"],
        "campaign_name": ["Spring", "Summer"],
    },
    schema_overrides={"version": pl.Int32},
)
ENTRIES = [
    # person, day of January, journey, sub-account
    ("bob", 4, "j2", "south"),
    ("ann", 9, "j2", "south"),
    ("ann", 2, "j1", "north"),
    ("ann", 11, "j1", "south"),
    ("cem", 3, "j1", "west"),
    ("dee", 3, "j2", None),
]


def on(day: int) -> datetime:
    return datetime(2026, 1, day, 9, 30, 15, tzinfo=UTC)


def engagements(*sub_accounts: str | None) -> pl.LazyFrame:
    rows = [
        (f"e{number}", date(2026, 1, day), "acme", sub_account, journey, 1, person, "api", on(day))
        for number, (person, day, journey, sub_account) in enumerate(ENTRIES)
        if not sub_accounts or sub_account in sub_accounts
    ]
    columns = ["source_id", "day", "account_id", "sub_account_id", "journey_id", "journey_version"]
    entries = pl.LazyFrame(
        rows,
        schema=[*columns, "person_id", "entry_source", "entered_at"],
        schema_overrides={"journey_version": pl.Int32, "entered_at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    return find_engagements(entries, JOURNEYS)


def report(*sub_accounts: str) -> pl.DataFrame:
    ledger = book_engagements(engagements(), MepLedger.create_empty().lazy(), as_of=BILLED_AT)
    chosen = engagements(*sub_accounts)
    return report_meps(ledger, chosen if sub_accounts else None).collect()


def test_the_columns_are_exactly_these_five_in_this_order_f72_f73() -> None:
    rows = report()

    assert rows.columns == ["Person ID", "Engaged At", "Billed At", "Campaign ID", "Campaign Name"]
    assert rows.dtypes == [
        pl.String,
        pl.Datetime("us", "UTC"),
        pl.Datetime("us", "UTC"),
        pl.String,
        pl.String,
    ]
    assert MepReport.validate(rows).equals(rows)


def test_a_month_without_engaged_persons_has_the_same_columns_f72() -> None:
    nobody = MepLedger.create_empty().lazy()

    rows = report_meps(nobody).collect()

    assert rows.rows() == []
    assert rows.columns == ["Person ID", "Engaged At", "Billed At", "Campaign ID", "Campaign Name"]


def test_all_accounts_list_each_billed_person_once_by_time_then_person_f69_f74_d2() -> None:
    rows = report()

    assert rows.rows() == [
        ("ann", on(2), BILLED_AT, "c1", "Spring"),
        ("cem", on(3), BILLED_AT, "c1", "Spring"),
        ("dee", on(3), BILLED_AT, "c2", "Summer"),
        ("bob", on(4), BILLED_AT, "c2", "Summer"),
    ]


def test_a_sub_account_lists_its_unique_people_by_their_first_entry_there_d8() -> None:
    rows = report("south")

    assert rows.rows() == [
        ("bob", on(4), BILLED_AT, "c2", "Summer"),
        ("ann", on(9), BILLED_AT, "c2", "Summer"),
    ]


def test_a_person_of_two_chosen_sub_accounts_is_listed_once_f69_d8() -> None:
    rows = report("north", "south")

    assert rows.select("Person ID", "Engaged At").rows() == [("ann", on(2)), ("bob", on(4))]


def test_whoever_is_not_billed_is_in_no_sub_account_report_d8() -> None:
    billed = book_engagements(engagements("north"), MepLedger.create_empty().lazy(), as_of=BILLED_AT)

    rows = report_meps(billed, engagements("south")).collect()

    assert rows["Person ID"].to_list() == ["ann"]


@pytest.mark.parametrize(
    ("row_count", "wanted", "made"),
    [
        (0, "xlsx", "xlsx"),
        (10_000, "xlsx", "xlsx"),
        (10_001, "xlsx", "csv"),
        (3, "csv", "csv"),
        (10_000, "csv", "csv"),
        (10_001, "csv", "csv"),
    ],
)
def test_more_than_ten_thousand_rows_make_it_csv_f70_f71_d21(row_count: int, wanted: Format, made: Format) -> None:
    assert choose_format(row_count, wanted) == made


def test_a_restatement_counts_who_is_known_now_and_leaves_unbooked_who_was_not_billed_d5() -> None:
    billed = book_engagements(engagements("north", "west"), MepLedger.create_empty().lazy(), as_of=BILLED_AT)

    rows = restate_meps(engagements("south", "north"), billed).sort("person_id").collect()

    assert rows.select("person_id", "billed_at").rows() == [("ann", BILLED_AT), ("bob", None)]
    assert rows.columns == MepLedger.column_names()
