from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asset.server import Site, serve
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, edit

BODY = b"weights" * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site(BODY)) as running:
        yield running


@pytest.fixture
def remote(cards: Path, site: Site) -> Path:
    """The cards, of which bit_digits lies on a server and publishes 8 digits."""
    (cards / "hubtool.lock").unlink()
    (cards / "bit_resnet50_imagenet2012.md").unlink()
    card = cards / "bit_digits.md"
    text = card.read_text()
    digest = text.split("asset-sha256: ")[1].split()[0]
    text = text.replace(digest, SHA256[:8]).replace(f"assets/{DIGITS_CHECKPOINT.name}", f"{site.url}/net.ckpt")
    card.write_text(text)
    return cards


def pins(cards: Path) -> dict:
    return json.loads((cards / "hubtool.lock").read_text())["assets"]


def test_lock_pins_all_digits_and_asks_once(hubtool: Hubtool, remote: Path, site: Site) -> None:
    run = hubtool("lock", "--cards", remote, "-q")
    assert (run.code, run.out) == (0, f"{remote / 'hubtool.lock'}\n")
    url = f"{site.url}/net.ckpt"
    assert pins(remote) == {url: {"sha256": SHA256, "size": len(BODY), "source": url}}
    assert hubtool("lock", "--cards", remote).err.startswith("0 files pinned, 1 as before")
    assert site.requests == ["/net.ckpt"]
    assert hubtool("lock", "--check", "--cards", remote).code == 0


def test_check_names_what_is_missing_and_what_is_left_over(hubtool: Hubtool, remote: Path, site: Site) -> None:
    pin = {"sha256": "0" * 64, "size": 1, "source": ""}
    (remote / "hubtool.lock").write_text(json.dumps({"version": 1, "assets": {"gone.ckpt": pin}}))
    run = hubtool("lock", "--check", "--cards", remote)
    assert run.code == 1
    assert "net.ckpt is not pinned" in run.out
    assert "no card links to gone.ckpt" in run.out
    assert site.requests == []
    assert hubtool("lock", "--cards", remote).code == 0
    assert list(pins(remote)) == [f"{site.url}/net.ckpt"]


def test_the_first_pull_pins_and_another_file_is_an_integrity_error(hubtool: Hubtool, remote: Path, site: Site) -> None:
    assert hubtool("pull", "bit_digits", "--cards", remote).code == 0
    assert pins(remote)[f"{site.url}/net.ckpt"]["sha256"] == SHA256
    hubtool("cache", "rm", "net.ckpt")
    site.body = b"another file"
    run = hubtool("pull", "bit_digits", "--cards", remote)
    assert (run.code, run.out) == (5, "")
    assert "12 bytes are announced" in run.err
    assert "7,000" in run.err
    site.body = BODY[::-1]
    run = hubtool("pull", "bit_digits", "--cards", remote)
    assert run.code == 5
    assert SHA256 in run.err
    assert hashlib.sha256(BODY[::-1]).hexdigest() in run.err


def test_locked_needs_a_pin(hubtool: Hubtool, remote: Path, site: Site) -> None:
    run = hubtool("pull", "bit_digits", "--locked", "--cards", remote)
    assert run.code == 5
    assert "hubtool lock pins it" in run.err
    assert site.requests == []
    hubtool("lock", "--cards", remote)
    assert hubtool("pull", "bit_digits", "--locked", "--cards", remote).code == 0


def test_what_cannot_be_fetched_does_not_keep_the_rest_from_being_pinned(
    hubtool: Hubtool, cards: Path, site: Site
) -> None:
    (cards / "hubtool.lock").unlink()
    edit(cards / "bit_resnet50_imagenet2012.md", "https://download-mindspore.osinfra.cn", f"{site.url}")
    run = hubtool("lock", "--cards", cards)
    assert run.code == 5
    assert run.err.count("wrong bytes") == 4
    assert list(pins(cards)) == [f"assets/{DIGITS_CHECKPOINT.name}"]


def test_a_broken_lockfile_is_named_by_every_command(hubtool: Hubtool, cards: Path) -> None:
    (cards / "hubtool.lock").write_text("{")
    for command in (["pull", "bit_digits"], ["lock"], ["validate", str(cards)], ["verify", "bit_digits"]):
        run = hubtool(*command, "--cards", cards)
        assert run.code in {1, 2}
        assert "hubtool.lock:1:2: not a lockfile" in run.err + run.out


def test_the_linter_knows_the_lockfile(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "hubtool.lock", '"sha256": "5082903c', '"sha256": "00000000')
    run = hubtool("validate", cards, "--format", "json")
    (diagnostic,) = json.loads(run.out)["diagnostics"]
    assert (diagnostic["code"], run.code) == ("HT411", 1)
    assert "`00000000a334…`" in diagnostic["message"]


def test_cards_that_cannot_be_read_keep_their_pins(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "license: Apache-2.0\n", "")
    before = (cards / "hubtool.lock").read_text()
    (cards / "bit_resnet50_imagenet2012.md").unlink()
    for args in ([], ["--check"]):
        run = hubtool("lock", *args, "--cards", cards)
        assert run.code in {1, 3}
        assert "license" in run.err
    assert (cards / "hubtool.lock").read_text() == before


def test_the_pins_of_other_folders_stay(hubtool: Hubtool, remote: Path, site: Site) -> None:
    pin = {"sha256": "0" * 64, "size": 1, "source": ""}
    above = remote.parent / "hubtool.lock"
    above.write_text(json.dumps({"version": 1, "assets": {"others/net.ckpt": pin}}))
    assert hubtool("lock", "--cards", remote).code == 0
    assert set(json.loads(above.read_text())["assets"]) == {"others/net.ckpt", f"{site.url}/net.ckpt"}


def test_inspect_holds_to_the_pin(hubtool: Hubtool, remote: Path, site: Site) -> None:
    hubtool("pull", "bit_digits", "--cards", remote)
    edit(remote / "hubtool.lock", SHA256, SHA256[:8] + "0" * 56)
    run = hubtool("inspect", "bit_digits", "--cards", remote)
    assert run.code == 3
    assert "is not in the cache" in run.err


def test_verify_pins_nothing(hubtool: Hubtool, remote: Path) -> None:
    hubtool("pull", "bit_digits", "--cards", remote)
    (remote / "hubtool.lock").unlink()
    hubtool("verify", "bit_digits", "--cards", remote)
    assert not (remote / "hubtool.lock").exists()
