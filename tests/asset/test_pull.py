from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.inventory import clear, forget, kept, leftovers
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.local import find_local
from hubtool.asset.notes import safe_name
from hubtool.asset.pull import pull
from hubtool.asset.together import together
from hubtool.asset.verified import VerifiedAsset, place
from hubtool.card.record import Asset, Digest
from hubtool.errors import (
    CardError,
    DigestMismatch,
    EnvironmentProblem,
    LinkRefused,
    NotFound,
    Offline,
    TransferError,
)
from tests.asset.clock import RecordedClock
from tests.asset.server import Site, serve
from tests.conftest import flip_byte

BODY = b"weights" * 100_000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site(BODY)) as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def asset(url: str, digest: str | None = SHA256) -> Asset:
    return Asset("ckpt", url, Digest(digest) if digest else None)


def files(cache: Cache) -> list[str]:
    """Everything in the cache but locks."""
    found = [path for path in cache.root.rglob("*") if path.is_file() and path.suffix not in {".lock", ".TAG"}]
    return sorted(path.relative_to(cache.root).as_posix() for path in found)


@pytest.mark.parametrize("digest", [SHA256, SHA256[:8], SHA256[:9]])
def test_a_file_is_fetched_once_and_stored_by_its_full_digest(
    site: Site, cache: Cache, tmp_path: Path, digest: str
) -> None:
    first = pull(asset(f"{site.url}/a/net-1.ckpt?x=1", digest), tmp_path, cache)
    assert first.path == cache.root / "sha256" / SHA256 / "net-1.ckpt"
    assert first.path.read_bytes() == BODY
    assert (first.sha256, first.size, first.transferred) == (SHA256, len(BODY), len(BODY))
    again = pull(asset(f"{site.url}/a/net-1.ckpt?x=1", digest), tmp_path, cache)
    assert (again.path, again.transferred) == (first.path, 0)
    assert site.requests == ["/a/net-1.ckpt?x=1"]
    assert files(cache) == [f"sha256/{SHA256}.json", f"sha256/{SHA256}/net-1.ckpt"]


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 8])
def test_wrong_bytes_are_refused_and_not_kept(site: Site, cache: Cache, tmp_path: Path, digest: str) -> None:
    with pytest.raises(DigestMismatch) as caught:
        pull(asset(f"{site.url}/net.ckpt", digest), tmp_path, cache)
    assert digest in caught.value.message
    assert SHA256[: len(digest)] in caught.value.message
    assert files(cache) == []


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "the file is empty"), (b"<!DOCTYPE html><title>404</title>", "an HTML page: '404'")]
)
def test_what_came_instead_is_named(site: Site, cache: Cache, tmp_path: Path, body: bytes, said: str) -> None:
    site.body = body
    with pytest.raises(DigestMismatch, match=said):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    assert files(cache) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_error_of_the_server_is_reported(site: Site, cache: Cache, tmp_path: Path, status: int) -> None:
    site.status = status
    clock = RecordedClock()
    with pytest.raises(TransferError, match=f"net.ckpt: the server answered {status}"):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache, access=Access(clock=clock))
    assert len(site.requests) == (5 if status == 500 else 1)
    assert len(clock.sleeps) == len(site.requests) - 1
    assert files(cache) == []


def test_a_connection_that_ends_early_leaves_nothing_under_the_final_name(
    site: Site, cache: Cache, tmp_path: Path
) -> None:
    site.announce = len(BODY) + 1
    with pytest.raises(TransferError, match="ended"):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache, access=Access(clock=RecordedClock()))
    assert not any(path.startswith("sha256") for path in files(cache))


def test_a_server_that_is_not_there(cache: Cache, tmp_path: Path) -> None:
    with serve(Site()) as gone:
        url = gone.url
    with pytest.raises(TransferError, match="refused"):
        pull(asset(f"{url}/net.ckpt"), tmp_path, cache, access=Access(clock=RecordedClock()))


def test_offline_answers_from_the_cache_or_says_what_is_missing(site: Site, cache: Cache, tmp_path: Path) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    with pytest.raises(Offline, match=r"net\.ckpt is not in the cache"):
        pull(wanted, tmp_path, cache, access=Access(offline=True))
    assert find_local(wanted, tmp_path, cache) is None
    assert site.requests == []
    pull(wanted, tmp_path, cache)
    assert pull(wanted, tmp_path, cache, access=Access(offline=True)).transferred == 0
    assert find_local(wanted, tmp_path, cache) is not None


def test_a_file_beside_the_card_goes_into_the_cache(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "net.ckpt").write_bytes(BODY)
    verified = pull(asset("assets/net.ckpt", SHA256[:8]), tmp_path, cache, access=Access(offline=True))
    assert verified.path == cache.root / "sha256" / SHA256 / "net.ckpt"
    assert verified.path.read_bytes() == BODY


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All below a folder, with times of change and contents."""
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_ctime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (folder, *folder.rglob("*"))
    }


def test_a_look_finds_the_file_beside_the_card_and_writes_nothing(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "net.ckpt").write_bytes(BODY)
    before = tree(tmp_path)
    found = find_local(asset("net.ckpt", SHA256[:8]), tmp_path, cache)
    assert found == VerifiedAsset(tmp_path / "net.ckpt", SHA256, len(BODY), 0)
    assert tree(tmp_path) == before
    assert not cache.root.exists()
    (tmp_path / "net.ckpt").write_bytes(b"another")
    with pytest.raises(DigestMismatch, match=r"net\.ckpt: wrong bytes"):
        find_local(asset("net.ckpt"), tmp_path, cache)


@pytest.mark.parametrize("change", ["nothing", "touched", "flipped", "long unused", "booted since"])
def test_a_look_into_the_cache_writes_nothing(site: Site, cache: Cache, tmp_path: Path, change: str) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    path = pull(wanted, tmp_path, cache).path
    note = path.parent.with_suffix(".json")
    match change:
        case "touched":
            os.utime(path, (1, 1))
        case "flipped":
            flip_byte(path)
        case "long unused":
            os.utime(note, (1, 1))
        case "booted since":
            note.write_text(json.dumps(json.loads(note.read_text()) | {"boot": "another"}))
    before = tree(cache.root)
    found = find_local(wanted, tmp_path, cache)
    assert found == (None if change == "flipped" else VerifiedAsset(path, SHA256, len(BODY), 0))
    assert tree(cache.root) == before


def test_the_use_of_a_file_is_noted_to_the_day(site: Site, cache: Cache, tmp_path: Path) -> None:
    verified = pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    note = verified.path.parent.with_suffix(".json")
    os.utime(note, (1, 1))
    cache.note_use(verified.sha256)
    noted = note.stat().st_mtime
    assert noted > 1
    cache.note_use(verified.sha256)
    assert note.stat().st_mtime == noted
    cache.note_use("0" * 64)  # a file that lies elsewhere
    assert files(cache) == [f"sha256/{SHA256}.json", f"sha256/{SHA256}/net.ckpt"]


def test_a_changed_file_beside_the_card_is_noticed_even_if_the_cache_has_the_right_one(
    cache: Cache, tmp_path: Path
) -> None:
    (tmp_path / "net.ckpt").write_bytes(BODY)
    pull(asset("net.ckpt"), tmp_path, cache)
    (tmp_path / "net.ckpt").write_bytes(BODY[:-1] + b"!")
    with pytest.raises(DigestMismatch):
        pull(asset("net.ckpt"), tmp_path, cache)


@pytest.mark.parametrize("url", ["../net.ckpt", "a/../../net.ckpt", "/etc/hostname", "link/hostname"])
def test_a_relative_link_never_leaves_the_folder(cache: Cache, tmp_path: Path, url: str) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "link").symlink_to("/etc")
    (tmp_path / "net.ckpt").write_bytes(BODY)
    with pytest.raises(CardError, match="below its card's folder"):
        pull(asset(url), folder, cache)


@pytest.mark.parametrize("url", ["ftp://x.test/a", "file:///etc/passwd", "http://x.test/a", "http://10.0.0.1/a"])
def test_schemes_that_are_not_fetched(cache: Cache, tmp_path: Path, url: str) -> None:
    with pytest.raises(CardError, match="only https|can be changed on the way|not a public address"):
        pull(asset(url), tmp_path, cache)


def test_what_cannot_be_pulled(cache: Cache, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"net\.ckpt"):
        pull(asset("net.ckpt"), tmp_path, cache)
    with pytest.raises(CardError, match="no SHA-256"):
        pull(asset("net.ckpt", None), tmp_path, cache)


def test_a_damaged_file_of_the_cache_is_fetched_again(
    site: Site, cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    path = pull(wanted, tmp_path, cache).path
    path.write_bytes(BODY[:-1] + b"!")
    assert pull(wanted, tmp_path, cache).transferred == len(BODY)
    assert path.read_bytes() == BODY
    assert "was changed since it was verified" in caplog.text


def test_a_touched_file_of_the_cache_is_read_again_but_not_fetched(site: Site, cache: Cache, tmp_path: Path) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    os.utime(pull(wanted, tmp_path, cache).path, (1, 1))
    assert pull(wanted, tmp_path, cache).transferred == 0


@pytest.mark.parametrize("entry", ["", "{", "[]", '{"file": "other"}'])
def test_a_broken_note_in_the_cache_does_no_harm(site: Site, cache: Cache, tmp_path: Path, entry: str) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    path = pull(wanted, tmp_path, cache).path
    path.parent.with_suffix(".json").write_text(entry)
    assert pull(wanted, tmp_path, cache).path.read_bytes() == BODY


@pytest.mark.parametrize("name", ["entry.json", "net.json", f"{SHA256}.json"])
def test_no_file_name_collides_with_the_notes_of_the_cache(cache: Cache, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BODY)
    for _ in range(2):
        assert pull(asset(name), tmp_path, cache).path.read_bytes() == BODY


@pytest.mark.parametrize(
    "url", ["http://[::1/x", "https://x..test/a", f"https://{'x' * 64}.test/a", "a\0b", "x" * 5000]
)
def test_links_that_are_none(cache: Cache, tmp_path: Path, url: str) -> None:
    with pytest.raises(CardError, match="not a|not the name"):
        pull(asset(url), tmp_path, cache)


def test_redirects_are_followed_only_where_links_may_lead(site: Site, cache: Cache, tmp_path: Path) -> None:
    site.status, site.headers = 302, {"Location": "http://192.0.2.1/net.ckpt"}
    with pytest.raises(LinkRefused, match="not a public address"):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    site.requests.clear()
    site.headers = {"Location": "/again"}
    with pytest.raises(TransferError, match="redirects in a circle"):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    assert len(site.requests) == 2


def test_many_at_once_fetch_once(site: Site, cache: Cache, tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache).path))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 1
    assert len(paths) == 8
    assert len(site.requests) == 1


def test_a_cache_that_cannot_be_written_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="file"):
        pull(asset(f"{site.url}/net.ckpt"), tmp_path, Cache(tmp_path / "file" / "cache"))


def test_a_copy_is_placed_where_asked(site: Site, cache: Cache, tmp_path: Path) -> None:
    verified = pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    target = place(verified, tmp_path / "new" / "folder")
    assert target == tmp_path / "new" / "folder" / "net.ckpt"
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["net.ckpt"]


@given(st.text())
def test_a_file_name_is_safe_whatever_the_link(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert "/" not in safe
    assert not safe.startswith(".")
    assert safe.isascii()


def twins() -> tuple[bytes, bytes]:
    """Two different files whose digests begin with the same 8 digits; among so many, some always do."""
    seen: dict[str, bytes] = {}
    for number in range(10**7):
        body = b"%d" % number
        prefix = hashlib.sha256(body).hexdigest()[:8]
        if prefix in seen:
            return seen[prefix], body
        seen[prefix] = body
    raise AssertionError


def test_another_files_first_digits_open_no_door_in_the_cache(site: Site, cache: Cache, tmp_path: Path) -> None:
    good, evil = twins()
    prefix = hashlib.sha256(good).hexdigest()[:8]
    site.body = evil
    pull(asset(f"{site.url}/evil.ckpt", prefix), tmp_path, cache)
    site.body = good
    verified = pull(asset(f"{site.url}/good.ckpt", prefix), tmp_path, cache)
    assert verified.path.read_bytes() == good
    assert site.requests == ["/evil.ckpt", "/good.ckpt"]


def test_two_links_of_one_file_are_both_known(site: Site, cache: Cache, tmp_path: Path) -> None:
    for link in ("/a.ckpt", "/b.ckpt", "/a.ckpt", "/b.ckpt"):
        pull(asset(f"{site.url}{link}", SHA256[:8]), tmp_path, cache)
    assert site.requests == ["/a.ckpt", "/b.ckpt"]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../../x"])
def test_a_note_cannot_lead_out_of_its_folder(site: Site, cache: Cache, tmp_path: Path, name: str) -> None:
    wanted = asset(f"{site.url}/net.ckpt")
    path = pull(wanted, tmp_path, cache).path
    note = path.parent.with_suffix(".json")
    note.write_text(note.read_text().replace('"net.ckpt"', json.dumps(name)))
    assert pull(wanted, tmp_path, cache, rehash=True).path == path
    assert path.read_bytes() == BODY


def test_copies_made_at_the_same_time_are_whole(site: Site, cache: Cache, tmp_path: Path) -> None:
    verified = pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    results = list(together([partial(place, verified, tmp_path / "out") for _ in range(12)], workers=4))
    assert set(results) == {tmp_path / "out" / "net.ckpt"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["net.ckpt"]
    assert results[0].read_bytes() == BODY


def test_what_somebody_works_on_is_not_pruned(site: Site, cache: Cache, tmp_path: Path) -> None:
    verified = pull(asset(f"{site.url}/net.ckpt"), tmp_path, cache)
    digest = Digest(SHA256)
    cache.partial_path(digest).write_bytes(b"half")
    (file,) = kept(cache)
    (left,) = leftovers(cache)
    with cache.lock(digest):
        assert list(leftovers(cache)) == []
        assert not clear(cache, left)
        assert not forget(cache, file)
    assert verified.path.exists()
    assert cache.partial_path(digest).exists()
    assert clear(cache, left)
    assert forget(cache, file)
    assert not verified.path.parent.exists()


def test_a_handshake_that_breaks_off_is_tried_again(cache: Cache, tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    connections = []

    def hang_up() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection.recv(10))
            connection.close()

    threading.Thread(target=hang_up, daemon=True).start()
    limits = replace(DEFAULT_LIMITS, idle_attempts=2)
    with pytest.raises(TransferError, match="2 requests"):
        pull(asset(f"https://localhost:{listener.getsockname()[1]}/x"), tmp_path, cache, access=Access(limits=limits))
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    assert len(connections) >= 2
