"""A file with a wrong piece is repaired: only that piece is fetched again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hubtool.asset.cache import Cache
from hubtool.asset.pieces import PIECE_BYTES
from hubtool.card.record import Digest
from tests.asset.faults.client import MIB, Client, content, sha256
from tests.asset.faults.server import Server, Step, answer, chunked, file, hang_up, when_ranged
from tests.asset.faults.table import PATH
from tests.asset.faults.test_mirrors import AT_MIRROR, mirror
from tests.conftest import flip_byte

DATA = content(3 * PIECE_BYTES + 1000)
MIDDLE = len(DATA) // 2


def pieces_in(data: bytes) -> list[str]:
    return [sha256(data[start : start + PIECE_BYTES]) for start in range(0, len(data), PIECE_BYTES)]


PIECES = " ".join(pieces_in(DATA))


def damaged(*places: int, data: bytes = DATA) -> bytes:
    """The file with some of its bytes flipped."""
    wrong = bytearray(data)
    for place in places:
        wrong[place] ^= 1
    return bytes(wrong)


def pin(client: Client, server: Server, data: bytes, pieces: list[str]) -> None:
    """Write what a lockfile knows of the file."""
    entry = {"sha256": sha256(data), "size": len(data), "source": "", "pieces": " ".join(pieces)}
    document = {"version": 1, "assets": {server.url + PATH: entry}}
    (client.cards / "hubtool.lock").write_text(json.dumps(document))


@pytest.fixture
def pinned(client: Client, server: Server) -> Client:
    """A client whose lockfile knows the file, but whose cache is empty."""
    client.publish(server.script(PATH, file(DATA)), DATA, digits=8)
    pin(client, server, DATA, pieces_in(DATA))
    return client


@pytest.mark.parametrize("command", ["pull", "lock"])
def test_the_first_pull_and_lock_keep_the_digests_of_pieces(client: Client, server: Server, command: str) -> None:
    client.publish(server.script(PATH, file(DATA)), DATA, digits=8)
    if command == "pull":
        assert client.pull().code == 0
    else:
        assert client.hubtool("lock", "--cards", client.cards).code == 0
    (entry,) = json.loads((client.cards / "hubtool.lock").read_text())["assets"].values()
    assert entry["pieces"] == PIECES
    client.publish(client.link, DATA, digits=64, name="full")  # never pinned: the cache keeps them, too
    note = json.loads(client.pull().path.parent.with_suffix(".json").read_text())
    assert " ".join(note["pieces"]) == PIECES


@pytest.mark.parametrize(
    ("places", "pieces"),
    [((MIDDLE,), 1), ((0,), 1), ((len(DATA) - 1,), 1), ((PIECE_BYTES - 1, PIECE_BYTES), 2), ((5, MIDDLE), 2)],
    ids=["middle", "first", "last", "two neighbours", "two apart"],
)
def test_only_the_wrong_pieces_are_fetched_again(
    pinned: Client, server: Server, places: tuple[int, ...], pieces: int
) -> None:
    server.script(PATH, file(damaged(*places)), file(DATA))
    assert pinned.pull().code == 0
    assert server.body_sent <= len(DATA) + pieces * PIECE_BYTES


def test_another_source_is_asked_first(pinned: Client, server: Server, other: Server) -> None:
    # the server always damages the file, the mirror lacks the beginning of it
    server.script(PATH, file(damaged(MIDDLE)))
    other.script(AT_MIRROR, when_ranged(file(DATA), answer("404 Not Found")))
    assert pinned.pull("--mirror", mirror(server, other)).code == 0
    assert len(server.log) == 1
    assert other.body_sent <= PIECE_BYTES + MIB


def test_a_mirror_that_damages_a_file_is_repaired_by_the_original(
    pinned: Client, server: Server, other: Server
) -> None:
    other.script(AT_MIRROR, file(damaged(MIDDLE)))
    server.script(PATH, file(DATA))
    assert pinned.pull("--mirror", mirror(server, other)).code == 0
    assert server.body_sent <= PIECE_BYTES + MIB


def test_the_pieces_of_two_damaged_copies_make_a_right_file(pinned: Client, server: Server, other: Server) -> None:
    other.script(AT_MIRROR, file(damaged(5)))
    server.script(PATH, file(damaged(MIDDLE)))
    assert pinned.pull("--mirror", mirror(server, other)).code == 0


@pytest.mark.parametrize(
    "step",
    [
        file(damaged(MIDDLE)),
        file(damaged(MIDDLE), ranges=False),
        when_ranged(answer("404 Not Found"), file(damaged(MIDDLE))),
        when_ranged(answer("206 Partial Content", {"Content-Range": "bytes 0-9/*"}, b"x" * 10), file(damaged(MIDDLE))),
        when_ranged(chunked(b"<html>"), file(damaged(MIDDLE))),
    ],
    ids=["always damaged", "no ranges", "404", "another part", "a page"],
)
def test_what_cannot_be_repaired_is_refused(pinned: Client, server: Server, step: Step) -> None:
    server.script(PATH, step)
    outcome = pinned.pull()
    assert outcome.code == 5
    assert pinned.kept(DATA) == []
    assert len(server.log) <= 3


def test_a_repair_that_breaks_off_goes_on(pinned: Client, server: Server) -> None:
    wrong = damaged(PIECE_BYTES, 2 * PIECE_BYTES)
    server.script(PATH, file(wrong), file(DATA, give=PIECE_BYTES + MIB), file(DATA))
    assert pinned.pull().code == 0
    assert server.body_sent <= len(DATA) + 3 * PIECE_BYTES


@pytest.mark.parametrize(
    ("steps", "wait"),
    [
        ([answer("503 Busy")], 0.0),
        ([answer("429 Too Many Requests", {"Retry-After": "7"})], 7.0),
        ([hang_up] * 3, 0.0),
        ([file(DATA, headers={"Content-Encoding": "gzip"})], 0.0),
    ],
    ids=["503", "429", "hanging up", "a label that is wrong"],
)
def test_a_source_that_is_busy_is_asked_for_the_pieces_again(
    pinned: Client, server: Server, steps: list[Step], wait: float
) -> None:
    server.script(PATH, file(damaged(MIDDLE)), *steps, file(DATA))
    outcome = pinned.pull()
    assert outcome.code == 0
    assert max([0.0, *outcome.sleeps]) >= wait
    assert server.body_sent <= len(DATA) + PIECE_BYTES


def test_a_source_that_gives_little_at_a_time_gives_whole_pieces(pinned: Client, server: Server) -> None:
    server.script(PATH, file(damaged(MIDDLE)), file(DATA, give=int(1.5 * MIB)))
    assert pinned.pull().code == 0
    assert server.body_sent == len(DATA) + PIECE_BYTES


@pytest.mark.parametrize(
    "step",
    [file(DATA, ranges=False), when_ranged(answer("404 Not Found"), file(DATA)), when_ranged(hang_up, file(DATA))],
    ids=["the whole file", "404", "hanging up"],
)
def test_a_source_that_gives_no_parts_is_asked_once_for_the_whole_file(
    pinned: Client, server: Server, step: Step
) -> None:
    server.script(PATH, file(damaged(MIDDLE)), step)
    assert pinned.pull().code == 0
    assert [request.start for request in server.log].count(None) == 2


def test_a_source_that_fails_during_the_repair_costs_nothing_of_what_is_there(pinned: Client, server: Server) -> None:
    server.script(PATH, file(damaged(MIDDLE)), answer("503 Busy"))
    assert pinned.pull().code == 4
    server.log.clear()
    server.script(PATH, file(DATA))
    assert pinned.pull().code == 0
    assert server.body_sent <= PIECE_BYTES


def test_pieces_of_another_version_in_the_lockfile_do_not_hinder_the_repair(pinned: Client, server: Server) -> None:
    path = pinned.pull().path
    lockfile = pinned.cards / "hubtool.lock"
    first, _, *others = PIECES.split()
    lockfile.write_text(lockfile.read_text().replace(PIECES, " ".join([first, "0" * 64, *others])))
    server.log.clear()
    flip_byte(path, 5)
    assert pinned.pull().code == 0
    assert server.body_sent <= PIECE_BYTES


def test_another_file_of_the_same_length_is_not_fetched_piece_by_piece(pinned: Client, server: Server) -> None:
    server.script(PATH, file(content(len(DATA), seed=2)))
    assert pinned.pull().code == 5
    assert len(server.log) == 1


def test_pieces_in_the_lockfile_that_are_wrong_do_no_harm(pinned: Client, server: Server) -> None:
    lockfile = pinned.cards / "hubtool.lock"
    written = lockfile.read_text()
    for lie in ["", 5, " ".join(["0" * 64] * 4), " ".join(["0" * 64] * 3)]:
        lockfile.write_text(written.replace(f'"{PIECES}"', json.dumps(lie)))
        assert pinned.pull().code == 0
        shutil.rmtree(pinned.cache)


def test_a_resumed_file_whose_beginning_was_damaged_on_the_disk_is_repaired(pinned: Client, server: Server) -> None:
    server.script(PATH, file(DATA, until=MIDDLE), answer("404 Not Found"))
    assert pinned.pull().code == 4
    flip_byte(pinned.partial(), 100)
    server.log.clear()
    server.script(PATH, file(DATA))
    assert pinned.pull().code == 0
    assert server.body_sent <= len(DATA) - MIDDLE + PIECE_BYTES + MIB


# The cache


def truncated(path: Path) -> None:
    os.truncate(path, 2 * PIECE_BYTES)


def lengthened(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def flipped(path: Path) -> None:
    flip_byte(path, MIDDLE)


def zeroed(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(PIECE_BYTES)
        stream.write(bytes(4096))


@pytest.mark.parametrize(
    ("damage", "most"),
    [(flipped, PIECE_BYTES), (zeroed, PIECE_BYTES), (lengthened, 0), (truncated, len(DATA) - 2 * PIECE_BYTES)],
)
@pytest.mark.parametrize("command", ["pull", "cache verify"])
def test_a_damaged_file_of_the_cache_is_repaired(
    client: Client, server: Server, command: str, damage: Callable[[Path], None], most: int
) -> None:
    client.publish(server.script(PATH, file(DATA)), DATA, digits=8 if damage is flipped else 64)
    path = client.pull().path
    server.log.clear()
    damage(path)
    if command == "pull":
        assert client.pull().path == path
    else:
        run = client.hubtool("cache", "verify", "--repair")
        assert (run.code, run.out.split()[0]) == (0, "repaired")
    assert path.read_bytes() == DATA
    assert server.body_sent <= most
    assert client.hubtool("cache", "verify").code == 0
    assert list((client.cache / "partial").iterdir()) == []


def test_damage_that_no_date_shows_is_repaired(client: Client, server: Server) -> None:
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    flip_byte(path, MIDDLE)
    note = path.parent.with_suffix(".json")
    status = path.stat()
    stat = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    note.write_text(json.dumps(json.loads(note.read_text()) | {"stat": stat}))
    assert client.hubtool("cache", "verify", "--repair").code == 0
    assert path.read_bytes() == DATA


def test_a_file_that_no_server_has_any_more_stays_wrong(client: Client, server: Server) -> None:
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    flip_byte(path, MIDDLE)
    server.script(PATH, answer("404 Not Found"))
    run = client.hubtool("cache", "verify", "--repair")
    assert (run.code, run.out.split()[0]) == (4, "wrong")
    assert "404" in run.err
    server.script(PATH, file(DATA))
    server.log.clear()
    assert client.pull().path == path  # what was there still counts
    assert server.body_sent <= PIECE_BYTES


def test_a_repair_that_was_killed_is_not_forgotten(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = "600"
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    flip_byte(path, 5)
    server.log.clear()
    server.script(PATH, file(DATA, give=MIB, end="stall"))
    process = client.hubtool.popen("cache", "verify", "--repair")
    server.wait_for(lambda: server.body_sent == MIB)
    process.kill()
    process.communicate()
    assert not path.exists()
    for arguments in [(), (path.name,), (path.parent.name[:12],)]:
        run = client.hubtool("cache", "verify", *arguments)
        assert (run.code, run.out.split()[0]) == (5, "wrong")
    server.script(PATH, file(DATA))
    run = client.hubtool("cache", "verify", "--repair", path.name)
    assert (run.code, run.out.split()[0]) == (0, "repaired")
    assert path.read_bytes() == DATA
    assert server.body_sent <= MIB + PIECE_BYTES


def test_several_processes_repair_a_file_once(client: Client, server: Server) -> None:
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    flip_byte(path, 5)
    server.log.clear()
    commands = [client.hubtool.popen("cache", "verify", "--repair") for _ in range(2)] + [client.start()]
    for process in commands:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
    assert path.read_bytes() == DATA
    assert server.body_sent <= PIECE_BYTES
    assert list((client.cache / "partial").iterdir()) == []


def test_a_damaged_file_is_left_to_the_process_that_holds_its_lock(client: Client, server: Server) -> None:
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    flip_byte(path, MIDDLE)
    cache, digest = Cache(client.cache), Digest(path.parent.name)
    with cache.lock(digest):
        assert cache.find(digest, path.name) is None
        assert path.exists()
        assert cache.find(digest, path.name, locked=True) is None
        assert not path.exists()
        assert cache.partial_path(digest).stat().st_size == len(DATA)


def test_a_right_copy_in_a_shared_cache_repairs_nothing_by_itself(client: Client, server: Server) -> None:
    path = client.publish(server.script(PATH, file(DATA)), DATA).pull().path
    shutil.copytree(client.cache, client.folder / "shared")
    client.environment["HUBTOOL_SHARED_CACHE"] = str(client.folder / "shared")
    flip_byte(path, MIDDLE)
    assert client.hubtool("cache", "verify", "--repair").code == 0
    assert path.read_bytes() == DATA


@pytest.mark.slow
def test_half_a_gibibyte_with_one_damaged_piece(client: Client, server: Server) -> None:
    # pinned beforehand: one transfer of that size is enough to see
    data = content(8 * MIB) * 64
    client.publish(server.script(PATH, file(damaged(len(data) // 2, data=data)), file(data)), data, digits=8)
    pin(client, server, data, pieces_in(data[: 8 * MIB]) * 64)
    assert client.pull().code == 0
    assert server.body_sent - len(data) <= 8 * MIB
