"""Numbers as dialled, of ASCII digits and perhaps a plus sign before them, become E.164 as in libphonenumber (F48)."""

from collections.abc import Iterator

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from journeys_pipeline.transforms.contact_entries.numbering_plans import (
    NUMBER,
    NumberingPlan,
    keep_assigned,
    plan_of_region,
    plans_of_calling_code,
    split,
    starts,
)

_CALLING_CODES = "|".join(str(code) for code in sorted(COUNTRY_CODE_TO_REGION_CODE))


def judge_dialled_numbers(dialled: pl.DataFrame, default_region: str | None) -> Iterator[pl.DataFrame]:
    """The `phone` in E.164 of each `row` whose `number` is valid, in any order.

    Args:
        dialled: The columns `row` and `number`.
        default_region: Where a number without a calling code is from; None: such a number is not valid.
    """
    international, other = _split_by_calling_code(dialled)
    home = plan_of_region(default_region)
    if home is not None:
        abroad, domestic = _split_by_home(other, home)
        international = pl.concat([international, abroad])
        yield _valid(domestic, home)
    for (calling_code,), numbers in international.partition_by("calling_code", as_dict=True).items():
        main, *_ = plans_of_calling_code(str(calling_code))
        yield _valid(numbers.select("row", NUMBER.str.slice(len(main.calling_code) + 1)), main)


def _split_by_calling_code(numbers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that have a plus sign and a `calling_code` that exists, and the others."""
    coded = numbers.with_columns(calling_code=NUMBER.str.extract(rf"^\+({_CALLING_CODES})"))
    found, missing = split(coded, pl.col("calling_code").is_not_null())
    return found, missing.drop("calling_code")


def _split_by_home(numbers: pl.DataFrame, home: NumberingPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that have a calling code without a plus sign that counts, and the region's own, without code.

    The library overlooks a plus sign before what is no calling code if the prefix for calls abroad stands there: +0031.
    """
    bare = numbers.with_columns(NUMBER.str.strip_prefix("+"), has_plus=NUMBER.str.starts_with("+"))
    dialled = bare.lazy().with_columns(rest=home.after_international_prefix(NUMBER)).collect()
    abroad, domestic = split(dialled, pl.col("rest").is_not_null())
    coded, own = _split_by_bare_code(domestic.filter(~pl.col("has_plus")).select("row", "number"), home)
    return pl.concat([_split_by_calling_code(abroad.select("row", number="+" + pl.col("rest")))[0], coded]), own


def _split_by_bare_code(numbers: pl.DataFrame, home: NumberingPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that begin with the region's own calling code, and the others."""
    code = home.calling_code
    begun, others = split(numbers, NUMBER.str.starts_with(code))
    dialled = begun.lazy().with_columns(rest=home.after_bare_calling_code(NUMBER)).collect()
    coded, own = split(dialled, pl.col("rest").is_not_null())
    return (
        coded.select("row", number=f"+{code}" + pl.col("rest"), calling_code=pl.lit(code)),
        pl.concat([others, own.drop("rest")]),
    )


def _valid(numbers: pl.DataFrame, plan: NumberingPlan) -> pl.DataFrame:
    """The phones of those national numbers, as dialled by a plan, that are valid with its calling code."""
    prefixed, others = split(numbers, starts(NUMBER, plan.national_prefix))
    # Lazy, so that what the expression names several times is made once.
    stripped = prefixed.lazy().with_columns(plan.significant(NUMBER)).collect()
    assigned = keep_assigned(pl.concat([others, stripped]), plans_of_calling_code(plan.calling_code))
    return assigned.select("row", phone=f"+{plan.calling_code}" + NUMBER)
