"""Whatever a server does from request to request, and whatever an earlier process left: right bytes or an error."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.pull import pull
from hubtool.card.record import Asset, Digest
from hubtool.errors import DigestMismatch, TransferError
from tests.asset.clock import RecordedClock
from tests.asset.faults.server import (
    Server,
    answer,
    chunked,
    endless,
    file,
    hang_up,
    part,
    raw,
    reset,
    serving,
    silence,
)

BODY = bytes(range(256)) * 40
OTHER = BODY[::-1]
SHORTER = OTHER[:-1000]
SHA256 = hashlib.sha256(BODY).hexdigest()
LIMITS = replace(DEFAULT_LIMITS, idle_seconds=0.4, head_seconds=0.8, max_unannounced_bytes=100_000, attempts=8)
ACCESS = Access(limits=LIMITS, clock=RecordedClock())
PLACE = st.integers(0, len(BODY))
ETAG = st.sampled_from(['"v1"', '"v2"', 'W/"v1"', None])
CONTENT = st.sampled_from([BODY, BODY, OTHER, SHORTER])

STEPS = st.one_of(
    st.builds(file, CONTENT, etag=ETAG, ranges=st.booleans(), heed_if_range=st.booleans(), until=PLACE),
    st.builds(file, CONTENT, etag=ETAG, ranges=st.booleans(), give=st.integers(0, 5000), end=st.sampled_from(["close", "reset"])),
    st.builds(part, CONTENT, PLACE, st.sampled_from([None, "bytes */*", "bytes 0-9/10", f"bytes 5-9/{len(BODY)}", "bytes 1-0/1"])),
    st.builds(chunked, CONTENT, size=st.just(3000), tail=st.sampled_from([b"0\r\n\r\n", b"", b"zz\r\n"])),
    st.builds(answer, st.sampled_from(["503 x", "429 x", "500 x"]), st.just({"Retry-After": "0"})),
    st.builds(answer, st.sampled_from(["404 x", "403 x", "204 x", "416 x", "206 x"]), st.just({}), CONTENT),
    st.builds(lambda data: answer("200 OK", {"Content-Encoding": "gzip"}, gzip.compress(data)[: len(data) // 2]), CONTENT),
    st.sampled_from(
        [
            answer("200 OK", {}, b"<html><title>Sign in</title>"),
            answer("200 OK", {"Content-Encoding": "gzip"}, gzip.compress(BODY)),
            answer("200 OK", {}, BODY, length=len(BODY) + 7),
            endless(),
            raw(b"\x00\x01nonsense"),
            raw(b""),
            hang_up,
            reset,
            silence(),
        ]
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


paths = (f"/{number}/net.ckpt" for number in count())


@given(
    steps=st.lists(STEPS, max_size=6),
    left=st.none() | st.tuples(CONTENT, PLACE) | st.tuples(st.just(BODY * 2), st.just(2 * len(BODY))),
    notes=st.sampled_from([None, "{", '{"url": 1}', "same", "old"]),
    digits=st.sampled_from([8, 64]),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_right_bytes_or_an_error_and_nothing_that_spoils_the_next_pull(
    server: Server, steps: list, left: tuple[bytes, int] | None, notes: str | None, digits: int
) -> None:
    path = next(paths)
    url = server.script(path, *steps, file(BODY))
    folder = Path(tempfile.mkdtemp())
    cache = Cache(folder / "cache")
    asset = Asset("ckpt", url, Digest(SHA256[:digits]))
    if left is not None:
        partial = cache.partial_path(Digest(SHA256))
        partial.write_bytes(left[0][: left[1]])
        origin = f'{{"url": "{url}", "etag": "\\"v1\\"", "modified": null, "total": {len(BODY)}, "encoded": false}}'
        if notes is not None:
            partial.with_suffix(".json").write_text(
                {"same": origin, "old": origin.replace("v1", "v0")}.get(notes, notes)
            )
    try:
        for _ in range(len(steps) + 2):
            try:
                verified = pull(asset, folder, cache, access=ACCESS)
            except (TransferError, DigestMismatch):
                assert not list(cache.root.glob("sha256/*/*"))
            else:
                assert verified.path.read_bytes() == BODY
                assert not list((cache.root / "partial").iterdir())
                break
        else:
            pytest.fail("the server has long been well, and still nothing comes")
        # Every step is asked for once, and what was put together and turned out wrong is fetched anew once a pull.
        assert len(server.requests(path)) <= len(steps) + len(steps) + 3
    finally:
        shutil.rmtree(folder)
