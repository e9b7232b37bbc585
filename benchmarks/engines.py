"""hubtool's engines, against what else runs the same network on a processor, all in one run.

    PYTHONPATH=. python benchmarks/engines.py [--images 256] [--rounds 5] [--json FILE] [--chart FILE.png]

BiT-R50 with the same random weights, at 224 x 224 pixels, over the same photographs (crops of those that scikit-learn
and scikit-image ship), decoding included:

- hubtool's engines, each through the whole evaluation: decoding, network, ranking, ledger;
- MindCV's own validation, which decodes by mindspore.dataset, in MindSpore's two modes: its script runs in graph mode
  unless it is told otherwise. `times_mindcv` is against the faster one;
- timm's network in torch, eager and compiled;
- onnxruntime and OpenVINO used plainly: GroupNormalization as opset 21 has it, and default settings, except that
  OpenVINO is told its precision, which by default is bfloat16 where the processor has it. They and torch get their
  pixels from hubtool's loader, which decodes ahead, and only count;
- what the machine can do: OpenVINO's product of two 2048 x 2048 matrices, in GFLOP/s.

Each contestant is a process of its own and opens its session once; a first round, which warms up and compiles, does not
count. Then they take turns, and those that wait are stopped. One that is not installed is named as skipped. Whether all
run the same network is checked too: by their logits on the first batch.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.assets import FOLDERS, make_assets
from benchmarks.race.agreement import agreement
from benchmarks.race.contestants import CONTESTANTS
from benchmarks.race.machine import machine
from benchmarks.race.outcome import summary
from benchmarks.race.runner import Task
from benchmarks.race.track import race
from hubtool.data.threads import usable_cores

NETWORK = "bit_resnet50"
BATCH_SIZE = 32
PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "mindspore",
    "mindcv",
    "torch",
    "timm",
    "onnx",
    "onnxruntime",
    "openvino",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=256, help="a multiple of 32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=usable_cores(), help="cores that each contestant may use")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), metavar="CONTESTANT")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--chart", type=Path, metavar="FILE.png")
    args = parser.parse_args()
    if args.images < BATCH_SIZE or args.images % BATCH_SIZE or BATCH_SIZE % FOLDERS:
        parser.error(f"--images {args.images} is not a multiple of {BATCH_SIZE}")
    result = _result(args)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if args.chart:
        from benchmarks.race.chart import draw

        draw(result, args.chart)
    print(_table(result))


def _result(args: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        task = Task(make_assets(Path(folder), NETWORK, args.images), BATCH_SIZE, args.threads)
        # In the table's order, whatever order the user named them in.
        results = race([one for name, one in CONTESTANTS.items() if name in args.only], task, args.rounds)
        same = agreement(results.logits)
    return {
        "task": {
            "network": NETWORK,
            "images": args.images,
            "batch_size": BATCH_SIZE,
            "rounds": args.rounds,
            "threads": args.threads,
        },
        "machine": machine(PACKAGES),
        **summary(results.rounds),
        "agreement": same,
        "skipped": results.skipped,
    }


def _table(result: Mapping[str, Any]) -> str:
    lines = [f"{'':24}{'a second':>10}{'x mindcv':>10}{'outside':>9}{'ms CPU':>8}{'MiB':>7}{'off by':>10}{'top-5':>7}"]
    same = result["agreement"].get("found", {})
    for name, found in result["contestants"].items():
        answers = same.get(name, {})
        lines.append(
            f"{name:24}{found['median']:10.2f}"
            f"{_cell(found.get('times_mindcv'), 10, '.2f')}{_cell(found.get('outside_network_percent'), 8, '.1f', '%')}"
            f"{_cell(found.get('processor_ms_per_image'), 8, '.0f')}{found['peak_mib']:7.0f}"
            f"{_cell(answers.get('max_abs_difference'), 10, '.1e')}{_cell(answers.get('same_top5'), 7, 'd')}"
        )
    for wanted in result["wanted"]:
        limit = f"at least {wanted['at_least']}" if "at_least" in wanted else f"below {wanted['below']}"
        met = {True: "met", False: "NOT MET", None: "not measured"}[wanted["met"]]
        lines.append(f"{wanted['what']}: {_cell(wanted['measured'], 0, '.2f')}, wanted {limit}: {met}")
    lines += [f"skipped: {name}: {reason}" for name, reason in result["skipped"].items()]
    return "\n".join(lines)


def _cell(value: float | None, width: int, form: str, unit: str = "") -> str:
    return f"{'-' if value is None else format(value, form) + unit:>{width + len(unit)}}"


if __name__ == "__main__":
    main()
