"""Contacts are found as people write them, and nobody else's."""

import polars as pl
import pytest

from journeys_pipeline.transforms.contact_entries import derive_person_id
from journeys_pipeline.transforms.erasures import Traces, erase_contacts, has_traces, mask_texts

TRACES = Traces(frozenset(["+31206241987", "zoe+a@mailbox.nl"]))
THEIRS = {
    "call 020-624 19 87 now": "call 999-999 99 99 now",
    "+31 (0)20 6241987": "+99 (9)99 9999999",
    "0031206241987,x": "9999999999999,x",
    '{"phone":31206241987}': '{"phone":99999999999}',
    "tel=%2B31206241987&": "tel=+99999999999&",
    "+31\u00a020\u00a06241987": "+99\u00a099\u00a09999999",
    "ZOE+A@Mailbox.NL": "xxx+x@xxxxxxx.xx",
    "?m=zoe%2Ba%40mailbox.nl": "?m=xxx+x@xxxxxxx.xx",
    r'"zoe\u002ba\u0040mailbox.nl"': '"xxx+x@xxxxxxx.xx"',
}
OTHERS = [
    "120624198", "9206241987", "2062419870", "a206241987b", "joezoe+a@mailbox.nl", "zoe+a@mailbox.nl.example",
    "zoe+a@mailbox.nlx", "zoe@mailbox.nl",
]  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), THEIRS.items())
def test_a_contact_becomes_its_shape_however_it_is_written(text: str, masked: str) -> None:
    rows = pl.DataFrame({"text": [text]})

    found = rows.filter(has_traces(["text"], TRACES)).with_columns(mask_texts(["text"], TRACES))

    assert found["text"].to_list() == [masked]


@pytest.mark.parametrize("text", OTHERS)
def test_a_longer_number_or_address_that_holds_one_is_somebody_elses(text: str) -> None:
    rows = pl.DataFrame({"text": [text, None]})

    masked = rows.with_columns(mask_texts(["text"], TRACES))

    assert masked.equals(rows)
    assert rows.filter(has_traces(["text"], TRACES)).is_empty()


def test_an_erased_contact_stands_for_the_person_whom_it_stood_for() -> None:
    rows = pl.DataFrame({"account_id": ["acme"] * 2, "phone": ["+31206241987", None], "email": ["a@b.nl", None]})
    persons = [derive_person_id(pl.col("account_id"), pl.col(name)).alias(name) for name in ("phone", "email")]

    erased = rows.with_columns(erase_contacts())
    again = erased.with_columns(erase_contacts(["a@b.nl"]))

    assert erased.select(persons).equals(rows.select(persons))
    assert again.equals(erased)
    assert erased["phone"].str.starts_with("contact-").to_list() == [True, None]
