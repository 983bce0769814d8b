"""Who asks: as a reverse proxy's headers say, or as the command line says."""

import hmac
import ipaddress
import re
from dataclasses import dataclass

from starlette.requests import Request

from journeys_pipeline.catalog import Account
from journeys_pipeline.roles import Role

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SECRET_HEADER = "X-Journeys-Proxy-Secret"  # noqa: S105 - the header's name, not what it holds
_USER = re.compile(r"[!-~]{1,254}")


@dataclass(frozen=True)
class Visitor:
    """Whoever asks; `user` is in small letters."""

    user: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NamedVisitor:
    """The one visitor of a viewer on loopback, in one account, with one role."""

    user: str
    account_id: str
    role: Role

    headers = ()

    def visitor(self, _request: Request) -> Visitor | None:
        """The one that there is."""
        return Visitor(self.user.lower())

    def roles(self, account: Account, _visitor: Visitor) -> frozenset[Role]:
        """The role in the one account."""
        return frozenset({self.role}) if account.id == self.account_id else frozenset()


@dataclass(frozen=True)
class ProxiedVisitors:
    """Visitors as a proxy names them; of requests that did not come by the proxy there is none."""

    user_header: str
    groups_header: str
    secret: str
    networks: tuple[Network, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """What an answer depends on."""
        return self.user_header, self.groups_header

    def visitor(self, request: Request) -> Visitor | None:
        """The user that the proxy names, or None.

        A header that stands there twice is nobody's word: one of the two may be the visitor's own.
        """
        users, groups = (request.headers.getlist(name) for name in self.headers)
        if not self._is_from_proxy(request) or len(users) != 1 or len(groups) > 1 or not _USER.fullmatch(users[0]):
            return None
        named = (group.strip() for group in "".join(groups).split(","))
        return Visitor(users[0].lower(), frozenset(filter(None, named)))

    def roles(self, account: Account, visitor: Visitor) -> frozenset[Role]:
        """What the catalog says."""
        return account.roles_of(visitor.user, visitor.groups)

    def _is_from_proxy(self, request: Request) -> bool:
        secrets = request.headers.getlist(SECRET_HEADER)
        knows_secret = len(secrets) == 1 and hmac.compare_digest(secrets[0].encode(), self.secret.encode())
        return (not self.secret or knows_secret) and (not self.networks or self._is_trusted(request))

    def _is_trusted(self, request: Request) -> bool:
        if request.client is None:
            return False
        peer = ipaddress.ip_address(request.client.host)
        if isinstance(peer, ipaddress.IPv6Address):
            peer = peer.ipv4_mapped or peer
        return any(peer in network for network in self.networks)
