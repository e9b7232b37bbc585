"""Why a published figure was not met: the evaluation again, on a sample, under each of the usual suspects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubtool.asset.cache import Cache
from hubtool.asset.local import find_local
from hubtool.asset.lockfile import Pins
from hubtool.card.claimset import Subject, rivals
from hubtool.card.record import Asset
from hubtool.checkpoint.reader import Checkpoint
from hubtool.data.prepared import Prepared
from hubtool.data.split import Dataset
from hubtool.diagnosis.conclusion import Diagnosis, Figure, Sample, Tried, each_confidence, figure
from hubtool.diagnosis.hypotheses import Suspect, different, label_suspects, recipe_suspects
from hubtool.engine.mindspore import MindSporeEngine
from hubtool.engine.protocol import Engine
from hubtool.errors import BrokenDataset, HubtoolError, NotFound
from hubtool.evaluation.loop import BATCH_SIZE, draw
from hubtool.evaluation.outcome import best_classes, is_correct
from hubtool.evaluation.readable import unreadable
from hubtool.extras import require
from hubtool.network.build import build_for_inference
from hubtool.network.layout import check_layout
from hubtool.network.registry import find_architecture
from hubtool.progress import SILENT, Progress
from hubtool.words import first_line

_log = logging.getLogger(__name__)

DIAGNOSED_IMAGES = 512


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """What is to be explained.

    Attributes
    ----------
    k
        The label may be among so many best classes: 1 or 5.
    """

    metric: str
    value: float
    k: int


def diagnose(
    engine: Engine,
    dataset: Dataset,
    published: Sequence[PublishedFigure],
    *,
    whole: Mapping[int, int] | None = None,
    others: Sequence[Suspect] = (),
    images: int = DIAGNOSED_IMAGES,
    seed: int = 0,
    skip_unreadable: bool = False,
    progress: Progress = SILENT,
) -> Diagnosis:
    """Try the suspects on a sample that is drawn anew, so that bad luck of an earlier one shows.

    Parameters
    ----------
    dataset
        As it was evaluated; suspects of preprocessing are tried if it is `Prepared`.
    published
        The figures that hubtool measures, those that were met too: the cause has to explain them all.
    whole
        Right answers by k over the whole split, where that was evaluated: intervals get much narrower.
    others
        Further suspects: see `other_checkpoints`.
    images
        In the sample.
    skip_unreadable
        Leave out images of the sample that cannot be decoded, as the evaluation did.

    Raises
    ------
    HubtoolError
        The sample cannot be evaluated as it was before, or has no image.
    """
    suspects = [*label_suspects(dataset.num_classes), *others]
    if isinstance(dataset, Prepared):
        suspects = [*different(recipe_suspects(dataset.recipe), dataset.recipe), *suspects]
    indices, unread = _sample(dataset, images, seed, progress, skip_unreadable=skip_unreadable)
    run = _Run(engine, dataset, indices, progress)
    base_best, labels = run.answers("as evaluated", engine, dataset)
    confidence = each_confidence(len(suspects) + 1, len(published))

    def judged(best: Any, offset: int = 0) -> tuple[Figure, ...]:
        figures = []
        for claim in published:
            before, now = is_correct(base_best, labels, claim.k), is_correct(best, labels + offset, claim.k)
            sample = Sample(
                correct=int(now.sum()),
                gained=int((now & ~before).sum()),
                lost=int((before & ~now).sum()),
                images=len(labels),
                split=len(dataset),
                whole=whole[claim.k] if whole is not None else None,
                unreadable=unread,
            )
            figures.append(figure(claim.metric, claim.value, sample, confidence))
        return tuple(figures)

    known = judged(base_best) if whole is None else _known(published, whole, len(dataset), confidence)
    as_evaluated = Tried("", "as evaluated", known)
    tried = []
    for suspect in suspects:
        recipe = suspect.recipe.to_json() if suspect.recipe else None
        try:
            figures, reason = judged(run.best(suspect, base_best), suspect.label_offset), ""
        except HubtoolError as error:  # such as another checkpoint that is broken: it explains nothing
            figures, reason = (), error.message
        except Exception as error:  # whatever a library raises about one suspect must not cost the others
            _log.debug("trying %s", suspect.key, exc_info=True)
            figures, reason = (), f"{type(error).__name__}: {first_line(error)}"
        tried.append(Tried(suspect.key, suspect.what, figures, recipe, reason))
    return Diagnosis(as_evaluated, tuple(tried), len(labels), len(dataset), seed)


def _known(
    published: Sequence[PublishedFigure], whole: Mapping[int, int], split: int, confidence: float
) -> tuple[Figure, ...]:
    """The figures of a split that was evaluated as a whole: no sample of it knows them better."""
    return tuple(
        figure(claim.metric, claim.value, Sample(whole[claim.k], 0, 0, split, split), confidence) for claim in published
    )


def other_checkpoints(subject: Subject, cache: Cache, pins: Pins | None) -> list[Suspect]:
    """The card's other checkpoints of the same network; only those at hand are tried, nothing is fetched."""
    return [
        Suspect(
            f"checkpoint={asset.file_name}",
            f"the weights of {asset.file_name}",
            engine=_engine_of(asset, subject, cache, pins),
        )
        for asset in rivals(subject)
    ]


def _engine_of(asset: Asset, subject: Subject, cache: Cache, pins: Pins | None) -> Callable[[], Engine]:
    def engine() -> Engine:
        architecture = find_architecture(subject.network_name)
        file = find_local(asset, subject.card.folder, cache, pins=pins)
        if file is None or architecture is None:
            raise NotFound("not in the cache")
        checkpoint = Checkpoint(file.path)
        check_layout(checkpoint, architecture)
        return MindSporeEngine(build_for_inference(architecture, checkpoint.arrays()))

    return engine


class _Run:
    """Evaluates one sample of a dataset in different ways."""

    def __init__(self, engine: Engine, dataset: Dataset, indices: Sequence[int], progress: Progress):
        self._engine = engine
        self._dataset = dataset
        self._indices = indices
        self._progress = progress
        self._without_first: Any = None

    def best(self, suspect: Suspect, base_best: Any) -> Any:
        """The five best classes of each image under a suspect; (N, 5) int."""
        if suspect.engine is not None:
            return self.answers(suspect.what, suspect.engine(), self._dataset)[0]
        if suspect.recipe is not None and isinstance(self._dataset, Prepared):
            return self.answers(suspect.what, self._engine, self._dataset.with_recipe(suspect.recipe))[0]
        return self._without_first if suspect.first_output else base_best

    def answers(self, what: str, engine: Engine, dataset: Dataset) -> tuple[Any, Any]:
        """Best classes and labels of each image."""
        np = require("numpy", extra="mindspore", purpose="evaluate")
        best, without_first, labels = [], [], []
        task = self._progress.task(f"trying {what}", len(self._indices), "images")
        try:
            for batch in dataset.batches(self._indices, BATCH_SIZE):
                logits = engine.logits(batch.images)
                best.append(best_classes(logits))
                if self._without_first is None:
                    without_first.append(best_classes(logits[:, 1:]))
                labels.append(batch.labels)
                task.advance(len(batch.labels))
        finally:
            task.finish()
        if without_first:
            self._without_first = np.concatenate(without_first)
        return np.concatenate(best), np.concatenate(labels)


def _sample(
    dataset: Dataset, images: int, seed: int, progress: Progress, *, skip_unreadable: bool
) -> tuple[Sequence[int], int]:
    """So many images, drawn by a seed that is not the evaluation's, in the order of the dataset.

    Images that cannot be decoded are not among them; the number tells how many those are.
    """
    drawn = draw(len(dataset), images, (seed, 1), shuffled=False)
    bad = unreadable(dataset, drawn, progress) if skip_unreadable else {}
    if len(bad) == len(drawn):
        raise BrokenDataset(f"{dataset.name}: no image of the sample can be decoded")
    return [index for index in drawn if index not in bad], len(bad)
