"""A broken transfer goes on where it stopped, when that is safe, and starts over when it is not."""

from __future__ import annotations

import gzip
import signal
import zlib
from email.utils import formatdate
from functools import partial

import pytest

from tests.asset.faults.client import MIB, Client, content, sha256
from tests.asset.faults.server import (
    LONG_AGO,
    Exchange,
    Server,
    Step,
    answer,
    chunked,
    file,
    part,
    redirect,
    serving,
    when_ranged,
)
from tests.asset.faults.table import Case, Run, Table, rows

# A partial may lose its last MiB: three of four MiB leave two that have to be kept.
DATA = content(4 * MIB)
CUT = 3 * MIB
KEPT = CUT - MIB
PATH = "/toolkits/net-0badc0de.ckpt"


def starts(server: Server) -> list[int | None]:
    return [request.start for request in server.requests(PATH)]


def resumed(server: Server) -> bool:
    """Whether the second request went on near the cut, and there was no third."""
    first, second = starts(server)
    return first is None and second is not None and KEPT <= second <= CUT


@pytest.mark.parametrize(("end", "digits"), [("close", 8), ("close", 64), ("reset", 8), ("stall", 64)])
def test_a_transfer_goes_on_where_it_broke(client: Client, server: Server, end: str, digits: int) -> None:
    client.limit(idle_seconds=1.5 if end == "stall" else 30)
    client.publish(server.script(PATH, file(DATA, until=CUT, end=end), file(DATA)), DATA, digits=digits)
    assert client.pull().code == 0
    if end != "reset":  # a reset may destroy what was on its way
        assert resumed(server)
    assert len(starts(server)) == 2
    first, second = server.requests(PATH)
    assert "if-range" not in first.headers
    if second.start is not None:
        assert second.headers["if-range"] == '"v1"'
    assert {request.headers["accept-encoding"] for request in (first, second)} == {"identity"}


def test_the_rest_is_asked_for_with_if_range_on_a_strong_etag(client: Client, server: Server) -> None:
    step = file(DATA, etag='"strong"', modified=LONG_AGO, until=CUT)
    client.publish(server.script(PATH, step, file(DATA, etag='"strong"', modified=LONG_AGO)), DATA)
    assert client.pull().code == 0
    assert resumed(server)
    assert server.requests(PATH)[1].headers["if-range"] == '"strong"'


def test_a_weak_etag_is_no_ground_for_if_range(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, etag='W/"v1"', until=CUT), file(DATA, etag='W/"v1"')), DATA)
    assert client.pull().code == 0
    assert all("W/" not in request.headers.get("if-range", "") for request in server.requests(PATH))


def test_a_date_of_just_now_is_no_ground_for_if_range(client: Client, server: Server) -> None:
    # RFC 9110, 8.8.2.2: strong only when it is a good while older than the Date of the answer
    now = formatdate(usegmt=True)
    about = {"Date": now}
    first = file(DATA, etag=None, modified=now, headers=about, until=CUT)
    client.publish(server.script(PATH, first, file(DATA, etag=None, modified=now, headers=about)), DATA)
    assert client.pull().code == 0
    assert all("if-range" not in request.headers for request in server.requests(PATH))


def test_a_date_without_a_clock_to_judge_it_is_no_ground_for_if_range(client: Client, server: Server) -> None:
    client.publish(
        server.script(PATH, file(DATA, etag=None, modified=LONG_AGO, until=CUT), file(DATA, etag=None)), DATA
    )
    assert client.pull().code == 0
    assert all("if-range" not in request.headers for request in server.requests(PATH))


def test_an_old_date_may_be_a_ground_and_is_sent_back_as_it_came(client: Client, server: Server) -> None:
    about = {"Date": formatdate(usegmt=True)}
    first = file(DATA, etag=None, modified=LONG_AGO, headers=about, until=CUT)
    client.publish(server.script(PATH, first, file(DATA, etag=None, modified=LONG_AGO, headers=about)), DATA)
    assert client.pull().code == 0
    assert server.requests(PATH)[1].headers.get("if-range", LONG_AGO) == LONG_AGO


def test_a_server_without_validators(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, etag=None, until=CUT), file(DATA, etag=None)), DATA)
    assert client.pull().code == 0
    assert all("if-range" not in request.headers for request in server.requests(PATH))


def test_a_200_to_a_range_starts_over(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, until=CUT), file(DATA, ranges=False)), DATA)
    assert client.pull().code == 0
    assert resumed(server)  # asked with a range, answered with everything


def test_a_200_to_a_range_that_breaks_too(client: Client, server: Server) -> None:
    # the second partial is shorter than the first: nothing of the first may stick out behind it
    steps = file(DATA, until=CUT), file(DATA, ranges=False, until=2 * MIB), file(DATA)
    client.publish(server.script(PATH, *steps), DATA)
    assert client.pull().code == 0
    assert len(starts(server)) == 3
    third = starts(server)[2]
    assert third is None or MIB <= third <= 2 * MIB


def begins_again(run: Run) -> None:
    assert run.requests[1].start is not None
    assert run.requests[-1].start is None


def unfit(name: str, lie: Step) -> Case:
    """An answer to a range that may not be appended, on a server that tells the truth when asked without one."""
    steps = file(DATA, until=CUT), when_ranged(lie, file(DATA))
    return Case(name, steps, data=DATA, asked=range(3, 8), also=begins_again)


def glued(content_range: str | None, **headers: object) -> Step:
    return part(content(len(DATA), seed=2), CUT, content_range, headers)


def packed(exchange: Exchange) -> None:
    start = exchange.request.start or 0
    body = gzip.compress(DATA, 1)[start:]
    right = f"bytes {start}-{start + len(body) - 1}/{start + len(body)}"
    answer("206 Partial Content", {"Content-Encoding": "gzip", "Content-Range": right}, body)(exchange)


END = len(DATA) - 1
MANY = answer(
    "206 Partial Content",
    {"Content-Type": "multipart/byteranges; boundary=here", "ETag": '"v1"'},
    b"--here\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%b\r\n--here--\r\n" % (CUT, END, len(DATA), DATA[CUT:]),
)


@rows(
    unfit("Content-Range from 0", glued(f"bytes 0-{END}/{len(DATA)}")),
    unfit("Content-Range from one byte later", glued(f"bytes {CUT + 1}-{END}/{len(DATA)}")),
    unfit("Content-Range of another total", glued(f"bytes {CUT}-{END}/{len(DATA) + 1}")),
    unfit("Content-Range of nothing", glued(f"bytes {CUT}-{CUT - 1}/{len(DATA)}")),
    unfit("Content-Range of another unit", glued(f"items {CUT}-{END}/{len(DATA)}")),
    unfit("Content-Range from below nothing", glued(f"bytes -{CUT}-{END}/{len(DATA)}")),
    unfit("Content-Range of 5000 digits", glued(f"bytes {'9' * 5000}-{END}/{len(DATA)}")),
    unfit("Content-Range of stars", glued("bytes */*")),
    unfit("Content-Range of garbage", glued("garbage")),
    unfit("Content-Range left blank", glued("")),
    unfit("Content-Range left out", glued(None)),
    unfit("another ETag", glued(f"bytes {CUT}-{END}/{len(DATA)}", ETag='"v2"')),
    unfit("parts in one multipart body", MANY),
    unfit("a rest that is gzipped", packed),
    unfit("416 with the size", answer("416 Range Not Satisfiable", {"Content-Range": f"bytes */{len(DATA)}"})),
    unfit("416 with the size of the partial", answer("416 Range Not Satisfiable", {"Content-Range": f"bytes */{CUT}"})),
    unfit("416 with a smaller size", answer("416 Range Not Satisfiable", {"Content-Range": "bytes */17"})),
    unfit("416 without a size", answer("416 Range Not Satisfiable")),
)
def test_what_does_not_continue_the_partial_starts_over(case: Case, table: Table) -> None:
    table.check(case)


def test_a_206_of_an_unknown_total_may_be_right(client: Client, server: Server) -> None:
    def star(exchange: Exchange) -> None:
        start = exchange.request.start or 0
        part(DATA, start, f"bytes {start}-{len(DATA) - 1}/*")(exchange)

    client.publish(server.script(PATH, file(DATA, until=CUT), when_ranged(star, file(DATA))), DATA)
    assert client.pull().code == 0


def test_a_206_of_less_than_was_asked_for_is_not_the_end(client: Client, server: Server) -> None:
    def piece(exchange: Exchange) -> None:
        start = exchange.request.start
        assert start is not None
        about = {"Content-Range": f"bytes {start}-{start + 999}/{len(DATA)}", "ETag": '"v1"'}
        answer("206 Partial Content", about, DATA[start : start + 1000])(exchange)

    client.publish(server.script(PATH, file(DATA, until=CUT), piece, file(DATA)), DATA)
    assert client.pull().code == 0


def test_a_416_to_a_request_without_a_range_is_an_error(client: Client, server: Server) -> None:
    outcome = client.publish(server.script(PATH, answer("416 Range Not Satisfiable")), DATA).pull()
    assert outcome.code == 4
    assert outcome.says("416|range")
    assert len(starts(server)) <= 2


def test_a_file_that_shrank_below_the_partial(client: Client, server: Server) -> None:
    new = content(2 * MIB, seed=3)
    client.publish(server.script(PATH, file(DATA, until=CUT), file(new, etag='"v2"', heed_if_range=False)), new)
    assert client.pull().code == 0
    assert starts(server)[-1] is None


def test_a_file_that_changed_in_between_is_fetched_from_its_start(client: Client, server: Server, digits: int) -> None:
    new = content(len(DATA), seed=3)
    client.publish(server.script(PATH, file(DATA, until=CUT), file(new, etag='"v2"')), new, digits=digits)
    assert client.pull().code == 0
    assert resumed(server)  # If-Range no longer fits, so one answer brings the whole new file


def test_a_206_with_another_etag_is_not_appended(client: Client, server: Server) -> None:
    new = content(len(DATA), seed=3)
    client.publish(server.script(PATH, file(DATA, until=CUT), file(new, etag='"v2"', heed_if_range=False)), new)
    assert client.pull().code == 0
    assert starts(server)[-1] is None


def test_a_mismatch_after_a_resume_earns_a_clean_start(client: Client, server: Server, digits: int) -> None:
    # the server ignores If-Range and keeps its ETag: only the digest can tell that two files were glued together
    new = content(len(DATA), seed=3)
    client.publish(server.script(PATH, file(DATA, until=CUT), file(new, heed_if_range=False)), new, digits=digits)
    assert client.pull().code == 0
    assert len(starts(server)) == 3
    assert starts(server)[2] is None


def test_a_file_that_changed_on_a_server_without_validators(client: Client, server: Server) -> None:
    new = content(len(DATA), seed=3)
    client.publish(server.script(PATH, file(DATA, etag=None, until=CUT), file(new, etag=None)), new)
    assert client.pull().code == 0
    assert starts(server)[-1] is None


def test_a_mismatch_after_a_resume_earns_one_clean_start_only(client: Client, server: Server, digits: int) -> None:
    wrong = content(len(DATA), seed=4)
    client.publish(server.script(PATH, file(DATA, until=CUT), file(wrong, heed_if_range=False)), DATA, digits=digits)
    outcome = client.pull()
    assert outcome.code == 5
    assert outcome.says(sha256(DATA)[:8], sha256(wrong)[:8])
    assert len(starts(server)) == 3
    assert starts(server)[2] is None
    assert client.kept(DATA) == client.kept(wrong) == []


def test_the_clean_start_may_break_and_go_on(client: Client, server: Server) -> None:
    glued = file(content(len(DATA), seed=4), heed_if_range=False)
    client.publish(server.script(PATH, file(DATA, until=CUT), glued, file(DATA, until=CUT), file(DATA)), DATA)
    assert client.pull().code == 0
    assert len(starts(server)) == 4


def test_a_length_that_was_too_long_is_not_believed_forever(client: Client, server: Server) -> None:
    # the first answer promises more than there is; the partial is complete, and 416 says so
    first = answer("200 OK", {"ETag": '"v1"', "Accept-Ranges": "bytes"}, DATA, length=len(DATA) + 5)
    client.publish(server.script(PATH, first, file(DATA)), DATA)
    assert client.pull().code == 0
    assert len(starts(server)) <= 4


def test_a_chunked_body_that_broke(client: Client, server: Server) -> None:
    broken = chunked(DATA[:CUT], tail=b"", headers={"ETag": '"v1"'})
    client.publish(server.script(PATH, broken, file(DATA)), DATA)
    assert client.pull().code == 0
    assert len(starts(server)) == 2


LESS = DATA[: 2 * MIB]
PACKED = gzip.compress(LESS, 1)


@pytest.mark.parametrize(
    ("coding", "body", "data"),
    [
        ("gzip", PACKED, LESS),
        ("deflate", zlib.compress(LESS, 1), LESS),
        ("x-gzip", PACKED, PACKED),
        ("gzip", LESS, LESS),
    ],
    ids=["gzip", "deflate", "a stored .gz", "a label that is wrong"],
)
@pytest.mark.parametrize("etag", ['"v1"', None])
def test_an_encoded_body_that_broke_is_resumed(
    client: Client, server: Server, coding: str, body: bytes, data: bytes, etag: str | None
) -> None:
    give = partial(file, body, etag=etag, headers={"Content-Encoding": coding})
    client.publish(server.script(PATH, give(until=MIB // 2), give(until=MIB), answer("404 Not Found")), data)
    assert client.pull().code == 4
    server.script(PATH, give())
    assert client.pull().code == 0
    first, second, _, last = starts(server)
    assert first is None
    assert 0 < (second or 0) < (last or 0) <= MIB


def test_a_body_that_is_compressed_differently_each_time_is_fetched_anew(client: Client, server: Server) -> None:
    def packed_by(level: int, **options) -> Step:
        packed = gzip.compress(b"\0" * 9000 + LESS, level, mtime=0)
        return file(packed + bytes(10 - level), headers={"Content-Encoding": "gzip"}, etag=None, **options)

    client.publish(server.script(PATH, packed_by(9, until=MIB), packed_by(1)), b"\0" * 9000 + LESS)
    assert client.pull().code == 0
    assert starts(server)[-1] is None


def test_each_attempt_goes_through_the_redirect_again(client: Client, server: Server) -> None:
    # links signed for one transfer expire: only the card's own link lasts
    with serving() as store:
        store.script("/signed?1", file(DATA, until=CUT), answer("403 Forbidden"))
        store.script("/signed?2", file(DATA))
        steps = redirect(store.url + "/signed?1"), redirect(store.url + "/signed?2")
        client.publish(server.script(PATH, *steps), DATA)
        assert client.pull().code == 0
        assert [request.target for request in store.log] == ["/signed?1", "/signed?2"]
        assert KEPT <= (store.log[1].start or 0) <= CUT


def test_the_next_pull_goes_on_where_a_failed_one_stopped(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, until=CUT), answer("404 Not Found")), DATA)
    assert client.pull().code == 4
    server.script(PATH, file(DATA))
    assert client.pull().code == 0
    assert KEPT <= (starts(server)[-1] or 0) <= CUT
    assert server.requests(PATH)[-1].headers["if-range"] == '"v1"'


def test_a_partial_is_not_mixed_with_the_bytes_of_another_asset(client: Client, server: Server) -> None:
    # the card changes its digest between two pulls, the link stays
    new = content(len(DATA), seed=5)
    client.publish(server.script(PATH, file(DATA, until=CUT), answer("404 Not Found")), DATA)
    assert client.pull().code == 4
    client.publish(server.script(PATH, file(new, etag='"v2"')), new)
    assert client.pull().code == 0
    assert len(starts(server)) <= 4


@pytest.mark.parametrize("damage", ["flipped", "longer", "shorter", "empty", "other"])
def test_a_partial_that_was_damaged_is_no_harm(client: Client, server: Server, damage: str) -> None:
    process = client.publish(server.script(PATH, file(DATA, until=CUT, end="stall"), file(DATA)), DATA).start()
    server.wait_for(lambda: server.body_sent == CUT)
    server.wait_for(lambda: client.wrote(CUT))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    partial = client.partial()
    data = partial.read_bytes()
    partial.write_bytes(
        {
            "flipped": bytes([data[0] ^ 1]) + data[1:],
            "longer": data + b"\0" * len(DATA),
            "shorter": data[: len(data) // 2],
            "empty": b"",
            "other": content(len(data), seed=6),
        }[damage]
    )
    assert client.pull().code == 0
    assert len(starts(server)) <= 3
