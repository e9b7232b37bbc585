"""Whether every network of the hub's newest cards answers here as it does in MindCV.

    PYTHONPATH=. python benchmarks/answers.py [--images 32] [--only NETWORK...] [--json FILE]

For each network, with random weights and the batch statistics that images give: MindCV's own loader and network, by the
settings that MindCV evaluates it with, against hubtool's, on the same photographs. hubtool's pixels are compared with
MindCV's, then the logits and the five best classes of each engine. Classes of which the logits differ by less than 1e-4
may change places. An ONNX engine counts only if it passes the bound that hubtool sets before it evaluates with it.

Each network is worked on in a process of its own. It takes about a minute a network on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.assets import FOLDERS, Assets, make_assets
from benchmarks.race.runner import Task
from hubtool.engine.apart import SessionApart
from hubtool.engine.choose import BACKENDS, REFERENCE
from hubtool.engine.protocol import Execution, Workload
from hubtool.errors import HubtoolError
from hubtool.evaluation.parity import parity
from hubtool.evaluation.topk import best_classes
from tests.network.zoo import names_of_cards

NETWORKS = ["bit_resnet50", *names_of_cards()]
BATCH_SIZE = 8
TIE = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=32, help=f"a multiple of {FOLDERS}")
    parser.add_argument("--only", nargs="+", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(compared(args.only[0], args.images)))
        return
    found = {}
    print(_HEAD, flush=True)
    for name in args.only:
        found[name] = _in_a_process(name, args.images)
        print(_line(name, found[name]), flush=True)
        if args.json:
            args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(_sums(found))


def _in_a_process(name: str, images: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.answers", "--worker", "--images", str(images), "--only", name]
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = {"seconds": round(time.perf_counter() - started, 1)}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1], **seconds}
    return {**json.loads(done.stdout.splitlines()[-1]), **seconds}


def compared(name: str, images: int) -> dict[str, Any]:
    """How hubtool's pixels and the answers of its engines differ from MindCV's."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        assets = make_assets(Path(folder), name, images)
        pixels, expected = mindcv_answers(Task(assets, BATCH_SIZE, 1))
        split = assets.split()
        ours = [batch.images for batch in split.batches(range(images), BATCH_SIZE)]
        return {
            "images": images,
            "same_pixels": bool(np.array_equal(np.concatenate(ours), pixels)),
            "logits_std": round(float(expected.std()), 3),
            "different_answers": len(np.unique(best_classes(expected)[:, 0])),
            "engines": {engine: _engine(engine, assets, ours, expected, list(split.names)) for engine in BACKENDS},
        }


def mindcv_answers(task: Task) -> tuple[Any, Any]:
    """Pixels (N, 3, side, side) and logits (N, classes) of MindCV's own loader and network, both float32."""
    import mindspore
    import numpy as np

    from benchmarks.race.with_mindcv import NAMES, rows_of
    from tests.zoo import create

    assets = task.assets
    network = create(NAMES.get(assets.network, assets.network), assets.spec.num_classes)
    mindspore.load_param_into_net(network, mindspore.load_checkpoint(str(assets.checkpoint)), strict_load=True)
    pixels, logits = [], []
    for images, _ in rows_of(task).create_tuple_iterator(num_epochs=1, output_numpy=True):
        pixels.append(images)
        logits.append(network(mindspore.Tensor(images)).asnumpy())
    return np.concatenate(pixels), np.concatenate(logits)


def _engine(engine: str, assets: Assets, batches: list[Any], expected: Any, names: list[str]) -> dict[str, Any]:
    import numpy as np

    model = assets.model()
    workload = Workload(len(expected), assets.recipe.image_size, BATCH_SIZE, exact=engine == REFERENCE)
    started = time.perf_counter()
    try:
        if reason := BACKENDS[engine].why_not(model, Execution()):
            return {"refused": reason}
        with SessionApart(engine, model, Execution(), workload) as session:
            opened = time.perf_counter() - started
            logits = np.concatenate([session.logits(images) for images in batches])
    except HubtoolError as error:
        return {"refused": error.message}
    found = parity("mindcv", expected, logits, names)
    return {
        "passes": found.is_equal,
        "max_abs_difference": found.max_abs_difference,
        "bound": found.bound,
        "same_top5": same_top5(expected, logits),
        "opened_in_seconds": round(opened, 1),
    }


def same_top5(expected: Any, found: Any) -> int:
    """For how many images the five best classes are the same, in order, ties within `TIE` aside."""
    import numpy as np

    one, other = (
        np.take_along_axis(expected, best_classes(logits).astype(int), axis=1) for logits in (expected, found)
    )
    return int((np.abs(one - other) <= TIE).all(axis=1).sum())


_HEAD = f"{'':24}{'pixels':>8}" + "".join(f"{engine:>28}" for engine in BACKENDS) + f"{'seconds':>9}"


def _line(name: str, found: Mapping[str, Any]) -> str:
    if "error" in found:
        return f"{name:24}{found['error']}"
    pixels = "same" if found["same_pixels"] else "DIFFER"
    cells = "".join(f"{_cell(found['engines'][engine], found['images']):>28}" for engine in BACKENDS)
    notes = [f"\n  {engine}: {one['refused']}" for engine, one in found["engines"].items() if "refused" in one]
    return f"{name:24}{pixels:>8}{cells}{found['seconds']:9.0f}" + "".join(notes)


def _cell(one: Mapping[str, Any], images: int) -> str:
    if "refused" in one:
        return "no"
    passes = "" if one["passes"] else "REFUSED "
    return f"{passes}{one['same_top5']}/{images}, {one['max_abs_difference']:.0e}"


def _sums(found: Mapping[str, Any]) -> str:
    whole = [one for one in found.values() if "error" not in one]
    lines = [f"{len(whole)} of {len(found)} networks compared"]
    for engine in BACKENDS:
        ran = [one for one in whole if one["engines"][engine].get("passes")]
        same = sum(one["engines"][engine]["same_top5"] == one["images"] for one in ran)
        lines.append(f"{engine}: {len(ran)} count, {same} of them with the same five best classes for every image")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
