"""A real HTTP server on loopback that does to a file what the test asks for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PIECES = 32


@dataclass
class Site:
    """What the server serves, in how many seconds, and what it was asked."""

    body: bytes = b""
    status: int = 200
    announce: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""
    seconds: float = 0.0


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            self.send_response(site.status)
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(site.body) if site.announce is None else site.announce))
            self.end_headers()
            piece = len(site.body) // PIECES + 1
            for offset in range(0, len(site.body), piece):
                self.wfile.write(site.body[offset : offset + piece])
                time.sleep(site.seconds / PIECES)

        def do_HEAD(self) -> None:
            site.requests.append(self.path)
            self.send_response(site.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
