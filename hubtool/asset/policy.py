"""Which URLs may be requested, and which addresses may answer: cards are untrusted, and CI pulls what they name.

https to public addresses, and http or https to loopback where a link names loopback itself. Everything else has to be
allowed by the user, not by a card or a server.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from hubtool.errors import LinkRefused

_LONGEST_HOST = 253
_SHOWN_CHARACTERS = 300
_WRAPPING_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
"""NAT64 (RFC 6052, RFC 8215) and IPv4-compatible addresses: the last 32 bits are an IPv4 address."""
_FAKE = tuple(map(ipaddress.ip_network, ("198.18.0.0/15", "fc00::/18")))
"""What resolvers of proxies such as Clash, sing-box and Surge answer by default for every host."""
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user allows beyond https to public hosts.

    Attributes
    ----------
    allow_http
        Plain http to any host.
    allow_private
        Hosts on private, link-local, loopback or other addresses that are not public.
    """

    allow_http: bool = False
    allow_private: bool = False

    def check(self, url: str, *, before: str | None = None) -> None:
        """Refuse a URL by how it is written.

        Parameters
        ----------
        before
            The URL that redirected to this one; None for a link that a card or the user gave.

        Raises
        ------
        LinkRefused
            With the reason, and what would allow it.
        """
        shown = redacted(url)
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            parts.port  # noqa: B018 (raises for a port that is no number)
        except ValueError as error:
            raise LinkRefused(f"{shown}: not a link: {error}", hint="fix the link") from error
        if parts.scheme not in {"https", "http"}:
            raise LinkRefused(f"{shown}: {parts.scheme or 'no scheme'}: only https links are fetched")
        if not _is_host(host):
            raise LinkRefused(f"{shown}: not a host name", hint="fix the link")
        if any(ord(character) <= ord(" ") for character in url):
            raise LinkRefused(f"{shown}: a link has no spaces", hint="fix the link")
        if before is not None:
            self._check_redirect(url, before)
        if _is_address(host):
            self._check_address(host, host)
        if parts.scheme == "http" and not (self.allow_http or is_loopback_name(host)):
            raise LinkRefused(
                f"{shown}: http can be changed on the way",
                hint="publish over https, or --allow-http (HUBTOOL_ALLOW_HTTP=1)",
            )

    def _check_redirect(self, url: str, before: str) -> None:
        old, new = urlsplit(before), urlsplit(url)
        shown = redacted(url)
        if old.scheme == "https" and new.scheme == "http":
            raise LinkRefused(f"{redacted(before)} redirects from https to {shown}: never to a weaker scheme")
        inwards = is_loopback_name(new.hostname or "") and not is_loopback_name(old.hostname or "")
        if inwards and not self.allow_private:
            raise LinkRefused(f"{redacted(before)} redirects to this machine: {shown}")

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, to connect to these and no others: a name may have another one a moment later.

        Raises
        ------
        OSError
            The host has none.
        LinkRefused
            One of them is not allowed, or the host cannot have any.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise LinkRefused(f"{host[:80]}: not a host name", hint="fix the link") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self._check_address(host, address)
        return addresses

    def _check_address(self, host: str, address: str) -> None:
        found = ipaddress.ip_address(address.partition("%")[0])
        if self.allow_private or is_public(found) or (found.is_loopback and is_loopback_name(host)):
            return
        at = f"{host} is" if host == address else f"{host} is at {address}, which is"
        if host != address and _is_fake(found):
            raise LinkRefused(
                f"{at} a made-up address (fake-ip), as some proxies answer for every host",
                hint="if you run such a proxy, --allow-private or HUBTOOL_ALLOW_PRIVATE=1 trusts it",
            )
        raise LinkRefused(
            f"{at} not a public address",
            hint="a card could reach into a private network that way; --allow-private or HUBTOOL_ALLOW_PRIVATE=1 "
            "permits it",
        )


def is_loopback_name(host: str) -> bool:
    """Whether a host is written as this machine: localhost, 127.x.x.x or ::1, no disguise."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host(name: str) -> bool:
    """Whether a name can be one of the domain name system, or an address."""
    try:
        encoded = name.removesuffix(".").encode("idna")
    except UnicodeError:
        return _is_address(name)
    return 0 < len(encoded) <= _LONGEST_HOST and b"xn--" not in encoded.split(b".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_public(address: _Address) -> bool:
    """Whether an address is one of the public internet, also when IPv4 is wrapped in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _WRAPPING_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _is_fake(address: _Address) -> bool:
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((inner or address) in network for network in _FAKE)


def without_password(url: str) -> str:
    """A URL for records: without user name and password."""
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        pass
    return url


def redacted(url: str) -> str:
    """A URL for messages: without user name and password, and not endless."""
    shown = without_password(url)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "…"
