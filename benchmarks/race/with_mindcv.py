"""MindCV's own validation: its loader, network, loss and metrics under `mindspore.Model.eval`, as its validate.py does.

That script runs in graph mode unless `--mode 1` asks for PyNative: both are contestants.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.race.runner import Lap, Runner, Task, first_batch

NAMES = {"bit_resnet50": "BiT_resnet50", "bit_resnet101": "BiT_resnet101", "bit_resnet50x3": "BiT_resnet50x3"}
"""What MindCV calls the networks for which hubtool has another name."""


def opened(task: Task, mode: str) -> Runner:
    """The network as MindCV builds it, in a mode of MindSpore: `graph` or `pynative`."""
    return Validating(task, mode)


class Validating:
    """A `Runner`."""

    def __init__(self, task: Task, mode: str):
        import mindcv
        import mindspore
        from mindcv.loss import create_loss
        from mindspore import nn

        mindspore.set_context(mode=mindspore.GRAPH_MODE if mode == "graph" else mindspore.PYNATIVE_MODE)
        self._task = task
        self._mindspore = mindspore
        assets = task.assets
        self._network = mindcv.create_model(
            NAMES.get(assets.network, assets.network),
            num_classes=assets.spec.num_classes,
            checkpoint_path=str(assets.checkpoint),
        )
        self._network.set_train(False)
        metrics = {"top1": nn.Top1CategoricalAccuracy(), "top5": nn.Top5CategoricalAccuracy(), "loss": nn.Loss()}
        self._model = mindspore.Model(self._network, loss_fn=create_loss(name="CE"), metrics=metrics)

    def first_logits(self) -> Any:
        return self._network(self._mindspore.Tensor(first_batch(self._task))).asnumpy()

    def lap(self) -> Lap:
        started = time.perf_counter()
        rows = rows_of(self._task)
        self._model.eval(rows, dataset_sink_mode=False)
        return Lap(rows.get_dataset_size() * self._task.batch_size, time.perf_counter() - started)


def rows_of(task: Task) -> Any:
    """The photographs as MindCV prepares them, in batches of images and labels."""
    from mindcv.data import create_dataset, create_loader, create_transforms

    workers, recipe = task.threads, task.assets.recipe
    return create_loader(
        dataset=create_dataset(root=str(task.assets.photos), split="val", shuffle=False, num_parallel_workers=workers),
        batch_size=task.batch_size,
        drop_remainder=False,
        is_training=False,
        transform=create_transforms(
            dataset_name="imagenet",
            is_training=False,
            image_resize=recipe.image_size,
            crop_pct=recipe.crop_pct,
            interpolation=recipe.interpolation,
            mean=recipe.mean,
            std=recipe.std,
        ),
        num_parallel_workers=workers,
    )
