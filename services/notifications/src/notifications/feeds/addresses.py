"""Where a webhook may go: public addresses only, checked when it is set and, once resolved, again when it is used.

Names are resolved once and the connection goes to exactly the address that was checked, so a name that answers
differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives every address of a host name, as text."""

PORTS = frozenset({443, 8443})
LONGEST = 2000
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?")
_INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".test", ".invalid", ".example")
_INSIDE_ARPA = ".arpa"
_VISIBLE = re.compile(r"[\x21-\x7e]+")
# What `is_global` lets through although it reaches inside: translation and tunnel prefixes embed an IPv4 address, and
# older Pythons do not know of site-local addresses, 6to4 relays and the second range for documentation.
_INSIDE_NETS = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"),
        *("fec0::/10", "3fff::/20", "192.88.99.0/24"),
    )
)


class AddressRefusedError(ValueError):
    """The address may not be used; the message says why, and nothing about what lies behind it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and what to say there."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """The address as a URL that names the checked IP."""
        literal = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{literal}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """What the receiver calls itself."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    host: str
    port: int
    path: str


async def locate(url: str, resolve: Resolver, *, allow_loopback: bool = False) -> Target:
    """The target of a URL, all of its addresses checked; raises `AddressRefusedError`.

    `allow_loopback` is for development: this machine's loopback may then be named, over http and on any port, and
    nothing else that points inside.
    """
    parts = check_url(url, allow_loopback=allow_loopback)
    literal = _literal(parts.host)
    found = [str(literal)] if literal else list(await resolve(parts.host, parts.port))
    if not found:
        raise AddressRefusedError("the host name has no address")
    for one in found:
        _check_ip(_ip(one), allow_loopback=allow_loopback)
    if parts.scheme == "http" and not all(_ip(one).is_loopback for one in found):
        raise AddressRefusedError("only https is taken")
    return Target(parts.scheme, parts.host, parts.port, parts.path, found[0])


def check_url(url: str, *, allow_loopback: bool = False) -> _Parts:
    """What can be told of a URL without asking anybody; raises `AddressRefusedError`."""
    if len(url) > LONGEST or not _VISIBLE.fullmatch(url) or "\\" in url:
        raise AddressRefusedError("only visible ASCII is taken, without backslashes, 2,000 characters at most")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise AddressRefusedError("this is no URL") from error
    if split.scheme not in ("https", "http"):
        raise AddressRefusedError("only https is taken")
    if "@" in split.netloc:
        raise AddressRefusedError("a user name or password in the URL is not taken")
    if split.fragment or url.endswith("#"):
        raise AddressRefusedError("a fragment is not taken")
    host = (split.hostname or "").lower()
    local = allow_loopback and _is_loopback_name(host)
    if split.scheme == "http" and not local:
        raise AddressRefusedError("only https is taken")
    port = port if port is not None else (443 if split.scheme == "https" else 80)
    if not local:
        _check_host(host, port)
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return _Parts(split.scheme, host, port, path)


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Ask the machine's resolver, once."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise AddressRefusedError("the host name cannot be resolved") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _check_host(host: str, port: int) -> None:
    literal = _literal(host)
    if literal is not None:
        _check_ip(literal, allow_loopback=False)
    elif _NUMERIC.fullmatch(host):
        raise AddressRefusedError("write an IP address in its usual form")
    elif not _HOST.fullmatch(host):
        raise AddressRefusedError("this is no public host name")
    elif host.endswith(_INSIDE) or host.endswith(_INSIDE_ARPA):
        raise AddressRefusedError("this name points inside")
    if port not in PORTS:
        raise AddressRefusedError("only the ports 443 and 8443 are taken")


def _check_ip(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, *, allow_loopback: bool) -> None:
    if allow_loopback and ip.is_loopback:
        return
    mapped = isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None
    inside = mapped or any(ip in net for net in _INSIDE_NETS)
    if inside or not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise AddressRefusedError("this address points inside")


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError as error:
        raise AddressRefusedError("the host name has no usable address") from error


def _is_loopback_name(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal else host == "localhost"
