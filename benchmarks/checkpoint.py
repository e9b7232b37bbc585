"""How fast and how small reading a large checkpoint is, against MindSpore, all in one run.

    python benchmarks/checkpoint.py [--network bit_resnet50x3] [--rounds 3] [--folder DIR]

A checkpoint of the network's shapes (870 MB) is filled with random weights and deleted at the end. Each contender is
a process of its own, its file in the page cache; the figures are medians of the rounds. `process` is the whole
process with its imports, `call` the reading alone: every tensor as an array that owns a copy of its bytes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.safetensors import encode_header
from hubtool.checkpoint.tensors import Extent, TensorInfo
from hubtool.network.bit.spec import parameter_shapes
from hubtool.network.registry import find_spec, known_specs

OURS = """
import sys, time
from pathlib import Path
import numpy
from hubtool.checkpoint.reader import Checkpoint
started = time.perf_counter()
copies = {name: array.copy() for name, array in Checkpoint(Path(sys.argv[1])).arrays().items()}
print(time.perf_counter() - started)
"""
MINDSPORE = """
import os, sys, time
os.environ["GLOG_v"] = "4"
import mindspore
started = time.perf_counter()
parameters = mindspore.load_checkpoint(sys.argv[1])
print(time.perf_counter() - started, flush=True)
os._exit(0)
"""
# Measures a command from outside; a small process, since a child's peak includes what its parent had.
WATCH = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
run = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=True)
took = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"process": took, "peak_mib": peak, "said": run.stdout.split()[-1]}))
"""


def write_checkpoint(network: str, path: Path) -> None:
    """A checkpoint with the shapes of a network and random weights."""
    shapes = parameter_shapes(find_spec(network))
    tensors = [
        TensorInfo(name, "float32", shape, (Extent(0, 4 * int(np.prod(shape))),)) for name, shape in shapes.items()
    ]
    chance = np.random.default_rng(0)
    other = path.with_suffix(".safetensors")
    with other.open("wb") as stream:
        stream.write(encode_header(tensors, {}))
        for tensor in tensors:
            stream.write(chance.standard_normal(tensor.count, "float32").tobytes())
    convert(open_weights(other), path, "ckpt")
    other.unlink()


def measure(command: list[str], rounds: int) -> dict[str, float]:
    """Medians of wall time of the process, of what it says at its end, and its peak of resident memory."""
    found = []
    for _ in range(rounds):
        run = subprocess.run([sys.executable, "-c", WATCH, *command], capture_output=True, text=True, check=True)
        found.append(json.loads(run.stdout))
    figures = {"process": statistics.median(f["process"] for f in found)}
    if command[1] == "-c":
        figures["call"] = statistics.median(float(f["said"]) for f in found)
    figures["peak_mib"] = statistics.median(f["peak_mib"] for f in found)
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="bit_resnet50x3", choices=[spec.name for spec in known_specs()])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="Where to put the files.  [default: the system's temporary folder]")
    options = parser.parse_args()
    hubtool = [sys.executable, "-m", "hubtool"]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        path = Path(name) / "net.ckpt"
        write_checkpoint(options.network, path)
        output = str(path.with_suffix(".safetensors"))
        commands = {
            "list": [*hubtool, "inspect", "--no-statistics", str(path)],
            "list with statistics": [*hubtool, "inspect", str(path)],
            "export": [*hubtool, "export", str(path), "--to", "safetensors", "--force", "-q", "-o", output],
            "read, hubtool": [sys.executable, "-c", OURS, str(path)],
            "read, mindspore": [sys.executable, "-c", MINDSPORE, str(path)],
        }
        figures = {who: measure(command, options.rounds) for who, command in commands.items()}
        ours, theirs = figures["read, hubtool"], figures["read, mindspore"]
        report = {
            "file_mib": round(path.stat().st_size / 2**20, 1),
            "figures": figures,
            "times_faster_than_mindspore": {key: round(theirs[key] / ours[key], 1) for key in ("process", "call")},
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
