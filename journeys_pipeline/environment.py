"""The environment variables, named here and nowhere else."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Literal, cast

DEFAULT_FIRST_DAY = "2025-01-01"
DEFAULT_SMTP_PORT = "587"


def home() -> Path:
    """The folder that holds all that is made, by default .journeys below the working folder."""
    return Path(os.environ.get("JOURNEYS_HOME", ".journeys")).absolute()


def dagster_home() -> Path:
    """Dagster's own folder, by default in ours; the variable is set for whatever this process starts.

    A folder without settings gets ours: without them two runs could write the same slice at once.
    """
    folder = Path(os.environ.setdefault("DAGSTER_HOME", str(home() / "dagster")))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        unfinished = folder / f".settings-{os.getpid()}"
        unfinished.write_bytes(Path(__file__).with_name("dagster.yaml").read_bytes())
        unfinished.replace(settings)
    return folder


def catalog_path() -> Path:
    """The YAML file of accounts, connections and feeds."""
    return Path(os.environ.get("JOURNEYS_CATALOG", home() / "journeys.yaml")).absolute()


def warehouse_url() -> str:
    """SQLAlchemy's URL of the warehouse, by default a SQLite file."""
    return os.environ.get("JOURNEYS_WAREHOUSE_URL", f"sqlite:///{home() / 'warehouse.sqlite'}")


def viewer_url() -> str:
    """Where people open dashboards in a browser; empty where no viewer is run."""
    return os.environ.get("JOURNEYS_VIEWER_URL", "").rstrip("/")


def lake_place() -> str:
    """The folder or object-store URL of the Delta tables."""
    return os.environ.get("JOURNEYS_LAKE_URL", str(home() / "lake"))


def landing_place() -> str:
    """The folder or object-store URL of the bytes as fetched."""
    return os.environ.get("JOURNEYS_LANDING_URL", str(home() / "landing"))


def scratch_folder() -> Path:
    """The local folder for what is on its way."""
    return home() / "scratch"


def first_day() -> date:
    """The first daily partition; earlier events are kept, but not counted.

    Raises:
        ValueError: the variable is not a date.
    """
    return date.fromisoformat(os.environ.get("JOURNEYS_FIRST_DAY", DEFAULT_FIRST_DAY))


def days_per_run() -> int | None:
    """How many days one run of a back-fill makes at most; None, by default, for all of them.

    Raises:
        ValueError: the variable is not a whole number above 0.
    """
    text = os.environ.get("JOURNEYS_DAYS_PER_RUN")
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"JOURNEYS_DAYS_PER_RUN is {text}; set it to a whole number above 0, or leave it out.")
    return int(text)


def statements_folder() -> Path:
    """The folder of the statements of closed months; runs on several machines need one that all of them see."""
    return Path(os.environ.get("JOURNEYS_STATEMENTS", home() / "statements")).absolute()


def smtp() -> dict[str, str]:
    """The mail settings; without a host, mail becomes .eml files in an outbox folder."""
    return {
        "host": os.environ.get("JOURNEYS_SMTP_HOST", ""),
        "port": os.environ.get("JOURNEYS_SMTP_PORT", DEFAULT_SMTP_PORT),
        "user": os.environ.get("JOURNEYS_SMTP_USER", ""),
        "sender": os.environ.get("JOURNEYS_MAIL_SENDER", "journeys@localhost"),
    }


def smtp_security() -> Literal["none", "starttls", "tls"]:
    """How the connection to the SMTP server is secured.

    Raises:
        ValueError: the variable is none of the three.
    """
    security = os.environ.get("JOURNEYS_SMTP_SECURITY", "starttls")
    if security not in {"none", "starttls", "tls"}:
        raise ValueError(f"JOURNEYS_SMTP_SECURITY is {security}; set it to starttls, tls or none.")
    return cast("Literal['none', 'starttls', 'tls']", security)


def viewer() -> dict[str, str]:
    """How the viewer of dashboards is reached, and how it tells its proxy's requests from others."""
    return {
        "url": os.environ.get("JOURNEYS_VIEWER_URL", ""),
        "user_header": os.environ.get("JOURNEYS_VIEWER_USER_HEADER", "X-Forwarded-Email"),
        "groups_header": os.environ.get("JOURNEYS_VIEWER_GROUPS_HEADER", "X-Forwarded-Groups"),
        "secret": os.environ.get("JOURNEYS_VIEWER_SECRET", ""),
        "trusted_proxies": os.environ.get("JOURNEYS_VIEWER_TRUSTED_PROXIES", ""),
        "metrics_token": os.environ.get("JOURNEYS_METRICS_TOKEN", ""),
    }


def superset_password() -> str:
    """The password of the administrator who imports assets into a Superset."""
    return os.environ.get("JOURNEYS_SUPERSET_PASSWORD", "")


def logs_json() -> bool:
    """Whether logs are JSON lines.

    Raises:
        ValueError: the variable is neither text nor json.
    """
    form = os.environ.get("JOURNEYS_LOG", "text")
    if form not in {"text", "json"}:
        raise ValueError(f"JOURNEYS_LOG is {form}; set it to text or json.")
    return form == "json"


def secrets() -> list[str]:
    """What no log may tell: the values of all variables whose names say so, whoever reads them."""
    name = re.compile(r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|(PASS|PWD?)$", re.IGNORECASE)
    values = {value for variable, value in os.environ.items() if name.search(variable) and variable != "PWD"}
    return [value for value in values if len(value) >= SHORTEST_SECRET]


SHORTEST_SECRET = 6  # a shorter one would be found within other words
SMTP_PASSWORD = "JOURNEYS_SMTP_PASSWORD"  # noqa: S105 - the variable's name, not its value
DELETION_KEY = "JOURNEYS_DELETION_KEY"
"""Names the variable with the key that ids of deleted persons are hashed with (D7)."""
