"""The same network in timm, with the same weights, behind hubtool's decoding."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.race.runner import PlainLoop, Runner, Task
from hubtool.checkpoint.reader import Checkpoint

NAMES = {
    "bit_resnet50": "resnetv2_50x1_bit",
    "bit_resnet101": "resnetv2_101x1_bit",
    "bit_resnet50x3": "resnetv2_50x3_bit",
}
_WORDS = (
    (r"^layer(\d)\.", lambda found: f"stages.{int(found[1]) - 1}.blocks."),
    (r"^conv1\.", "stem.conv."),
    (r"\bgn(\d?)\.", r"norm\1."),
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
    (r"\bdown_sample\.0\.", "downsample.conv."),
    (r"^classifier\.", "head.fc."),
)


def opened(task: Task, how: str) -> Runner:
    """timm's network, run by torch: `eager` or `compile`."""
    import timm
    import torch

    torch.set_num_threads(task.threads)
    network = timm.create_model(NAMES[task.assets.network], pretrained=False).eval()
    arrays = Checkpoint(task.assets.checkpoint).arrays()
    network.load_state_dict({timm_name(name): torch.from_numpy(array.copy()) for name, array in arrays.items()})
    run = torch.compile(network) if how == "compile" else network

    def logits(images: Any) -> Any:
        with torch.inference_mode():
            return run(torch.from_numpy(images)).numpy()

    return PlainLoop(task, logits)


def timm_name(name: str) -> str:
    """A parameter of a BiT checkpoint, as timm calls it."""
    for pattern, word in _WORDS:
        name = re.sub(pattern, word, name)
    return name
