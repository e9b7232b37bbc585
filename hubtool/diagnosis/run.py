"""Why a published figure was not met: the evaluation again, on a sample, under each of the usual hypotheses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from hubtool.card.claimset import ClaimSet, rivals
from hubtool.card.record import Asset
from hubtool.checkpoint.formats import open_weights
from hubtool.data.prepared import Prepared
from hubtool.data.split import Dataset
from hubtool.diagnosis.comparison import Comparison, PublishedFigure
from hubtool.diagnosis.conclusion import Diagnosis, Tried
from hubtool.diagnosis.hypotheses import Hypothesis, different, label_hypotheses, recipe_hypotheses
from hubtool.engine.protocol import Session
from hubtool.errors import BrokenDataset, HubtoolError, NotFound
from hubtool.evaluation.readable import unreadable
from hubtool.evaluation.sampling import BATCH_SIZE, draw
from hubtool.evaluation.topk import best_classes
from hubtool.extras import require
from hubtool.network.layout import check_layout
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.words import first_line
from hubtool.workspace import Workspace

_log = logging.getLogger(__name__)

DIAGNOSED_IMAGES = 512
OpenSession = Callable[[Model], Session]


def diagnose(
    open_session: OpenSession,
    model: Model,
    dataset: Dataset,
    published: Sequence[PublishedFigure],
    *,
    whole: Mapping[int, int] | None = None,
    outputs: int | None = None,
    others: Sequence[Hypothesis] = (),
    images: int = DIAGNOSED_IMAGES,
    seed: int = 0,
    skip_unreadable: bool = False,
    progress: Progress = SILENT,
) -> Diagnosis:
    """Try the hypotheses on a newly drawn sample, so that bad luck in an earlier one shows.

    Parameters
    ----------
    open_session
        Opens a session of the engine that evaluated, for a model.
    model
        What was evaluated.
    dataset
        As it was evaluated; hypotheses of preprocessing are tried if it is `Prepared`.
    published
        The figures that hubtool measures, those that were met too: the cause has to explain them all.
    whole
        Right answers by k over the whole split, where that was evaluated: intervals get much narrower.
    outputs
        Of the network; by default as many as the dataset has classes.
    others
        Further hypotheses: see `other_checkpoints` and `settings_hypotheses`.
    images
        In the sample.
    skip_unreadable
        Skip images of the sample that cannot be decoded, as the evaluation did.

    Raises
    ------
    HubtoolError
        The sample cannot be evaluated as it was before, or has no image.
    """
    hypotheses = [*label_hypotheses(outputs or dataset.num_classes), *(one for one in others if one.recipe is None)]
    if isinstance(dataset, Prepared):
        prepared = chain(recipe_hypotheses(dataset.recipe), (one for one in others if one.recipe is not None))
        hypotheses = [*different(prepared, dataset.recipe), *hypotheses]
    indices, unread = _sample(dataset, images, seed, progress, skip_unreadable=skip_unreadable)
    with open_session(model) as session:
        run = _Run(session, open_session, dataset, indices, progress)
        base_best, labels = run.answers("as evaluated", session, dataset)
        compare = Comparison(published, base_best, labels, len(dataset), whole, unread, len(hypotheses) + 1)
        tried = tuple(_tried(hypothesis, run, compare) for hypothesis in hypotheses)
    as_evaluated = Tried("", "as evaluated", compare.as_evaluated)
    return Diagnosis(as_evaluated, tried, len(labels), len(dataset), seed)


def _tried(hypothesis: Hypothesis, run: _Run, compare: Comparison) -> Tried:
    recipe = hypothesis.recipe.to_json() if hypothesis.recipe else None
    try:
        best = run.best(hypothesis, compare.base_best)
        figures, reason = compare.figures(best, hypothesis.label_offset), ""
    except HubtoolError as error:  # such as a broken other checkpoint: it explains nothing
        figures, reason = (), error.message
    except Exception as error:  # whatever a library raises about one hypothesis must not cost the others
        _log.debug("trying %s", hypothesis.key, exc_info=True)
        figures, reason = (), f"{type(error).__name__}: {first_line(error)}"
    return Tried(hypothesis.key, hypothesis.what, figures, recipe, reason)


def other_checkpoints(claim_set: ClaimSet, evaluated: Model, workspace: Workspace) -> list[Hypothesis]:
    """The card's other checkpoints of the same network; only those at hand are tried, nothing is fetched."""
    return [
        Hypothesis(
            f"checkpoint={asset.file_name}",
            f"the weights of {asset.file_name}",
            model=partial(_model_of, asset, claim_set.card.folder, evaluated, workspace),
        )
        for asset in rivals(claim_set)
    ]


def _model_of(asset: Asset, folder: Path, evaluated: Model, workspace: Workspace) -> Model:
    """Raises NotFound where the file is not at hand, and CheckpointMismatch where it is of another network."""
    file = workspace.at_hand(asset, folder)
    if file is None:
        raise NotFound("not in the cache")
    workspace.cache.note_use(file.sha256)
    check_layout(open_weights(file.path), evaluated.spec, evaluated.ema)
    return replace(evaluated, weights=file.path, sha256=file.sha256)


class _Run:
    """Evaluates one sample of a dataset in different ways."""

    def __init__(
        self, session: Session, open_session: OpenSession, dataset: Dataset, indices: Sequence[int], progress: Progress
    ):
        self._session = session
        self._open_session = open_session
        self._dataset = dataset
        self._indices = indices
        self._progress = progress
        self._without_first: Any = None

    def best(self, hypothesis: Hypothesis, base_best: Any) -> Any:
        """The five best classes of each image under a hypothesis; (N, 5) int."""
        if hypothesis.model is not None:
            with self._open_session(hypothesis.model()) as session:
                return self.answers(hypothesis.what, session, self._dataset)[0]
        if hypothesis.recipe is not None and isinstance(self._dataset, Prepared):
            return self.answers(hypothesis.what, self._session, self._dataset.with_recipe(hypothesis.recipe))[0]
        return self._without_first if hypothesis.first_output else base_best

    def answers(self, what: str, session: Session, dataset: Dataset) -> tuple[Any, Any]:
        """Best classes and labels of each image."""
        np = require("numpy", extra="eval", purpose="evaluate")
        best, without_first, labels = [], [], []
        task = self._progress.task(f"trying {what}", len(self._indices), "images")
        try:
            for batch in dataset.batches(self._indices, BATCH_SIZE):
                logits = session.logits(batch.images)
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
