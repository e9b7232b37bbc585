"""The proxy that the environment names for a link: checked before it is used, and named when a request fails."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from hubtool.asset.policy import redacted
from hubtool.errors import EnvironmentProblem

_SCHEMES = frozenset({"http", "https"})
_SOCKS = frozenset({"socks4", "socks4a", "socks5", "socks5h"})
_SYSTEM = "the system's settings"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that requests go through.

    Attributes
    ----------
    shown
        Its address, without a password.
    named_by
        The variable that names it, or where else its address is from.
    """

    shown: str
    named_by: str

    def blamed(self, reason: str) -> str:
        """A reason for a failure that also says which proxy was asked."""
        return f"{reason} (by way of the proxy {self.shown}, from {self.named_by})"

    @property
    def hint(self) -> str:
        """What to do when it does not work."""
        return f"check that the proxy works, change {self.named_by}, or name the host in NO_PROXY to go without a proxy"


def proxy_for(url: str, proxies: Mapping[str, str] | None) -> Proxy | None:
    """The proxy that requests uses for a link; None for none.

    Parameters
    ----------
    proxies
        As `requests.Session.merge_environment_settings` gives them for this link.

    Raises
    ------
    EnvironmentProblem
        It cannot be a proxy, or requests cannot speak to it; the message names the variable.
    """
    from requests.utils import select_proxy

    written = select_proxy(url, dict(proxies or {}))
    if not written:
        return None
    variable = _variable(urlsplit(url).scheme, written)
    fault, hint = _fault(written)
    if fault:
        raise EnvironmentProblem(
            f"{variable} names the proxy {redacted(written)}: {fault}", hint=f"{hint}, or unset {variable}"
        )
    return Proxy(redacted(written), variable)


def _variable(scheme: str, value: str) -> str:
    """The variable of the environment with a value that names a proxy."""
    names = [name for kind in (scheme, "all") for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY")]
    return next((name for name in names if os.environ.get(name) == value), _SYSTEM)


def _fault(written: str) -> tuple[str, str]:
    """What is wrong with the address of a proxy, and what to do; empty when nothing is."""
    address = written if "://" in written else f"http://{written}"
    right = "write it as http://HOST:PORT"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"not an address: {error}", right
    if not host or any(character.isspace() for character in address):
        return "not an address", right
    if parts.scheme == "socks":  # as GNOME writes it
        return "it does not say which version of SOCKS", "write it as socks5://HOST:PORT"
    if parts.scheme in _SOCKS:
        return ("", "") if find_spec("socks") else ("SOCKS needs PySocks", "pip install 'requests[socks]'")
    if parts.scheme not in _SCHEMES:
        return f"{parts.scheme} is not a kind of proxy", right
    return "", ""
