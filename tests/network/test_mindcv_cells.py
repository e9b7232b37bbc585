"""MindCV's networks as hubtool builds them, against MindCV's own."""

from __future__ import annotations

import sys
from importlib.util import find_spec as find_module

import pytest

from hubtool.errors import CheckpointMismatch, EnvironmentProblem, MissingExtra
from hubtool.network.mindcv import family as family_module
from hubtool.network.mindcv.table import tensors
from hubtool.network.registry import build, family_of, find_spec
from hubtool.network.spec import Form
from tests.network.zoo import logits, names_of_cards, random_images, random_weights
from tests.zoo import create

np = pytest.importorskip("numpy")
pytestmark = [
    pytest.mark.mindspore,
    pytest.mark.skipif(find_module("mindcv") is None, reason="mindcv is not installed"),
]

# One of each kind: names that are no paths, float16, initialisation, size-bound embeddings, grouped kernels, batch
# statistics.
KINDS = ["squeezenet1_0", "pvt_tiny", "rexnet_09", "pit_ti", "shufflenet_v1_g3_05", "mobilenet_v3_small_100"]


def compare(name: str) -> None:
    import mindspore

    spec = find_spec(name)
    weights, images = random_weights(spec), random_images(spec)
    peer = create(name, spec.num_classes)
    parameters = {key: mindspore.Parameter(mindspore.Tensor(value), name=key) for key, value in weights.items()}
    assert mindspore.load_param_into_net(peer, parameters, strict_load=True) == ([], [])
    wanted = logits(peer, images)
    assert wanted.shape == (1, spec.num_classes)
    assert np.isfinite(wanted).all()
    assert np.ptp(wanted) > 1e-3
    np.testing.assert_array_equal(logits(build(spec, weights, Form.INFERENCE), images), wanted)


@pytest.mark.parametrize("name", KINDS)
def test_the_same_weights_give_the_logits_of_mindcv(name: str) -> None:
    compare(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in names_of_cards() if name not in KINDS])
def test_all_networks_of_the_cards_give_the_logits_of_mindcv(name: str) -> None:
    compare(name)


def test_forms_differ_in_training_only() -> None:
    spec = find_spec("mobilenet_v3_small_100")
    assert {form: build(spec, None, form).training for form in Form} == {
        Form.TRAINING: True,
        Form.INFERENCE: False,
        Form.GRAPH: False,
    }
    trained = {one.name for one in tensors(spec.name) if one.trained}
    assert {parameter.name for parameter in build(spec).trainable_params()} == trained


@pytest.mark.parametrize("name", ["rexnet_09", "squeezenet1_0"])
def test_without_weights_they_are_random_as_mindcv_makes_them(name: str) -> None:
    spec = find_spec(name)
    cell = build(spec)
    kernels = [parameter.asnumpy() for parameter in cell.get_parameters() if parameter.ndim == 4]
    assert all(kernel.std() > 0 for kernel in kernels)
    cell.set_train(False)
    assert np.isfinite(logits(cell, random_images(spec))).all()


def test_a_head_of_another_size_is_built() -> None:
    spec = family_of(find_spec("squeezenet1_0")).with_classes(find_spec("squeezenet1_0"), 7)
    assert logits(build(spec, random_weights(spec), Form.INFERENCE), random_images(spec)).shape == (1, 7)


def test_parameters_keep_their_types() -> None:
    spec = find_spec("pvt_tiny")
    weights = {name: value.astype("float32") for name, value in random_weights(spec).items()}
    types = {parameter.name: str(parameter.dtype) for parameter in build(spec, weights).get_parameters()}
    assert {name for name, dtype in types.items() if dtype == "Float16"} == set(family_of(spec).dtypes(spec))


@pytest.mark.parametrize(
    ("network", "parameter", "value", "said"),
    [
        ("swinv2_tiny_window8", "relative_position_index", 0.5, "int32"),
        ("swinv2_tiny_window8", "relative_position_index", float("nan"), "int32"),
        ("pvt_tiny", "pos_embed1", 1e6, "float16"),
    ],
)
def test_values_that_a_parameter_cannot_hold_are_refused(network: str, parameter: str, value: float, said: str) -> None:
    spec = find_spec(network)
    weights = random_weights(spec)
    name = next(name for name in weights if name.endswith(parameter))
    weights[name] = np.full(weights[name].shape, value, "float32")
    with pytest.raises(CheckpointMismatch, match=f"{name}: values that the type of the parameter, {said}, cannot hold"):
        build(spec, weights)


def test_whole_numbers_are_taken_as_integers() -> None:
    spec = find_spec("swinv2_tiny_window8")
    weights = {name: value.astype("float32") for name, value in random_weights(spec).items()}
    build(spec, weights)


def test_a_remedy_does_not_outlast_the_call() -> None:
    import mindcv
    from mindcv.models import pvt, rexnet
    from mindspore.common import initializer

    before = rexnet.init, pvt.PyramidVisionTransformer._get_pos_embed
    build(find_spec("rexnet_09"))
    build(find_spec("pvt_tiny"))
    assert (rexnet.init, pvt.PyramidVisionTransformer._get_pos_embed) == before
    assert rexnet.init is initializer
    with pytest.raises(RuntimeError):
        mindcv.create_model("rexnet_09")


def test_without_mindcv_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mindcv", None)
    with pytest.raises(MissingExtra) as caught:
        build(find_spec("resnet18"))
    assert caught.value.message == "mindcv is needed to build resnet18 and is not installed"
    assert caught.value.hint == "pip install 'hubtool[zoo]'"


def test_another_mindcv_is_compared_with_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family_module, "tensors", lambda _: tensors("resnet34"))
    with pytest.raises(EnvironmentProblem) as caught:
        build(find_spec("resnet18"))
    assert caught.value.message == (
        "MindCV 0.3.0 builds resnet18 otherwise than MindCV 0.3.0: layer1.2.conv1.weight is missing instead of "
        "has the shape (64, 64, 3, 3)"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pvt_tiny", "rexnet_09"])
def test_networks_with_a_remedy_give_the_same_logits_compiled(name: str) -> None:
    from hubtool.engine.mindspore import MindSporeSession

    spec = find_spec(name)
    weights, images = random_weights(spec), random_images(spec)
    wanted = logits(build(spec, weights, Form.INFERENCE), images)
    with MindSporeSession(build(spec, weights, Form.GRAPH), compiled=True) as session:
        np.testing.assert_allclose(session.logits(images), wanted, rtol=0, atol=1e-4)


def test_embeddings_are_not_taken_for_images_of_another_size() -> None:
    spec = find_spec("pvt_tiny")
    cell = build(spec, random_weights(spec), Form.INFERENCE)
    for shape in ((1, 3, 288, 288), (1, 3, 448, 112)):
        with pytest.raises(ValueError):  # noqa: PT011  MindSpore's own for squares of another size
            logits(cell, np.zeros(shape, "float32"))
