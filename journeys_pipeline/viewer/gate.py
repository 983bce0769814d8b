"""The gate: who asks, for which account, with which roles, and whether its terms are accepted. In this order."""

from dataclasses import dataclass

from starlette.requests import Request

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.terms import TermsBook
from journeys_pipeline.catalog import Account, Terms
from journeys_pipeline.roles import Role
from journeys_pipeline.tiers import Tier
from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.catalog_source import CatalogSource
from journeys_pipeline.viewer.identity import NamedVisitor, ProxiedVisitors, Visitor


@dataclass(frozen=True)
class Visit:
    """A visitor in an account that is theirs to read."""

    visitor: Visitor
    account: Account
    roles: frozenset[Role]
    tier: Tier
    terms: Terms | None
    contact: str


class Gate:
    """Lets visitors in, or raises what sends them away."""

    def __init__(self, door: NamedVisitor | ProxiedVisitors, source: CatalogSource, book: TermsBook) -> None:
        self._door = door
        self._source = source
        self.book = book

    def visitor(self, request: Request) -> Visitor:
        """Who asks.

        Raises:
            Refusal: nobody that we know of.
        """
        visitor = self._door.visitor(request)
        if visitor is None:
            raise refusals.nobody()
        return visitor

    def accounts(self, request: Request) -> list[Account]:
        """The accounts that the visitor may read.

        Raises:
            Refusal: there is none, or nobody asks.
        """
        visitor, catalog = self.visitor(request), self._source.catalog()
        accounts = [account for account in catalog.accounts if self._door.roles(account, visitor)]
        if not accounts:
            raise refusals.no_account(visitor.user, ask=catalog.settings.contact)
        return accounts

    def approach(self, request: Request) -> Visit:
        """The visit to the account in the path, its terms not looked at.

        Raises:
            Refusal: it is no account of the visitor's; one that is somebody else's looks like one that is nobody's.
        """
        visitor, catalog = self.visitor(request), self._source.catalog()
        account = next((known for known in catalog.accounts if known.id == request.path_params["account"]), None)
        roles = self._door.roles(account, visitor) if account else frozenset[Role]()
        if account is None or not roles:
            raise refusals.not_here()
        terms, contact = catalog.terms_of(account), catalog.contact_of(account)
        return Visit(visitor, account, roles, tier=account.tier_on(now().date()), terms=terms, contact=contact)

    def enter(self, request: Request) -> Visit:
        """The visit to the account in the path, whose terms the visitor has accepted (F92).

        Raises:
            Refusal: see `approach`; or the account has no terms.
            TermsOpen: they are not accepted yet.
        """
        visit = self.approach(request)
        if visit.terms is None:
            raise refusals.no_terms(ask=visit.contact)
        if not self.book.has_accepted(visit.account.id, visit.visitor.user, visit.terms):
            raise refusals.TermsOpen(visit.account.id)
        return visit
