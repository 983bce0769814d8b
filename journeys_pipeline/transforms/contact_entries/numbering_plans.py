"""What libphonenumber knows of a region's phone numbers, as Polars expressions over columns of ASCII digits (F48).

Each step is the library's own, so that its verdict is met exactly, not approached. Its patterns are used as they stand:
in both regex engines the leftmost alternative wins, and `(?-u)` keeps a digit to the ten ASCII ones.
"""

import functools
import re
from collections.abc import Sequence

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberDesc

NUMBER = pl.col("number")
_MEASURED = pl.col("measured")
_NOTHING = "x"  # a pattern that no number has
_READ_LENGTHS = range(2, 18)  # the library reads no national number that is shorter or longer


class NumberingPlan:
    """The phone numbers of one region, or of one calling code that belongs to none."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        general = metadata.general_desc or PhoneNumberDesc()
        self._general = general.national_number_pattern or _NOTHING
        self._measured_general = _with_length(general)
        self._lengths = list(general.possible_length)
        self._local_lengths = list(general.possible_length_local_only)
        self._longest = max(self._lengths, default=0)
        self._transform_rule = re.sub(r"\\(\d)", r"${\1}", metadata.national_prefix_transform_rule or "")
        self.types = "|".join(_with_length(described) for described in _types(metadata))
        self.calling_code = str(metadata.country_code)
        self._international_prefix = metadata.international_prefix or _NOTHING
        self.national_prefix = metadata.national_prefix_for_parsing or _NOTHING
        self.leading_digits = metadata.leading_digits

    def is_assigned(self) -> pl.Expr:
        """Whether `measured`, a number behind its length, has the general form of the region and one of its types."""
        return _is_all(_MEASURED, self.types) & _is_all(_MEASURED, self._measured_general)

    def significant(self, number: pl.Expr) -> pl.Expr:
        """A national number without what is only dialled before it, unless the rest has too few digits."""
        rest = self._stripped(number)
        length = rest.str.len_bytes()
        is_possible = (length.is_in(self._lengths) | (length > self._longest)) & ~length.is_in(self._local_lengths)
        return pl.when(is_possible).then(rest).otherwise(number)

    def after_international_prefix(self, number: pl.Expr) -> pl.Expr:
        """What follows the prefix for calls abroad; null without it, or before a zero, which begins no calling code."""
        rest = _without(number, self._international_prefix)
        is_stripped = rest.str.len_bytes() < number.str.len_bytes()
        return pl.when(is_stripped & ~rest.str.starts_with("0")).then(rest)

    def after_bare_calling_code(self, number: pl.Expr) -> pl.Expr:
        """What follows the region's calling code, if a number begins with it though without a plus sign; else null."""
        rest = self._stripped(number.str.slice(len(self.calling_code)))
        length = number.str.len_bytes()
        is_too_long = (length > self._longest) & ~length.is_in(self._local_lengths)
        is_better = ~_is_all(number, self._general) & _is_all(rest, self._general)
        return pl.when(number.str.starts_with(self.calling_code) & (is_better | is_too_long)).then(rest)

    def _stripped(self, number: pl.Expr) -> pl.Expr:
        """A national number without prefix and carrier code, or with what they stand for, whatever its length."""
        shorter = self._shortened(number)
        is_needed = _is_all(number, self._general) & ~_is_all(shorter, self._general)
        return pl.when(starts(number, self.national_prefix) & ~is_needed).then(shorter).otherwise(number)

    def _shortened(self, number: pl.Expr) -> pl.Expr:
        removed = _without(number, self.national_prefix)
        if not self._transform_rule:
            return removed
        prefix = f"(?-u)^(?:{self.national_prefix})"
        last_group = re.compile(self.national_prefix).groups
        transformed = number.str.replace(prefix, self._transform_rule)
        return pl.when(number.str.extract(prefix, last_group).is_null()).then(removed).otherwise(transformed)


@functools.cache
def plan_of_region(region: str | None) -> NumberingPlan | None:
    """The plan by which numbers without a calling code are read; None if there is no such region."""
    metadata = PhoneMetadata.metadata_for_region(region) if region in SUPPORTED_REGIONS else None
    return metadata and NumberingPlan(metadata)


@functools.cache
def plans_of_calling_code(calling_code: str) -> tuple[NumberingPlan, ...]:
    """The plans of the regions that share a calling code, the main one first."""
    code = int(calling_code)
    known = [
        PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in COUNTRY_CODE_TO_REGION_CODE[code]
    ]
    return tuple(NumberingPlan(metadata) for metadata in known if metadata)


def starts(number: pl.Expr, pattern: str) -> pl.Expr:
    """Whether a number begins with a pattern of the library."""
    # Most patterns are a few digits, and quicker without the regex engine.
    return number.str.starts_with(pattern) if pattern.isdigit() else number.str.contains(f"(?-u)^(?:{pattern})")


def split(numbers: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows for which a condition holds, and the others."""
    holds = numbers.select(condition).to_series()
    return numbers.filter(holds), numbers.filter(~holds)


def keep_assigned(numbers: pl.DataFrame, plans: Sequence[NumberingPlan]) -> pl.DataFrame:
    """The rows whose significant `number` is assigned in the first of the regions that it belongs to.

    A region with leading digits owns all that begins with them, one without owns what is assigned in it. A region that
    has its calling code to itself owns all.
    """
    left = numbers.with_columns(measured=pl.concat_str(NUMBER.str.len_bytes(), pl.lit(":"), NUMBER))
    if len(plans) == 1:
        return left.filter(plans[0].is_assigned())
    kept: list[pl.DataFrame] = []
    for plan in plans:
        is_owned = starts(NUMBER, plan.leading_digits) if plan.leading_digits else plan.is_assigned()
        owned, left = split(left, is_owned)
        kept.append(owned.filter(plan.is_assigned()) if plan.leading_digits else owned)
        if plan is plans[0]:
            # Most wrong numbers are refused here at once, before the smaller regions are asked one by one.
            left = left.filter(_is_all(_MEASURED, "|".join(plan.types for plan in plans[1:])))
        if left.is_empty():
            break
    return pl.concat(kept)


def _types(metadata: PhoneMetadata) -> list[PhoneNumberDesc]:
    mobile = None if metadata.same_mobile_and_fixed_line_pattern else metadata.mobile
    types = (
        *(metadata.premium_rate, metadata.toll_free, metadata.shared_cost, metadata.voip, metadata.personal_number),
        *(metadata.pager, metadata.uan, metadata.voicemail, metadata.fixed_line, mobile),
    )
    return [described for described in types if described]


def _with_length(described: PhoneNumberDesc) -> str:
    """A pattern for a number behind its length and a colon."""
    if not described.national_number_pattern:
        return _NOTHING
    lengths = [length for length in _READ_LENGTHS if length in (described.possible_length or _READ_LENGTHS)]
    return f"(?:{'|'.join(map(str, lengths)) or _NOTHING}):(?:{described.national_number_pattern})"


def _without(number: pl.Expr, pattern: str) -> pl.Expr:
    """A number without what it `starts` with."""
    if pattern.isdigit():
        return number.str.strip_prefix(pattern)
    return number.str.replace(f"(?-u)^(?:{pattern})", "")


def _is_all(number: pl.Expr, pattern: str) -> pl.Expr:
    return number.str.contains(f"(?-u)^(?:{pattern})$")
