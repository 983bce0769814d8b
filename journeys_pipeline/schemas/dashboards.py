"""The manifest of an account's pages: what lies in its folder, and who may see it. The viewer reads it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from journeys_pipeline.tiers import Tier

MANIFEST = "pages.json"
LANDING_PAGE = "index.html"

ANALYZE_MANAGER = "Analyze manager"
COMMUNICATION_MANAGER = "Communication manager"
MEP_ROLES = (ANALYZE_MANAGER, COMMUNICATION_MANAGER)

Section = Literal["overview", "campaigns", "ivr", "imports", "mep", "rows", "custom"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Draft(_Model):
    """What is known of a page before it is drawn."""

    file: str
    """Name in the folder: lower-case letters, digits, dashes, one dot."""
    title: str
    """Text, not HTML; names of journeys come from customers."""
    roles: tuple[str, ...] = ()
    """Who may see it: any one of these roles; none listed means everybody of the account (F76)."""
    instead_of: str | None = None
    """Those who may see this page get it where they ask for that file: the Overview with the MEP widget."""
    early_access: str | None = None
    """For accounts alone whose `early_access` in the catalog names this; for others it is not there (F91)."""


class Page(Draft):
    """One file of an account's folder."""

    section: Section
    sha256: str
    size: int
    """Bytes."""


class Manifest(_Model):
    """`pages.json`: written last, after all of the pages that it lists are in place."""

    account_id: str
    account_name: str
    tier: Tier
    as_of: datetime
    """Logical time of the run that made the pages, UTC."""
    pages: tuple[Page, ...]

    def page(self, file: str) -> Page | None:
        """The page of that file name, or None."""
        return next((page for page in self.pages if page.file == file), None)
