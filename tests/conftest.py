from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CARDS = REPOSITORY / "cards"
DIGITS_CARD = CARDS / "bit_digits.md"
DIGITS_CHECKPOINT = next((CARDS / "assets").glob("bit_digits-*.ckpt"))


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Hubtool:
    """Runs the real command in a process of its own, with a cache of its own."""

    def __init__(self, folder: Path, cache: Path):
        self.folder = folder
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("HUBTOOL_", "GLOG_"))
        }
        self.environment |= {"HUBTOOL_CACHE": str(cache), "COLUMNS": "160"}

    def popen(self, *args: str | Path, **options) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hubtool", *map(str, args)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **(pipes | options))

    def __call__(self, *args: str | Path, timeout: float = 120) -> Result:
        process = self.popen(*args)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        return Result(process.returncode, out, err)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture
def hubtool(tmp_path: Path) -> Hubtool:
    """The command, started in an empty folder: it finds the cards that come with it."""
    folder = tmp_path / "here"
    folder.mkdir()
    return Hubtool(folder, tmp_path / "cache")


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A copy of the repository's cards, to change at will."""
    return Path(shutil.copytree(CARDS, tmp_path / "cards"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """A folder of real hub cards that are not part of the repository."""
    given = os.environ.get("HUBTOOL_CORPUS")
    if not given:
        pytest.skip("HUBTOOL_CORPUS names no folder of real cards")
    return Path(given)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of a text file that has to be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def flip_byte(path: Path, offset: int = -1) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(bytes(data))
