"""A drawn page, read back as a browser would: what it shows, and what it leads to."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

ADDRESSES = {"href", "src", "action", "formaction", "poster", "srcset", "xlink:href", "ping", "data", "background"}
DATA = "_data"


@dataclass(frozen=True)
class ShownFigure:
    """A card's figure in a slice of the page."""

    part: str
    """Month, and version where there are versions: 2026-11, 2026-11.2."""
    dataset: str
    measure: str
    value: str


@dataclass
class ReadPage(HTMLParser):
    """A page's figures, cells, addresses and data."""

    text: str
    figures: list[ShownFigure] = field(default_factory=list[ShownFigure])
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
        self._part = named.get("data-slice") or self._part
        self.has_export |= "data-export" in named
        self.addresses |= {value or "" for name, value in attrs if name in ADDRESSES}
        self.styles.append(named.get("style") or "")
        if figure := named.get("data-figure"):
            dataset, measure = figure.split(".")
            self.figures.append(ShownFigure(self._part, dataset, measure, named.get("data-value") or ""))

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
