"""MindCV's networks on hubtool's engines, beside MindCV's own validation, all in one run.

    PYTHONPATH=. python benchmarks/networks.py [--images 64] [--rounds 3] [--json FILE] [--chart FILE.png]

For each network, with the same random weights and the settings that MindCV evaluates it with, over the same
photographs, decoding included:

- hubtool's engines, each through the whole evaluation: decoding, network, ranking, ledger;
- MindCV's own validation, in MindSpore's two modes. The faster one counts.

As in benchmarks/engines.py, each contestant is a process of its own, a first round does not count, and they take turns.
An engine counts if its logits on the first batch pass the bound that hubtool sets before it evaluates with an engine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.assets import FOLDERS, make_assets
from benchmarks.race.contestants import CONTESTANTS
from benchmarks.race.machine import machine
from benchmarks.race.outcome import MINDCV, fastest, ratio
from benchmarks.race.runner import Task
from benchmarks.race.track import race
from hubtool.data.threads import usable_cores
from hubtool.evaluation.parity import parity

NETWORKS = (
    "resnet50",
    "resnext50_32x4d",
    "densenet121",
    "efficientnet_b0",
    "mobilenet_v3_small_100",
    "regnet_x_800mf",
    "repvgg_a0",
    "convnext_tiny",
    "vit_b_32_224",
    "swin_tiny",
)
BATCH_SIZE = 32
ENGINES = ("hubtool openvino", "hubtool onnxruntime", "hubtool mindspore")
WANTED = 3.0
"""How many times as fast as MindCV's validation the fastest engine should be, as the median of the networks."""
PACKAGES = ("numpy", "mindspore", "mindcv", "onnx", "onnxruntime", "openvino")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64, help="a multiple of 32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=usable_cores(), help="cores that each contestant may use")
    parser.add_argument("--only", nargs="+", default=list(NETWORKS), metavar="NETWORK")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--chart", type=Path, metavar="FILE.png")
    args = parser.parse_args()
    if args.images < BATCH_SIZE or args.images % BATCH_SIZE or BATCH_SIZE % FOLDERS:
        parser.error(f"--images {args.images} is not a multiple of {BATCH_SIZE}")
    result = _result(args)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if args.chart:
        from benchmarks.race.network_chart import draw

        draw(result, args.chart)
    print(_table(result))


def _result(args: argparse.Namespace) -> dict[str, Any]:
    networks = {name: _raced(name, args) for name in args.only}
    speed_ups = [found["speed_up"] for found in networks.values() if found["speed_up"]]
    return {
        "task": {
            "images": args.images,
            "batch_size": BATCH_SIZE,
            "rounds": args.rounds,
            "threads": args.threads,
        },
        "machine": machine(PACKAGES),
        "networks": networks,
        "median_speed_up": round(statistics.median(speed_ups), 2) if speed_ups else None,
    }


def _raced(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Images a second of each contestant on one network, and how far its logits are from MindCV's."""
    with tempfile.TemporaryDirectory() as folder:
        task = Task(make_assets(Path(folder), name, args.images), BATCH_SIZE, args.threads)
        results = race([CONTESTANTS[each] for each in (*ENGINES, *MINDCV)], task, args.rounds)
        answers = _answers(results.logits)
    peer = fastest(MINDCV, results.rounds)
    counted = [each for each in ENGINES if answers.get(each, {}).get("passes")]
    best = fastest(counted, results.rounds)
    return {
        "images_per_second": {
            each: round(statistics.median(lap["work"] / lap["seconds"] for lap in laps), 2)
            for each, laps in results.rounds.items()
        },
        "times_mindcv": {
            each: round(ratio(each, peer, results.rounds), 2) for each in ENGINES if peer and each in results.rounds
        },
        "answers": answers,
        "fastest": best,
        "outside_network_percent": _outside(results.rounds[best]) if best else None,
        "speed_up": round(ratio(best, peer, results.rounds), 2) if best and peer else None,
        "skipped": results.skipped,
    }


def _outside(laps: list[dict[str, Any]]) -> float:
    """Of the wall time: what sharing decoded images among networks could spare at most."""
    return round(statistics.median(100 * lap["outside"] / lap["seconds"] for lap in laps), 1)


def _answers(logits: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    import numpy as np

    peer = next((name for name in MINDCV if name in logits), None)
    if peer is None:
        return {}
    expected = np.load(logits[peer])
    found = {}
    for name in ENGINES:
        if name in logits:
            measured = parity(peer, expected, np.load(logits[name]), [str(number) for number in range(len(expected))])
            found[name] = {
                "max_abs_difference": measured.max_abs_difference,
                "bound": measured.bound,
                "same_top5": measured.same_top5,
                "images": measured.images,
                "passes": measured.is_equal,
            }
    return found


def _table(result: Mapping[str, Any]) -> str:
    columns = ("openvino", "onnxruntime", "mindspore", "mindcv")
    heads = "".join(f"{column:>13}" for column in columns) + f"{'speed-up':>10}{'outside':>9}"
    lines = ["images a second".ljust(26) + heads]
    for name, found in result["networks"].items():
        rates = found["images_per_second"]
        cells = [_cell(rates.get(engine), found["answers"].get(engine)) for engine in ENGINES]
        mindcv = max((rates[mode] for mode in MINDCV if mode in rates), default=None)
        speed_up = "-" if found["speed_up"] is None else f"{found['speed_up']:.2f}"
        outside = "-" if found["outside_network_percent"] is None else f"{found['outside_network_percent']:.1f}%"
        row = "".join(f"{cell:>13}" for cell in (*cells, _cell(mindcv, None)))
        lines.append(f"{name:26}{row}{speed_up:>10}{outside:>9}")
        lines += [f"  {engine} is skipped: {reason}" for engine, reason in found["skipped"].items()]
    median = result["median_speed_up"]
    met = "not measured" if median is None else "met" if median >= WANTED else "NOT MET"
    lines.append(f"median speed-up: {median}, wanted at least {WANTED:g}: {met}")
    lines.append("(in brackets: logits differ by more than the bound, so hubtool does not evaluate with that engine)")
    lines.append("outside: share of the fastest engine's wall time in which it waits for images, or ranks answers")
    return "\n".join(lines)


def _cell(rate: float | None, answers: Mapping[str, Any] | None) -> str:
    if rate is None:
        return "-"
    return f"{rate:.1f}" if answers is None or answers["passes"] else f"({rate:.1f})"


if __name__ == "__main__":
    main()
