"""Logs are one JSON object on each line, and tell no contact and no secret, whoever raised what."""

import json
import logging
from typing import Any

import pytest

from journeys_pipeline.adapters.log_lines import JsonLines
from journeys_pipeline.adapters.statements import StatementChanged
from journeys_pipeline.adapters.telling import mask

MAIL, PHONE, LOCAL, PASSWORD = "ann.canary@acme.example", "+31 20 624 1111", "020-6241111", "hunter2-canary"
URL = f"postgresql://journeys:{PASSWORD}@db.internal/journeys"
CANARIES = f"{MAIL}, {PHONE}, {LOCAL}, {PASSWORD}, {URL}"


def line(message: str, *args: object, raised: BaseException | None = None, **extra: Any) -> dict[str, Any]:
    """The line as whoever collects logs reads it."""
    error = (type(raised), raised, raised.__traceback__) if raised else None
    record = logging.LogRecord("journeys_pipeline.some", logging.WARNING, __file__, 1, message, args, error)
    vars(record).update(extra)
    record.created = 1_772_452_800.25
    text = JsonLines([PASSWORD]).format(record)
    assert "\n" not in text
    return json.loads(text)


def caught(error: Exception) -> Exception:
    with pytest.raises(type(error)) as failure:
        raise error
    return failure.value


def test_a_line_tells_when_how_bad_who_what_and_of_whom() -> None:
    told = line("The fetch of %s took %d s.", "sftp", 3, account_id="acme")

    assert told == {
        "at": "2026-03-02T12:00:00.250+00:00",
        "level": "warning",
        "logger": "journeys_pipeline.some",
        "message": "The fetch of sftp took 3 s.",
        "account": "acme",
    }


def test_a_message_of_several_lines_is_one_line() -> None:
    assert line("one\ntwo\u2028three")["message"] == "one\ntwo\u2028three"


def test_contacts_secrets_and_credentials_in_urls_are_masked() -> None:
    told = line("Of %s: %s", "all", CANARIES)

    assert told["message"] == "Of all: …, …, …, …, postgresql://…/journeys"


def test_of_an_error_of_others_class_and_place_are_told_but_no_word() -> None:
    told = line("It failed.", raised=caught(ValueError(CANARIES)))

    assert told["error"]["class"] == "ValueError"
    assert told["error"]["at"].startswith(f"{__file__}:")
    assert "says" not in told["error"]


def test_our_own_words_of_an_error_are_told_without_the_contact_that_they_quote() -> None:
    told = line("It failed.", raised=caught(StatementChanged(f"{MAIL} is no recipient.")))

    assert told["error"]["class"] == "StatementChanged"
    assert told["error"]["says"] == "… is no recipient."


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-20T12:00:00+00:00", "12,345,678 rows in 0.123456789 s", "run 9f86d081-884c-4d65-9a2f-0123456789ab",
        "2026-03-01...2026-03-31", "http://127.0.0.1:8000/", "sha256 0123456789012345678901234567890a", "v1.13.27",
    ],
)  # fmt: skip
def test_times_counts_and_ids_stay_readable(text: str) -> None:
    assert mask(text) == text
