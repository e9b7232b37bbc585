"""Where the bytes of an asset come from: a file beside the card, or a URL that policy allows."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from hubtool.asset.limits import DEFAULT_LIMITS, Limits
from hubtool.card.record import Asset
from hubtool.errors import CardError, EnvironmentProblem, NotFound, TransferError

if TYPE_CHECKING:
    import requests

_LONGEST_HOST_LABEL = 64


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A file below the card's folder."""

    path: Path

    @property
    def label(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def size(self) -> int | None:
        """Length in bytes."""
        return self.path.stat().st_size

    def chunks(self, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
        """The file's bytes, in pieces. Raises EnvironmentProblem when it cannot be read."""
        try:
            with self.path.open("rb") as stream:
                while chunk := stream.read(limits.chunk_bytes):
                    yield chunk
        except OSError as error:
            raise EnvironmentProblem(f"{self.path} cannot be read: {error.strerror or error}") from error


class RemoteSource:
    """A URL: the one place that opens a connection."""

    def __init__(self, url: str):
        self.url = url
        self.size: int | None = None

    @property
    def label(self) -> str:
        """The URL."""
        return self.url

    def chunks(self, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
        """The response's body, in pieces; `size` is known once the first one is there.

        Raises
        ------
        TransferError
            The server cannot be reached, answers with an error, stalls, or sends less than it announced.
        """
        import requests

        try:
            with session(limits) as opened, self._response(opened, limits) as response:
                yield from self._body(response, limits)
        except requests.RequestException as error:
            raise TransferError(
                f"{self.url}: {failure_reason(error)}", hint="check the link and the connection"
            ) from error

    def _response(self, opened: requests.Session, limits: Limits) -> requests.Response:
        """The answer behind all redirects, each checked before it is followed."""
        url = self.url
        for _ in range(limits.redirects + 1):
            check_url(url)
            response = opened.get(
                url,
                stream=True,
                timeout=(limits.connect_seconds, limits.idle_seconds),
                headers={"Accept-Encoding": "identity"},
                allow_redirects=False,
            )
            if not response.is_redirect:
                return response
            response.close()
            url = urljoin(url, response.headers["Location"])
        raise TransferError(f"{self.url}: redirected more than {limits.redirects} times", hint="check the link")

    def _body(self, response: requests.Response, limits: Limits) -> Iterator[bytes]:
        if response.status_code != 200:
            hint = "the card's link may be out of date" if response.status_code in {403, 404, 410} else ""
            raise TransferError(f"{self.url}: the server answered {response.status_code} {response.reason}", hint=hint)
        length = response.headers.get("Content-Length", "")
        self.size = int(length) if length.isdigit() and "Content-Encoding" not in response.headers else None
        received = 0
        for chunk in response.iter_content(limits.chunk_bytes):
            received += len(chunk)
            if max(received, self.size or 0) > limits.max_bytes:
                raise TransferError(f"{self.url}: larger than the limit of {limits.max_bytes} bytes")
            yield chunk
        if self.size is not None and received != self.size:
            raise TransferError(
                f"{self.url}: the connection ended after {received:,} of {self.size:,} bytes", hint="pull again"
            )


def locate(asset: Asset, folder: Path) -> LocalSource | RemoteSource:
    """The source of an asset of a card that lies in `folder`.

    Raises
    ------
    CardError
        The link leads out of the card's folder, or uses a scheme that is not allowed.
    NotFound
        The file beside the card is not there.
    """
    if "://" in asset.url:
        check_url(asset.url)
        return RemoteSource(asset.url)
    root = folder.resolve()
    try:
        path = (root / asset.url).resolve()
        found = path.is_file()
    except (OSError, ValueError) as error:  # too long, or a character that no file name has
        raise CardError(f"{asset.url[:80]}: not a path: {error.__class__.__name__}", hint="mend the link") from error
    if not path.is_relative_to(root):
        raise CardError(f"{asset.url}: an asset has to lie below its card's folder", hint=f"move it below {folder}")
    if not found:
        raise NotFound(f"{folder / asset.url}: the card's asset is not there", hint="restore the file or mend the link")
    return LocalSource(path)


def check_url(url: str) -> None:
    """Refuse what a card may not make hubtool fetch: anything but https, or http on loopback.

    Raises
    ------
    CardError
        The scheme is not allowed.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise CardError(f"{url[:80]}: not a link: {error}", hint="mend the link in the card") from error
    if not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise CardError(f"{url}: {parts.scheme}: links are not fetched", hint="publish the file over https")
    if not all(0 < len(label) < _LONGEST_HOST_LABEL for label in host.removesuffix(".").split(".")):
        raise CardError(f"{url[:80]}: not the name of a host", hint="mend the link in the card")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def session(limits: Limits) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        total=limits.attempts - 1, backoff_factor=0.5, status_forcelist=(502, 503, 504), raise_on_status=False
    )
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def failure_reason(error: requests.RequestException) -> str:
    """The innermost cause in plain words: requests wraps it in the text of every layer above."""
    import requests

    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    cause: BaseException = error
    while (inner := getattr(cause, "reason", None) or cause.__cause__ or cause.__context__) is not None:
        if not isinstance(inner, BaseException):
            break
        cause = inner
    return getattr(cause, "strerror", None) or str(cause)
