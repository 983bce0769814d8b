"""All assets as one ZIP: the same for the same warehouse, byte for byte."""

import io
import re
import zipfile
from typing import Any

import sqlalchemy as sa

from journeys_pipeline.superset.charts import chart
from journeys_pipeline.superset.dashboards import dashboard
from journeys_pipeline.superset.datasets import MEP, STANDARD, dataset
from journeys_pipeline.superset.naming import DATABASE, uuid_of
from journeys_pipeline.superset.standard import STANDARD as DASHBOARDS

FOLDER = "journeys"
DATABASE_FILE = f"databases/{DATABASE}.yaml"
MADE_AT = "2026-01-01T00:00:00+00:00"  # fixed, as all times in the ZIP: the import does not look at it


def make_bundle(url: str) -> bytes:
    """The ZIP for Superset's `import-directory` and `POST /api/v1/assets/import/`; it holds no password.

    Args:
        url: SQLAlchemy's URL of the warehouse, as Superset reaches it.
    """
    target = sa.make_url(url)
    dialect = "sqlite" if target.get_backend_name() == "sqlite" else "postgresql"
    files: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": MADE_AT},
        DATABASE_FILE: _database(target),
    }
    for table in (*STANDARD, *MEP):
        files[f"datasets/{DATABASE}/{table}.yaml"] = dataset(table, dialect)
    for one in DASHBOARDS:
        files[f"dashboards/{one.slug}.yaml"] = dashboard(one)
        files |= {f"charts/{_file_name(each.title)}.yaml": chart(each) for each in one.charts}
    return _zipped({f"{FOLDER}/{name}": _yaml(content) for name, content in files.items()})


def password_of(url: str) -> dict[str, str]:
    """The database's password by its file in the ZIP, as the import wants it; empty without one."""
    password = sa.make_url(url).password
    return {DATABASE_FILE: password} if password else {}


def _database(target: sa.URL) -> dict[str, Any]:
    uri = target.set(password="X" * 10) if target.password else target
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri.render_as_string(hide_password=False),
        "expose_in_sqllab": False,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"allows_virtual_table_explore": False},
        "uuid": uuid_of("database", DATABASE),
        "version": "1.0.0",
    }


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _yaml(content: dict[str, Any]) -> bytes:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only who makes a bundle pays for it

    yaml, stream = YAML(typ="safe", pure=True), io.BytesIO()
    yaml.default_flow_style = False
    yaml.dump(content, stream)
    return stream.getvalue()


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            bundle.writestr(entry, content)
    return stream.getvalue()
