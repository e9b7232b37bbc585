"""Images a second of an evaluation, against MindCV's own validation loop, all in one run.

    python benchmarks/verify.py [--images 256] [--batch-size 32] [--rounds 3] [--network bit_resnet50]

The same random checkpoint, photographs (crops of those that scikit-learn ships) and batch size; each contender is a
process of its own, the contenders take turns, and one batch is evaluated before the clock starts, so that neither
imports nor compilation count. `mindcv graph` and `mindcv pynative` are what MindCV's validation script does in
MindSpore's two modes: its loader, network, loss and metrics under `mindspore.Model.eval`. `cpu` is processor
time: on a machine that does other work it says more than the clock.
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
from PIL import Image
from sklearn.datasets import load_sample_images

COMMON = """
import json, os, sys, time
os.environ["GLOG_v"] = "4"
import mindspore
root, checkpoint, network, batch, mode = sys.argv[1:]
batch = int(batch)
def told(correct, images, wall, cpu):
    print(json.dumps({"top1": correct / images, "wall": images / wall, "cpu": cpu / images * 1000}), flush=True)
    os._exit(0)
"""
OURS = f"""{COMMON}
from pathlib import Path
from hubtool.checkpoint.reader import Checkpoint
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.mindspore import MindSporeSession
from hubtool.network.registry import build, find_spec
from hubtool.network.spec import Form
from hubtool.evaluation.loop import evaluate
arrays, graph = Checkpoint(Path(checkpoint)).arrays(), mode == "0"
engine = MindSporeSession(build(find_spec(network), arrays, Form.GRAPH if graph else Form.INFERENCE), compiled=graph)
names = [f"n{{number:08}}" for number in range(1000)]
data = ImageFolder(Path(root), 1000, EvalRecipe(), names)
evaluate(engine, data, range(batch), batch_size=batch)
wall, cpu = time.perf_counter(), time.process_time()
found = evaluate(engine, data, batch_size=batch)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
counts = getattr(found, "counts", found)
told(counts.correct[1], counts.images, wall, cpu)
"""
PEER = f"""{COMMON}
import mindcv
from mindcv.data import create_dataset, create_loader, create_transforms
from mindcv.loss import create_loss
mindspore.set_context(mode=int(mode))
def loader(**options):
    return create_loader(
        dataset=create_dataset(root=root, split="val", shuffle=False, num_parallel_workers=2, **options),
        batch_size=batch, drop_remainder=False, is_training=False, num_parallel_workers=2,
        transform=create_transforms(dataset_name="imagenet", is_training=False, image_resize=224),
    )
cell = mindcv.create_model(network, num_classes=1000, checkpoint_path=checkpoint)
cell.set_train(False)
metrics = {{"top1": mindspore.nn.Top1CategoricalAccuracy(), "top5": mindspore.nn.Top5CategoricalAccuracy()}}
model = mindspore.Model(cell, loss_fn=create_loss(name="CE"), metrics=metrics)
model.eval(loader(num_samples=batch))
rows = loader()
images = len(list(__import__("pathlib").Path(root).glob("val/*/*")))
wall, cpu = time.perf_counter(), time.process_time()
found = model.eval(rows)
told(found["top1"] * images, images, time.perf_counter() - wall, time.process_time() - cpu)
"""
CONTENDERS = {
    "hubtool": (OURS, "0"),
    "hubtool pynative": (OURS, "1"),
    "mindcv pynative": (PEER, "1"),
    "mindcv graph": (PEER, "0"),
}
PEER_NAMES = {"bit_resnet50": "BiT_resnet50", "bit_resnet101": "BiT_resnet101", "bit_resnet50x3": "BiT_resnet50x3"}


def write_photos(root: Path, images: int) -> None:
    """`root/val/<class>/<n>.JPEG`, 500 x 375 pixels at most, as ImageNet's images usually are."""
    random = np.random.default_rng(0)
    photographs = load_sample_images().images
    for number in range(images):
        whole = photographs[number % 2]
        height, width = random.integers(250, 376), random.integers(350, 501)
        top, left = random.integers(whole.shape[0] - height), random.integers(whole.shape[1] - width)
        folder = root / "val" / f"n{number % 4:08}"
        folder.mkdir(parents=True, exist_ok=True)
        crop = Image.fromarray(whole[top : top + height, left : left + width])
        crop.save(folder / f"{number:05}.JPEG", quality=90)


def write_checkpoint(network: str, path: Path) -> None:
    """Random weights, saved by a process of its own."""
    code = (
        "import os, sys; os.environ['GLOG_v'] = '4'\nimport mindspore, mindcv\nmindspore.set_seed(0)\n"
        "mindspore.save_checkpoint(mindcv.create_model(sys.argv[1]), sys.argv[2]); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, network, str(path)], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network", choices=PEER_NAMES, default="bit_resnet50")
    parser.add_argument("--contenders", nargs="*", choices=CONTENDERS, default=list(CONTENDERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root, checkpoint = Path(name), Path(name) / "random.ckpt"
        write_photos(root, args.images)
        write_checkpoint(PEER_NAMES[args.network], checkpoint)
        found: dict[str, list[dict[str, float]]] = {contender: [] for contender in args.contenders}
        for _ in range(args.rounds):
            for contender, runs in found.items():
                code, mode = CONTENDERS[contender]
                network = args.network if contender.startswith("hubtool") else PEER_NAMES[args.network]
                command = [sys.executable, "-c", code, str(root), str(checkpoint), network, str(args.batch_size), mode]
                run = subprocess.run(command, check=True, capture_output=True, text=True)
                runs.append(json.loads(run.stdout.strip().splitlines()[-1]))
                print(f"{contender}: {runs[-1]}", file=sys.stderr)
    medians = {
        contender: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for contender, runs in found.items()
    }
    ours = medians["hubtool"]
    print(f"{args.network}, {args.images} images, batches of {args.batch_size}, medians of {args.rounds} rounds")
    print(f"{'':16} {'images/s':>9} {'hubtool is':>11} {'cpu ms/image':>13} {'hubtool is':>11} {'top-1':>7}")
    for contender, median in medians.items():
        faster, cheaper = ours["wall"] / median["wall"], median["cpu"] / ours["cpu"]
        print(
            f"{contender:16} {median['wall']:9.2f} {faster:10.2f}x {median['cpu']:13.0f} {cheaper:10.2f}x "
            f"{100 * median['top1']:7.2f}"
        )


if __name__ == "__main__":
    main()
