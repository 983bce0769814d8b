"""Contact files of the sample world, with every wrong row that customers send."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from journeys_pipeline.demo.accounts import SampleAccount, World
from journeys_pipeline.demo.drops import changed_at, drop_of, staged_path, stamp
from journeys_pipeline.demo.people import email_address, first_name, phone_number

_FEWEST_FILES = 4  # a plain one, one with a byte order mark, one with semicolons, the first again
_WITH_MARK, _WITH_SEMICOLONS, _SENT_AGAIN = 2, 3, 4
_FEWEST_ROWS, _MOST_ROWS, _PEOPLE_PER_ROW = 60, 5_000, 20
_MALFORMED_PHONES = ["+1 202 555 01", "call me", "555-0199", "+999 12345678"]
_MALFORMED_EMAILS = ["ada.example.com", "ada@", "ada@@example.com", "a da@example.com"]
_UNDECODABLE = b"\xff\xfe\xff"


@dataclass(frozen=True)
class ContactFile:
    """A contact file, and what is true of it."""

    path: Path  # before its drop is published
    journey_id: str
    contact_type: str
    total_entries: int
    valid_entries: int
    duplicate_of: str | None = None  # name of the earlier file with the same bytes


@dataclass(frozen=True)
class _Row:
    cells: list[str]
    is_valid: bool = True


def write_contact_files(root: Path, world: World, *, account: SampleAccount, random: Random) -> list[ContactFile]:
    """About one file a week, at least four, for each of the account's journeys that are fed by files."""
    count = max(_FEWEST_FILES, world.days // 7)
    files: list[ContactFile] = []
    for plan in account.kind.journeys:
        if plan.contact_type is None:
            continue
        first = b"", 0, 0
        for number in range(1, count + 1):
            content, total, valid = _compose(account, plan.contact_type, number=number, random=random)
            if number == 1:
                first = content, total, valid
            is_again = number == _SENT_AGAIN
            if is_again:
                content, total, valid = first
            stem = f"contacts-{plan.key}-"
            day = world.first_day + timedelta(days=(number - 1) * world.days // count)
            name = f"{stem}{number:03d}{'-resent' if is_again else ''}.csv"
            path = staged_path(root, drop_of(world, day), account_id=account.id, name=name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            stamp(path, changed_at(world, day, after=timedelta(hours=8)))
            original = f"{stem}001.csv" if is_again else None
            facts = ContactFile(path, f"{account.id}-{plan.key}", plan.contact_type, total, valid, original)
            files.append(facts)
    return files


def _compose(account: SampleAccount, contact_type: str, *, number: int, random: Random) -> tuple[bytes, int, int]:
    """The bytes of a file, its entries, and the valid ones among them."""
    wanted = max(_FEWEST_ROWS, min(_MOST_ROWS, account.people // _PEOPLE_PER_ROW))
    rows = [_good_row(account, contact_type, random=random) for _ in range(wanted)]
    wrong = _wrong_rows(contact_type) * (4 if number == _WITH_MARK else 1)  # one file warns the operator (F54)
    for row in wrong:
        rows.insert(random.randrange(1, len(rows)), row)
    again = rows[0].cells
    rows.append(_Row([again[0], "Again", *again[2:]]))
    delimiter = ";" if number == _WITH_SEMICOLONS else ","
    names = {"phone": ["phone"], "email": ["email"], "both": ["phone", "email"]}[contact_type]
    lines = [delimiter.join(["customer_no", "first_name", *names, "city"]).encode()]
    lines += [delimiter.join(row.cells).encode() for row in rows]
    lines.insert(len(lines) // 2, lines[1].replace(b",", b"," + _UNDECODABLE, 1).replace(b";", b";" + _UNDECODABLE, 1))
    lines.insert(3, b"")
    lines.append(b"   ")
    mark = b"\xef\xbb\xbf" if number == _WITH_MARK else b""
    total = len(rows) + 1  # and the undecodable one
    return mark + b"\r\n".join(lines) + b"\r\n", total, sum(row.is_valid for row in rows)


def _good_row(account: SampleAccount, contact_type: str, *, random: Random) -> _Row:
    number = random.randrange(account.people) + 1
    phone = phone_number(number, style=random.randrange(4))
    email = email_address(account.id, number)
    contacts = {"phone": [phone], "email": [email], "both": [phone, email]}[contact_type]
    return _Row([f"C{number:07d}", first_name(number), *contacts, '"The ""Hague"""'])


def _wrong_rows(contact_type: str) -> list[_Row]:
    """Each defect once; for two contacts, each combination of valid, empty and wrong (D10)."""
    ragged = [_Row(["C0", "Too", "few"], is_valid=False), _Row(["C0", *["more"] * 9], is_valid=False)]
    if contact_type == "phone":
        return [*ragged, _odd_row(""), _odd_row("  "), *(_odd_row(phone) for phone in _MALFORMED_PHONES)]
    if contact_type == "email":
        return [*ragged, _odd_row(""), _odd_row("  "), *(_odd_row(email) for email in _MALFORMED_EMAILS)]
    phone, email = phone_number(1), email_address("odd", 1)
    return [
        *ragged,
        _odd_row("", ""),
        _odd_row(_MALFORMED_PHONES[0], ""),
        _odd_row("", _MALFORMED_EMAILS[0]),
        _odd_row(_MALFORMED_PHONES[1], _MALFORMED_EMAILS[1]),
        _odd_row(phone, _MALFORMED_EMAILS[2]),
        _odd_row(_MALFORMED_PHONES[2], email),
        _odd_row(phone, "", is_valid=True),
        _odd_row("", email, is_valid=True),
    ]


def _odd_row(*contacts: str, is_valid: bool = False) -> _Row:
    return _Row(["C0", "Odd", *contacts, "Oslo"], is_valid)
