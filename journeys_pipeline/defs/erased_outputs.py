"""Reports and mails that name an erased person are rewritten: contacts become their shape, the id a keyed hash (D7)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from journeys_pipeline.adapters.mail_files import mail_file, redact_mail
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.rendering.redacting import redact_report
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline.transforms.erasures import Traces


@dataclass(frozen=True)
class Outputs:
    """The folders of what was made for people to read."""

    reports: Path
    outbox: Path

    def redact(
        self, warehouse: Warehouse, account_id: str, traces: Traces, hashes: Mapping[str, str], *, as_of: datetime
    ) -> tuple[int, int]:
        """How many files of reports, and of mails, were rewritten; the register has their new hash, and when.

        Args:
            warehouse: Where reports and mails are listed.
            account_id: Whose they are.
            traces: Contacts of the person.
            hashes: What stands for each id of the person from now on.
            as_of: The erasure's logical time.
        """

        def redact(content: bytes) -> bytes:
            return redact_report(content, mask=traces.mask, hashes=hashes)

        folder = self.reports / account_id
        files = sorted(path for path in folder.rglob("*") if path.suffix in {".csv", ".xlsx"})
        reports = [(path, after) for path in files if (after := redact(before := path.read_bytes())) != before]
        for path, content in reports:
            # listed first: if the process ends in between, the next erasure makes the same bytes of the file
            listed = {"file_sha256": hashlib.sha256(content).hexdigest(), "altered_at": as_of}
            with warehouse.transaction() as transaction:
                transaction.update(ReportRegister, listed, {"path": [path.relative_to(self.reports).as_posix()]})
            write_whole(path, content)
        sent = warehouse.read(MailOutbox, {"account_id": [account_id]})["message_id"]
        files = [path for path in (mail_file(self.outbox, each) for each in sent) if path.exists()]
        mails = [
            (path, after)
            for path in files
            if (after := redact_mail(before := path.read_bytes(), mask=traces.mask, redact=redact)) != before
        ]
        for path, content in mails:
            write_whole(path, content)
        return len(reports), len(mails)
