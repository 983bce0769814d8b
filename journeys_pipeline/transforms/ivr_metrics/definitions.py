"""What journey definitions say about the ways of calls: where they end, where they began, what menus offer.

The platform's element lists are read leniently: a part that is not of the promised shape is taken for absent, so that
one odd definition cannot keep an account from its figures.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

VERSION = ["account_id", "journey_id", "journey_version"]

Row = dict[str, str | bool | None]


@dataclass(frozen=True)
class Option:
    """One option of a menu."""

    key: str
    label: str | None
    leads_to: str | None


@dataclass(frozen=True)
class Element:
    """What an element's definition says about calls."""

    is_call: bool
    is_exit_point: bool
    following: list[str]
    options: list[Option]


def ways(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Columns of VERSION, element_id, is_terminal, call_element_id: one row per element of each version.

    `is_terminal`: the way ends there (D19). `call_element_id`: the one element of type call from which the way leads
    there without another call; null where none or several do. The element "" stands for an unknown one: its call
    element is the version's only one.
    """
    columns = {"element_id": pl.String, "is_terminal": pl.Boolean, "call_element_id": pl.String}
    return _each_version(journeys, columns, _ways)


def menu_options(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Columns of VERSION, element_id, key, label, leads_to: one row per key of each menu of each version."""
    columns = dict.fromkeys(["element_id", "key", "label", "leads_to"], pl.String)
    return _each_version(journeys, columns, _options)


def _each_version(
    journeys: pl.LazyFrame, columns: dict[str, Any], rows_of: Callable[[dict[str, Element]], Iterator[Row]]
) -> pl.LazyFrame:
    """The rows that each version's elements yield, with the version."""

    def read(definitions: pl.DataFrame) -> pl.DataFrame:
        rows = [
            version | row
            for *key, text in definitions.select(*VERSION, "elements").iter_rows()
            for version in [dict(zip(VERSION, key, strict=True))]
            for row in rows_of(read_elements(text))
        ]
        return pl.DataFrame(rows, schema=schema)

    schema = pl.Schema({"account_id": pl.String, "journey_id": pl.String, "journey_version": pl.Int32} | columns)
    versions = journeys.select("account_id", "journey_id", pl.col("version").alias("journey_version"), "elements")
    # filters and selections of the columns made here mean nothing to the columns read
    return versions.map_batches(read, schema=schema, predicate_pushdown=False, projection_pushdown=False)


def read_elements(text: str) -> dict[str, Element]:
    """A version's elements by id; the first of several with one id stands."""
    elements: dict[str, Element] = {}
    for element in _dicts(json.loads(text)):
        options = [
            Option(key, _text(option.get("label")), _text(option.get("next_element_id")))
            for option in _dicts(element.get("menu_options"))
            if (key := _text(option.get("key")))
        ]
        following = [text for text in map(_text, _items(element.get("next"))) if text]
        kind = element.get("type")
        is_exit_point = element.get("is_exit_point") is True or kind == "exit_point"
        element_id = _text(element.get("element_id"))
        if element_id:
            elements.setdefault(element_id, Element(kind == "call", is_exit_point, following, options))
    return elements


def _ways(elements: dict[str, Element]) -> Iterator[Row]:
    calls = [element_id for element_id, element in elements.items() if element.is_call]
    reached = {call: _within(call, elements) for call in calls}
    for element_id, element in elements.items():
        begun_at = [call for call in calls if element_id in reached[call]]
        is_terminal = element.is_exit_point or not _leads_to(element)
        yield {"element_id": element_id, "is_terminal": is_terminal, "call_element_id": _only(begun_at)}
    yield {"element_id": "", "is_terminal": False, "call_element_id": _only(calls)}


def _options(elements: dict[str, Element]) -> Iterator[Row]:
    for element_id, element in elements.items():
        first = {option.key: option for option in reversed(element.options)}
        for option in first.values():
            yield {"element_id": element_id, "key": option.key, "label": option.label, "leads_to": option.leads_to}


def _within(call: str, elements: dict[str, Element]) -> set[str]:
    """The elements that a call can come to, itself included, before another call begins."""
    found, ahead = {call}, _leads_to(elements[call])
    while ahead:
        element_id = ahead.pop()
        element = elements.get(element_id)
        if element_id not in found and element and not element.is_call:
            found.add(element_id)
            ahead += _leads_to(element)
    return found


def _leads_to(element: Element) -> list[str]:
    return [*element.following, *(option.leads_to for option in element.options if option.leads_to)]


def _only(found: list[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
