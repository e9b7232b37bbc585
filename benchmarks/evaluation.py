"""What the evaluation loop costs beside the network, and what an evaluation takes of memory, on one engine.

    PYTHONPATH=. python benchmarks/evaluation.py [--engine openvino] [--precision float32] [--network bit_resnet50]
        [--images 256] [--batch-size 32] [--memory-network bit_digits] [--memory-images 1000 10000]

Photographs (crops of those that scikit-learn ships) are written to a folder, and a network with random weights
evaluates them as `hubtool verify --reproduce-eval` does: decoding, preprocessing, reading ahead, ranking, ledger. The
overhead is the part of the wall time that is not spent in the network. What reads ahead works at the same time and
takes processors from the network: hence also the processor time of the whole, and that of the network alone over as
many batches that are ready.

Memory is the peak of a process of its own, in MiB: of that evaluation, opening the session included; of the loop with
an engine that costs nothing, over 1,000 and 10,000 images of 3x224x224; and of the engine over as many images, with a
network that is small enough for it to take minutes (name a larger one to wait longer).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.assets import Assets, make_assets, peak_mib
from hubtool.data.split import Batch
from hubtool.engine.choose import BACKENDS, backend_named
from hubtool.engine.protocol import BFLOAT16, FLOAT32, Execution, Identity, Session, Workload
from hubtool.evaluation.measure import measure
from hubtool.evaluation.sampling import BATCH_SIZE, Sampling
from hubtool.network.registry import find_spec
from hubtool.network.sample import random_model
from hubtool.network.spec import Model, ModelSpec

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=BACKENDS, default="openvino")
    parser.add_argument("--precision", choices=(FLOAT32, BFLOAT16), default=FLOAT32)
    parser.add_argument("--network", default="bit_resnet50")
    parser.add_argument("--images", type=int, default=256, help="a multiple of 8")
    parser.add_argument("--batch-size", type=int, default=BATCH_SIZE)
    parser.add_argument("--memory-network", default="bit_digits")
    parser.add_argument("--memory-images", type=int, nargs="*", default=[1000, 10_000])
    args = parser.parse_args()
    execution = Execution(args.precision)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assets = make_assets(folder, args.network, args.images)
        result = {
            "engine": args.engine,
            "network": args.network,
            **_apart(_evaluation, assets, args.engine, execution, args.batch_size),
            "loop_peak_mib": {count: _apart(_loop_peak, count, folder) for count in args.memory_images},
            "engine_peak_mib": {
                count: _apart(_engine_peak, args.memory_network, args.engine, execution, count, folder)
                for count in args.memory_images
            },
        }
        print(json.dumps(result, indent=2))


def _apart(work: Callable[..., T], *values: object) -> T:
    """What a function returns in a fresh process, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *values).result()


def _evaluation(assets: Assets, engine: str, execution: Execution, batch_size: int) -> dict[str, Any]:
    """An evaluation of the photographs, and as many batches that are ready through the network alone."""
    split, model = assets.split(), assets.model()
    session = _opened(engine, execution, Workload(len(split), model.spec.input_size, batch_size), model)
    ready = next(iter(split.batches(range(batch_size), batch_size))).images
    session.logits(ready)  # the first call builds kernels
    started = time.process_time()
    evaluation = measure(session, split, model, Sampling(batch_size=batch_size), ledgers=assets.folder / "ledgers")
    whole = time.process_time() - started
    peak = peak_mib()
    started = time.process_time()
    for _ in range(len(split) // batch_size):
        session.logits(ready)
    alone = time.process_time() - started
    counts = evaluation.counts
    return {
        "version": session.identity.version,
        "precision": session.identity.precision,
        "options": dict(session.identity.options),
        "images": counts.images,
        "seconds": round(counts.seconds, 3),
        "engine_seconds": round(evaluation.session_seconds, 3),
        "overhead_percent": round(100 * (1 - evaluation.session_seconds / counts.seconds), 2),
        "processor_seconds": round(whole, 3),
        "processor_seconds_of_network": round(alone, 3),
        "processor_overhead_percent": round(100 * (1 - alone / whole), 2),
        "images_per_second": round(counts.images_per_second, 2),
        "peak_mib": peak,
    }


def _loop_peak(images: int, folder: Path) -> float:
    spec = find_spec("bit_resnet50")
    assert spec is not None
    model = Model(spec, Path("none.ckpt"), "0" * 64)
    measure(_Nothing(), _Noise(spec, images), model, Sampling(), ledgers=folder / f"loop-{images}")
    return peak_mib()


def _engine_peak(network: str, engine: str, execution: Execution, images: int, folder: Path) -> float:
    spec = find_spec(network)
    assert spec is not None, f"hubtool does not know {network}"
    own = folder / f"peak-{images}"
    own.mkdir()
    model = random_model(spec, own)
    with _opened(engine, execution, Workload(images, spec.input_size, BATCH_SIZE), model) as session:
        measure(session, _Noise(spec, images), model, Sampling(), ledgers=folder / f"engine-{images}")
    return peak_mib()


def _opened(engine: str, execution: Execution, workload: Workload, model: Model) -> Session:
    backend = backend_named(engine)
    if reason := backend.why_not(model, execution):
        raise SystemExit(reason)
    return backend.open(model, execution, workload)


class _Noise:
    """A split of any size that costs nothing to read."""

    name = "noise"

    def __init__(self, spec: ModelSpec, size: int):
        self.num_classes = spec.num_classes
        self.names = [f"{number:08}" for number in range(size)]
        self.labels = [number % spec.num_classes for number in range(size)]
        self._shape = (spec.in_channels, spec.input_size, spec.input_size)

    def __len__(self) -> int:
        return len(self.names)

    def state(self) -> str:
        return ""

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        for start in range(0, len(indices), batch_size):
            chosen = np.array(indices[start : start + batch_size])
            yield Batch(np.ones((len(chosen), *self._shape), "float32"), chosen % self.num_classes)


class _Nothing:
    """An engine that costs nothing."""

    identity = Identity("nothing", "1", FLOAT32, "none")

    def logits(self, images: Any) -> Any:
        return np.tile(np.arange(1000, dtype="float32"), (len(images), 1))


if __name__ == "__main__":
    main()
