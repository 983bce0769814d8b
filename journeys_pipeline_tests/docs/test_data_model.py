"""docs/data-model.md says what the schemas say. Run this file to write its generated part anew."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import dataframely as dy
import pytest

from journeys_pipeline import schemas
from journeys_pipeline.adapters.table_files import partition_column
from journeys_pipeline.adapters.warehouse import TABLES
from journeys_pipeline.schemas.contact_entries import ImportExport
from journeys_pipeline.schemas.reports import ChannelReport, MepReport
from journeys_pipeline.schemas.shared_columns import MEANINGS, meaning_of, table_name

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-model.md"
MARKER = "<!-- Generated from the schemas. Edit nothing below this line. -->\n"
RENEW = "run `.venv/bin/python journeys_pipeline_tests/docs/test_data_model.py`"
FILES_ONLY = [ImportExport, MepReport, ChannelReport]


def find_schemas() -> list[type[dy.Schema]]:
    """All table schemas, in the order of their modules and of their definition; what tables share is none."""
    found = pkgutil.walk_packages(schemas.__path__, prefix=f"{schemas.__name__}.")
    modules = [importlib.import_module(module.name) for module in found]
    return [
        member
        for module in modules
        for member in vars(module).values()
        if inspect.isclass(member) and issubclass(member, dy.Schema) and member.__module__ == module.__name__
        if not member.__name__.startswith("_")
    ]


def describe(schema: type[dy.Schema]) -> str:
    """One section of the document: grain, home, key, rules, and one row per column."""
    rules = [f"- {sentence}" for sentence in describe_rules(schema)]
    rows = [describe_column(name, column) for name, column in schema.columns().items()]
    return "\n".join(
        [
            f"### {schema.__name__}",
            "",
            inspect.cleandoc(schema.__doc__ or ""),
            "",
            f"- Kept in: {describe_home(schema)}",
            f"- Key: {describe_key(schema)}",
            *rules,
            "",
            "| column | type | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    ).replace("time_unit='us', time_zone='UTC'", "UTC")


def describe_column(name: str, column: dy.Column) -> str:
    nullable = ", nullable" if column.nullable else ""
    return f"| `{name}` | {column.dtype}{nullable} | {meaning_of(name, column.description)} |"


def describe_home(schema: type[dy.Schema]) -> str:
    """Where the table's rows are: the warehouse, the lake, or a file that is handed out."""
    served = [f"`{table.name}`" for (owner, _), table in TABLES.items() if owner is schema]
    if served:
        return f"warehouse, {' and '.join(served)}"
    if schema in FILES_ONLY:
        return "report files"
    folder = partition_column(schema)
    return f"lake, `{table_name(schema)}`" + (f", one folder per `{folder}`" if folder else "")


def describe_key(schema: type[dy.Schema]) -> str:
    return ", ".join(f"`{name}`" for name in schema.primary_key()) or "none"


def describe_rules(schema: type[dy.Schema]) -> list[str]:
    """Each rule over a whole row, as the sentence that its docstring is; inherited ones too."""
    ours = [base for base in schema.__mro__ if base.__module__.startswith(schemas.__name__)]
    definitions = [ast.parse(inspect.getsource(base)).body[0] for base in ours]
    functions = [node for one in definitions for node in ast.walk(one) if isinstance(node, ast.FunctionDef)]
    return [ast.get_docstring(function) or function.name for function in functions]


def section_of(schema: type[dy.Schema]) -> str:
    generated = DOCUMENT.read_text(encoding="utf-8").partition(MARKER)[2]
    return generated.partition(f"### {schema.__name__}\n")[2].partition("\n### ")[0]


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", text, flags=re.MULTILINE)


@pytest.mark.parametrize("schema", find_schemas(), ids=lambda schema: schema.__name__)
def test_the_data_model_names_each_table_with_its_key_and_every_column(schema: type[dy.Schema]) -> None:
    section = section_of(schema)

    columns = first_cells(section)

    assert f"- Key: {describe_key(schema)}\n" in section, RENEW
    assert columns == schema.column_names(), RENEW


def test_the_data_model_says_of_each_table_what_makes_it() -> None:
    overview = DOCUMENT.read_text(encoding="utf-8").partition("## Tables")[0]

    tables = first_cells(overview)

    assert sorted(tables) == sorted(schema.__name__ for schema in find_schemas())


def test_every_shared_meaning_is_that_of_a_column_without_one_of_its_own() -> None:
    unexplained = {
        name for schema in find_schemas() for name, column in schema.columns().items() if not column.description
    }

    assert unexplained == set(MEANINGS)


if __name__ == "__main__":
    written_by_hand = DOCUMENT.read_text(encoding="utf-8").partition(MARKER)[0]
    sections = "\n".join(describe(schema) for schema in find_schemas())
    DOCUMENT.write_text(f"{written_by_hand}{MARKER}\n{sections}", encoding="utf-8")
