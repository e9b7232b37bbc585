from __future__ import annotations

import os
import shutil
import signal
import socket
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from tests.command import Hubtool, HubtoolProcess, Result

__all__ = ["Hubtool", "HubtoolProcess", "Result"]

# No test depends on how fast the machine is.
settings.register_profile("hubtool", deadline=None)
settings.load_profile("hubtool")
# As hubtool says before it imports MindSpore: here, a test may be the first to import it.
os.environ.setdefault("GLOG_v", "4")
REPOSITORY = Path(__file__).resolve().parent.parent
CARDS = REPOSITORY / "cards"
if not hasattr(os, "fork"):
    collect_ignore = [
        "asset/faults",
        "checkpoint/fuzz_reader.py",
    ]  # run by forked processes, under limits of the system
DIGITS_CARD = CARDS / "bit_digits.md"
NO_RIGHT_TO_MAKE_LINKS = 1314
"""Windows' number of the error."""
DIGITS_CHECKPOINT = next((CARDS / "assets").glob("bit_digits-*.ckpt"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if find_spec("mindspore") is None:
        for item in items:
            if item.get_closest_marker("mindspore"):
                item.add_marker(pytest.mark.skip(reason="MindSpore is not installed"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skip a test that itself needs what this system lacks: pipes with names, say, or the right to make links."""
    try:
        return (yield)
    except (AttributeError, OSError) as error:
        lacks = isinstance(error, AttributeError) and getattr(error, "obj", None) in {os, signal, socket}
        forbidden = getattr(error, "winerror", None) == NO_RIGHT_TO_MAKE_LINKS
        if (lacks and _raised_in_tests(error)) or forbidden:
            pytest.skip(f"this system cannot: {error}")
        raise


def _raised_in_tests(error: BaseException) -> bool:
    """Not so for what the code under test raises: that is what tests are for."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return Path(frame.f_code.co_filename).is_relative_to(Path(__file__).parent)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty working folder: the command finds the cards that come with it."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def hubtool(here: Path, tmp_path: Path) -> Hubtool:
    """The command, run in the tests' process."""
    return Hubtool(here, tmp_path / "cache")


@pytest.fixture
def hubtool_process(here: Path, tmp_path: Path) -> HubtoolProcess:
    """The command, run in a process of its own: for signals, pipes, and what happens as the interpreter ends."""
    return HubtoolProcess(here, tmp_path / "cache")


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
