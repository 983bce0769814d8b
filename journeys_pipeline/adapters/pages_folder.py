"""The folder of dashboards: drafts that nobody is shown, and published pages."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.schemas.dashboards import MANIFEST, Draft, Manifest, Page, Section

DRAFTS = ".drafts"
VERDICT = "verdict.json"


class PagesFolder:
    """Pages are drafts first, and take the place of the published ones when all of an account's are found fit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def account(self, account_id: str) -> Path:
        """Where an account's published pages lie."""
        return self.folder / account_id

    def draft(self, account_id: str, section: Section, pages: Iterable[tuple[Draft, bytes]]) -> list[Page]:
        """Write a section's pages as drafts, in the place of its earlier drafts. Nobody has found them fit yet."""
        folder = self._drafts(account_id, section)
        (folder.parent / VERDICT).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        listed: list[Page] = []
        for draft, content in pages:
            write_whole(folder / draft.file, content)
            listed.append(_listed(draft, section, content))
        write_whole(folder / MANIFEST, json.dumps([page.model_dump() for page in listed]).encode())
        return listed

    def drafts(self, account_id: str, section: Section) -> Iterator[tuple[Page, Path]]:
        """A section's drafts, each with its file."""
        folder = self._drafts(account_id, section)
        if (folder / MANIFEST).exists():
            for listed in json.loads((folder / MANIFEST).read_bytes()):
                page = Page.model_validate(listed)
                yield page, folder / page.file

    def judge(self, account_id: str, findings: Sequence[str]) -> None:
        """Keep what was found wrong with an account's drafts; nothing means that they are fit."""
        write_whole(self.folder / DRAFTS / account_id / VERDICT, json.dumps(list(findings)).encode())

    def findings(self, account_id: str) -> list[str]:
        """What keeps an account's drafts from being published."""
        verdict = self.folder / DRAFTS / account_id / VERDICT
        return json.loads(verdict.read_bytes()) if verdict.exists() else ["they were not checked"]

    def publish(self, manifest: Manifest) -> None:
        """Put an account's drafts in place, each whole; then the manifest; then remove what it does not list."""
        folder = self.account(manifest.account_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for page in manifest.pages:
            (self._drafts(manifest.account_id, page.section) / page.file).replace(folder / page.file)
        write_whole(folder / MANIFEST, manifest.model_dump_json(indent=1).encode())
        kept = {MANIFEST, *(page.file for page in manifest.pages)}
        for file in folder.iterdir():
            if file.name not in kept:
                file.unlink()
        shutil.rmtree(self.folder / DRAFTS / manifest.account_id, ignore_errors=True)

    def _drafts(self, account_id: str, section: Section) -> Path:
        return self.folder / DRAFTS / account_id / section


def _listed(draft: Draft, section: Section, content: bytes) -> Page:
    digest = hashlib.sha256(content).hexdigest()
    return Page(**draft.model_dump(), section=section, sha256=digest, size=len(content))
