"""Checkpoints as training scripts leave them: more tensors than parameters, and names with something around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.leftovers import Role, leftover_notes, roles
from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CheckpointMismatch
from hubtool.network.bit.spec import bit_spec, parameter_shapes
from hubtool.network.identify import spec_fitting
from hubtool.network.layout import check_layout, parameters_of
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from tests.checkpoint.proto import entry

np = pytest.importorskip("numpy")

TINY = bit_spec("tiny", units=(1,), width=32, num_classes=2, in_channels=1, input_size=8)
SHAPES = parameter_shapes(TINY)
Values = dict[str, "np.ndarray"]


def plain(value: float = 0.5, before: str = "", after: str = "") -> Values:
    return {f"{before}{name}{after}": np.full(shape, value, "float32") for name, shape in SHAPES.items()}


def number(*names: str) -> Values:
    return {name: np.full(1, 7, "float32") for name in names}


def write(tmp_path: Path, *parts: Values) -> Checkpoint:
    path = tmp_path / "net.ckpt"
    values = {name: value for part in parts for name, value in part.items()}
    path.write_bytes(b"".join(entry(n, list(v.shape), "Float32", v.tobytes()) for n, v in values.items()))
    return Checkpoint(path)


def taken(tmp_path: Path, *parts: Values, ema: bool | None = None) -> tuple[float, tuple[str, ...]]:
    """The value of the parameters that are taken, and the notes."""
    weights = check_layout(write(tmp_path, *parts), TINY, ema)
    assert list(weights.arrays) == list(SHAPES)
    assert {name: array.shape for name, array in weights.arrays.items()} == SHAPES
    (value,) = {float(array.flat[0]) for array in weights.arrays.values()}
    return value, weights.notes


def refused(tmp_path: Path, *parts: Values, ema: bool | None = None) -> CheckpointMismatch:
    with pytest.raises(CheckpointMismatch) as caught:
        check_layout(write(tmp_path, *parts), TINY, ema)
    return caught.value


def test_a_file_of_parameters_alone_needs_no_note(tmp_path: Path) -> None:
    assert taken(tmp_path, plain()) == (0.5, ())


# The prefixes that the optimisers of MindSpore 2.8 and MindCV 0.3 give to their state, and some of other zoos.
OPTIMISERS = {
    "momentum": ["moments"],
    "sgd": ["accum", "stat"],
    "adam": ["moment1", "moment2"],
    "amsgrad": ["moment1", "moment2", "vhat"],
    "adamw": ["adam_m", "adam_v"],
    "lamb": ["lamb_m", "lamb_v"],
    "lion": ["lion_m"],
    "nadam": ["nadam_m", "nadam_v"],
    "adan": ["moment1", "moment2", "moment3", "prev_gradient"],
    "ftrl": ["moments", "linear"],
    "rmsprop": ["mean_grad", "mean_square", "moment"],
    "adadelta": ["accum", "accum_update"],
    "rprop": ["prev", "step_size"],
    "mint adamw": ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
    "mint sgd": ["momentum_buf"],
    "adamax": ["exp_avg", "exp_inf"],
    "torch sgd": ["momentum_buffer"],
    "short": ["m", "v"],
    "accumulated gradients": ["accu_grads", "grad_accumulation", "acc_grads", "grads", "ema_grad"],
    "adabelief, adopt, muon": ["exp_avg_slow", "nu", "mom", "m_t"],
    "second order": ["hessian", "exp_hessian_diag", "preconditioner"],
}
NUMBERS = (
    "learning_rate",
    "learning_rate_group_1",
    "global_step",
    "epoch_num",
    "step_num",
    "momentum",
    "beta1_power",
    "beta2_power",
    "scale_sense",
    "current_iterator_step",
    "last_overflow_iterator_step",
    "updates",
    "state_step",
    "step_t",
    "loss_scale",
    "mu_schedule",
    "afactor_step",
    "optimizer.learning_rate",
    "optimizer.nesterov",
    "lr_scheduler.base_lr",
    "last_epoch_",
    "scaler._scale",
    "batch_num",
    "val_loss",
    "top1",
    "random_seed",
    "net_with_loss.global_step",
    "train_one_step.optimizer.global_step",
    "optimizer/iter",
    "layer1.0.bn1.num_batches_tracked",
)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_optimiser_state_is_skipped_and_said(tmp_path: Path, optimiser: str) -> None:
    states = [plain(9, f"{word}.") for word in OPTIMISERS[optimiser]]
    value, notes = taken(tmp_path, *states, plain())
    assert value == 0.5
    (note,) = notes
    count = len(SHAPES) * len(states)
    assert note.startswith(f"skipped {count} tensors of optimiser state: {OPTIMISERS[optimiser][0]}.conv1.weight, ")
    assert note.endswith(f" and {count - 3} more")


def test_numbers_of_the_training_are_skipped_and_said(tmp_path: Path) -> None:
    value, (note,) = taken(tmp_path, number(*NUMBERS), plain())
    assert value == 0.5
    assert note.startswith(f"skipped {len(NUMBERS)} tensors of training state: learning_rate, learning_rate_group_1")


def test_matrices_of_thor_are_state_of_the_optimiser(tmp_path: Path) -> None:
    names = (
        "matrix_a_inv_0",
        "matrix_g_inv_0",
        "matrix_max1",
        "layer1.0.conv1.matrix_a",
        "layer1.0.conv1.a_normalizer",
    )
    value, notes = taken(tmp_path, plain(9, "moments."), plain(), number(*names, "cov_step"))
    assert value == 0.5
    assert [note.split(":")[0] for note in notes] == [
        f"skipped {len(SHAPES) + len(names)} tensors of optimiser state",
        "skipped 1 tensor of training state",
    ]


@pytest.mark.parametrize("prefix", ["network.", "backbone.", "_backbone.", "module.", "m.", "a/b/", "_orig_mod.net."])
def test_one_thing_around_all_names_is_dropped_and_said(tmp_path: Path, prefix: str) -> None:
    value, (note,) = taken(tmp_path, plain(before=prefix))
    assert value == 0.5
    assert f"{prefix} around them, which is dropped, as in {prefix}conv1.weight" in note


@pytest.mark.parametrize("state", ["moments.network.", "moments.", "network.moments.", "optimizer.moments.network."])
def test_a_prefix_and_optimiser_state(tmp_path: Path, state: str) -> None:
    value, notes = taken(tmp_path, plain(9, state), plain(before="network."), number("network.global_step"))
    assert value == 0.5
    assert [note.split(":")[0] for note in notes[1:]] == [
        f"skipped {len(SHAPES)} tensors of optimiser state",
        "skipped 1 tensors of training state".replace("1 tensors", "1 tensor"),
    ]


@pytest.mark.parametrize("state", ["moments.network.", "model.moments.", "optimizer.moments._backbone."])
def test_a_prefix_on_the_state_alone(tmp_path: Path, state: str) -> None:
    value, (note,) = taken(tmp_path, plain(9, state), plain())
    assert value == 0.5
    assert note.startswith(f"skipped {len(SHAPES)} tensors of optimiser state: {state}conv1.weight")


AVERAGES = [
    ("ema.", ""),
    ("ema_", ""),
    ("model_ema.", ""),
    ("ema_model.module.", ""),
    ("swa.", ""),
    ("shadow.", ""),
    ("", ".ema"),
    ("", "_ema"),
    ("", "/ExponentialMovingAverage"),
]


@pytest.mark.parametrize(("before", "after"), AVERAGES)
def test_averages_are_a_choice(tmp_path: Path, before: str, after: str) -> None:
    parts = (plain(), plain(0.25, before, after), plain(9, "moments."), number("updates"))
    error = refused(tmp_path, *parts)
    name = f"{before}conv1.weight{after}"
    assert error.message == f"{tmp_path}/net.ckpt: two sets of weights: conv1.weight and, averaged, {name}"
    assert "--ema" in error.hint
    assert "--no-ema" in error.hint
    value, notes = taken(tmp_path, *parts, ema=True)
    assert value == 0.25
    assert notes[0] == f"the weights are averages over training (EMA), named as {name}"
    assert notes[1].startswith(f"skipped {len(SHAPES)} tensors of weights that are not averaged: conv1.weight, ")
    value, notes = taken(tmp_path, *parts, ema=False)
    assert value == 0.5
    assert notes[0].startswith(f"skipped {len(SHAPES)} tensors of averaged weights (EMA): {name}, ")


def test_a_prefix_on_both_sets(tmp_path: Path) -> None:
    parts = (plain(before="network."), plain(0.25, "ema.network."))
    assert "network.conv1.weight and, averaged, ema.network.conv1.weight" in refused(tmp_path, *parts).message
    assert taken(tmp_path, *parts, ema=True)[0] == 0.25
    assert taken(tmp_path, *parts, ema=False)[0] == 0.5


def test_averages_of_some_parameters_do_not_go_unnoticed(tmp_path: Path) -> None:
    part = {name: value for name, value in plain(0.25, "ema.").items() if "classifier" not in name}
    assert "conv1.weight and, averaged, ema.conv1.weight" in refused(tmp_path, plain(), part).message
    assert "no complete set of averaged weights" in refused(tmp_path, plain(), part, ema=True).message
    assert taken(tmp_path, plain(), part, ema=False)[0] == 0.5


def test_averages_alone_are_the_weights(tmp_path: Path) -> None:
    value, (note,) = taken(tmp_path, plain(0.25, "ema."))
    assert value == 0.25
    assert note == "the weights are averages over training (EMA), named as ema.conv1.weight"
    assert "averaged weights alone: ema.conv1.weight" in refused(tmp_path, plain(0.25, "ema."), ema=False).message
    assert "no complete set of averaged weights" in refused(tmp_path, plain(), ema=True).message


@pytest.mark.parametrize("word", ["moments", "accum", "exp_avg", "adam_m"])
def test_optimiser_state_is_never_taken_for_weights(tmp_path: Path, word: str) -> None:
    error = refused(tmp_path, plain(9, f"{word}."), number("global_step"))
    assert f"optimiser state without weights: {word}.conv1.weight" in error.message


def without(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}


DENSE = {"classifier.weight": np.zeros((2, 128), "float32")}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([without(plain(), "gn.gamma"), plain(9, "moments.")], "1 missing: gn.gamma"),
        ([without(plain(before="network."), "network.gn.gamma")], "1 missing: network.gn.gamma"),
        ([plain(), plain(0.25, "teacher.")], "several sets of weights: conv1.weight and teacher.conv1.weight"),
        ([plain(), number("fc.weight", "mask")], "2 unexpected: fc.weight, mask"),
        ([plain(), number("layer1.0.step")], "1 unexpected: layer1.0.step"),
        ([plain(), number("logit_scale", "model.temperature")], "2 unexpected: logit_scale, model.temperature"),
        ([plain(), number("loss_fn.weight")], "1 unexpected: loss_fn.weight"),
        ([plain(), plain(0.25, "momentum_encoder.")], "several sets of weights: conv1.weight and momentum_encoder."),
        ([plain(), number("layer9.m.conv1.weight")], "1 unexpected: layer9.m.conv1.weight"),
        ([plain(), plain(9, "moments."), number("quant.scale")], "1 unexpected: quant.scale"),
        ([plain(before="x")], "unexpected: xconv1.weight"),
        ([plain() | DENSE], "classifier.weight is of a Dense head, the network has a 1x1 convolution"),
        (
            [without(plain(), "classifier.weight"), {"fc.weight": DENSE["classifier.weight"]}],
            "fc.weight is of a Dense head, the network has a 1x1 convolution (classifier.weight)",
        ),
        (
            [plain(9, "moments.", ""), plain(before="net.") | {"net.classifier.weight": DENSE["classifier.weight"]}],
            "net.classifier.weight is of a Dense head, the network has a 1x1 convolution",
        ),
    ],
)
def test_everything_else_is_refused(tmp_path: Path, parts: list[Values], said: str) -> None:
    assert said in refused(tmp_path, *parts).message


@pytest.mark.parametrize("change", ["", "network.", "moments."])
def test_a_network_is_found_behind_all_that(tmp_path: Path, change: str) -> None:
    shapes = parameter_shapes(find_spec("bit_digits"))
    values = {name: np.zeros(shape, "float32") for name, shape in shapes.items()}
    more = {f"{change}{name}": value for name, value in values.items()}
    parts = (values, more) if change == "moments." else (more,)
    assert spec_fitting(write(tmp_path, *parts)) is find_spec("bit_digits")


def test_the_nearest_network_is_named_with_the_kind_of_its_head(tmp_path: Path) -> None:
    shapes = parameter_shapes(find_spec("bit_digits")) | {"classifier.weight": (10, 512)}
    checkpoint = write(tmp_path, {name: np.zeros(shape, "float32") for name, shape in shapes.items()})
    with pytest.raises(CheckpointMismatch, match=r"\(10, 512\), and in bit_digits.* is of a Dense head"):
        spec_fitting(checkpoint)


def test_engines_read_the_set_that_was_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, plain(), plain(0.25, "ema.")).path
    for ema, value in ((True, 0.25), (False, 0.5)):
        arrays = parameters_of(Model(TINY, path, "0" * 64, ema))
        assert len(arrays) == len(SHAPES)
        assert arrays["conv1.weight"].flat[0] == value
    with pytest.raises(CheckpointMismatch, match="two sets of weights"):
        parameters_of(Model(TINY, path, "0" * 64))


def test_names_tell_roles_without_a_network() -> None:
    parameters = ["blocks.0.weight", "blocks.0.bias"]
    names = [f"{word}.{name}" for word in ("moments", "ema") for name in parameters] + ["global_step", *parameters]
    found = roles(names)
    assert list(found.values()) == [Role.STATE] * 2 + [Role.AVERAGE] * 2 + [Role.COUNTER]
    assert leftover_notes(names) == (
        "2 tensors of optimiser state: moments.blocks.0.weight, moments.blocks.0.bias",
        "2 tensors of averaged weights (EMA): ema.blocks.0.weight, ema.blocks.0.bias",
        "1 tensor of training state: global_step",
        "all 2 parameters have names that begin with blocks.0.",
    )
    assert leftover_notes(["moments.conv1.weight", "network.conv1.weight", "network.fc.bias"]) == (
        "1 tensor of optimiser state: moments.conv1.weight",
        "all 2 parameters have names that begin with network.",
    )
    assert leftover_notes(["moments.network.a.w", "moments.network.x.a.w", "ema.network.a.w", "ema.network.x.a.w"]) == (
        "2 tensors of optimiser state: moments.network.a.w, moments.network.x.a.w",
        "all 2 parameters have names that begin with ema.network., as averaged weights (EMA) does",
    )
    assert leftover_notes(["conv1.weight", "stat.weight", "linear.step", "m.weight"]) == ()
    assert leftover_notes(["moments.a.w", "moments.b.w"]) == (
        "all 2 parameters have names that begin with moments., as optimiser state does",
    )


@pytest.mark.mindspore
@pytest.mark.parametrize(
    "name", ["Momentum", "SGD", "Adam", "AdamWeightDecay", "Lamb", "RMSProp", "FTRL", "ASGD", "Rprop", "AdaFactor"]
)
def test_what_mindspore_saves_of_a_training(tmp_path: Path, name: str) -> None:
    mindspore = pytest.importorskip("mindspore")
    from hubtool.network.registry import build

    cell = build(TINY)
    options = {
        "Momentum": {"learning_rate": 0.1, "momentum": 0.9},
        "FTRL": {},
        "AdaFactor": {},
        "Lamb": {"learning_rate": 0.1},
    }
    optimiser = getattr(mindspore.nn, name)(cell.trainable_params(), **options.get(name, {}))
    scale = mindspore.nn.DynamicLossScaleUpdateCell(1024, 2, 1000)
    step = mindspore.nn.TrainOneStepWithLossScaleCell(
        mindspore.nn.WithLossCell(cell, mindspore.nn.MSELoss()), optimiser, scale
    )
    path = tmp_path / "train.ckpt"
    mindspore.save_checkpoint(step, str(path), append_dict={"epoch_num": 3, "note": "x"})
    weights = check_layout(open_weights(path), TINY)
    assert len(weights.file.tensors) > len(SHAPES)
    assert weights.notes
    for parameter in cell.get_parameters():
        assert (weights.arrays[parameter.name] == parameter.asnumpy()).all()
