"""What a command loads: those that only read cards start without numpy, requests, or anything that runs a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CARDS, REPOSITORY

READS_CARDS_ONLY = [
    ("--version",),
    ("--help",),
    ("list",),
    ("list", "--json"),
    ("show", "bit_digits"),
    ("show", "bit_digits", "--json"),
    ("rule",),
    ("rule", "HT302"),
    ("validate",),
    ("validate", "--format", "json"),
]
RUNS_NO_NETWORK = [
    ("verify", "bit_digits"),
    ("pull", "bit_digits"),
    ("inspect", "bit_digits"),
    ("export", "bit_digits", "--to", "safetensors"),
    ("verify", "--help"),
]
ENGINES = {"mindspore", "mindcv", "onnx", "onnxruntime", "openvino", "torch"}
HEAVY = ENGINES | {
    *("numpy", "scipy", "cv2", "PIL", "pyarrow", "sklearn"),  # numbers and pictures
    *("requests", "urllib3", "http.client", "ssl"),  # the internet
    *("jinja2", "jsonschema"),  # reports, and checks of JSON files
}
THEN_NAME_MODULES = """
import atexit, sys
from hubtool.cli import main
atexit.register(lambda: print(*sys.modules, sep="\\n", file=sys.stderr))
main(sys.argv[1:])
"""


def loaded_by(*args: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter holds when a command has ended well."""
    run = subprocess.run(
        [sys.executable, "-c", THEN_NAME_MODULES, "--cards", str(CARDS), *args],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "HUBTOOL_CACHE": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    return set(run.stderr.split())


@pytest.mark.parametrize("args", READS_CARDS_ONLY, ids=" ".join)
def test_commands_that_read_cards_load_no_heavy_library(args: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded_by(*args, folder=tmp_path) & HEAVY == set()


@pytest.mark.parametrize("args", RUNS_NO_NETWORK, ids=" ".join)
def test_commands_that_run_no_network_load_no_engine(args: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded_by(*args, folder=tmp_path) & ENGINES == set()


def test_a_library_that_is_needed_is_seen(tmp_path: Path) -> None:
    assert "numpy" in loaded_by("inspect", "bit_digits", folder=tmp_path)


def test_the_version_loads_no_command(tmp_path: Path) -> None:
    assert not [name for name in loaded_by("--version", folder=tmp_path) if name.endswith("_command")]


def test_importing_the_package_loads_none_of_its_parts(tmp_path: Path) -> None:
    code = "import sys, hubtool; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name for name in run.stdout.split() if name.startswith("hubtool.")} == set()
