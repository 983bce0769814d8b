"""The landing page and the published pages: account, early access, package and role are looked at, in this order."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from journeys_pipeline.schemas.dashboards import LANDING_PAGE, Manifest, Page
from journeys_pipeline.tiers import Tier
from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.access_log import note
from journeys_pipeline.viewer.gate import Gate, Visit
from journeys_pipeline.viewer.markup import page as own_page
from journeys_pipeline.viewer.script_policy import policy_for
from journeys_pipeline.viewer.shelf import Shelf

TIERS_OF_SECTION = {"custom": (Tier.SCALE,), "rows": (Tier.SCALE,)}
"""Sections that not every package has: custom dashboards (F87), the rows behind a figure (F88)."""


class Dashboards:
    """What is read."""

    def __init__(self, gate: Gate, shelf: Shelf) -> None:
        self._gate = gate
        self._shelf = shelf

    def start(self, request: Request) -> Response:
        """The visitor's one account, or a choice of several."""
        accounts = self._gate.accounts(request)
        if len(accounts) == 1:
            return RedirectResponse(f"/{accounts[0].id}/", status_code=303)
        return own_page("accounts", accounts=accounts)

    def landing(self, request: Request) -> Response:
        """The Overview (F94)."""
        return self._page(self._gate.enter(request), LANDING_PAGE)

    def page(self, request: Request) -> Response:
        """A published page, with a content policy of its own."""
        return self._page(self._gate.enter(request), request.path_params["page"])

    def _page(self, visit: Visit, file: str) -> Response:
        manifest = self._shelf.manifest(visit.account.id)
        if manifest is None:
            raise refusals.no_pages(ask=visit.contact)
        page = _choose(visit, manifest, file)
        try:
            _refuse_unless_open(visit, page)
        except refusals.Refusal:
            note(visit, page.file, "refused")
            raise
        content = self._shelf.content(visit.account.id, page)
        note(visit, page.file, "shown")
        return HTMLResponse(content, headers={"Content-Security-Policy": policy_for(content)})


def _choose(visit: Visit, manifest: Manifest, file: str) -> Page:
    """The page of that name, or the one that this visitor gets in its place."""
    fuller = (page for page in manifest.pages if page.instead_of == file and _is_open_to(visit, page))
    page = next(fuller, None) or manifest.page(file)
    if page is None:
        _refuse_other_tier(visit, file.partition(".")[0].partition("-")[0])  # its package is why it was never made
        raise refusals.not_here()
    return page


def _refuse_other_tier(visit: Visit, section: str) -> None:
    tiers = TIERS_OF_SECTION.get(section)
    if tiers and visit.tier not in tiers:
        raise refusals.other_tier(tiers, visit.tier, ask=visit.contact)


def _is_open_to(visit: Visit, page: Page) -> bool:
    try:
        _refuse_unless_open(visit, page)
    except refusals.Refusal:
        return False
    return True


def _refuse_unless_open(visit: Visit, page: Page) -> None:
    if page.early_access is not None and page.early_access not in visit.account.early_access:
        raise refusals.not_here()
    _refuse_other_tier(visit, page.section)
    if page.roles and {role.label for role in visit.roles}.isdisjoint(page.roles):
        raise refusals.other_role(page.roles, ask=visit.contact)
