from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.packaging.installed import Installed, build_wheel, install

Made = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Made:
    """Makes a folder that all processes of the tests share; the first that asks fills it."""
    own = tmp_path_factory.getbasetemp()
    root = own if worker_id == "master" else own.parent

    def made(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = root / name, root / f"{name}.done"
        with FileLock(root / f"{name}.lock"):
            if not done.exists():
                folder.mkdir(exist_ok=True)
                fill(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def wheel(made_once: Made) -> Path:
    return next(made_once("wheel", build_wheel).glob("*.whl"))


@pytest.fixture(scope="session")
def plain(made_once: Made, wheel: Path) -> Installed:
    """hubtool with no extra."""
    return Installed(made_once("plain", lambda folder: install(folder, str(wheel))))


@pytest.fixture(scope="session")
def evaluating(made_once: Made, wheel: Path) -> Installed:
    """hubtool with the extra `eval` alone."""
    return Installed(made_once("evaluating", lambda folder: install(folder, f"{wheel}[eval]")))
