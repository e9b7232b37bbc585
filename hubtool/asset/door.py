"""The one place where hubtool opens a URL: TLS verified, no cookies, every hop and every address checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from hubtool import __version__
from hubtool.asset.failures import distrusts_certificate, failure_hint, failure_reason, is_refused_by_proxy
from hubtool.asset.limits import Limits
from hubtool.asset.policy import Policy, redacted
from hubtool.asset.presigned import is_presigned
from hubtool.asset.proxy import proxy_for
from hubtool.asset.trust import trusted_certificates
from hubtool.errors import HubtoolError, LinkRefused, TransferError

if TYPE_CHECKING:
    import requests

_REDIRECTS = {301, 302, 303, 307, 308}


class Unreachable(HubtoolError):
    """A request failed, but another one may succeed: no connection, no answer, a broken answer."""

    exit_code = TransferError.exit_code


class Door:
    """Requests under one policy; only connections are kept between them."""

    def __init__(self, policy: Policy, limits: Limits):
        import requests

        self._policy = policy
        self._limits = limits
        self._trusted: str | bool | None = None
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"hubtool/{__version__}"
        self._session.headers["Accept-Encoding"] = "identity"
        _refuse_cookies(self._session)
        adapter = _checked_adapter(policy, limits)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str], *, method: str = "GET") -> Iterator[requests.Response]:
        """The answer behind all redirects; the caller reads its body.

        Raises
        ------
        LinkRefused
            The link, a redirect, or the address of a host is not allowed.
        TransferError
            There are too many redirects, or a certificate is not valid.
        EnvironmentProblem
            The environment names certificates that are not there, or a proxy that cannot be one.
        Unreachable
            No answer came; another request may bring one.
        """
        response = self._answer(url, headers, method)
        try:
            yield response
        finally:
            response.close()

    def _answer(self, url: str, headers: Mapping[str, str], method: str) -> requests.Response:
        first, before = url, None
        seen: set[str] = set()
        while url not in seen and len(seen) <= self._limits.redirects:
            seen.add(url)
            self._policy.check(url, before=before)
            # Only the first host may get the password that the user's .netrc has for it, and only where one is needed.
            known = (before is None or _netloc(url) == _netloc(first)) and not is_presigned(url)
            response = self._request(url, headers, method, may_log_in=known)
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            response.close()
            before, url = url, _target(self._session, response, url)
        if url in seen:
            raise TransferError(f"{redacted(url)} redirects in a circle")
        raise TransferError(f"{redacted(first)}: more than {self._limits.redirects} redirects")

    def _verify(self, url: str) -> str | bool:
        """The certificates to check the server's against, found out once, and only when one is needed."""
        if self._trusted is None and urlsplit(url).scheme == "https":
            self._trusted = trusted_certificates()
        return True if self._trusted is None else self._trusted

    def _request(self, url: str, headers: Mapping[str, str], method: str, *, may_log_in: bool) -> requests.Response:
        import requests

        auth = None if may_log_in else _anonymous
        try:
            request = self._session.prepare_request(requests.Request(method, url, dict(headers), auth=auth))
            settings = self._session.merge_environment_settings(request.url, {}, True, self._verify(url), None)
        except (requests.RequestException, ValueError) as error:
            raise LinkRefused(f"{redacted(url)}: not a link: {error}", hint="fix the link") from error
        proxy = proxy_for(url, settings["proxies"])
        try:
            # Not the session's own `send`, which reads the whole body of a redirect, however long it is.
            return self._session.get_adapter(url).send(
                request,
                timeout=(self._limits.connect_seconds, self._limits.idle_seconds),
                **settings,  # type: ignore[arg-type]
            )
        except requests.exceptions.InvalidURL as error:
            raise LinkRefused(f"{redacted(url)}: not a link: {error}", hint="fix the link") from error
        except (requests.RequestException, ValueError) as error:
            if distrusts_certificate(error):
                raise TransferError(
                    f"{redacted(url)}: {failure_reason(error)}",
                    hint="its certificate is not trusted; SSL_CERT_FILE or REQUESTS_CA_BUNDLE names other certificates",
                ) from error
            reason, hint = failure_reason(error), failure_hint(error)
            if proxy is None:
                raise Unreachable(reason, hint=hint) from error
            if is_refused_by_proxy(error):
                raise TransferError(f"{redacted(url)}: {proxy.blamed(reason)}", hint=proxy.hint) from error
            raise Unreachable(proxy.blamed(reason), hint=hint or proxy.hint) from error


def _anonymous(request: Any) -> Any:
    return request


def _netloc(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _target(session: requests.Session, response: requests.Response, url: str) -> str:
    from requests.utils import requote_uri

    try:
        return requote_uri(urljoin(url, session.get_redirect_target(response) or ""))
    except (ValueError, UnicodeError) as error:
        raise LinkRefused(f"{redacted(url)} redirects to something that is not a link: {error}") from error


def _refuse_cookies(session: requests.Session) -> None:
    # Cookies know no ports: one that a server set would go to every other server of the same host.
    from http.cookiejar import DefaultCookiePolicy

    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


def _checked_adapter(policy: Policy, limits: Limits) -> Any:
    """An adapter that connects only where the policy allows, and limits the wait for the head of an answer."""
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
    from urllib3.util.connection import create_connection

    class Checked:
        host: str
        port: int
        timeout: Any
        socket_options: Any
        sock: Any

        def _new_conn(self) -> Any:
            # A proxy looks the host up itself, and its connections are not of this class.
            try:
                addresses = policy.addresses(self.host, self.port)
            except OSError as error:
                raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
            failure: Exception | None = None
            for address in addresses:
                try:
                    return create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
                except TimeoutError as error:
                    failure = ConnectTimeoutError(self, "the server did not answer in time")
                    failure.__cause__ = error
                except OSError as error:
                    failure = NewConnectionError(self, str(error.strerror or error))  # type: ignore[arg-type]
                    failure.__cause__ = error
            raise failure or NewConnectionError(self, "the host has no address")  # type: ignore[arg-type]

        def getresponse(self) -> Any:
            with _deadline(self.sock, limits.head_seconds):
                return super().getresponse()  # type: ignore[misc]

    class CheckedHTTPConnection(Checked, HTTPConnection):
        pass

    class CheckedHTTPSConnection(Checked, HTTPSConnection):
        pass

    class Plain(HTTPConnectionPool):
        ConnectionCls = CheckedHTTPConnection

    class Secure(HTTPSConnectionPool):
        ConnectionCls = CheckedHTTPSConnection

    adapter = HTTPAdapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": Plain, "https": Secure}
    return adapter


@contextmanager
def _deadline(sock: Any, seconds: float) -> Iterator[None]:
    """End whatever waits for a socket when time is up: a timeout of the socket starts again with every byte."""
    import socket

    late = False

    def end() -> None:
        nonlocal late
        late = True
        with suppress(OSError):  # it may be closed by now
            sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late:
            raise
    finally:
        timer.cancel()
    if late:  # even if the bytes so far look like a whole head
        raise TimeoutError(f"the head of the answer took more than {seconds:g} s")
