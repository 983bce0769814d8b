"""A drawn page, read back as a browser would: what it shows, and what it leads to."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any, Literal

ADDRESSES = {"href", "src", "action", "formaction", "poster", "srcset", "xlink:href", "ping", "data", "background"}
DATA = "_data"
ROWS = {"tr", "dt", "li"}


@dataclass(frozen=True)
class ShownRow:
    """A row of a table, a bar, a step or a card in a slice of the page."""

    dataset: str
    part: str
    values: dict[str, str]
    """By column, as people read them; of cards, as programs do."""
    by: Literal["text", "raw"]


@dataclass
class ReadPage(HTMLParser):
    """A page's rows, cells, addresses and data."""

    text: str
    rows: list[ShownRow] = field(default_factory=list[ShownRow])
    cells: set[str] = field(default_factory=set[str])
    names: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Columns of text, and what stands in them."""
    addresses: set[str] = field(default_factory=set[str])
    styles: list[str] = field(default_factory=list[str])
    has_export: bool = False
    _part: str = ""
    _tags: list[str] = field(default_factory=list[str])
    _data: str = ""
    _column: str | None = None
    _dataset: str = ""
    _group: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)
        self.close()

    @cached_property
    def island(self) -> dict[str, Any]:
        """The page's data."""
        return json.loads(self._data)

    @cached_property
    def all_names(self) -> set[tuple[str, str]]:
        """The same, with what stands in the page's data."""
        tables: list[dict[str, Any]] = list(self.island["datasets"].values())
        return self.names | {
            (name, row[at].strip())
            for table in tables
            for at, (name, _, kind) in enumerate(table["columns"])
            if kind == "text"
            for rows in table["rows"].values()
            for row in rows
            if row[at]
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._tags.append(DATA if named.get("id") == DATA else tag)
        self._column = named.get("data-of") or (self._column if tag == "a" else None)
        if "data-slice" in named:
            self._part, self._group = named["data-slice"] or "", None
        if tag == "section":
            self._dataset = named.get("data-dataset") or ""
        if tag in ROWS or tag == "section":
            self._begin_row(tag)
        self.has_export |= "data-export" in named
        self.addresses |= {value or "" for name, value in attrs if name in ADDRESSES}
        self.styles.append(named.get("style") or "")
        if figure := named.get("data-figure"):
            dataset, measure = figure.split(".")
            values = {measure: named.get("data-value") or ""} | json.loads(named.get("data-by") or "{}")
            self.rows.append(ShownRow(dataset, self._part, values, "raw"))

    def _begin_row(self, tag: str) -> None:
        if self._dataset and tag != "section":
            of_group = dict([self._group]) if self._group and tag == "dt" else {}
            self.rows.append(ShownRow(self._dataset, self._part, of_group, "text"))

    def handle_endtag(self, tag: str) -> None:
        self._tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        within = self._tags[-1] if self._tags else ""
        if within == DATA:
            self._data += data
        elif within == "style":
            self.styles.append(data)
        elif within != "script" and data.strip():
            self.cells.add(data.strip())
            if self._column:
                self.names.add((self._column, data.strip()))
                self._keep(self._column, data.strip())

    def _keep(self, column: str, text: str) -> None:
        """What stands in a column belongs to the row that began last; a heading above bars, to all below it."""
        if self._tags[-1] == "h3":
            self._group = (column, text)
        elif self.rows and self._dataset:
            row = self.rows[-1].values
            row[column] = f"{row[column]} {text}" if column in row else text
