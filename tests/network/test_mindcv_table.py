"""The generated table against MindCV itself."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec as find_module
from pathlib import Path
from typing import Any

import pytest

from hubtool.network.mindcv import generate
from hubtool.network.mindcv.table import MODELS, TENSORS, entries

pytestmark = [
    pytest.mark.mindspore,
    pytest.mark.skipif(find_module("mindcv") is None, reason="mindcv is not installed"),
]

# A remedy, types other than float32, two heads, 1,001 outputs, batch statistics, none at all.
SOME = ["rexnet_09", "pvt_tiny", "swinv2_tiny_window8", "crossvit_9", "mobilenet_v1_025", "squeezenet1_1"]


@pytest.mark.parametrize("name", [*SOME, "mae_b_16_224_pretrain"])
def test_an_entry_is_what_mindcv_builds(name: str) -> None:
    entry, text = generate.describe(name)
    assert entry == entries()[name]
    assert (text != b"") == ("digest" in entry)


def test_the_table_has_every_name_of_the_registry() -> None:
    assert generate.registered() == list(entries())
    assert len(entries()) == 275


def described_as_published() -> dict[str, tuple[dict[str, Any], bytes]]:
    """What the script is told to write, from the files that it wrote."""
    with zipfile.ZipFile(TENSORS) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    return {name: (dict(entry), texts.get(name, b"")) for name, entry in entries().items()}


def test_the_same_networks_give_the_same_bytes(tmp_path: Path) -> None:
    described, files = described_as_published(), []
    for run in ("first", "second"):
        models, tensors = tmp_path / f"{run}.json", tmp_path / f"{run}.zip"
        generate.write(described, models, tensors)
        files.append((models.read_bytes(), tensors.read_bytes()))
    assert files[0] == files[1]
    # Another zlib may compress in another way, and other versions of the libraries are named as such.
    assert files[0][0].splitlines()[1:] == MODELS.read_bytes().splitlines()[1:]


@pytest.mark.slow
def test_the_script_describes_all_networks_as_published() -> None:
    published = described_as_published()
    assert [name for name, said in published.items() if generate.describe(name) != said] == []
