"""Training a network from scratch in MindSpore."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hubtool.asset.intact import hash_file
from hubtool.card.record import SHORTEST_DIGEST
from hubtool.data.layouts.digits import Digits
from hubtool.engine.choose import REFERENCE, backend_named
from hubtool.engine.protocol import Execution, Workload
from hubtool.errors import UsageProblem
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.outcome import Counts
from hubtool.evaluation.sampling import BATCH_SIZE
from hubtool.files import environment_errors
from hubtool.network.mindspore import require_mindspore
from hubtool.network.registry import build
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.training.recipe import TrainRecipe


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run: the checkpoint, and what it scores on the test split."""

    checkpoint: Path
    sha256: str
    counts: Counts
    finished: date

    @property
    def evaluation(self) -> str:
        """The card's `evaluation` line."""
        top1, top5 = (100 * self.counts.correct[k] / self.counts.images for k in (1, 5))
        return f"top1acc{top1:.2f} | top5acc{top5:.2f}"


def train(recipe: TrainRecipe, folder: Path, progress: Progress = SILENT) -> Trained:
    """Train by a recipe, keep the last epoch's weights, and measure them on the test split.

    The test split takes no part in training, nor in choosing an epoch. The checkpoint is written into
    `folder` as `<network>-<first 8 digits of its sha256>.ckpt`.

    Raises
    ------
    MissingExtra
        MindSpore or scikit-learn is not installed.
    UsageProblem
        The network does not fit the dataset.
    EnvironmentProblem
        The folder cannot be written.
    """
    mindspore = require_mindspore("train")
    if (recipe.network.num_classes, recipe.network.in_channels) != (Digits.num_classes, 1):
        raise UsageProblem(
            f"{recipe.network.name} does not fit {recipe.dataset}: grey images of {Digits.num_classes} classes"
        )
    data = Digits("train", recipe.network.input_size)
    if recipe.batch_size > len(data):
        raise UsageProblem(f"batch_size {recipe.batch_size} is more than the {len(data):,} training images")
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    mindspore.set_seed(recipe.seed)
    cell = build(recipe.network)
    _fit(cell, data, recipe, progress)
    checkpoint = _save(cell, recipe, folder)
    model = Model(recipe.network, checkpoint, hash_file(checkpoint))
    test = Digits("test", recipe.network.input_size)
    workload = Workload(len(test), recipe.network.input_size, BATCH_SIZE)
    with backend_named(REFERENCE).open(model, Execution(), workload) as session:
        evaluation = evaluate(session, test, progress=progress)
    return Trained(checkpoint, model.sha256, evaluation.counts, date.today())


def learning_rates(recipe: TrainRecipe, steps_per_epoch: int) -> list[float]:
    """The learning rate of every step: linear warm-up, times half a cosine over the whole run."""
    total = steps_per_epoch * recipe.epochs
    warmup = steps_per_epoch * recipe.warmup_epochs
    return [
        recipe.learning_rate * min(1.0, (step + 1) / max(warmup, 1)) * 0.5 * (1 + math.cos(math.pi * step / total))
        for step in range(total)
    ]


def _fit(cell: Any, data: Digits, recipe: TrainRecipe, progress: Progress) -> None:
    import mindspore
    from mindspore import Tensor, nn

    steps = len(data) // recipe.batch_size
    optimizer = nn.SGD(
        cell.trainable_params(),
        learning_rate=learning_rates(recipe, steps),
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)

    def loss(images: Any, labels: Any) -> Any:
        return criterion(cell(images), labels)

    step = mindspore.value_and_grad(loss, None, optimizer.parameters)
    cell.set_train(True)
    task = progress.task(f"training {recipe.network.name}", steps * recipe.batch_size * recipe.epochs, "images")
    try:
        for images, labels in _training_batches(data, recipe):
            _, gradients = step(Tensor(images), Tensor(labels))
            optimizer(gradients)
            task.advance(len(labels))
    finally:
        task.finish()


def _training_batches(data: Digits, recipe: TrainRecipe) -> Iterator[tuple[Any, Any]]:
    """Batches in an order drawn anew each epoch, each image shifted at random; an incomplete last batch is dropped."""
    import numpy as np

    random = np.random.RandomState(recipe.seed)
    for _ in range(recipe.epochs):
        order = random.permutation(len(data))
        for start in range(0, len(data) - recipe.batch_size + 1, recipe.batch_size):
            chosen = order[start : start + recipe.batch_size]
            shifts = random.randint(-recipe.shift, recipe.shift + 1, (len(chosen), 2))
            images = [np.roll(data.images[i], shift, (1, 2)) for i, shift in zip(chosen, shifts, strict=True)]
            yield np.stack(images), data.labels[chosen]


def _save(cell: Any, recipe: TrainRecipe, folder: Path) -> Path:
    import mindspore

    partial = folder / f".{recipe.network.name}.partial.ckpt"
    with environment_errors(folder):
        try:
            mindspore.save_checkpoint(cell, str(partial))
            partial.chmod(0o644)  # MindSpore leaves it readable by its owner only
            prefix = hash_file(partial)[:SHORTEST_DIGEST]
            return partial.replace(folder / f"{recipe.network.name}-{prefix}.ckpt")
        finally:
            partial.unlink(missing_ok=True)
