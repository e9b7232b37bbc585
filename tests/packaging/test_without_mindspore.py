"""A machine that has hubtool with its extra `eval` and nothing else: MindSpore is never there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.installed import Installed
from tests.packaging.published import NETWORK, Published, published

pytestmark = [pytest.mark.packaging, pytest.mark.slow]


@pytest.fixture
def random_network(tmp_path: Path) -> Iterator[Published]:
    with published(tmp_path) as made:
        made.claim(50, 50)
        yield made


def words(made: Published, *args: str | Path) -> list[str | Path]:
    """The arguments, with the card of the network and a cache that is empty at first."""
    return [*args, "--cards", made.cards, "--cache", made.folder / "cache"]


def test_there_is_no_file_of_mindspore(evaluating: Installed) -> None:
    installed = {path.name.casefold() for path in evaluating.packages.iterdir()}
    assert {"cv2", "numpy", "onnx", "openvino"} <= installed
    assert [name for name in installed if "mindspore" in name or "mindcv" in name or "onnxruntime" in name] == []
    tried = evaluating.python("-c", "import mindspore")
    assert "ModuleNotFoundError: No module named 'mindspore'" in tried.stderr


def test_pull_asks_the_server_once(evaluating: Installed, random_network: Published) -> None:
    for _ in range(2):
        pulled = evaluating.hubtool(*words(random_network, "pull", NETWORK))
        assert pulled.returncode == 0, pulled.stderr
        assert Path(pulled.stdout.strip()).read_bytes() == random_network.weights
    assert random_network.site.requests == [f"/{NETWORK}.ckpt"]


def test_export_to_safetensors(evaluating: Installed, random_network: Published) -> None:
    from safetensors.numpy import load_file

    from hubtool.checkpoint.reader import Checkpoint

    target, source = random_network.folder / "out.safetensors", random_network.folder / "weights.ckpt"
    assert evaluating.hubtool(*words(random_network, "pull", NETWORK)).returncode == 0
    exported = evaluating.hubtool(*words(random_network, "export", NETWORK, "--to", "safetensors", "-o", target))
    assert (exported.returncode, exported.stdout.strip()) == (0, str(target)), exported.stderr
    source.write_bytes(random_network.weights)
    weights, arrays = Checkpoint(source), load_file(target)
    assert arrays.keys() == weights.tensors.keys()
    assert all((arrays[name] == weights.array(name)).all() for name in arrays)
