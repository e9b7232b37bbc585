"""Compiled models in the cache: used when they are whole, made anew when they are not."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from hubtool.engine.choose import backend_named
from hubtool.engine.compiled import KeptModel, compilation, compiled_models_of, forget_model, kept_models
from hubtool.engine.protocol import Execution, Workload
from hubtool.network.registry import spec_named
from hubtool.network.spec import Model
from tests.conftest import CARDS, DIGITS_CHECKPOINT, flip_byte

np = pytest.importorskip("numpy")

ENGINES = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))
    for name in ("openvino", "onnxruntime")
]
IMAGES = np.random.default_rng(1).normal(size=(8, 1, 32, 32)).astype("float32")
pytestmark = pytest.mark.parametrize("engine", ENGINES)


def opened(engine: str, cache: Path, side: int = 32):
    sha256 = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    model = Model(spec_named("bit_digits"), DIGITS_CHECKPOINT, sha256)
    return backend_named(engine).open(model, Execution(), Workload(8, side, 8, compiled_models_of(cache)))


def logits(engine: str, cache: Path):
    with opened(engine, cache) as session:
        return session.logits(IMAGES)


def kept(cache: Path) -> KeptModel:
    (found,) = kept_models(cache)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}


def largest(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: flip_byte(largest(folder), 1000),
        lambda folder: os.truncate(largest(folder), 1000),
        lambda folder: largest(folder).unlink(),
        lambda folder: (folder / "another.onnx").write_bytes(b"x"),
    ],
    ids=["a byte", "cut short", "gone", "one more"],
)
def test_one_that_is_not_as_it_was_written_is_made_anew_with_a_warning(
    engine: str, damage: Callable[[Path], object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    expected = logits(engine, tmp_path)
    model = kept(tmp_path)
    names = contents(model.path).keys()
    damage(model.path)
    assert (logits(engine, tmp_path) == expected).all()
    assert f"{model.path}: the compiled model is not as it was written, and is made anew" in caplog.text
    caplog.clear()
    assert kept(tmp_path).path == model.path
    assert len(contents(model.path)) == len(names)
    assert (logits(engine, tmp_path) == expected).all()
    assert caplog.text == ""


@pytest.mark.parametrize("manifest", [None, b"", b"{", b"[]", b'{"files": 1}'])
def test_one_that_was_interrupted_is_never_used(engine: str, manifest: bytes | None, tmp_path: Path) -> None:
    expected = logits(engine, tmp_path)
    folder = kept(tmp_path).path
    for path in folder.iterdir():
        path.write_bytes(b"half of it")
    if manifest is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_bytes(manifest)
    assert (logits(engine, tmp_path) == expected).all()
    assert b"half of it" not in contents(folder).values()
    assert "manifest.json" in contents(folder)


def test_two_processes_at_once(engine: str, tmp_path: Path) -> None:
    code = (
        "import sys, numpy, hubtool\n"
        "with hubtool.session('bit_digits', engine=sys.argv[1], cards=[sys.argv[2]], cache=sys.argv[3]) as session:\n"
        "    print(session.logits(numpy.ones((8, 1, 32, 32), 'float32')).tobytes().hex())"
    )
    command = [sys.executable, "-c", code, engine, str(CARDS), str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len({out for out, _ in said}) == 1
    assert "manifest.json" in contents(kept(tmp_path).path)


def test_one_that_another_process_is_preparing_is_not_waited_for(engine: str, tmp_path: Path) -> None:
    expected = logits(engine, tmp_path)
    model = kept(tmp_path)
    flip_byte(largest(model.path), 1000)
    damaged = contents(model.path)
    with compilation(compiled_models_of(tmp_path), {}) as other:  # not this one: it is used as always
        assert not other.is_whole
    with locked(model):
        assert (logits(engine, tmp_path) == expected).all()
        assert contents(model.path) == damaged
        assert not forget_model(model)
    assert model.path.exists()


def locked(model: KeptModel):
    from filelock import FileLock

    return FileLock(model.path / "lock", timeout=0)


def test_a_cache_that_cannot_be_written_costs_the_next_time_only(
    engine: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compiled_models_of(tmp_path).touch()  # a file where the folder has to be: nobody can write into it
    assert logits(engine, tmp_path).shape == (8, 10)
    assert "the compiled model is not kept" in caplog.text
    assert kept_models(tmp_path) == []


def test_one_that_is_in_use_can_be_removed_and_goes_on_answering(engine: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as session:
        first = session.logits(IMAGES)
        model = kept(tmp_path)
        assert forget_model(model)
        assert kept_models(tmp_path) == []
        assert (session.logits(IMAGES) == first).all()
    assert not forget_model(model)
    assert (logits(engine, tmp_path) == first).all()


def test_one_that_was_used_since_it_was_listed_is_not_removed(engine: str, tmp_path: Path) -> None:
    expected = logits(engine, tmp_path)
    long_ago = time.time() - 40 * 86_400
    os.utime(kept(tmp_path).path / "manifest.json", (long_ago, long_ago))
    (old,) = kept_models(tmp_path, older_than=86_400)
    assert (logits(engine, tmp_path) == expected).all()
    assert kept_models(tmp_path, older_than=86_400) == []
    assert not forget_model(old)
    assert kept(tmp_path).path == old.path


def test_another_shape_is_another_model(engine: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    logits(engine, tmp_path)
    with opened(engine, tmp_path, side=40) as session:
        assert session.logits(np.zeros((1, 1, 40, 40), "float32")).shape == (1, 10)
    assert len(kept_models(tmp_path)) == 2
    assert caplog.text == ""
