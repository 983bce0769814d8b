"""A file that is still being uploaded is left alone until it is whole."""

import os
from typing import Any

MINUTE = 1 / 60


def test_a_growing_file_is_landed_whole_and_once(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": "listed_twice"})
    path = customer.folder / "a.csv"
    added = []

    for minutes, content in enumerate(["half", "half, ", "half, whole", "half, whole", "half, whole"]):
        path.write_text(content)
        os.utime(path, (0, len(content)))
        added.append(customer.fetch(minutes * MINUTE).height)

    assert added == [0, 0, 0, 1, 0]
    assert customer.landed() == ["half, whole"]


def test_two_listings_within_a_minute_prove_nothing(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": "listed_twice"})
    (customer.folder / "a.csv").write_text("half")

    added = [customer.fetch(minutes * MINUTE).height for minutes in (0, 0.5, 0.99, 1)]

    assert added == [0, 0, 0, 1]


def test_a_partial_file_that_stalled_and_then_went_on_is_two_arrivals(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": "listed_twice"})
    path = customer.folder / "a.csv"
    path.write_text("half")
    customer.fetch()
    customer.fetch(5 * MINUTE)

    path.write_text("half, whole")
    customer.fetch(10 * MINUTE)
    customer.fetch(15 * MINUTE)

    assert customer.landed() == ["half", "half, whole"]


def test_a_folder_of_waiting_files_is_written_down_once(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": "listed_twice"})
    (customer.folder / "a.csv").write_text("half")
    customer.fetch()
    before = customer.everything()

    customer.fetch(0.5 * MINUTE)

    assert [now.equals(then) for now, then in zip(customer.everything(), before, strict=True)] == [True, True]


def test_a_file_waits_for_its_marker_which_is_not_fetched(customer: Any) -> None:
    customer = customer.with_feeds({"glob": "*", "complete_when": {"marker": ".done"}})
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "b.csv").write_text("two")
    (customer.folder / "a.csv.done").write_text("")

    customer.fetch()
    customer.fetch(hours=1)

    assert customer.landed() == ["one"]


def test_a_file_replaced_beside_its_old_marker_needs_two_listings_too(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": {"marker": ".done"}})
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "a.csv.done").write_text("")
    customer.fetch()

    (customer.folder / "a.csv").write_text("two, ha")
    during = customer.fetch(5 * MINUTE)
    (customer.folder / "a.csv").write_text("two, half")
    customer.fetch(10 * MINUTE)
    customer.fetch(15 * MINUTE)

    assert during.is_empty()
    assert customer.landed() == ["one", "two, half"]


def test_an_upload_that_was_given_up_is_forgotten(customer: Any) -> None:
    customer = customer.with_feeds({"complete_when": "listed_twice"})
    path = customer.folder / "a.csv"
    path.write_text("half")
    os.utime(path, (0, 0))
    customer.fetch()
    path.unlink()
    customer.fetch(5 * MINUTE)
    path.write_text("hal.")
    os.utime(path, (0, 0))

    third, fourth = customer.fetch(10 * MINUTE), customer.fetch(15 * MINUTE)

    assert third.is_empty()
    assert fourth["status"].to_list() == ["landed"]
