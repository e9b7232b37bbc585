"""Graphs of MindCV's networks answer as MindCV's own cells, for any number of images, and are exported once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubtool.apart import Apart, send
from hubtool.engine.choose import backend_named
from hubtool.engine.graphfile import KeptOutlines, write_graph
from hubtool.engine.protocol import Execution, Workload
from hubtool.errors import EnvironmentProblem
from hubtool.network.mindcv import exporting
from hubtool.network.mindcv import graph as graphs
from hubtool.network.onnx import GraphShape, require_onnx
from hubtool.network.outline import NoGraph
from hubtool.network.registry import family_of, spec_named
from hubtool.network.spec import Model
from tests.zoo import create, pictures, zoo_checkpoint

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")
pytest.importorskip("mindcv")
pytestmark = pytest.mark.mindspore

SIDE = 64
NETWORKS = [
    pytest.param(("squeezenet1_0", SIDE)),
    pytest.param(("mobilenet_v3_small_100", SIDE)),  # an operator that MindSpore does not export
    pytest.param(("ghostnet_050", SIDE), marks=pytest.mark.slow),  # `+=`
    pytest.param(("pit_ti", 224), marks=pytest.mark.slow),  # the number of images in shapes and in a broadcast
    pytest.param(("swin_tiny", 224), marks=pytest.mark.slow),  # parameters that are not trained
]
"""Each with the size of images: small where a network takes images of any size."""


@dataclass(frozen=True)
class Case:
    """A network with random weights, images, and what MindCV answers; its outlines are kept in a cache."""

    model: Model
    cache: Path
    side: int
    images: Any
    expected: Any

    @property
    def bound(self) -> float:
        return 1e-4 * max(1.0, float(np.abs(self.expected).max()))


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    import mindspore

    name, side = request.param
    folder = tmp_path_factory.mktemp("a folder, ünusual")
    path = zoo_checkpoint(name, folder, 10, side)
    network = create(name, 10)
    mindspore.load_checkpoint(str(path), network)
    images = pictures(8, side, seed=1)
    expected = network(mindspore.Tensor(images)).asnumpy()
    spec = spec_named(name)
    model = Model(family_of(spec).with_classes(spec, 10), path, hashlib.sha256(path.read_bytes()).hexdigest())
    return Case(model, folder / "compiled", side, images, expected)


def test_any_number_of_images_gets_mindcv_s_logits(case: Case, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # where MindSpore would leave its reports
    folder = tmp_path / "ünd here"
    folder.mkdir()
    path = write_graph(case.model, GraphShape(case.side), folder, KeptOutlines(case.cache))
    assert list(tmp_path.iterdir()) == [folder]
    onnx = require_onnx("test")
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path))
    assert [(end.name, end.shape, end.type) for end in (*session.get_inputs(), *session.get_outputs())] == [
        ("images", ["N", 3, case.side, case.side], "tensor(float)"),
        ("logits", ["N", 10], "tensor(float)"),
    ]
    for count in (1, 3, 8):
        (found,) = session.run(None, {"images": case.images[:count]})
        np.testing.assert_allclose(found, case.expected[:count], rtol=0, atol=case.bound)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_answer_so_and_share_one_export(engine: str, case: Case, tmp_path: Path, monkeypatch) -> None:
    write_graph(case.model, GraphShape(case.side, 2), tmp_path, KeptOutlines(case.cache))
    monkeypatch.setattr(graphs, "exported", None)  # what exports again would fail
    workload = Workload(8, case.side, 8, case.cache)
    for batches in ([case.images], np.split(case.images, [3, 4])):
        with backend_named(engine).open(case.model, Execution(), workload) as session:
            logits = np.concatenate([session.logits(batch) for batch in batches])
        np.testing.assert_allclose(logits, case.expected, rtol=0, atol=case.bound)


def outline(name: str) -> bytes:
    spec = spec_named(name)
    return graphs._outline(spec, family_of(spec).shapes(spec), SIDE)


def test_what_mindspore_cannot_export_is_said_in_one_sentence() -> None:
    with pytest.raises(NoGraph) as refused:
        outline("halonet_50t")
    assert refused.value.message.startswith("MindSpore cannot export halonet_50t to ONNX: ")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Can not find key PadV3 in convert map. Exporting PadV3 operator is not yet supported.\n\n---\nC++", "PadV3"),
        ("Got null pointer, currently the ResizeBilinearV2 operator in your model is not support", "ResizeBilinearV2"),
        ("The shapes do not fit\n---\nC++ Call Stack", "The shapes do not fit"),
    ],
)
def test_the_operator_that_is_missing_is_named(said: str, named: str) -> None:
    assert exporting._missing(RuntimeError(said)) == named


def test_the_export_ends_with_the_process_that_asks(tmp_path: Path) -> None:
    apart = Apart("the export", exporting.__name__, exporting.serve.__name__, tmp_path)
    send(apart.questions, (spec_named("squeezenet1_0"), SIDE, [2] * 1000))
    apart.questions.close()  # as when the process that asks was killed
    assert apart.process.wait(timeout=300) == 1
    apart.process.stdin = None
    apart.close()


def test_an_export_that_dies_is_not_taken_for_a_network_without_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting.serve, "__name__", "no_such_function")  # what runs there ends at once
    spec = spec_named("squeezenet1_0")
    with pytest.raises(EnvironmentProblem, match="^the export by MindSpore ended without an answer: ") as died:
        KeptOutlines(None).outline({}, lambda: graphs._outline(spec, family_of(spec).shapes(spec), SIDE))
    assert not isinstance(died.value, NoGraph)


@pytest.mark.parametrize("error", [MemoryError(), OSError("No space left on device")])
def test_what_this_machine_lacks_is_not_taken_for_a_network_without_a_graph(error, monkeypatch) -> None:
    def fails(_: object) -> None:
        raise error

    monkeypatch.setattr(exporting, "_cell", fails)
    with pytest.raises(type(error)):
        exporting._exported_here(spec_named("squeezenet1_0"), SIDE, [2])


def test_a_library_that_is_missing_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_named("squeezenet1_0")
    assert family_of(spec).why_no_graph(spec) == ""
    found = graphs.is_installed
    monkeypatch.setattr(graphs, "is_installed", lambda name: name != "mindcv" and found(name))
    assert family_of(spec).why_no_graph(spec) == (
        "MindCV is needed to build squeezenet1_0 and is not installed: pip install 'hubtool[zoo]'"
    )


def test_outlines_depend_on_versions_and_on_the_code_that_changes_graphs() -> None:
    versions = family_of(spec_named("squeezenet1_0")).versions()
    assert set(versions) == {"mindspore", "mindcv", "onnx", "mindcv code"}
    assert all(versions.values())
