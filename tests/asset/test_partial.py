from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubtool.asset.partial import Origin, Partial


@pytest.fixture
def partial(tmp_path: Path) -> Iterator[Partial]:
    made = Partial(tmp_path / "a.part")
    yield made
    made.close()


def append(partial: Partial, data: bytes) -> None:
    room = partial.room()
    room[: len(data)] = data
    partial.append(room[: len(data)])


def test_more_chunks_than_buffers(partial: Partial) -> None:
    data = [os.urandom(100_000 + number) for number in range(100)]
    for chunk in data:
        append(partial, chunk)
    assert partial.path.read_bytes() == b"".join(data)
    assert partial.sha256() == hashlib.sha256(b"".join(data)).hexdigest()


def test_room_that_nothing_came_into_is_not_lost(partial: Partial) -> None:
    first = partial.room()
    for _ in range(100):
        assert partial.room() is first


def test_bytes_are_on_their_way_to_the_disk_when_append_returns(partial: Partial) -> None:
    append(partial, b"weights")
    assert partial.path.read_bytes() == b"weights"


def test_after_a_restart_nothing_counts_of_what_was_before(partial: Partial) -> None:
    for data in (b"", b"weights", b"more"):
        partial.begin(Origin("https://example.org"))
        partial.room()[:5] = b"stale"
        if data:
            append(partial, data)
        assert partial.sha256() == hashlib.sha256(data).hexdigest()
        assert partial.path.read_bytes() == data


def test_what_an_earlier_process_left_counts(tmp_path: Path) -> None:
    path = tmp_path / "b.part"
    path.write_bytes(b"wei")
    partial = Partial(path)
    append(partial, b"ghts")
    assert partial.sha256() == hashlib.sha256(b"weights").hexdigest()
    partial.close()
