from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

from hubtool.cli.progress import LineProgress
from tests.asset.clock import RecordedClock
from tests.asset.faults.client import MIB
from tests.asset.server import Site, serve
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, edit, flip_byte


def test_pull_prints_the_path_and_nothing_else(hubtool: Hubtool) -> None:
    for _ in range(2):
        result = hubtool("pull", "bit_digits", "--no-progress")
        assert (result.code, result.err) == (0, "")
        path = Path(result.out.strip())
        assert path.name == DIGITS_CHECKPOINT.name
        assert path.is_relative_to(hubtool.environment["HUBTOOL_CACHE"])
        assert path.read_bytes() == DIGITS_CHECKPOINT.read_bytes()


def test_progress_goes_to_stderr(hubtool: Hubtool) -> None:
    result = hubtool("pull", "bit_digits")
    assert "MiB" in result.err
    assert len(result.out.splitlines()) == 1
    assert hubtool("pull", "bit_digits", "-q").err == ""


def test_a_terminal_shows_a_bar_that_goes_away(hubtool: Hubtool, cards: Path) -> None:
    with serve(Site(DIGITS_CHECKPOINT.read_bytes(), seconds=1.5)) as site:
        edit(cards / "bit_digits.md", f"assets/{DIGITS_CHECKPOINT.name}>", f"{site.url}/net.ckpt>")
        terminal, theirs = os.openpty()
        hubtool.environment["TERM"] = "xterm"
        process = hubtool.popen("pull", "bit_digits", "--cards", cards, stderr=theirs)
        os.close(theirs)
        shown = _all_of(terminal)
        assert process.wait(timeout=120) == 0
    assert shown.rstrip().endswith("\x1b[2K\x1b[?25h")  # the line is erased, and the cursor is back
    bar = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown)
    assert re.search(r"net\.ckpt \S+ 1\.\d MiB of 1\.9 MiB, [\d.]+ [KM]iB/s \d:\d\d:\d\d", bar)


def _all_of(terminal: int) -> str:
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # the other side is closed
        pass
    os.close(terminal)
    return shown.decode()


def test_a_log_gets_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    clock = RecordedClock()
    task = LineProgress(clock.monotonic).task("net.ckpt", 4 * MIB, "B")
    for _ in range(4):
        clock.sleep(3)
        task.advance(MIB)
    task.finish()
    assert capsys.readouterr().err.splitlines() == [
        "net.ckpt: 2.0 MiB of 4.0 MiB, 341 KiB/s, 0:06 left",
        "net.ckpt: 4.0 MiB of 4.0 MiB, 341 KiB/s",
        "net.ckpt: 4.0 MiB of 4.0 MiB, 341 KiB/s",
    ]


def test_a_log_gets_a_line_at_the_end(hubtool: Hubtool, cards: Path) -> None:
    with serve(Site(DIGITS_CHECKPOINT.read_bytes())) as site:
        edit(cards / "bit_digits.md", f"assets/{DIGITS_CHECKPOINT.name}>", f"{site.url}/net.ckpt>")
        run = hubtool("pull", "bit_digits", "--cards", cards)
    assert run.code == 0
    assert re.fullmatch(r"net\.ckpt: 1\.9 MiB of 1\.9 MiB, \d+(\.\d)? [KMG]iB/s", run.err.splitlines()[-1])


def test_pull_to_a_folder(hubtool: Hubtool, tmp_path: Path) -> None:
    result = hubtool("pull", "bit_digits", "--to", tmp_path / "out")
    assert Path(result.out.strip()) == tmp_path / "out" / DIGITS_CHECKPOINT.name
    assert Path(result.out.strip()).is_file()


def test_a_flipped_byte_is_an_integrity_error(hubtool: Hubtool, cards: Path) -> None:
    flip_byte(cards / "assets" / DIGITS_CHECKPOINT.name)
    result = hubtool("pull", "bit_digits", "--cards", cards)
    assert (result.code, result.out) == (5, "")
    assert "hubtool.lock pins sha256 5082903c" in result.err


def test_a_file_that_is_gone_is_not_found(hubtool: Hubtool, cards: Path) -> None:
    (cards / "assets" / DIGITS_CHECKPOINT.name).unlink()
    result = hubtool("pull", "bit_digits", "--cards", cards)
    assert result.code == 3
    assert "the card's asset does not exist" in result.err


def test_offline_says_what_is_missing(hubtool: Hubtool) -> None:
    for args in (["--offline", "pull", "bit_resnet50"], ["pull", "bit_resnet101", "--offline"]):
        result = hubtool(*args)
        assert result.code == 4
        assert "is not in the cache" in result.err
    hubtool.environment["HUBTOOL_OFFLINE"] = "1"
    assert hubtool("pull", "bit_resnet50x3").code == 4


def test_a_server_that_cannot_be_reached_is_a_transfer_error(hubtool: Hubtool, cards: Path) -> None:
    card = cards / "bit_resnet50_imagenet2012.md"
    edit(card, "https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-77", "http://127.0.0.1:9/BiT-77")
    result = hubtool("pull", "bit_resnet50", "--cards", cards)
    assert (result.code, result.out) == (4, "")
    assert "refused" in result.err


def test_a_cache_that_cannot_be_written(hubtool: Hubtool, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = hubtool("pull", "bit_digits", "--cache", tmp_path / "file" / "cache")
    assert result.code == 6
    assert str(tmp_path / "file" / "cache") in result.err
    assert "name another folder" in result.err


def test_two_files_of_one_name_do_not_replace_each_other(hubtool: Hubtool, cards: Path) -> None:
    other = cards / "other"
    other.mkdir()
    text = (cards / "bit_digits.md").read_text().replace("bit_digits", "bit_other")
    (other / "assets").mkdir()
    (other / "assets" / DIGITS_CHECKPOINT.name).write_bytes(b"another")
    digest = hashlib.sha256(b"another").hexdigest()
    old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    text = text.replace(old, digest).replace(f"assets/bit_other-{old[:8]}", f"assets/bit_digits-{old[:8]}")
    (other / "bit_other.md").write_text(text)
    run = hubtool("pull", "bit_digits", "bit_other", "--to", hubtool.folder / "out", "--cards", cards)
    assert (run.code, run.err.count("error")) == (0, 0)
    first, second = map(Path, run.out.splitlines())
    assert (first.name, second.name) == (DIGITS_CHECKPOINT.name, f"other-{DIGITS_CHECKPOINT.name}")
    assert (first.read_bytes(), second.read_bytes()) == (DIGITS_CHECKPOINT.read_bytes(), b"another")
