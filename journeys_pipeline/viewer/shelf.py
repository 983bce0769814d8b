"""The pages that were published for each account, as its manifest lists them; nothing else can be asked for."""

import hashlib
import logging
from pathlib import Path

from pydantic import ValidationError

from journeys_pipeline.adapters.inner_files import read_inside
from journeys_pipeline.schemas.dashboards import MANIFEST, Manifest, Page
from journeys_pipeline.viewer import refusals


class Shelf:
    """The folder that assets publish pages to: one folder per account."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifest(self, account_id: str) -> Manifest | None:
        """What is published for the account; None before the first time."""
        try:
            manifest = Manifest.model_validate_json(read_inside(self._folder, account_id, MANIFEST))
        except FileNotFoundError:
            return None
        except ValidationError:
            logging.getLogger(__name__).exception("The manifest of account %s cannot be read.", account_id)
            return None
        return manifest if manifest.account_id == account_id else None

    def content(self, account_id: str, page: Page) -> bytes:
        """The bytes that were published.

        Raises:
            Refusal: others lie there: a new edition is half published, or somebody changed the file.
        """
        try:
            content = read_inside(self._folder, account_id, page.file)
        except FileNotFoundError:
            raise refusals.being_renewed() from None
        if hashlib.sha256(content).hexdigest() != page.sha256:
            raise refusals.being_renewed()
        return content
