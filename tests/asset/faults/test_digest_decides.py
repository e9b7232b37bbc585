"""The card publishes a digest, so what a server says about the bytes is only advice."""

from __future__ import annotations

import bz2
import gzip
import zlib

from tests.asset.faults.client import MIB, content
from tests.asset.faults.server import LONG_AGO, Exchange, Step, answer, chunked, file, when_ranged
from tests.asset.faults.table import Case, Run, Table, rows

DATA = content(2 * MIB)
CUT = MIB + MIB // 2
END = len(DATA) - 1
OTHER = content(len(DATA), seed=2)
PACKED = gzip.compress(DATA, 1)
TWO_MEMBERS = gzip.compress(DATA[:CUT], 1) + gzip.compress(DATA[CUT:], 1)
RAW_DEFLATE = zlib.compress(DATA, 1)[2:-4]


def framed(data: bytes, size: int = 65_536) -> bytes:
    """As an upload to S3 in signed chunks, which some stores keep as it came."""
    parts = [data[start : start + size] for start in range(0, len(data), size)] + [b""]
    return b"".join(b"%x;chunk-signature=%064d\r\n%b\r\n" % (len(part), 0, part) for part in parts)


def labelled(name: str, coding: str, body: bytes, data: bytes = DATA) -> Case:
    """A body with a label: one request, and the file whose digest is published is there."""
    return Case(name, (answer("200 OK", {"Content-Encoding": coding}, body),), data=data, asked=1)


@rows(
    # labels of codings that the bytes do not have
    *(
        labelled(f"the file itself, labelled {coding}", coding, DATA)
        for coding in ("gzip", "x-gzip", "deflate", "br", "zstd", "utf-8", "UTF8", "aws-chunked", "binary", "none", "*")
    ),
    labelled("the file itself, labelled twice", "gzip, aws-chunked", DATA),
    labelled("the file itself, with labels that mean nothing", "utf-8, identity,", DATA),
    # a file that is an archive keeps its own bytes
    labelled("a stored .gz, labelled gzip", "gzip", PACKED, PACKED),
    labelled("a stored .gz, labelled x-gzip", "x-gzip", PACKED, PACKED),
    labelled("a stored .gz, labelled as something else", "deflate", PACKED, PACKED),
    labelled("a stored .gz that was compressed again", "gzip", gzip.compress(PACKED, 1), PACKED),
    labelled("a stored .bz2, labelled gzip", "gzip", bz2.compress(DATA[:9000]), bz2.compress(DATA[:9000])),
    # bytes that have the coding
    labelled("gzip", "gzip", PACKED),
    labelled("gzip in capitals", "GZIP", PACKED),
    labelled("gzip of two members", "gzip", TWO_MEMBERS),
    labelled("gzip with padding behind it", "gzip", PACKED + bytes(512)),
    labelled("gzip that is called deflate", "deflate", PACKED),
    labelled("deflate that is called gzip", "gzip", zlib.compress(DATA, 1)),
    labelled("deflate without a header", "deflate", RAW_DEFLATE),
    labelled("gzip in gzip", "gzip, gzip", gzip.compress(PACKED, 1)),
    labelled("gzip that is labelled twice and applied once", "gzip, gzip", PACKED),
    labelled("gzip and a word that is no coding", "utf-8, gzip", PACKED),
    labelled("deflate and then gzip", "deflate, gzip", gzip.compress(zlib.compress(DATA, 1), 1)),
    labelled("frames of an upload", "aws-chunked", framed(DATA)),
    labelled("frames of an upload of a gzip", "gzip, aws-chunked", framed(PACKED)),
    labelled("frames of one byte", "aws-chunked", framed(DATA[:300], 1), DATA[:300]),
    labelled("gzip of nothing", "gzip", gzip.compress(b""), b""),
    labelled("gzip of one byte", "gzip", gzip.compress(b"x"), b"x"),
    Case(
        "gzip without a length", (answer("200 OK", {"Content-Encoding": "gzip"}, PACKED, length=False),), data=DATA, asked=1
    ),
    Case("the file itself, labelled gzip, in chunks", (chunked(DATA, headers={"Content-Encoding": "gzip"}),), data=DATA, asked=1),
)  # fmt: skip
def test_what_agrees_with_the_digest_is_kept_whatever_the_label(case: Case, table: Table) -> None:
    table.check(case)


def little_twice(run: Run) -> None:
    """What was there is not fetched again but for what a break may lose."""
    assert run.server.body_sent <= len(DATA) + MIB


def goes_on(name: str, *steps: Step, asked: int | range = 2, data: bytes = DATA) -> Case:
    return Case(name, steps, data=data, asked=asked, also=little_twice)


def node(etag: str | None, modified: str | None = None, **options) -> Step:
    """One node of a network: the same file under a validator of its own."""
    return file(DATA, etag=etag, modified=modified, **options)


def sliced(headers: dict[str, object] | None = None, *, length: bool = True, label: bool = True) -> Step:
    """A 200 to a range, with the slice alone."""

    def step(exchange: Exchange) -> None:
        start = exchange.request.start or 0
        about = {"Content-Range": f"bytes {start}-{END}/{len(DATA)}"} if label else {}
        answer("200 OK", about | (headers or {}), DATA[start:], length=length)(exchange)

    return step


def begins(name: str, **headers: object) -> Step:
    """The beginning of the file, with other headers."""
    return file(DATA, etag=name, until=CUT, headers=headers)


@rows(
    goes_on("another ETag on each node", node('"a"', until=CUT), node('"b"', heed_if_range=False)),
    # asked on the condition of its ETag, the other node sends everything: it is told to send the rest after all
    goes_on("another ETag on nodes that heed If-Range", node('"a"', until=CUT), node('"b"'), asked=3),
    goes_on("a weak ETag instead of a strong one", node('"a"', until=CUT), node('W/"a"', heed_if_range=False)),
    goes_on("no ETag any more", node('"a"', until=CUT), node(None, heed_if_range=False)),
    goes_on("another Last-Modified", node(None, LONG_AGO, until=CUT), node(None, "Thu, 02 Jan 2020 00:00:00 GMT")),
    goes_on(
        "another ETag and Last-Modified",
        node('W/"a"', LONG_AGO, until=CUT),
        node('W/"b"', "Thu, 02 Jan 2020 00:00:00 GMT"),
    ),
    goes_on("three nodes", node('"a"', until=MIB), node('"b"', until=CUT), node('"c"'), asked=range(3, 6)),
    goes_on("a 200 with Content-Range and only the slice", node(None, until=CUT), sliced()),
    goes_on("a slice without a length", node(None, until=CUT), sliced(length=False)),
    goes_on("a slice with another ETag", node('"a"', until=CUT), sliced({"ETag": '"b"'})),
    goes_on("a label that is no coding", begins('"a"', **{"Content-Encoding": "utf-8"}), node('"a"')),
    goes_on("a label of an upload", *[file(DATA, headers={"Content-Encoding": "aws-chunked"}, until=end) for end in (CUT, None)]),
)  # fmt: skip
def test_a_partial_file_is_continued_whatever_the_validators_say(case: Case, table: Table) -> None:
    table.check(case)


def starts_anew(run: Run) -> None:
    assert run.requests[1].start is not None
    assert [request.start for request in run.requests].count(None) == 2


@rows(
    *(
        Case(name, (file(OTHER, etag='"a"', until=CUT), step), data=DATA, asked=3, also=starts_anew)
        for name, step in {
            "a file that was replaced under another ETag": file(DATA, etag='"b"', heed_if_range=False),
            "a file that was replaced under the same ETag": file(DATA, etag='"a"', heed_if_range=False),
            "a slice of another file": when_ranged(sliced(), file(DATA, etag=None)),
        }.items()
    )
)
def test_what_does_not_fit_together_is_fetched_once_more_from_its_start(case: Case, table: Table) -> None:
    table.check(case)


def cut_off(size: int, **options) -> Step:
    """A body without a length that ends too early."""
    return answer("200 OK", body=DATA[:size], length=False, **options)


@rows(
    Case("an old server that broke off once", (cut_off(9000, version="1.0"), file(DATA)), data=DATA, asked=2),
    Case("a body without a length that ended too early", (cut_off(CUT), file(DATA)), data=DATA, asked=2, also=little_twice),
    Case("the same on a server without ranges", (cut_off(CUT), answer("200 OK", body=DATA)), data=DATA, asked=2),
    Case("chunks that were ended too early", (chunked(DATA[:9000]), chunked(DATA)), data=DATA, asked=2),
    Case("nothing at all", (answer("200 OK", length=False), file(DATA)), data=DATA, asked=2),
    Case("gzip that ended too early", (answer("200 OK", {"Content-Encoding": "gzip"}, PACKED[:9000], length=False), file(PACKED, headers={"Content-Encoding": "gzip"})), data=DATA, asked=2),
    Case("gzip that ended too early, and then none", (answer("200 OK", {"Content-Encoding": "gzip"}, PACKED[:9000], length=False), file(DATA)), data=DATA, asked=3),
    Case("a page of a busy server", (chunked(b"<html>busy</html>"), file(DATA)), data=DATA, asked=range(2, 4)),
    Case("a whole file of which there is no more", (chunked(DATA, tail=b""), answer("416 Range Not Satisfiable")), data=DATA, asked=2),
    Case("one that always ends too early", (cut_off(9000),), (5,), data=DATA, asked=2),
)  # fmt: skip
def test_without_a_length_a_wrong_file_is_asked_for_once_more(case: Case, table: Table) -> None:
    table.check(case)
