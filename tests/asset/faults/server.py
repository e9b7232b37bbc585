"""An HTTP server on loopback that answers exactly as scripted, malformed answers included.

A path has a script: its first request gets the first step, the second the next, and so on; the last step repeats. A
step is a function of the `Exchange`, so that it can answer by what was asked. Nothing is sent that a step does not
send, and a connection is closed after each step unless the step keeps it; the steps for sound answers say so in a
`Connection: close`. `Server.log` remembers what was asked, how many bytes of body were handed to the client, and
whether the client hung up first.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BLOCK = 64 * 1024
CLOSE: dict[str, object] = {"Connection": "close"}
LONG_AGO = "Wed, 01 Jan 2020 00:00:00 GMT"


@dataclass
class Request:
    """A request as it was read, and what became of it."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    body_sent: int = 0
    hung_up: bool = False
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def start(self) -> int | None:
        """The first byte asked for; None when the whole file was."""
        given = self.headers.get("range")
        if given is None:
            return None
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", given.strip())
        assert found, f"not a range that a resuming client sends: {given}"
        return int(found[1])

    @property
    def end(self) -> int | None:
        """The byte behind the last one asked for; None when everything to the end of the file was."""
        given = self.headers.get("range", "").rpartition("-")[2].strip()
        return int(given) + 1 if given else None


class HungUp(Exception):
    """The client closed the connection while the server was answering."""


class Exchange:
    """One request and the connection to answer it on."""

    def __init__(self, server: Server, connection: socket.socket, request: Request):
        self.server = server
        self.socket = connection
        self.request = request
        self.keep = False

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            self.request.hung_up = True
            raise HungUp from error

    def head(
        self, status: str, headers: Iterable[tuple[str, str]] | dict[str, object] = (), version: str = "1.1"
    ) -> None:
        pairs = headers.items() if isinstance(headers, dict) else headers
        lines = [f"HTTP/{version} {status}", *(f"{name}: {value}" for name, value in pairs), "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))

    def body(self, data: bytes) -> None:
        for offset in range(0, len(data), BLOCK):
            block = data[offset : offset + BLOCK]
            self.send(block)
            self.request.body_sent += len(block)

    def chunk(self, data: bytes) -> None:
        """One chunk of a chunked body; an empty one ends it."""
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.request.body_sent += len(data)

    def hang(self) -> None:
        """Say nothing more; end when the client has had enough."""
        while not self.server.stopping.is_set():
            readable, _, _ = select.select([self.socket], [], [], 0.05)
            if readable:
                with contextlib.suppress(OSError):
                    if self.socket.recv(BLOCK):
                        continue
                self.request.hung_up = True
                return

    def pause(self, seconds: float) -> None:
        if self.server.stopping.wait(seconds):
            raise HungUp

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Step = Callable[[Exchange], None]


class Server:
    """Listens on a loopback port of its own until it is closed."""

    def __init__(self, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None):
        self.tls = tls
        self.stopping = threading.Event()
        self.log: list[Request] = []
        self.connections = 0
        self.default: Step = answer("404 Not Found")
        self._scripts: dict[str, tuple[Step, ...]] = {}
        self._asked: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((address, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.host = f"{address}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def script(self, path: str, *steps: Step) -> str:
        """Set what a path answers from now on, and give its URL. A `path` without a query stands for any query."""
        self._scripts[path] = steps
        self._asked[path] = 0
        return self.url + path

    def requests(self, path: str) -> list[Request]:
        return [request for request in self.log if request.target.partition("?")[0] == path]

    @property
    def body_sent(self) -> int:
        return sum(request.body_sent for request in self.log)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until the log says so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the client never came so far"
            time.sleep(0.01)

    def close(self) -> None:
        self.stopping.set()
        # shutdown, not close: it wakes the thread that is waiting in accept
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection, self.connections), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        self._open.add(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # a small buffer: what counts as sent has nearly arrived
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BLOCK)
            if self.tls:
                self._open.discard(connection)
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            while self._answer(connection, number):
                pass
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client, or the end of the test, closed the connection
        finally:
            self._open.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, number: int) -> bool:
        """Answer one request; whether another may follow on this connection."""
        request = _read(connection, number)
        if request is None:
            return False
        with self._lock:
            self.log.append(request)
            path = request.target if request.target in self._scripts else request.target.partition("?")[0]
            steps = self._scripts.get(path, (self.default,))
            step = steps[min(self._asked[path], len(steps) - 1)]
            self._asked[path] += 1
        exchange = Exchange(self, connection, request)
        try:
            step(exchange)
        except HungUp:
            return False
        finally:
            request.answered.set()
        return exchange.keep


def _read(connection: socket.socket, number: int) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(BLOCK)
        if not data:
            return None
        head += data
        if head.startswith(b"\x16"):  # TLS, where plain HTTP is spoken
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return None
    first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(method, target, headers, number)


@contextmanager
def serving(**options) -> Iterator[Server]:
    server = Server(**options)
    try:
        yield server
    finally:
        server.close()


# Steps. `end` says what follows the last byte: "close" the connection, "reset" it, "stall", or "keep" it open.


def _end(exchange: Exchange, end: str) -> None:
    match end:
        case "reset":
            exchange.reset()
        case "stall":
            exchange.hang()
        case "keep":
            exchange.keep = True
        case _:
            assert end == "close"


def raw(data: bytes, end: str = "close") -> Step:
    """These bytes and nothing else."""

    def step(exchange: Exchange) -> None:
        exchange.send(data)
        _end(exchange, end)

    return step


def answer(
    status: str,
    headers: Iterable[tuple[str, str]] | dict[str, object] = (),
    body: bytes = b"",
    *,
    length: int | bool = True,
    version: str = "1.1",
    end: str = "close",
) -> Step:
    """A status, headers, a body. `length` is the Content-Length: the right one, another one, or none."""

    def step(exchange: Exchange) -> None:
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        if length is not False:
            pairs.append(("Content-Length", str(len(body) if length is True else length)))
        pairs += [] if end == "keep" else CLOSE.items()
        exchange.head(status, pairs, version)
        exchange.body(body)
        _end(exchange, end)

    return step


def file(
    data: bytes,
    *,
    etag: str | None = '"v1"',
    modified: str | None = None,
    headers: dict[str, object] | None = None,
    ranges: bool = True,
    heed_if_range: bool = True,
    until: int | None = None,
    give: int | None = None,
    end: str = "close",
) -> Step:
    """A file, served as RFC 9110 wants it.

    Parameters
    ----------
    ranges
        Whether a Range is honoured; otherwise the answer is always 200 with everything.
    heed_if_range
        Whether an If-Range that no longer fits brings the whole file, as it should.
    until, give
        Stop at this byte of the file, or after so many bytes; `end` says how.
    """

    def step(exchange: Exchange) -> None:
        request = exchange.request
        fresh = request.headers.get("if-range") in {None, etag, modified} or not heed_if_range
        start = request.start if ranges and fresh else None
        about: dict[str, object] = dict(headers or {}) | ({} if end == "keep" else CLOSE)
        about |= {"ETag": etag} if etag else {}
        about |= {"Last-Modified": modified} if modified else {}
        about |= {"Accept-Ranges": "bytes"} if ranges else {}
        if start is not None and start >= len(data):
            exchange.head("416 Range Not Satisfiable", {"Content-Range": f"bytes */{len(data)}", "Content-Length": 0})
            return
        if start is None:
            start, last = 0, len(data)
            exchange.head("200 OK", about | {"Content-Length": len(data)})
        else:
            last = min(len(data), request.end or len(data))
            about |= {"Content-Range": f"bytes {start}-{last - 1}/{len(data)}"}
            exchange.head("206 Partial Content", about | {"Content-Length": last - start})
        stop = last if until is None else min(max(until, start), last)
        exchange.body(data[start : stop if give is None else min(stop, start + give)])
        _end(exchange, end)

    return step


def part(data: bytes, start: int, content_range: str | None, headers: dict[str, object] | None = None) -> Step:
    """A 206 with the bytes from `start` and the Content-Range that the test wants, right or wrong."""
    about = ({} if content_range is None else {"Content-Range": content_range}) | {"ETag": '"v1"'} | (headers or {})
    return answer("206 Partial Content", about, data[start:])


def when_ranged(step: Step, otherwise: Step) -> Step:
    """One answer to a request with a Range, another to one without."""
    return lambda exchange: (otherwise if "range" not in exchange.request.headers else step)(exchange)


def chunked(
    data: bytes, *, size: int = BLOCK, tail: bytes = b"0\r\n\r\n", headers: dict[str, object] | None = None
) -> Step:
    """A chunked body without a length; `tail` is what follows the last chunk."""

    def step(exchange: Exchange) -> None:
        exchange.head("200 OK", {"Transfer-Encoding": "chunked"} | CLOSE | (headers or {}))
        for offset in range(0, len(data), size):
            exchange.chunk(data[offset : offset + size])
        exchange.send(tail)

    return step


def endless(status: str = "200 OK", headers: dict[str, object] | None = None, most: int = 256 * BLOCK) -> Step:
    """A chunked body without an end. It stops at `most`, so that a client without a limit fails instead of hanging."""

    def step(exchange: Exchange) -> None:
        exchange.head(status, {"Transfer-Encoding": "chunked"} | CLOSE | (headers or {}))
        while exchange.request.body_sent < most:
            exchange.chunk(b"\0" * BLOCK)

    return step


def drip(data: bytes, every: float, seconds: float = 60) -> Step:
    """The bytes, again and again, one at a time: there is always a sign of life."""

    def step(exchange: Exchange) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for byte in data:
                exchange.send(bytes([byte]))
                exchange.pause(every)

    return step


def silence() -> Step:
    return Exchange.hang


def hang_up(exchange: Exchange) -> None:
    """Close without a word."""


def reset(exchange: Exchange) -> None:
    exchange.reset()


def redirect(location: str, status: str = "302 Found", headers: dict[str, object] | None = None) -> Step:
    return answer(status, {"Location": location} | (headers or {}))
