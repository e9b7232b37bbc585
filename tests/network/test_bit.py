"""The networks against MindCV, which made the published weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.network.bit.fold import fold_weight_standardisation
from hubtool.network.bit.spec import bit_spec, parameter_shapes
from hubtool.network.layout import check_layout
from hubtool.network.registry import build, find_spec
from hubtool.network.spec import Form, ModelSpec

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.mindspore

PEERS = [
    ("bit_resnet50", "BiT_resnet50", 224),
    ("bit_resnet101", "BiT_resnet101", 64),
    ("bit_resnet50x3", "BiT_resnet50x3", 64),
]


def photographs(spec: ModelSpec, size: int, count: int = 2):
    shape = (count, spec.in_channels, size, size)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def logits(cell, images):
    import mindspore

    cell.set_train(False)
    return cell(mindspore.Tensor(images)).asnumpy()


@pytest.mark.parametrize("name", ["bit_resnet50", "bit_digits"])
def test_cells_have_the_parameters_that_the_spec_lists(name: str) -> None:
    cell = build(find_spec(name))
    found = [(parameter.name, tuple(parameter.shape)) for parameter in cell.get_parameters()]
    assert found == list(parameter_shapes(find_spec(name)).items())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "peer_name", "size"), PEERS)
def test_the_same_checkpoint_gives_the_same_logits_as_mindcv(
    tmp_path: Path, name: str, peer_name: str, size: int
) -> None:
    import mindspore

    mindcv = pytest.importorskip("mindcv")
    mindspore.set_seed(1)
    spec = find_spec(name)
    images = photographs(spec, size)

    peer = mindcv.create_model(peer_name)
    randomise_norms(peer)
    path = tmp_path / "peer.ckpt"
    mindspore.save_checkpoint(peer, str(path))
    checkpoint = Checkpoint(path)
    check_layout(checkpoint, spec)
    assert list(checkpoint.tensors) == list(parameter_shapes(spec))
    wanted = logits(peer, images)
    del peer  # BiT-R50x3 has 870 MB of weights
    arrays = checkpoint.arrays()
    ours = build(spec, arrays)
    assert np.abs(wanted).max() > 0.1
    np.testing.assert_allclose(logits(ours, images), wanted, rtol=0, atol=1e-4)

    # With the kernels standardised once.
    np.testing.assert_allclose(logits(build(spec, arrays, Form.INFERENCE), images), wanted, rtol=0, atol=1e-4)


def test_mindcv_reads_what_is_saved_here(tmp_path: Path) -> None:
    import mindspore

    mindcv = pytest.importorskip("mindcv")
    mindspore.set_seed(1)
    spec = find_spec("bit_resnet50")
    images = photographs(spec, 64)
    ours = build(spec)
    randomise_norms(ours)
    path = tmp_path / "ours.ckpt"
    mindspore.save_checkpoint(ours, str(path))
    peer = mindcv.create_model("BiT_resnet50")
    left = mindspore.load_param_into_net(peer, mindspore.load_checkpoint(str(path)), strict_load=True)
    assert left == ([], [])
    np.testing.assert_allclose(logits(peer, images), logits(ours, images), rtol=0, atol=1e-4)


def randomise_norms(cell) -> None:
    import mindspore

    """Fresh norms are ones and zeros, under which swapped ones would go unnoticed."""
    random = np.random.default_rng(1)
    for parameter in cell.get_parameters():
        if parameter.name.endswith(("gamma", "beta")):
            values = parameter.asnumpy() + random.normal(scale=0.1, size=parameter.shape)
            parameter.set_data(mindspore.Tensor(values.astype("float32")))


def test_folding_makes_kernels_standard_and_leaves_the_head_alone() -> None:
    random = np.random.default_rng(0)
    spec = bit_spec("tiny", units=(), width=4, num_classes=4)
    arrays = {"conv1.weight": random.normal(2, 3, (4, 3, 7, 7)), "classifier.weight": random.normal(2, 3, (4, 8, 1, 1))}
    folded = fold_weight_standardisation(spec, arrays)
    assert folded["conv1.weight"].dtype == np.float32
    np.testing.assert_allclose(folded["conv1.weight"].mean((1, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(folded["conv1.weight"].std((1, 2, 3)), 1, atol=1e-5)
    assert folded["classifier.weight"] is arrays["classifier.weight"]


def test_a_compiled_network_gives_the_same_logits_for_batches_of_any_size() -> None:
    import mindspore

    from hubtool.engine.mindspore import MindSporeSession

    spec = find_spec("bit_resnet50")
    mindspore.set_seed(2)
    cell = build(spec)
    randomise_norms(cell)
    images = photographs(spec, 64, 3)
    wanted = logits(cell, images)
    arrays = {parameter.name: parameter.asnumpy() for parameter in cell.get_parameters()}
    session = MindSporeSession(build(spec, arrays, Form.GRAPH), compiled=True)
    np.testing.assert_allclose(session.logits(images), wanted, rtol=0, atol=1e-4)
    np.testing.assert_allclose(session.logits(images[:1]), wanted[:1], rtol=0, atol=1e-4)


def test_a_network_can_be_trained_and_inference_cannot_tell() -> None:
    import mindspore

    spec = bit_spec("tiny", units=(1, 1), width=32, num_classes=3, in_channels=1, input_size=16)
    cell = build(spec)
    images, labels = photographs(spec, 16, 6), np.array([0, 1, 2, 0, 1, 2], "int32")
    optimizer = mindspore.nn.SGD(cell.trainable_params(), learning_rate=0.05)
    criterion = mindspore.nn.CrossEntropyLoss()

    def loss(x, y):
        return criterion(cell(x), y)

    step = mindspore.value_and_grad(loss, None, optimizer.parameters)
    losses = []
    for _ in range(8):
        value, gradients = step(mindspore.Tensor(images), mindspore.Tensor(labels))
        optimizer(gradients)
        losses.append(float(value))
    assert losses[-1] < 0.5 * losses[0]
    arrays = {parameter.name: parameter.asnumpy() for parameter in cell.get_parameters()}
    folded = logits(build(spec, arrays, Form.INFERENCE), images)
    np.testing.assert_allclose(folded, logits(cell, images), rtol=0, atol=1e-4)
