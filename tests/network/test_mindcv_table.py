"""The generated table against MindCV itself."""

from __future__ import annotations

import json
from importlib.util import find_spec as find_module
from pathlib import Path

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


@pytest.mark.slow
def test_the_script_writes_the_same_bytes(tmp_path: Path) -> None:
    models, tensors = tmp_path / "models.json", tmp_path / "tensors.zip"
    generate.write({name: generate.describe(name) for name in generate.registered()}, models, tensors)
    assert json.loads(models.read_bytes())["networks"] == dict(entries())
    assert models.read_bytes() == MODELS.read_bytes()
    assert tensors.read_bytes() == TENSORS.read_bytes()
