from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.lockfile import Locks, Pin, Pins, find_lockfile, pin_key, read_lockfile, update_lockfile
from hubtool.asset.pull import pull
from hubtool.card.record import Asset, Digest
from hubtool.errors import DigestMismatch, EnvironmentProblem, NotPinned, UsageProblem
from hubtool.resources import packaged
from tests.conftest import CARDS

BODY = b"weights" * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()
SCHEMA = json.loads((packaged("schemas") / "lock.schema.json").read_text())
PINS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.builds(
        Pin,
        st.integers(0, 16**64 - 1).map("{:064x}".format),
        st.integers(0, 2**60),
        st.sampled_from(["", "https://a.example/é"]),
    ),
    max_size=5,
)


@given(PINS, PINS)
def test_pins_are_read_as_they_were_written_and_the_schema_agrees(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Pin], second: dict[str, Pin]
) -> None:
    path = tmp_path_factory.mktemp("lock") / "hubtool.lock"
    update_lockfile(path, first)
    update_lockfile(path, second, drop=first)
    assert read_lockfile(path) == second
    Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lock:1:1: not a lockfile: Expecting value"),
        ('{"version": 1,\n "assets": }', "lock:2:12: not a lockfile"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "has to be an object"),
        ('{"version": 1, "assets": []}', "has to be an object"),
        ('{"version": 2, "assets": {}}', "version 2, this hubtool reads 1"),
        ('{"version": 1, "assets": {"a": {}}}', "a: a pin has"),
        ('{"version": 1, "assets": {"a": {"sha256": "%s", "size": 1}}}' % ("A" * 64), "a: a pin has"),
        ('{"version": 1, "assets": {"a": {"sha256": "%s", "size": true}}}' % ("a" * 64), "a: a pin has"),
    ],
)
def test_what_is_no_lockfile_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "hubtool.lock"
    path.write_text(text)
    with pytest.raises(UsageProblem) as caught:
        read_lockfile(path)
    assert said in caught.value.message
    with pytest.raises(UsageProblem):
        update_lockfile(path, {})
    assert path.read_text() == text


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_lockfile_that_was_saved_on_windows_is_read(tmp_path: Path, end: str) -> None:
    path = tmp_path / "hubtool.lock"
    pins = {"a": Pin(SHA256, len(BODY), "")}
    update_lockfile(path, pins)
    path.write_bytes(path.read_text().replace("\n", end).encode("utf-8-sig"))
    assert read_lockfile(path) == pins


def test_bytes_and_folders_are_no_lockfiles(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageProblem, match="byte 0 is not UTF-8"):
        read_lockfile(tmp_path / "bytes")
    with pytest.raises(EnvironmentProblem, match="not a regular file"):
        read_lockfile(tmp_path / "folder")
    assert read_lockfile(tmp_path / "nothing") == {}


def _add_pin(path: Path, number: int) -> None:
    update_lockfile(path, {f"file{number}": Pin(f"{number:064x}", number, "")})


def test_processes_that_pin_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hubtool.lock"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_add_pin, [(path, number) for number in range(40)])
    assert len(read_lockfile(path)) == 40
    assert [entry.name for entry in tmp_path.iterdir()] == ["hubtool.lock"]


def test_the_nearest_lockfile_governs(tmp_path: Path) -> None:
    folder = tmp_path / "owner" / "2.5"
    folder.mkdir(parents=True)
    assert find_lockfile(folder) is None
    for parent in (tmp_path, folder.parent):
        update_lockfile(parent / "hubtool.lock", {})
        assert find_lockfile(folder) == parent / "hubtool.lock"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://a.example/net.ckpt", "https://a.example/net.ckpt"),
        ("https://me:secret@a.example/net.ckpt", "https://a.example/net.ckpt"),
        ("assets/net.ckpt", "owner/assets/net.ckpt"),
        ("./assets//net.ckpt", "owner/assets/net.ckpt"),
    ],
)
def test_keys(tmp_path: Path, url: str, key: str) -> None:
    assert pin_key(Asset("ckpt", url, None), tmp_path / "owner", tmp_path / "hubtool.lock") == key


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "net.ckpt").write_bytes(BODY)
    return folder


def _pull(cards: Path, digest: str | None, **options):
    pins = Pins(cards / "hubtool.lock", cards.parent / "cache" / "hubtool.lock")
    asset = Asset("ckpt", "net.ckpt", Digest(digest) if digest else None)
    return pull(asset, cards, Cache(cards.parent / "cache"), access=Access(offline=True), pins=pins, **options)


def test_the_first_pull_of_a_prefix_pins_all_digits_and_the_size(cards: Path) -> None:
    _pull(cards, SHA256[:8])
    assert read_lockfile(cards / "hubtool.lock") == {"net.ckpt": Pin(SHA256, len(BODY), "net.ckpt")}


def test_a_card_that_publishes_all_digits_needs_no_pin(cards: Path) -> None:
    _pull(cards, SHA256)
    assert not (cards / "hubtool.lock").exists()


def test_bytes_that_fit_the_prefix_and_not_the_pin_are_refused_and_both_digests_shown(cards: Path) -> None:
    pinned = SHA256[:8] + "0" * 56
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin(pinned, len(BODY), "")})
    with pytest.raises(DigestMismatch) as caught:
        _pull(cards, SHA256[:8])
    assert pinned in caught.value.message
    assert SHA256 in caught.value.message


def test_a_prefix_that_contradicts_its_pin_is_refused(cards: Path) -> None:
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin("0" * 64, 1, "")})
    with pytest.raises(DigestMismatch, match="the card says sha256 .* pins 0000"):
        _pull(cards, SHA256[:8])


def test_all_digits_on_a_card_count_more_than_an_older_pin(cards: Path, caplog: pytest.LogCaptureFixture) -> None:
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin("0" * 64, 1, "")})
    assert _pull(cards, SHA256).sha256 == SHA256
    assert "hubtool lock pins the new one" in caplog.text
    with pytest.raises(DigestMismatch):
        _pull(cards, SHA256, locked=True)


def test_the_first_of_two_pins_stays(cards: Path) -> None:
    first, second = Pin("1" * 64, 1, ""), Pin("2" * 64, 1, "")
    asset = Asset("ckpt", "net.ckpt", None)
    one, other = (Pins(cards / "hubtool.lock", cards / "personal.lock") for _ in range(2))
    assert one.find(asset, cards) is other.find(asset, cards) is None
    one.add(asset, cards, first)
    with pytest.raises(DigestMismatch, match=f"sha256 {second.sha256}, another pinned {first.sha256}"):
        other.add(asset, cards, second)
    assert other.find(asset, cards) == (first, cards / "hubtool.lock")


def test_links_that_are_long_have_pins_of_their_own(tmp_path: Path) -> None:
    keys = {
        pin_key(Asset("ckpt", f"https://a.example/{'x' * 400}{n}", None), tmp_path, tmp_path / "l") for n in range(2)
    }
    assert len(keys) == 2


def test_a_pipe_is_no_lockfile(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hubtool.lock")
    with pytest.raises(EnvironmentProblem, match="not a regular file"):
        read_lockfile(tmp_path / "hubtool.lock")


def test_a_pin_stands_in_for_a_digest_that_the_card_does_not_publish(cards: Path) -> None:
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin(SHA256, len(BODY), "")})
    assert _pull(cards, None).sha256 == SHA256


def test_locked_refuses_what_is_not_pinned(cards: Path) -> None:
    with pytest.raises(NotPinned, match=r"net\.ckpt is not pinned"):
        _pull(cards, SHA256, locked=True)
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin(SHA256, len(BODY), "")})
    assert _pull(cards, SHA256, locked=True).size == len(BODY)


def test_where_the_cards_cannot_be_written_the_pin_goes_to_the_cache(cards: Path) -> None:
    lockfile = cards / "hubtool.lock"
    lockfile.mkdir()  # nothing can be written there, not even by root
    personal = cards.parent / "cache" / "hubtool.lock"
    pins = Pins(lockfile / "nothing" / "hubtool.lock", personal)
    asset = Asset("ckpt", "net.ckpt", Digest(SHA256[:8]))
    (lockfile / "nothing").touch()
    pull(asset, cards, Cache(cards.parent / "cache"), access=Access(offline=True), pins=pins)
    assert [pin.sha256 for pin in read_lockfile(personal).values()] == [SHA256]
    assert pins.find(asset, cards) == (Pin(SHA256, len(BODY), "net.ckpt"), personal)


def test_the_linter_is_told_what_is_pinned(cards: Path) -> None:
    update_lockfile(cards / "hubtool.lock", {"net.ckpt": Pin(SHA256, len(BODY), "")})
    locks = Locks()
    assert locks(Asset("ckpt", "net.ckpt", None), cards) == (SHA256, cards / "hubtool.lock")
    assert locks(Asset("ckpt", "other.ckpt", None), cards) is None


def test_our_own_lockfile_fits_the_schema_and_the_demo_checkpoint() -> None:
    Draft202012Validator(SCHEMA).validate(json.loads((CARDS / "hubtool.lock").read_text()))
    ((key, pin),) = read_lockfile(CARDS / "hubtool.lock").items()
    assert hashlib.sha256((CARDS / key).read_bytes()).hexdigest() == pin.sha256
