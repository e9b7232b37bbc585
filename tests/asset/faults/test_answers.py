"""Answers that are wrong, odd or hostile: none of them is stored, none of them hangs the command."""

from __future__ import annotations

import gzip
import zlib

from tests.asset.faults.client import MIB, content, sha256
from tests.asset.faults.server import (
    LONG_AGO,
    Exchange,
    answer,
    chunked,
    drip,
    endless,
    file,
    part,
    raw,
)
from tests.asset.faults.table import DATA, IMPATIENT, Case, Run, Table, rows

GOOD = file(DATA)
OTHER = content(len(DATA), seed=2)
LIMIT = {"HUBTOOL_MAX_BYTES": str(MIB)}
PACKED = gzip.compress(DATA, 1)
HTML = b"<!DOCTYPE html>\n<html><head><title>Portal</title></head><body><h1>Please log in first</h1></body></html>"


def nothing_left(run: Run) -> None:
    for data in (DATA, OTHER, HTML, b"\0" * 64):
        assert run.client.kept(data) == []


def small(run: Run) -> None:
    """The client stopped reading soon after the limit of 1 MiB."""
    assert run.server.body_sent < 12 * MIB
    nothing_left(run)


def nothing_read(run: Run) -> None:
    nothing_left(run)
    assert run.server.body_sent < 8 * MIB


def asked_identity(run: Run) -> None:
    assert [request.headers["accept-encoding"] for request in run.requests] == ["identity"]


def packed(body: bytes, coding: str = "gzip", **options):
    return answer("200 OK", {"Content-Encoding": coding}, body, **options)


def lines_forever(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(2_000_000):
        exchange.send(f"X-{number}: {'x' * 1000}\r\n".encode())


def continue_forever(exchange: Exchange) -> None:
    exchange.pause(0.01)
    for _ in range(100_000):
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 10)
        exchange.pause(0.01)


def late(exchange: Exchange) -> None:
    exchange.pause(0.3)
    GOOD(exchange)


def plain(before: bytes, after: bytes = b"", headers: str = "") -> bytes:
    return before + f"HTTP/1.1 200 OK\r\nContent-Length: {len(DATA)}\r\n{headers}\r\n".encode() + DATA + after


def with_length(value: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\nConnection: close\r\n\r\n".encode() + DATA


def in_chunks(data: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data


WRONG = {"code": (5,), "asked": 1, "also": nothing_left, "sleeps": ()}
# Without a length nobody can tell a wrong file from one that ended too early.
WRONG_OR_CUT = {**WRONG, "asked": 2}


@rows(
    Case("a file", (GOOD,), asked=1, also=asked_identity),
    Case("an answer that comes late but in time", (late,), asked=1),
    Case("a file without a length", (answer("200 OK", body=DATA, length=False),), asked=1),
    Case("a file in chunks", (chunked(DATA),), asked=1),
    Case("a file in chunks of one byte", (chunked(DATA[:2000], size=1),), asked=1, data=DATA[:2000]),
    Case("a file of no bytes", (answer("200 OK"),), asked=1, data=b""),
    Case("a server of HTTP 1.0", (answer("200 OK", body=DATA, length=False, version="1.0"),), asked=1),
    Case("a server of HTTP 1.0 with a length", (answer("200 OK", body=DATA, version="1.0"),), asked=1),
    Case("chunk extensions and trailers", (chunked(DATA, tail=b"0;a=b\r\nX-Sum: 1\r\n\r\n"),), asked=1),
    Case("upper-case chunk sizes", (raw(in_chunks(f"{len(DATA):X}\r\n".encode() + DATA + b"\r\n0\r\n\r\n")),), asked=1),
    Case("garbage after the last chunk", (chunked(DATA, tail=b"0\r\n\r\ngarbage"),), asked=1),
    Case("garbage after the length", (raw(plain(b"", b"garbage")),), asked=1),
    Case(
        "Content-Disposition is ignored", (file(DATA, headers={"Content-Disposition": "attachment; filename=../../x"}),)
    ),
    # the digest decides
    Case("other bytes", (file(OTHER),), says=(sha256(DATA)[:8], sha256(OTHER)[:8]), **WRONG),
    Case("other bytes, in chunks", (chunked(OTHER),), says=(sha256(OTHER)[:8],), **WRONG_OR_CUT),
    Case(
        "other bytes, without a length",
        (answer("200 OK", body=OTHER, length=False),),
        says=(sha256(OTHER)[:8],),
        **WRONG_OR_CUT,
    ),
    Case(
        "an old server that always breaks off",
        (answer("200 OK", body=DATA[:9000], length=False, version="1.0"),),
        **WRONG_OR_CUT,
    ),
    Case("a length that is too short", (answer("200 OK", body=DATA, length=len(DATA) - 1),), **WRONG),
    Case("one byte more", (answer("200 OK", body=DATA + b"\0"),), **WRONG),
    Case("an empty file is named", (answer("200 OK", {"ETag": '"e"'}),), says=("empty|0 bytes|no bytes",), **WRONG),
    Case("an empty file in chunks is named", (chunked(b""),), says=("empty|0 bytes|no bytes",), **WRONG_OR_CUT),
    Case(
        "a page is named and its first words shown",
        (answer("200 OK", {"Content-Type": "text/html"}, HTML),),
        says=("html|web page", "portal|please log in first"),
        **WRONG,
    ),
    Case(
        "a page that claims to be a file is named",
        (answer("200 OK", {"Content-Type": "application/octet-stream"}, b"\xef\xbb\xbf\n " + HTML),),
        says=("html|web page", "portal|please log in first"),
        **WRONG,
    ),
    Case(
        "a page in an odd character set",
        (
            answer(
                "200 OK", {"Content-Type": "text/html; charset=no-such"}, b"<html>\xff\xfe\x80 log in \x1b[31m</html>"
            ),
        ),
        says=("html|web page", "log in"),
        **WRONG,
    ),
    Case("a gzipped page is named", (packed(gzip.compress(HTML)),), says=("html|web page",), **WRONG),
    Case("no content", (answer("204 No Content", length=False),), (4, 5), asked=range(1, 10), also=nothing_left),
    Case("a 304 that nobody asked for", (answer("304 Not Modified", length=False),), (4,), ("304",), also=nothing_left),
    Case(
        "a 206 that nobody asked for, with a part",
        (part(DATA, 1000, f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"),),
        (4, 5),
        also=nothing_left,
    ),
    Case(
        "a 206 that nobody asked for, with everything", (part(DATA, 0, f"bytes 0-{len(DATA) - 1}/{len(DATA)}"),), (0, 4)
    ),
    Case("a status that does not exist", (answer("299 What", body=DATA),), (0, 4)),
    Case("a status of 999", (answer("999 What", body=DATA),), (4,), ("999",)),
    # codings
    Case("gzip that nobody asked for", (packed(PACKED),), asked=1),
    Case("x-gzip that nobody asked for", (packed(PACKED, "x-gzip"),), asked=1),
    Case("deflate that nobody asked for", (packed(zlib.compress(DATA, 1), "deflate"),), asked=1),
    Case("gzip in chunks", (chunked(PACKED, headers={"Content-Encoding": "gzip"}),), asked=1),
    Case("identity as a coding", (packed(DATA, "identity"),), asked=1),
    Case("gzip that is none", (packed(OTHER),), (4, 5), also=nothing_left),
    Case("gzip that ends too soon", (packed(PACKED[:-9]),), (4, 5), also=nothing_left),
    Case("a coding that does not exist", (packed(OTHER, "no-such"),), (4, 5), also=nothing_left),
    Case(
        "a small gzip of much too much",
        (packed(gzip.compress(bytes(32 * MIB), 1)),),
        (4,),
        asked=1,
        environment=LIMIT,
        also=nothing_left,
    ),
    # sizes
    Case(
        "a length over the limit is refused unread",
        (answer("200 OK", body=bytes(64 * MIB)),),
        (4,),
        ("limit|max|large|big|more than|over",),
        asked=1,
        sleeps=(),
        environment=LIMIT,
        also=nothing_read,
    ),
    Case("a length of 4000 digits", (answer("200 OK", body=DATA, length=int("9" * 4000)),), (4,), also=nothing_left),
    Case(
        "an endless body is cut off",
        (endless(),),
        (4,),
        ("limit|max|large|big|more than|over",),
        asked=1,
        environment=LIMIT,
        also=small,
    ),
    Case("a file of just the limit is fetched", (GOOD,), environment={"HUBTOOL_MAX_BYTES": str(len(DATA))}),
    Case(
        "a file of one byte more is not", (GOOD,), (4,), asked=1, environment={"HUBTOOL_MAX_BYTES": str(len(DATA) - 1)}
    ),
    # broken once, and asked again
    Case("a short body", (answer("200 OK", {"ETag": '"v1"'}, DATA[:9000], length=len(DATA)), GOOD), asked=2),
    Case("chunks that stop", (chunked(DATA[:9000], tail=b""), GOOD), asked=2),
    Case("chunks that stop inside a chunk", (raw(in_chunks(b"fffff\r\n" + DATA[:9000])), GOOD), asked=2),
    Case("a chunk size that is none", (raw(in_chunks(b"zz\r\nabc\r\n0\r\n\r\n")), GOOD), asked=2),
    Case("a chunk size below nothing", (raw(in_chunks(b"-5\r\nabcde\r\n0\r\n\r\n")), GOOD), (0, 4)),
    Case("a chunk size beyond all memory", (raw(in_chunks(b"f" * 40 + b"\r\nabc")), GOOD), (0, 4)),
    Case("a chunk size line without an end", (raw(in_chunks(b"1" * 200_000)), GOOD), asked=2),
    Case("no chunk at all", (raw(in_chunks(b"")), GOOD), asked=2),
    Case("a garbage status line", (raw(b"garbage\r\n\r\n" + DATA), GOOD), asked=2),
    Case("no status line", (raw(DATA), GOOD), asked=2),
    Case("a status that is no number", (raw(b"HTTP/1.1 abc OK\r\n\r\n" + DATA), GOOD), asked=2),
    Case("half a head", (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), GOOD), (0, 4, 5)),
    Case("a head of 300 lines", (raw(plain(b"", headers="X-A: b\r\n" * 300)), GOOD), (0, 4)),
    Case("a header of 200 kB", (raw(plain(b"", headers=f"X-A: {'b' * 200_000}\r\n")), GOOD), (0, 4)),
    Case("a head without an end", (lines_forever, GOOD), (0, 4), limits=IMPATIENT),
    Case("a head that drips", (drip(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 500, 0.1), GOOD), limits=IMPATIENT),
    Case("a head whose lines drip", (drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), GOOD), limits=IMPATIENT),
    Case("100 Continue without an end", (continue_forever, GOOD), limits=IMPATIENT),
    Case(
        "half a status line, and silence",
        (raw(b"HTTP/1.1 20", end="stall"), GOOD),
        asked=range(2, 6),
        limits=IMPATIENT,
    ),
    # odd, and no reason to fail
    Case("100 Continue before the answer", (raw(plain(b"HTTP/1.1 100 Continue\r\n\r\n" * 3)),), asked=1),
    Case(
        "early hints before the answer",
        (raw(plain(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")), GOOD),
        asked=range(1, 3),
    ),
    Case("a head of bare line feeds", (raw(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(DATA) + DATA),), (0, 4)),
    Case("two lengths that differ", (raw(plain(b"", headers="Content-Length: 5\r\n")), GOOD), (0, 4, 5), also=None),
    Case("a length and chunks", (chunked(DATA, headers={"Content-Length": 5}), GOOD), (0, 4)),
    Case("a length that is no number", (raw(with_length("abc")), GOOD), (0, 4)),
    Case("a length below nothing", (raw(with_length("-1")), GOOD), (0, 4)),
    Case(
        "a length of Arabic digits",
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: \xd9\xa3\r\n\r\n" + DATA), GOOD),
        (0, 4, 5),
    ),
    Case(
        "headers that are no text",
        (raw(plain(b"", headers='X-\xff: \x00\x01\xfe\r\nETag: "\xff\x00"\r\n')), GOOD),
        (0, 4),
    ),
    Case("a date that is none", (file(DATA, modified="yesterday", headers={"Date": "tomorrow"}),), asked=1),
    Case(
        "a date before all time",
        (file(DATA, modified=LONG_AGO, headers={"Date": "Mon, 00 Jan 0000 00:00:00 GMT"}),),
        asked=1,
    ),
    Case(
        "a reason that steers the terminal",
        (answer("404 \x1b]0;owned\x07\x1b[31mred\x9b31m"),),
        (4,),
        ("404",),
        asked=1,
    ),
    Case("a type that steers the terminal", (answer("200 OK", {"Content-Type": "text/html\x1b[31m"}, HTML),), **WRONG),
    Case(
        "silence in the middle",
        (file(DATA, until=9000, end="stall"),),
        (4,),
        ("time|second|answer|stall",),
        limits=IMPATIENT,
    ),
    Case("chunks that always stop", (chunked(DATA[:9000], tail=b""),), (4,), asked=range(2, 30), also=None),
    Case(
        "a body that is always short", (answer("200 OK", body=DATA[:9000], length=len(DATA)),), (4,), asked=range(2, 30)
    ),
    Case("always garbage", (raw(b"garbage\r\n\r\n"),), (4,)),
    Case(
        "a server that speaks another language",
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n", end="stall"),),
        (4,),
        limits=IMPATIENT,
    ),
    Case(
        "always half an answer",
        (raw(b"HTTP/1.1 20", end="stall"),),
        (4,),
        limits=IMPATIENT,
    ),
)
def test_answers(case: Case, table: Table) -> None:
    table.check(case)
