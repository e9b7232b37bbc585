"""Card authors sit at Windows and macOS, too: their commands work without what only POSIX has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.asset.server import Site, serve
from tests.conftest import DIGITS_CHECKPOINT, REPOSITORY, edit, flip_byte
from tests.portable.elsewhere import CALLS, MODULES, SIGNALS

pytest.importorskip("numpy")


@pytest.fixture
def elsewhere(tmp_path: Path):
    """Runs commands one after the other; the results are exit code, output and messages of each."""

    def run(*commands: tuple[str | Path, ...]) -> list[tuple[int, str, str]]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.portable.elsewhere"],
            input=json.dumps([list(map(str, command)) for command in commands]),
            cwd=tmp_path,
            env={key: value for key, value in os.environ.items() if not key.startswith("HUBTOOL_")}
            | {"PYTHONPATH": str(REPOSITORY), "HUBTOOL_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [tuple(result) for result in json.loads(done.stdout)]

    return run


def test_something_is_taken_away() -> None:
    assert {"fcntl", "pwd", "resource", "termios"} <= set(MODULES)
    assert {"pread", "O_NONBLOCK", "geteuid", "sched_getaffinity", "SIGHUP"} <= {*CALLS, *SIGNALS}


def test_commands_that_read_and_write_cards(elsewhere, cards: Path) -> None:
    card = cards / "bit_digits.md"
    card.write_bytes(card.read_bytes().replace(b"fine-tunable: True", b"fine-tunable: True  ").replace(b"\n", b"\r\n"))
    results = elsewhere(
        ("validate", cards),
        ("validate", cards, "--fix", "-j", "4"),
        ("rule",),
        ("list", "--cards", cards),
        ("show", "bit_digits", "--cards", cards),
        ("new", "bit_new", "--cards", cards, "--ckpt", DIGITS_CHECKPOINT, "--author", "me"),
        ("new", "bit_other", "--cards", cards),
        ("validate", cards, "--format", "json"),
    )
    assert [code for code, _, _ in results] == [0] * len(results), results
    assert b"\n" not in card.read_bytes().replace(b"\r\n", b"")


def test_commands_about_files(elsewhere, cards: Path, tmp_path: Path) -> None:
    with serve(Site(DIGITS_CHECKPOINT.read_bytes())) as site:
        edit(cards / "bit_digits.md", f"assets/{DIGITS_CHECKPOINT.name}>", f"{site.url}/net.ckpt>")
        at = ("--cards", cards)
        results = elsewhere(
            ("pull", "bit_digits", *at),
            ("pull", "bit_digits", *at, "--to", tmp_path / "out"),
            ("pull", "bit_digits", *at, "--to", tmp_path / "out"),
            ("lock", "bit_digits", *at),
            ("inspect", "bit_digits", *at),
            ("cache", "ls", "--json"),
            ("cache", "verify"),
            ("cache", "prune"),
            ("cache", "rm", "bit_digits", *at),
            ("pull", "bit_digits", *at),
        )
    assert [code for code, _, _ in results] == [0] * len(results), results
    assert (tmp_path / "out" / "net.ckpt").read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    assert "grants no locks" not in str(results)  # nobody can do anything about it
    assert not list((tmp_path / "cache").rglob("*.owner"))


def test_wrong_files_are_replaced_and_leftovers_removed(elsewhere, cards: Path, tmp_path: Path) -> None:
    with serve(Site(DIGITS_CHECKPOINT.read_bytes())) as site:
        edit(cards / "bit_digits.md", f"assets/{DIGITS_CHECKPOINT.name}>", f"{site.url}/net.ckpt>")
        ((_, out, _),) = elsewhere(("pull", "bit_digits", "--cards", cards))
        path = Path(out.strip())
        flip_byte(path)
        (tmp_path / "cache" / "partial" / "00000000.part").write_bytes(b"half")
        partial = tmp_path / "cache" / "partial" / f"{path.parent.name[:8]}.part"
        partial.write_bytes(b"wrong")
        results = elsewhere(("pull", "bit_digits", "--cards", cards), ("cache", "prune"))
    assert [code for code, _, _ in results] == [0, 0], results
    assert path.read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    assert not list((tmp_path / "cache" / "partial").iterdir())
