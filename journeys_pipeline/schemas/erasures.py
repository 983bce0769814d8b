"""Which persons were erased, and which landed bytes are no longer as fetched."""

import dataframely as dy

REDACTED, REMOVED = "redacted", "removed"


class Erasures(dy.Schema):
    """One row per erasure of a person: who asked, when, and how much was rewritten; never who it was."""

    erasure_id = dy.String(primary_key=True, description="Keyed hash of account, person and time; nothing leads back")
    account_id = dy.String()
    requested_by = dy.String(description="Who asked for it, as they named themselves")
    erased_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the erasure")
    contacts = dy.Int64(min=0, description="Different phones and e-mail addresses that were looked for")
    landed_files = dy.Int64(min=0, description="Landed contents that were rewritten")
    lake_rows = dy.Int64(min=0, description="Rows of the lake that were rewritten")
    reports = dy.Int64(min=0, description="Files of reports that were rewritten")
    mails = dy.Int64(min=0, description="Files of mails that were rewritten")
    warehouse_rows = dy.Int64(min=0, description="Rows of the warehouse that were rewritten")


class AlteredBytes(dy.Schema):
    """One row per landed content whose bytes are no longer as fetched; its hash stays known, so it loads only once."""

    connection_id = dy.String(primary_key=True, description="Connection, see `LandedFiles`")
    sha256 = dy.String(primary_key=True, description="Hash of the bytes as fetched, hexadecimal")
    state = dy.String(
        check=lambda c: c.is_in([REDACTED, REMOVED]),
        description="redacted: contacts of erased persons were taken out; removed: no bytes are left",
    )
    altered_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the last change")
