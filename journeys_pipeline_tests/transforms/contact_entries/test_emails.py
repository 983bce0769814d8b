"""E-mail addresses are judged as email-validator judges them, mostly without asking it (F48)."""

import random
from itertools import product

import polars as pl
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.transforms.contact_entries import emails as judging_emails
from journeys_pipeline.transforms.contact_entries.emails import normalise_emails

RIGHT = [
    "ann@acme.com",
    "Ann.DeVries@Gmail.COM",
    "ann+news@mail.acme.co.uk",
    "a@b.cd",
    "ann_de-vries.1985@my-company.nl",
    "o'brien@sub.domain.acme.ie",
    "{ann}/acme=x!#$%&*?^`|~@acme.org",
    "123@456.com",
    "ann@1-800.flowers",
    "Postmaster@ACME.com",
    f"{'a' * 100}@acme.com",
    f"ann@{'b' * 63}.com",
    f"ann@{'acme.' * 49}com",
]
WRONG = [
    "ann",
    "ann.acme.com",
    "ann@acme",
    "ann@@acme.com",
    "ann@home@acme.com",
    "ann @acme.com",
    "ann@ac me.com",
    "ann@acme,com",
    "ann@acme.com.",
    "ann@.acme.com",
    "ann@acme..com",
    "ann.@acme.com",
    ".ann@acme.com",
    "an..n@acme.com",
    "@acme.com",
    "ann@",
    "@",
    "ann@-acme.com",
    "ann@acme-.com",
    "ann@acme_corp.com",
    "ann@acme.c0",
    "ann@10.0.0.1",
    "ann@[10.0.0.1]",
    "ann@localhost",
    "ann@printer.local",
    "ann@acme.TEST",
    "ann@acme.com;bob@acme.com",
    "Ann <ann@acme.com>",
    "<ann@acme.com>",
    "mailto:ann@acme.com",
    '"ann"@acme.com',
    "ann(at)acme.com",
    "+31206241111",
    "n/a",
    "--",
    "Zoë",
    "ann\u00a0@ acme.com",
    f"ann@{'b' * 64}.com",
    f"ann@{'acme.' * 50}com",
    f"{'é' * 1_000_000}@acme.com",
]
LOCALS = [
    "ann",
    "ANN",
    "Ann.B",
    "a..b",
    ".a",
    "a.",
    ".",
    "-",
    "--",
    "a--b",
    "xn--a",
    "postmaster",
    '"a"',
    '"a b"',
    '"a@b"',
    'a"b',
    "A <a",
    "<a",
    "a<\u0338b",
    "a@\u0338b",
    "zoë",
    "Zoe\u0308",
    "\u0308a",
    "a.\u0308",
    "\u540d",
    "\u03b1\u03a3",
]
DOMAINS = [
    "acme.com",
    "ACME.Com",
    "a.b",
    "a.b.c",
    "a",
    "a.",
    ".a",
    "a..b",
    ".",
    "-a.com",
    "a-.com",
    "a.-b",
    "a.b-",
    "a-b.com",
    "a--b.com",
    "ab--c.com",
    "a.xy--z",
    "xn--a.com",
    "xn--.com",
    "xn--bcher-kva.com",
    "XN--BCHER-KVA.Com",
    "axn--bcher-kva.com",
    "a.xn--p1ai",
    "xn--zz--a.com",
    "1.xn--4dbc.com",
    "a.1",
    "a.1b",
    "a.b1",
    "1.a",
    "1.2.3.4",
    "[1.2.3.4]",
    "[IPv6:::1]",
    "[x]",
    "a@b.com",
    "@a.com",
    "a.com>",
    "a.com@",
    "a:25",
    "bücher.com",
    "bu\u0308cher.COM",
    "faß.de",
    "-ü.com",
    "ü-.com",
    "ab--ü.com",
    "名.jp",
    "a.\u540d",
    "1.\u05d0",
    "a\u3002com",
    "\uff41.local",
    "a.\uff4cocal",
    "a.local\u00ad",
]
STRANGE = (  # characters that Unicode or IDNA changes, drops, joins, turns round or forbids
    "\u00a0\u00ad\u00b7\u00df\u00e9\u0130\u0131\u017f\u0300\u0308\u0338\u0345\u037e\u03a3\u03c2\u0430\u05d0\u0628\u0661\u06f1"
    "\u094d\u0e01\u1e9e\u1fef\u200b\u200c\u200d\u200e\u2024\u2028\u202e\u2044\u2060\u212a\u2260\u226e\u2460\u2488\u3002\u30fb"
    "\u4e00\ud7ff\ue000\ufb01\ufe52\ufe6b\ufeff\uff0c\uff0d\uff0e\uff11\uff20\uff21\uff41\uff61\ufffd\U0001f600\U000e0100\U0010ffff"
)
NASTY = "ann.com@-_+'\"<>()[]\\,;:/ \t\n\x00AZ09" + STRANGE
ENDS = ["", ".", "x", "1", "-", "é"]


def judged_by_library(email: str) -> str | None:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def differences(emails: list[str]) -> list[tuple[str, str | None, str | None]]:
    """The oracle: each address of which the library thinks otherwise, with both verdicts."""
    ours = normalise_emails(pl.Series(emails, dtype=pl.String)).to_list()
    theirs = [judged_by_library(email) for email in emails]
    return [found for found in zip(emails, ours, theirs, strict=True) if found[1] != found[2]]


def mutated(randomly: random.Random) -> str:
    """A typical address, right or wrong, after a few blows."""
    email = list(randomly.choice(RIGHT[:10] + WRONG[:-3]))
    for _ in range(randomly.choice([0, 1, 1, 1, 2, 2, 3, 5])):
        position = randomly.randrange(len(email) + 1)
        email[position : position + randomly.randrange(2)] = randomly.choice(
            [randomly.choice(NASTY), "--", "", ".", "@"]
        )
    return "".join(email)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the library is asked in the course of a test."""
    emails: list[str] = []
    monkeypatch.setattr(judging_emails, "judge_by_library", emails.append)
    return emails


def test_what_is_right_is_accepted_in_lower_case_and_what_is_wrong_is_refused_f48() -> None:
    judged = normalise_emails(pl.Series([*RIGHT, *WRONG, None]))

    assert judged.to_list() == [email.lower() for email in RIGHT] + [None] * (len(WRONG) + 1)


def test_common_addresses_right_or_wrong_are_judged_without_asking_the_library(asked: list[str]) -> None:
    normalise_emails(pl.Series(RIGHT + WRONG))

    assert asked == []


def test_the_library_is_asked_once_for_each_odd_address(asked: list[str]) -> None:
    normalise_emails(pl.Series(["zoë@acme.com", "ann@acme.com", "zoë@acme.com", "ann@xn--bcher-kva.com", None]))

    assert sorted(asked) == ["ann@xn--bcher-kva.com", "zoë@acme.com"]


def test_odd_and_plain_addresses_keep_their_places() -> None:
    emails = ["Zoë@acme.com", "Ann@acme.com", "Zoë@acme", None, "a@xn--bcher-kva.com", "Zoë@acme.com"]

    judged = normalise_emails(pl.Series(emails))

    assert judged.to_list() == ["zoë@acme.com", "ann@acme.com", None, None, "a@bücher.com", "zoë@acme.com"]


@pytest.mark.parametrize("emails", [[], [None], [None, None]])
def test_where_there_is_no_address_there_is_no_verdict(emails: list[None]) -> None:
    judged = normalise_emails(pl.Series(emails, dtype=pl.String))

    assert judged.to_list() == emails


def test_every_shape_of_address_is_judged_as_the_library_does_f48() -> None:
    shapes = [f"{local}@{domain}" for local, domain in product(LOCALS, DOMAINS)]
    special = [f"ann{at}{name}" for at, name in product(["@", "@a.", "@a-", "@a"], SPECIAL_USE_DOMAIN_NAMES)]
    turned = [email.upper() for email in special] + [f"ann@{name}.com" for name in SPECIAL_USE_DOMAIN_NAMES]
    cut = [email + end for email, end in product([*LOCALS, *DOMAINS, *RIGHT, *special], ENDS)]

    found = differences([*shapes, *special, *turned, *cut, *RIGHT, *WRONG])

    assert found == []


def test_every_latin_or_strange_character_in_every_place_is_judged_as_the_library_does_f48() -> None:
    locals_ = ["_nn@acme.com", "a_n@acme.com", "an_@acme.com", "_@acme.com", "a_n@bücher.com", "ann_acme.com"]
    domains = ["ann@_cme.com", "ann@a_e.com", "ann@acm_.com", "ann@acme.c_m", "ann@acme.co_", "ann@acme._", "ann@a_com"]
    characters = [*map(chr, range(256)), *STRANGE]
    emails = [place.replace("_", character) for place, character in product([*locals_, *domains], characters)]

    found = differences(emails)

    assert found == []


def test_every_length_of_local_part_label_and_address_is_judged_as_the_library_does_f48() -> None:
    labels = [
        f"ann@{start}{'b' * count}{end}" for count in range(60, 66) for start in ("", "a.") for end in (".com", "")
    ]
    last = [f"ann@acme.{'c' * count}{end}" for count in range(60, 66) for end in ("", "1", "-d")]
    locals_ = [f"{'a' * count}@{domain}" for count in range(60, 258) for domain in ("b.com", "bücher.com", "é--.com")]
    domains = [f"ann@{letter}.{'b.' * count}com" for letter in ("cc", "ü", "xn--tda") for count in range(110, 130)]

    found = differences([*labels, *last, *locals_, *domains])

    assert found == []


def test_addresses_with_random_faults_are_judged_as_the_library_does_f48() -> None:
    randomly = random.Random(48)
    emails = [mutated(randomly) for _ in range(40_000)]

    found = differences(emails)

    assert found == []


address = st.emails() | st.text(NASTY, min_size=1) | st.builds("{}@{}".format, st.text(NASTY), st.text(NASTY))


@settings(deadline=None)
@given(emails=st.lists(address, max_size=30))
def test_addresses_of_any_form_are_judged_as_the_library_does_f48(emails: list[str]) -> None:
    found = differences(emails)

    assert found == []
