"""Where the viewer listens, under which address it is known, and whose word it takes for who asks."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from journeys_pipeline.viewer.identity import NamedVisitor, Network, ProxiedVisitors

LEAST_SECRET = 16
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")


class UnsafeSettings(Exception):
    """The viewer would show dashboards to whoever reaches its port; the message says what to set."""


@dataclass(frozen=True)
class Settings:
    """How this viewer is reached, and how it tells who asks."""

    host: str
    port: int
    door: NamedVisitor | ProxiedVisitors
    origins: frozenset[str]
    hosts: tuple[str, ...]
    metrics_token: str = ""  # without one there are no metrics


def settle(variables: Mapping[str, str], host: str, port: int, *, visitor: NamedVisitor | None = None) -> Settings:
    """The settings, if they let nobody in who should not be.

    Args:
        variables: As `environment.viewer` gives them.
        host: The address to listen on.
        port: The port to listen on.
        visitor: The one visitor of a viewer on loopback; None means that a proxy names them.

    Raises:
        UnsafeSettings: somebody could read what is not theirs.
    """
    token = variables.get("metrics_token", "")
    if token and len(token) < LEAST_SECRET:
        raise UnsafeSettings(f"JOURNEYS_METRICS_TOKEN is too short: {LEAST_SECRET} characters at least.")
    if visitor:
        if not is_loopback(host):
            raise UnsafeSettings(f"--as is for looking at dashboards on this machine, but {host} is not loopback.")
        own = frozenset(f"http://{name}:{port}" for name in LOOPBACK_HOSTS)
        return Settings(host, port, visitor, origins=own, hosts=LOOPBACK_HOSTS, metrics_token=token)
    origin, name = _public(variables["url"])
    proxy = ProxiedVisitors(
        user_header=_header(variables["user_header"]),
        groups_header=_header(variables["groups_header"]),
        secret=variables["secret"],
        networks=_networks(variables["trusted_proxies"]),
    )
    _refuse_weak(proxy, host)
    hosts = (name, *LOOPBACK_HOSTS, host)
    return Settings(host, port, proxy, origins=frozenset({origin}), hosts=hosts, metrics_token=token)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _public(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UnsafeSettings(
            "Set JOURNEYS_VIEWER_URL to the address that readers open, like https://dashboards.example.com, without a "
            "path: requests for other hosts and forms from other sites are refused. To look at dashboards on this "
            "machine without a proxy, use --as, --account and --role."
        )
    return f"{parts.scheme}://{parts.netloc}".lower(), parts.hostname


def _header(name: str) -> str:
    if _HEADER_NAME.fullmatch(name) is None:
        raise UnsafeSettings("The name of a header has letters, digits and dashes only: mend JOURNEYS_VIEWER_*_HEADER.")
    return name


def _networks(text: str) -> tuple[Network, ...]:
    networks: list[Network] = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            raise UnsafeSettings(
                f"JOURNEYS_VIEWER_TRUSTED_PROXIES has {part}: write addresses or networks like 10.1.2.3, 10.1.0.0/16."
            ) from None
    return tuple(networks)


def _refuse_weak(proxy: ProxiedVisitors, host: str) -> None:
    if proxy.secret and len(proxy.secret) < LEAST_SECRET:
        raise UnsafeSettings(f"JOURNEYS_VIEWER_SECRET is too short: {LEAST_SECRET} characters at least.")
    if any(network.prefixlen == 0 for network in proxy.networks):
        raise UnsafeSettings("JOURNEYS_VIEWER_TRUSTED_PROXIES trusts everybody: name the proxy's own address.")
    if not is_loopback(host) and not proxy.secret and not proxy.networks:
        raise UnsafeSettings(
            f"Whoever reaches {host} could say that they are anybody. Set JOURNEYS_VIEWER_SECRET (which the proxy "
            "sends in X-Journeys-Proxy-Secret) or JOURNEYS_VIEWER_TRUSTED_PROXIES (its addresses), or listen on "
            "127.0.0.1."
        )
