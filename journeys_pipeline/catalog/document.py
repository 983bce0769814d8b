"""A YAML text as plain data, and the line on which each part of it stands."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from journeys_pipeline.catalog.mistakes import Mistake, Where

NUMBERS_AND_DATES = ("int", "float", "bool", "timestamp")


class Document(NamedTuple):
    """Scalars are texts (or None), so that a price is never a binary float and an id keeps its zeros."""

    data: Any
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """The line of the deepest part of `where` that the file has."""
        return next(self.lines[where[:end]] for end in range(len(where), -1, -1) if where[:end] in self.lines)


def parse(content: bytes) -> Document | Mistake:
    """The document, or the one mistake that keeps YAML from being read.

    The parser's own messages quote the text, which may hold a secret, so they are not passed on whole.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Mistake(line, "the file", "is not UTF-8: save it with that encoding")
    try:
        tree = _load(text)
        lines: dict[Where, int] = {(): 1}
        return tree if isinstance(tree, Mistake) else Document(_plain(tree, (), lines), lines)
    except RecursionError:
        return Mistake(1, "the file", "is nested too deeply, or an anchor (&) holds its own alias (*)")


def _load(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only who loads a catalog pays for it
    from ruamel.yaml.constructor import RoundTripConstructor  # noqa: PLC0415 - as above
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - as above

    class TextConstructor(RoundTripConstructor):
        """Numbers and dates as they were typed."""

    for tag in NUMBERS_AND_DATES:
        TextConstructor.add_constructor(f"tag:yaml.org,2002:{tag}", _as_typed)
    yaml = YAML(typ="rt")
    yaml.Constructor = TextConstructor
    try:
        return yaml.load(text)
    except YAMLError as error:
        return _syntax_mistake(error, text)


def _as_typed(_constructor: Any, node: Any) -> str:
    return str(node.value)


def _syntax_mistake(error: Any, text: str) -> Mistake:
    mark, problem = getattr(error, "problem_mark", None), str(getattr(error, "problem", None) or "")
    position: int | None = getattr(error, "position", None)
    if mark is None:
        line = text[: position or 0].count("\n") + 1
        return Mistake(line, "YAML", "a control character: remove it, or write it as an escape in double quotes")
    duplicate = re.match(r'found duplicate key "([\w.-]+)"', problem)
    if duplicate:
        message = f"`{duplicate[1]}` stands twice: remove one"
    elif problem.startswith("found duplicate"):
        message = "the same key or anchor stands twice: remove one"
    elif "alias" in problem:
        message = 'a value that begins with `*` must be in quotes: "*.csv"'
    elif problem.startswith("but found another document"):
        message = "a second document begins: remove the line `---`"
    else:
        message = "is not valid YAML: check indentation, quotes, brackets and colons, also just above"
    return Mistake(mark.line + 1, "YAML", message)


def _plain(tree: Any, where: Where, lines: dict[Where, int]) -> Any:
    if isinstance(tree, dict):
        lines_of = _lines_of(tree, lines[where])
        result: dict[str, Any] = {}
        for key, value in tree.items():
            name = key if isinstance(key, str) else str(key)
            lines[(*where, name)] = lines_of(key)
            result[name] = _plain(value, (*where, name), lines)
        return result
    if isinstance(tree, list):
        lines_of = _lines_of(tree, lines[where])
        for number in range(len(tree)):
            lines[(*where, number)] = lines_of(number)
        return [_plain(value, (*where, number), lines) for number, value in enumerate(tree)]
    return str(tree) if isinstance(tree, str) else tree


def _lines_of(tree: Any, line: int) -> Callable[[Any], int]:
    """The line of a key or item; what a merge (<<) brought along has none of its own, but its parent's."""
    positions: dict[Any, list[int]] = tree.lc.data or {}
    return lambda key: positions[key][0] + 1 if key in positions else line
