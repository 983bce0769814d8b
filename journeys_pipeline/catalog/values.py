"""What a single value of the catalog may be; a message says what to do, and never repeats what might be a secret."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo

FROZEN = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST_ADDRESS = 254  # RFC 5321
LONGEST_NAME = 120
LENGTH_BYTES = 4  # before each field of a public key (RFC 4251)
LEAST_KEY_FIELDS = 2  # the type and at least one number


@dataclass(frozen=True)
class Marker:
    """A file is whole once a file of its name and this suffix lies beside it."""

    suffix: str


HowComplete = Literal["listed_twice", "renamed"] | Marker


def _matching(pattern: str, message: str) -> AfterValidator:
    expression = re.compile(pattern)

    def check(value: str) -> str:
        if expression.fullmatch(value) is None:
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _text(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is blank: give it a value")
    if isinstance(value, str) and CONTROL.search(value):
        raise ValueError("must be on one line, without control characters")
    return value


def _long_text(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank: give it a value")
    if CONTROL.search(value.replace("\n", "").replace("\t", "")):
        raise ValueError("must be without control characters, line breaks and tabs excepted")
    return value


def _iso_day(value: Any) -> Any:
    """Pydantic alone would take any number for seconds since 1970."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is None:
        raise ValueError("must be a date like 2026-01-31")
    return value


def _mail_address(value: str) -> str:
    shape = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|localhost)"
    is_encoded_word = "=?" in value  # it could start a header of its own (CVE-2024-6923)
    if re.fullmatch(shape, value) is None or is_encoded_word or len(value) > LONGEST_ADDRESS:
        raise ValueError("must be one plain e-mail address like ops@example.com, without a name around it")
    return value


def report_name(value: str) -> str:
    """A report's name as it can stand in a mail's subject.

    Raises:
        ValueError: it could start a header of its own (CVE-2024-6923), is blank or too long.
    """
    _text(value)
    if "=?" in value or len(value) > LONGEST_NAME:
        raise ValueError(f"must be a name of at most {LONGEST_NAME} characters, without `=?`")
    return value


def _host_key(value: str) -> str:
    kind, *rest = value.split()
    try:
        fields = _key_fields(base64.b64decode(rest[0], validate=True) if rest else b"")
    except (binascii.Error, UnicodeEncodeError, ValueError):
        fields = []
    if len(fields) < LEAST_KEY_FIELDS or fields[0] != kind.encode():
        raise ValueError(
            "must be the server's whole public key, as `ssh-keyscan` prints it but without the host's name: "
            "ssh-ed25519 AAAA…"
        )
    return value


def _key_fields(blob: bytes) -> list[bytes]:
    """The length-prefixed fields of a public key (RFC 4253, 6.6).

    Raises:
        ValueError: the last field is cut short.
    """
    fields: list[bytes] = []
    while blob:
        end = LENGTH_BYTES + int.from_bytes(blob[:LENGTH_BYTES], "big")
        if len(blob) < end:
            raise ValueError("cut short")
        fields.append(blob[LENGTH_BYTES:end])
        blob = blob[end:]
    return fields


def _region(value: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - large, and wanted for this key alone

    if value not in SUPPORTED_REGIONS:
        raise ValueError("must be a country of the phone library: two capitals, like NL")
    return value


def _encoding(value: str) -> str:
    try:
        "a".encode(value)  # codecs.lookup would also take base64 and the like
    except (LookupError, ValueError):
        raise ValueError("must be a text encoding that Python knows, like utf-8, cp1252 or utf-16") from None
    return value


def _anchored(value: Path, info: ValidationInfo) -> Path:
    folder: Path | None = (info.context or {}).get("folder")
    return folder / value.expanduser() if folder else value


def _listed(value: Any) -> Any:
    """One value may stand for a list of one."""
    return [value] if isinstance(value, str) else value


def _how_complete(value: Any) -> HowComplete:
    if isinstance(value, Marker) or value in ("listed_twice", "renamed"):
        return value
    suffix = cast("dict[str, Any]", value).get("marker") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(suffix, str) and suffix.strip() and "/" not in suffix and CONTROL.search(suffix) is None:
        return Marker(suffix)
    raise ValueError('must be listed_twice, renamed, or what stands behind the file\'s name, as {marker: ".done"}')


_T = TypeVar("_T")
Listed = Annotated[list[_T], BeforeValidator(_listed)]
Text = Annotated[str, BeforeValidator(_text)]
ReportName = Annotated[Text, AfterValidator(report_name)]
LongText = Annotated[str, AfterValidator(_long_text)]
Day = Annotated[date, BeforeValidator(_iso_day)]
Id = Annotated[
    str,
    _matching(
        "[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "must be 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit: "
        "it becomes a folder's name",
    ),
]
Slug = Annotated[
    str,
    _matching(
        "[a-z0-9][a-z0-9-]{0,39}",
        "must be 1 to 40 lower-case letters, digits or dashes, and begin with a letter or digit: it becomes an address",
    ),
]
UserName = Annotated[
    str,
    _matching(
        "[!-~]{1,254}",
        "must be the user as the proxy names them, like ann@acme.example: up to 254 ASCII characters, no spaces",
    ),
]
GroupName = Annotated[Text, _matching("[^,]+", "must be one group, as the proxy names it, without a comma")]
Currency = Annotated[str, _matching("[A-Z]{3}", "must be an ISO 4217 code: three capitals, like EUR")]
Price = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Glob = Annotated[Text, _matching("[^/]+", "must be a pattern of file names, without `/`: folders go into `folder`")]
Delimiter = Annotated[str, _matching(r"[^\r\n\"]", 'must be one character, like ";" or "\\t", in quotes')]
VariableName = Annotated[
    str,
    _matching(
        "[A-Z_][A-Z0-9_]*",
        "must be the NAME of an environment variable (capitals, digits, _); "
        "the password itself does not belong in this file",
    ),
]
HostKeys = Annotated[list[Annotated[Text, AfterValidator(_host_key)]], BeforeValidator(_listed), Field(min_length=1)]
ColumnNames = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1)]
StoreUrl = Annotated[
    Text,
    _matching(
        r"file:///[^?#]*|(s3|s3a|az|abfss?|gs)://[^/?#@]+(/[^?#]*)?",
        "must be a folder (file:///drop/acme) or an object store (s3://bucket/acme), without credentials: "
        "these come from the environment",
    ),
]
CompleteWhen = Annotated[HowComplete, PlainValidator(_how_complete)]
Region = Annotated[str, AfterValidator(_region)]
Encoding = Annotated[str, AfterValidator(_encoding)]
KeyFile = Annotated[Path, AfterValidator(_anchored), BeforeValidator(_text)]
