"""How fast images are decoded, resized and normalised, next to mindspore.dataset, and what that takes of memory.

    PYTHONPATH=. python benchmarks/decode.py [--images 1536] [--rounds 3]

Photographs (crops of those that scikit-learn and scikit-image ship, 300 to 500 pixels a side) are written to a folder.
Both loaders read them in batches of 32, in turn, on the same cores: hubtool's, and mindspore.dataset's own pipeline,
with as many workers as there are cores. `decoded` is decoding, resizing and cropping; `normalised` is all that comes
before a network, as MindCV builds it. Their pixels have to be equal. Counted is from the first batch on, which leaves
out what a loader does once, by the clock and by processor time: where other programs keep the cores busy, only the
latter says something. The ratio is that of the best rounds.
Memory is the peak of a process that reads 1,000 and 10,000 images.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.loader import AT_ONCE
from hubtool.data.threads import in_order, usable_cores
from hubtool.data.transform.decode import decoded
from hubtool.data.transform.spec import EvalRecipe
from tests.photos import crops, encoded

BATCH = 32
MEMORY = """
import sys
from pathlib import Path
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe

folder = ImageFolder(Path(sys.argv[1]), 1, EvalRecipe())
count = int(sys.argv[2])
indices = [number % len(folder) for number in range(count)]
assert sum(len(batch.labels) for batch in folder.batches(indices, 32)) == count
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1536)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "val" / "a"
        folder.mkdir(parents=True)
        for number, image in enumerate(crops(args.images, sides=(300, 500))):
            (folder / f"{number:05}.JPEG").write_bytes(encoded(image))
        print(json.dumps({**_speed(Path(name), args.rounds), "peak_mib": _memory(Path(name))}, indent=2))


def _speed(root: Path, rounds: int) -> dict[str, Any]:
    result: dict[str, Any] = {"cores": usable_cores()}
    for what, (mine, other) in {"decoded": (_decoded, _decoded_by_peer), "normalised": (_ours, _theirs)}.items():
        loaders = {"hubtool": lambda mine=mine: mine(root), "mindspore.dataset": lambda other=other: other(root)}
        result[what] = {
            "same_pixels": all((a == b).all() for a, b in zip(mine(root), other(root), strict=True)),
            **_rates(loaders, rounds, time.perf_counter, "images_per_second"),
            **_rates(loaders, rounds, time.process_time, "images_per_processor_second"),
        }
    return result


def _rates(
    loaders: dict[str, Callable[[], Iterator[Any]]], rounds: int, clock: Callable[[], float], unit: str
) -> dict[str, Any]:
    best = dict.fromkeys(loaders, 0.0)
    for _ in range(rounds):
        for name, loader in loaders.items():
            best[name] = max(best[name], _rate(loader, clock))
    ratio = round(best["hubtool"] / best["mindspore.dataset"], 3)
    return {unit: {name: round(rate, 1) for name, rate in best.items()}, f"{unit}_ratio": ratio}


def _rate(loader: Callable[[], Iterator[Any]], clock: Callable[[], float]) -> float:
    batches = loader()
    next(batches)
    started = clock()
    images = sum(len(batch) for batch in batches)
    return images / (clock() - started)


def _ours(root: Path) -> Iterator[Any]:
    folder = ImageFolder(root, 1, EvalRecipe())
    for batch in folder.batches(range(len(folder)), BATCH):
        yield batch.images


def _theirs(root: Path) -> Iterator[Any]:
    import mindcv.data as peer

    rows = peer.create_loader(
        dataset=peer.create_dataset(root=str(root), split="val", shuffle=False),
        batch_size=BATCH,
        transform=peer.create_transforms(dataset_name="imagenet", is_training=False),
        num_parallel_workers=usable_cores(),
    )
    for images, _ in rows.create_tuple_iterator(num_epochs=1, output_numpy=True):
        yield images


def _decoded(root: Path) -> Iterator[Any]:
    samples, geometry = ImageFolder(root, 1, EvalRecipe()).samples, EvalRecipe().geometry
    runs = [samples[start : start + AT_ONCE] for start in range(0, len(samples), AT_ONCE)]
    done = in_order(
        lambda run: [decoded(sample, geometry) for sample in run],
        runs,
        threads=usable_cores(),
        ahead=2 * BATCH // AT_ONCE,
    )
    while some := list(islice(done, BATCH // AT_ONCE)):
        yield np.stack([image for run in some for image in run])


def _decoded_by_peer(root: Path) -> Iterator[Any]:
    import mindspore.dataset as ds
    from mindspore.dataset import vision

    recipe = EvalRecipe()
    rows = ds.ImageFolderDataset(str(root / "val"), num_parallel_workers=usable_cores(), shuffle=False)
    steps = [vision.Decode(), vision.Resize(recipe.resize), vision.CenterCrop(recipe.image_size)]
    rows = rows.map(steps, input_columns="image", num_parallel_workers=usable_cores()).batch(BATCH)
    for images, _ in rows.create_tuple_iterator(num_epochs=1, output_numpy=True):
        yield images


def _memory(root: Path) -> dict[int, float]:
    peaks = {}
    for images in (1000, 10_000):
        command = [sys.executable, "-c", MEMORY, str(root), str(images)]
        peaks[images] = round(float(subprocess.run(command, check=True, capture_output=True).stdout), 1)
    return peaks


if __name__ == "__main__":
    main()
