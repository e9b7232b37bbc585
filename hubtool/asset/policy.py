"""Which URLs may be asked, and which addresses may answer: a card is untrusted, and CI pulls what it names.

https to public addresses, and http or https to loopback where a link names loopback itself. Everything else has to be
allowed by the user, not by a card or a server.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from hubtool.errors import LinkRefused

_LONGEST_HOST_LABEL = 64
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user allows beyond https to public hosts.

    Attributes
    ----------
    allow_http
        Plain http to any host.
    allow_private
        Hosts on private, link-local, loopback or otherwise not public addresses.
    trusted
        Hosts with ports that the user named himself, as mirrors: http and any address are his choice there.
    """

    allow_http: bool = False
    allow_private: bool = False
    trusted: frozenset[str] = frozenset()

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
            raise LinkRefused(f"{shown}: not a link: {error}", hint="mend the link") from error
        if parts.scheme not in {"https", "http"}:
            raise LinkRefused(f"{shown}: {parts.scheme or 'no scheme'}: only https links are fetched")
        if not all(0 < len(label) < _LONGEST_HOST_LABEL for label in host.removesuffix(".").split(".")):
            raise LinkRefused(f"{shown}: not the name of a host", hint="mend the link")
        if any(ord(character) <= ord(" ") for character in url):
            raise LinkRefused(f"{shown}: a link holds no blanks", hint="mend the link")
        if before is not None:
            self._check_redirect(url, before)
        plain = parts.scheme == "http"
        if plain and not (self.allow_http or is_loopback_name(host) or parts.netloc in self.trusted):
            raise LinkRefused(f"{shown}: http can be changed on the way", hint="publish over https, or --allow-http")

    def _check_redirect(self, url: str, before: str) -> None:
        old, new = urlsplit(before), urlsplit(url)
        shown = redacted(url)
        if old.scheme == "https" and new.scheme == "http":
            raise LinkRefused(f"{redacted(before)} redirects from https to {shown}: never to a weaker scheme")
        inwards = is_loopback_name(new.hostname or "") and not is_loopback_name(old.hostname or "")
        if inwards and not self.allow_private and new.netloc not in self.trusted:
            raise LinkRefused(f"{redacted(before)} redirects to this machine: {shown}")

    def check_host(self, host: str, port: int) -> None:
        """Refuse a host when one of its addresses is not allowed; a host that has none is left to the connection."""
        if self._may_be_anywhere(host, port):
            return
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        for entry in found:
            self.check_address(host, port, str(entry[4][0]))

    def check_address(self, host: str, port: int, address: str) -> None:
        """Refuse to talk to an address, found for a host or really connected to.

        Raises
        ------
        LinkRefused
            The address is not public and nobody allowed it.
        """
        if self._may_be_anywhere(host, port):
            return
        found = ipaddress.ip_address(address.partition("%")[0])
        if is_public(found) or (found.is_loopback and is_loopback_name(host)):
            return
        raise LinkRefused(
            f"{host} is at {address}, which is not a public address",
            hint="a card could reach into a private network that way; --allow-private permits it",
        )

    def _may_be_anywhere(self, host: str, port: int) -> bool:
        return self.allow_private or f"{host}:{port}" in self.trusted or host in self.trusted


def is_loopback_name(host: str) -> bool:
    """Whether a host is written as this machine: localhost, 127.x.x.x or ::1, no disguise."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: _Address) -> bool:
    """Whether an address is one of the public internet, also when IPv4 is wrapped in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def redacted(url: str) -> str:
    """A URL for messages and records: without user name and password, and not endless."""
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        pass
    return url if len(url) <= 300 else url[:300] + "…"
