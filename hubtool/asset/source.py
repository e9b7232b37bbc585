"""Where the bytes of an asset come from: a file beside the card, or a URL that policy allows."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hubtool.asset.limits import DEFAULT_LIMITS, Limits
from hubtool.card.record import Asset
from hubtool.errors import CardError, NotFound, TransferError

if TYPE_CHECKING:
    import requests


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
        """The file's bytes, in pieces."""
        with self.path.open("rb") as stream:
            while chunk := stream.read(limits.chunk_bytes):
                yield chunk


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
            with _session(limits) as session:
                response = session.get(
                    self.url,
                    stream=True,
                    timeout=(limits.connect_seconds, limits.idle_seconds),
                    headers={"Accept-Encoding": "identity"},
                )
                with response:
                    yield from self._body(response, limits)
        except requests.RequestException as error:
            raise TransferError(f"{self.url}: {_reason(error)}", hint="check the link and the connection") from error

    def _body(self, response: requests.Response, limits: Limits) -> Iterator[bytes]:
        if response.status_code != 200:
            hint = "the card's link may be out of date" if response.status_code in {403, 404, 410} else ""
            raise TransferError(f"{self.url}: the server answered {response.status_code} {response.reason}", hint=hint)
        check_url(response.url)
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
    path = (root / asset.url).resolve()
    if not path.is_relative_to(root):
        raise CardError(f"{asset.url}: an asset has to lie below its card's folder", hint=f"move it below {folder}")
    if not path.is_file():
        raise NotFound(f"{folder / asset.url}: the card's asset is not there", hint="restore the file or mend the link")
    return LocalSource(path)


def check_url(url: str) -> None:
    """Refuse what a card may not make hubtool fetch: anything but https, or http on loopback.

    Raises
    ------
    CardError
        The scheme is not allowed.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise CardError(f"{url}: {parts.scheme}: links are not fetched", hint="publish the file over https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _session(limits: Limits) -> requests.Session:
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


def _reason(error: requests.RequestException) -> str:
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
