"""Phone numbers get libphonenumber's verdict exactly, whatever is written, and seldom by asking it (F48)."""

import random
from collections.abc import Iterator

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from journeys_pipeline.transforms.contact_entries.phones import normalise_phones

MUTATIONS_PER_REGION = 1500
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
# Every rule of the library stands for one of these: transformed prefixes, carrier codes, several regions or prefixes.
QUIRKY_REGIONS = [None, "NL", "US", "CA", "DO", "GB", "GG", "AR", "BR", "IT", "VA", "MX", "AU", "CX", "JP", "FI", "HK"]
CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = "0123456789"
PUNCTUATION = " -./()[]*\u00a0\u2013\u30fc"
ODDITIES = [
    "+",
    "\uff0b",
    "\uff11",
    "\u0661",
    "x",
    "~",
    "#",
    ";",
    ",",
    "@",
    "_",
    "\0",
    "\n",
    "ABC",
    " ext 3",
    "/x",
    "tel:",
]
ODDITIES += [";ext=12", ";phone-context=+31", ";isub=1"]


def oracle(written: str | None, region: str | None) -> str | None:
    """The library's own verdict, in its own words."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def differences(written: list[str], region: str | None) -> list[tuple[str, str | None, str | None]]:
    found = normalise_phones(pl.Series(written, dtype=pl.String), default_region=region)
    expected = [oracle(value, region) for value in written]
    return [triple for triple in zip(written, found, expected, strict=True) if triple[1] != triple[2]]


def examples(region: str) -> list[PhoneNumber]:
    numbers = [phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()]
    numbers += [phonenumbers.invalid_example_number(region)]
    return [number for number in numbers if number]


def notations(number: PhoneNumber, region: str) -> list[str]:
    code, national = number.country_code, phonenumbers.national_significant_number(number)
    metadata = PhoneMetadata.metadata_for_region(region)
    prefix = (metadata and metadata.national_prefix) or "0"
    formats = (
        PhoneNumberFormat.E164,
        PhoneNumberFormat.INTERNATIONAL,
        PhoneNumberFormat.NATIONAL,
        PhoneNumberFormat.RFC3966,
    )
    return [
        *(phonenumbers.format_number(number, style) for style in formats),
        *(
            f"{dialled}{code}{national}"
            for dialled in ("", "00", "011", "810", "0011", "0014", "+00", "00 0", "99", "++")
        ),
        *(f"{dialled}{national}" for dialled in ("", "0", "1", "01", prefix, f"{prefix}15", f"{prefix}31", "1831")),
        *(f"+{code}{dialled}{national}" for dialled in ("0", "(0)", prefix, code, f"{prefix}31", "15")),
        *(national[3:], f"{code}{prefix}{national}", f"+{code}{national[3:]}", f"({national[:3]}) {national[3:]}"),
    ]


def mutated(written: str, generator: random.Random) -> str:
    for _ in range(generator.choice((0, 1, 1, 2, 3))):
        at = generator.randrange(len(written) + 1)
        kind = generator.randrange(6)
        added = generator.choice((DIGITS, DIGITS, PUNCTUATION, ODDITIES))
        if kind == 0:
            written = written[:at] + written[at + 1 :]
        elif kind == 1:
            written = written[:at] + generator.choice(DIGITS) + written[at + 1 :]
        elif kind == 2:
            written = written[:at] + written[at : at + 2][::-1] + written[at + 2 :]
        else:
            written = written[:at] + generator.choice(added) + written[at:]
    return written.strip() or "1"


def random_digits(generator: random.Random) -> str:
    start = generator.choice(["", "+", "0", "00", f"+{generator.choice(CALLING_CODES)}"])
    return start + "".join(generator.choices(DIGITS, k=generator.randrange(1, 15)))


def mutations(region: str | None, count: int) -> Iterator[str]:
    generator = random.Random(f"{region}{count}")
    for place in range(count):
        origin = generator.choice(REGIONS) if region is None or place % 2 else region
        number = generator.choice(examples(origin))
        yield mutated(generator.choice(notations(number, origin)), generator)
        yield random_digits(generator)


@pytest.mark.parametrize(
    ("region", "written", "expected"),
    [
        ("NL", "020 - 624 1111", "+31206241111"),
        ("NL", "(+31) 20.624/1111", "+31206241111"),
        ("NL", "Tel: 0031 (0)20 624 1111.", "+31206241111"),
        ("NL", "31206241111", "+31206241111"),
        ("NL", "+0031 20 624 1111", "+31206241111"),
        ("NL", "\uff0b\uff13\uff11 20 624 1111", "+31206241111"),
        ("NL", "020 624 1111 ext. 12", "+31206241111"),
        ("NL", "tel:20-624-1111;phone-context=+31", "+31206241111"),
        ("NL", "+31 20 624 111", None),
        ("NL", "020\u00a0624\u20131111", "+31206241111"),
        ("NL", " " * 240 + "020 624 1111", None),
        ("DE", "+49 030 901820", "+4930901820"),
        ("IT", "06 6982 0000", "+390669820000"),
        ("AR", "011 15 2345-6789", "+5491123456789"),
        ("AR", "+54 11 15 2345 6789", "+5491123456789"),
        ("MX", "044 55 1234 5678", None),
        ("BR", "0 15 11 96123-4567", "+5511961234567"),
        ("US", "1-800-FLOWERS", "+18003569377"),
        ("US", "011 31 20 624 1111", "+31206241111"),
        ("GG", "256789", "+441481256789"),
        (None, "020 624 1111", None),
        (None, "+800 1234 5678", "+80012345678"),
    ],
)
def test_a_number_becomes_e164_as_it_would_be_dialled_f48(
    region: str | None, written: str, expected: str | None
) -> None:
    phones = normalise_phones(pl.Series([written]), default_region=region)

    assert phones.to_list() == [expected]


@pytest.mark.parametrize("letter", sorted({region[0] for region in REGIONS}))
def test_every_example_number_has_the_verdict_of_the_library_in_every_notation_f48(letter: str) -> None:
    regions = [region for region in REGIONS if region[0] == letter]
    written = {
        region: [text for number in examples(region) for text in notations(number, region)] for region in regions
    }

    found = {region: differences(values, region) for region, values in written.items()}

    assert found == {region: [] for region in regions}


def test_numbers_of_no_country_have_the_verdict_of_the_library_f48() -> None:
    numbers = [phonenumbers.example_number_for_non_geo_entity(code) for code in CALLING_CODES]
    written = [text for number in numbers if number for text in notations(number, "NL")]

    found = differences(written, "NL")

    assert found == []


@pytest.mark.parametrize("region", QUIRKY_REGIONS)
def test_mistyped_numbers_have_the_verdict_of_the_library_f48(region: str | None) -> None:
    written = list(mutations(region, MUTATIONS_PER_REGION // 2))

    found = differences(written, region)

    assert found == []


texts = st.one_of(
    st.text(alphabet="+0123456789", min_size=1, max_size=18),
    st.text(alphabet="0123456789+ -./()*x~#;,=ext\u00a0\uff0b\uff11\n\0", min_size=1, max_size=24),
    st.text(min_size=1, max_size=12),
).map(lambda text: text.strip(" \t\n\r\v\f") or "1")


@settings(deadline=None)
@given(written=st.lists(texts, min_size=10, max_size=40), region=st.sampled_from(QUIRKY_REGIONS))
def test_any_text_has_the_verdict_of_the_library_f48(written: list[str], region: str | None) -> None:
    found = differences(written, region)

    assert found == []


@pytest.mark.parametrize("region", ["NL", "US", None])
def test_the_library_is_seldom_asked_about_wrong_numbers(monkeypatch: pytest.MonkeyPatch, region: str | None) -> None:
    generator = random.Random(48)
    written = pl.Series([random_digits(generator) for _ in range(20_000)])
    wrong = written.filter(normalise_phones(written, default_region=region).is_null())
    asked: list[str] = []
    monkeypatch.setattr(phonenumbers, "parse", lambda text, _region: asked.append(text) or PhoneNumber())

    phones = normalise_phones(wrong, default_region=region)

    assert phones.null_count() == len(wrong) > 15_000
    assert len(asked) < 0.02 * len(wrong)


def test_each_phone_stays_in_its_row_however_the_rows_are_sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys_pipeline.transforms.contact_entries.phones._ROWS_AT_LEAST", 2)
    written = pl.Series(
        "phone", ["020 624 1111", None, "+1 201 555 0123 x5", "n/a", None, "020 624 1111", "0612345678"]
    )

    phones = normalise_phones(written, default_region="NL")

    expected = ["+31206241111", None, "+12015550123", None, None, "+31206241111", "+31612345678"]
    assert phones.equals(pl.Series("phone", expected), check_names=True)


@pytest.mark.parametrize("phones", [[], [None], [None, None]])
def test_no_phones_are_no_numbers(phones: list[None]) -> None:
    found = normalise_phones(pl.Series(phones, dtype=pl.String), default_region="NL")

    assert found.equals(pl.Series(phones, dtype=pl.String))
