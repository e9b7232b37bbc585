"""hubtool as a user installs it: the wheel, in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

_OURS = ("HUBTOOL_", "PYTHON")
"""Beginnings of variables that would let an installed hubtool see the repository."""


@dataclass(frozen=True)
class Installed:
    """A virtual environment with hubtool in it, and the folder its commands run in."""

    folder: Path

    @property
    def packages(self) -> Path:
        """The folder that packages are installed in."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.folder / "venv" / "lib" / version / "site-packages"

    def hubtool(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run("hubtool", *args)

    def python(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run("python", *args)

    def _run(self, program: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
        return run(self.folder / "venv" / "bin" / program, *args, cwd=self.folder, HOME=str(self.folder), COLUMNS="160")


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)} | variables
    return subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def build_wheel(folder: Path) -> None:
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, REPOSITORY, cwd=folder)
    assert built.returncode == 0, built.stderr


def install(folder: Path, *requirements: str) -> None:
    """Make `folder/venv` and install into it; packages come from pip's cache where it has them."""
    made = run(sys.executable, "-m", "venv", "--clear", folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stderr
    pip = (folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q")
    installed = run(*pip, "install", *requirements, cwd=folder)
    assert installed.returncode == 0, installed.stderr
