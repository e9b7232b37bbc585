"""What the evaluation loop costs beside the network, and what it takes of memory.

    PYTHONPATH=. python benchmarks/evaluation.py [--network bit_resnet50] [--images 256] [--batch-size 32]

Photographs (crops of those that scikit-learn ships) are written to a folder, and a network with random weights
evaluates them as `hubtool verify --reproduce-eval` does: decoding, preprocessing, reading ahead, ranking, ledger. The
overhead is the part of the wall time that is not spent in the network. What reads ahead works at the same time and
takes processors from the network: hence also the processor time of the whole, and that of the network alone over as
many batches that are ready. Memory is that of an engine that costs nothing over 1,000 and 10,000 images of 3x224x224:
peaks of the process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.mindspore import MindSporeSession
from hubtool.evaluation.measure import measure
from hubtool.evaluation.sampling import Sampling
from hubtool.network.registry import build, find_spec
from hubtool.network.spec import Form, Model
from tests.photos import write_photos

MEMORY = """
import sys
import numpy as np
from hubtool.data.split import Batch
from hubtool.engine.protocol import Identity
from hubtool.evaluation.measure import measure
from hubtool.evaluation.sampling import Sampling
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from pathlib import Path

class Noise:
    name, num_classes = "noise", 1000
    def __init__(self, size):
        self.names = [f"{i:08}" for i in range(size)]
        self.labels = [i % 1000 for i in range(size)]
    def __len__(self):
        return len(self.names)
    def state(self):
        return ""
    def batches(self, indices, batch_size):
        for start in range(0, len(indices), batch_size):
            chosen = np.array(indices[start : start + batch_size])
            yield Batch(np.ones((len(chosen), 3, 224, 224), "float32"), chosen % 1000)

class Nothing:
    identity = Identity("nothing", "1", "float32", "none")
    def logits(self, images):
        return np.tile(np.arange(1000, dtype="float32"), (len(images), 1))

model = Model(find_spec("bit_resnet50"), Path("none.ckpt"), "0" * 64)
measure(Nothing(), Noise(int(sys.argv[1])), model, Sampling(), ledgers=Path(sys.argv[2]))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="bit_resnet50")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=32)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({**_overhead(args, Path(folder)), "peak_mib": _memory(Path(folder))}, indent=2))


def _overhead(args: argparse.Namespace, folder: Path) -> dict[str, float]:
    architecture = find_spec(args.network)
    classes = [f"n{number:08}" for number in range(architecture.num_classes)]
    photos = write_photos(folder / "photos", classes[:8], per_class=args.images // 8)
    arrays = {p.name: p.asnumpy() for p in build(architecture).get_parameters()}
    session = MindSporeSession(build(architecture, arrays, Form.INFERENCE))
    data = ImageFolder(photos, architecture.num_classes, EvalRecipe(architecture.input_size), classes)
    model = Model(architecture, folder / "none.ckpt", "0" * 64)
    sampling = Sampling(batch_size=args.batch_size)
    ready = next(data.batches(range(args.batch_size), args.batch_size)).images
    session.logits(ready)  # the first call builds kernels
    started = time.process_time()
    evaluation = measure(session, data, model, sampling, ledgers=folder / "ledgers")
    whole = time.process_time() - started
    started = time.process_time()
    for _ in range(args.images // args.batch_size):
        session.logits(ready)
    alone = time.process_time() - started
    counts = evaluation.counts
    return {
        "images": counts.images,
        "seconds": round(counts.seconds, 3),
        "engine_seconds": round(evaluation.session_seconds, 3),
        "overhead_percent": round(100 * (1 - evaluation.session_seconds / counts.seconds), 2),
        "processor_seconds": round(whole, 3),
        "processor_seconds_of_network": round(alone, 3),
        "processor_overhead_percent": round(100 * (1 - alone / whole), 2),
        "images_per_second": round(counts.images_per_second, 2),
    }


def _memory(folder: Path) -> dict[int, float]:
    peaks = {}
    for images in (1000, 10_000):
        command = [sys.executable, "-c", MEMORY, str(images), str(folder / f"ledgers-{images}")]
        peaks[images] = round(float(subprocess.run(command, check=True, capture_output=True).stdout), 1)
    return peaks


if __name__ == "__main__":
    main()
