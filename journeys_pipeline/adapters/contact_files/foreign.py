"""Files that customers send in place of CSV, recognised by their first bytes or their first line."""

import re

from journeys_pipeline.adapters.contact_files.refusal import UnreadableFile

_PACKED = "The archive holds another archive ({}). Send the CSV file plain, or compressed once."
_SEND_CSV = "The file is {}, not CSV. Send it as CSV."
_DECRYPT = "The file is encrypted or signed (PGP). Send it unencrypted; the connection itself is encrypted."

_ARCHIVES = {  # `.` is any byte
    rb"\x1f\x8b": "gzip",
    rb"\x28\xb5\x2f\xfd": "zstd",
    rb"PK(\x03\x04|\x05\x06|\x07\x08)": "zip",
    rb"7z\xbc\xaf\x27\x1c": "7z",
    rb"Rar!\x1a\x07": "rar",
    rb"BZh[1-9](1AY&SY|\x17rE8P\x90)": "bzip2",
    rb"\xfd7zXZ\x00": "xz",
    rb"\x04\x22\x4d\x18": "lz4",
    rb"\x1f\x9d": "compress",
    rb".{257}ustar": "tar",
}
_DOCUMENTS = {
    rb"%PDF-": "a PDF document",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook (xls)",
    rb"\{\\rtf": "a rich-text document",
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM.{4}\x00{4}|II\*\x00|MM\x00\*": "an image",
    rb"PAR1": "a Parquet file",
    rb"SQLite format 3\x00": "a database",
}
# Armour, and the packets that an encrypted, signed or compressed OpenPGP message begins with (RFC 9580).
_PGP = (
    rb"-----BEGIN PGP|\x84.\x03|\x85..\x03|\xc1[^\xff]{1,2}[\x03\x06]|\x8c.[\x04-\x06]|\xc3.[\x04-\x06]|\xa3[\x01-\x03]"
)
_MARKUP = re.compile(r"<(?:[!?]|[a-z][a-z0-9:]*[\s>])", re.IGNORECASE)


def refuse_foreign(start: bytes, *, is_packed: bool) -> None:
    """Nothing for a file that may be CSV by its first bytes; these are already unpacked.

    Raises:
        UnreadableFile: an archive (again, if `is_packed`), a document, an image, an encrypted file.
    """
    archive = _named(_ARCHIVES, start)
    if archive and is_packed:
        raise UnreadableFile(_PACKED.format(archive))
    if archive:
        raise UnreadableFile(f"The file is a {archive} archive. Send the CSV file plain, or as .gz, .zst or .zip.")
    document = _named(_DOCUMENTS, start)
    if document:
        raise UnreadableFile(_SEND_CSV.format(document))
    if re.match(_PGP, start, re.DOTALL):
        raise UnreadableFile(_DECRYPT)


def named_text(line: str) -> str | None:
    """What a text that has no header of ours is, by its first line, if that is plain to see."""
    start = line.lstrip().lstrip("\ufeff")
    if _MARKUP.match(start):
        return "a web page or XML"
    return "JSON" if start.startswith(("{", "[")) else None


def _named(kinds: dict[bytes, str], start: bytes) -> str | None:
    return next((name for pattern, name in kinds.items() if re.match(pattern, start, re.DOTALL)), None)
