"""What the import of contact files costs: verdicts beside parsing and beside the libraries, fetching beside sftp."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from journeys_pipeline_tests.benchmarks import bench_fetch
from journeys_pipeline_tests.benchmarks.turns import Row, compare, print_rows, python

ROWS, LARGE_ROWS = 1_000_000, 20_000_000  # the second makes 2 GB
HEADER = "customer,first_name,last_name,phone,email,city,consent_at,note\n"
NAMES = ["Ann", "Bob", "Carlos", "Dilnoza", "Eef", "Fatima", "Gijs", "Henk", "Ingrid", "Jo"]
CITIES = ["Amsterdam", "Utrecht", "Rotterdam", "Den Haag", "Eindhoven", "Groningen"]
MAILBOXES = ["mailbox.nl", "post.example.org", "acme.com", "kpnmail.nl", "uni-utrecht.nl"]

JUDGE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from journeys_pipeline.catalog import ContactsFeed
from journeys_pipeline.defs.contact_reading import judge_file
from journeys_pipeline.transforms.contact_entries import ContactFile

feed = ContactsFeed(
    kind="contacts", id="f", glob="*", journey_id="j", contact_type="both", phone_column="phone", email_column="email",
    default_region="NL",
)
about = ContactFile("f", "acme", datetime(2026, 1, 1, tzinfo=UTC))
list(judge_file(Path(sys.argv[2]), feed=feed, about=about))  # the numbering plans are compiled once a process
begun = time.perf_counter()
judged = list(judge_file(Path(sys.argv[1]), feed=feed, about=about))
seconds = time.perf_counter() - begun
print(sum(chunk.height for chunk in judged), sum(chunk["is_valid"].sum() for chunk in judged), file=sys.stderr)
print(seconds)
"""
PARSE = """
import sys, time
import polars as pl

begun = time.perf_counter()
rows = pl.read_csv(sys.argv[1], infer_schema=False)
seconds = time.perf_counter() - begun
assert rows.height
print(seconds)
"""
LOOP = """
import csv, sys, time
import phonenumbers
from email_validator import EmailNotValidError, validate_email

def phone(text):
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

def email(text):
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None

begun = time.perf_counter()
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    verdicts = [(phone(row["phone"]), email(row["email"])) for row in csv.DictReader(file)]
seconds = time.perf_counter() - begun
assert verdicts
print(seconds)
"""
IMPORT = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.defs.contact_reading import ContactReader

home, landed = Path(sys.argv[1]), Path(sys.argv[2])
warehouse = Warehouse(f"sqlite:///{home}/warehouse.sqlite")
warehouse.migrate()
as_of = datetime(2026, 1, 1, tzinfo=UTC)
reader = ContactReader(load_catalog(home / "journeys.yaml"), LandingZone(home / "landing"), Lake(home / "lake"),
                       warehouse, as_of)
file = {"file_id": "f", "account_id": "acme", "connection_id": "c", "feed_id": "f", "kind": "contacts",
        "sha256": landed.name, "fetched_at": as_of, "file_bytes": landed.stat().st_size}
begun = time.perf_counter()
entries = reader.read([file])
seconds = time.perf_counter() - begun
print(f"{entries:,} entries", file=sys.stderr)
print(seconds)
"""
CATALOG = """
accounts: [{id: acme, name: Acme, tiers: [{tier: scale, valid_from: 2026-01-01}]}]
connections:
  - id: c
    account_id: acme
    url: file:///nowhere
    feeds:
      - {kind: contacts, id: f, glob: "*", journey_id: j, contact_type: both, phone_column: phone,
         email_column: email, default_region: NL}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contacts, few = _write(folder / "contacts.csv", ROWS), _write(folder / "few.csv", 10)
        rows = [
            compare("contacts_vs_parse", python(JUDGE, contacts, few), "Polars' read_csv", python(PARSE, contacts)),
            compare(
                "contacts_vs_libraries",
                python(JUDGE, contacts, few),
                "phonenumbers, email-validator",
                python(LOOP, contacts),
                turns=0,
            ),
            _import_large(folder),
        ]
    print_rows([*rows, *(Row(**row) for row in bench_fetch.measure())])


def _import_large(folder: Path) -> Row:
    """A 2 GB file from the landing zone to the lake."""
    (folder / "journeys.yaml").write_text(CATALOG)
    landed = folder / "landing" / "c" / "00" / ("0" * 64)
    landed.parent.mkdir(parents=True)
    _write(landed, LARGE_ROWS)
    ours = python(IMPORT, folder, landed)
    return compare("large_file_vs_parse", ours, "Polars' read_csv", python(PARSE, landed), turns=0)


def _write(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(_lines(rows))
    return path


def _lines(rows: int) -> Iterator[str]:
    """Contacts as customers write them: three notations of phones, one in twenty wrong, some of either empty."""
    random = Random(1)
    for number in range(rows):
        first, last = NAMES[number % 10], NAMES[number // 10 % 10]
        digits = f"{10_000_000 + random.randrange(50_000_000)}"
        phone = [f"+316{digits}", f"06-{digits}", f"0031 6 {digits[:4]} {digits[4:]}"][number % 3]
        email = f"{first}.{last}{number}@{MAILBOXES[number % 5]}"
        fate = number % 40
        phone = {0: "12345", 1: "", 2: f"06{digits[:5]}"}.get(fate, phone)
        email = {3: f"{first} at {last}", 4: "", 5: f"{first}@@acme.com"}.get(fate, email)
        yield f"{number},{first},{last},{phone},{email},{CITIES[number % 6]},2026-01-{1 + number % 28:02},spring sale\n"


if __name__ == "__main__":
    main()
