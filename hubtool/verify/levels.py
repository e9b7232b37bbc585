"""The levels of a verification: card, asset, checkpoint, network, evaluation.

Each level takes what the one before it established. A level that fails ends the climb; one that cannot be
reached (no dataset, nothing in the cache, an extra that is not installed) is skipped and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from hubtool.asset.pull import VerifiedAsset, cached, pull
from hubtool.card.catalogue import invalid
from hubtool.card.claimset import Subject
from hubtool.card.datasets import KnownDataset, dataset_named
from hubtool.card.params import published_fits
from hubtool.card.parse import ParsedCard
from hubtool.checkpoint.reader import Checkpoint
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.prepared import recipe_of
from hubtool.data.split import Dataset, left_out_note
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.diagnosis.run import PublishedFigure, diagnose, other_checkpoints
from hubtool.engine.mindspore import MindSporeEngine
from hubtool.engine.protocol import Engine
from hubtool.errors import CardError, HubtoolError
from hubtool.evaluation.ledgers import ledgers_of
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.sampling import measure
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.network.bit.spec import Architecture
from hubtool.network.build import build_for_inference
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.registry import find_architecture
from hubtool.progress import SILENT, Progress
from hubtool.verify.climb import Climb, SkipLevel
from hubtool.verify.judge import METRIC_K, accuracies, judged
from hubtool.verify.plan import Plan
from hubtool.verify.result import Check, Level, Status, SubjectResult
from hubtool.verify.splits import Splits
from hubtool.words import first_line

_log = logging.getLogger(__name__)
COMPILED_FROM_PIXELS = 4_000_000
"""Compiling takes some seconds, which 80 images of 224x224 pixels repay."""


def verify(chosen: Sequence[Subject | ParsedCard], plan: Plan, progress: Progress = SILENT) -> list[SubjectResult]:
    """Check files and the claims about them, one after the other.

    Problems of a card, its files, checkpoint, network or figures become part of its result. All datasets are
    opened before anything is downloaded or evaluated, and the same evaluation is never run twice.

    Raises
    ------
    NotFound, UsageProblem
        A dataset that the plan names is not there or does not fit the network.
    """
    verifier = _Verifier([subject for subject in chosen if isinstance(subject, Subject)], plan, progress)
    splits = Splits(plan)
    datasets = [splits.of(subject) if isinstance(subject, Subject) else "" for subject in chosen]
    results = []
    for subject, dataset in zip(chosen, datasets, strict=True):
        results.append(verifier.verify(subject, dataset) if isinstance(subject, Subject) else _unread(subject))
        if plan.fail_fast and results[-1].exit_code(strict=plan.strict):
            break
    return results


def _unread(parsed: ParsedCard) -> SubjectResult:
    """The result of a card without a record: its first fatal problem."""
    error = invalid(parsed)
    checks = [Check(Level.CARD, Status.FAILED, error.message)]
    checks += [Check(level, Status.SKIPPED, "the card level failed") for level in Level if level is not Level.CARD]
    name = str((parsed.values or {}).get("model-name") or parsed.path.stem)
    return SubjectResult(name, "", None, parsed.shown, None, tuple(checks), (), None, None, None, error)


class _Run(NamedTuple):
    """An evaluation, what it was made with, and on."""

    evaluation: Evaluation
    engine: Engine
    fingerprint: Fingerprint


class _Verifier:
    """Verifies subjects by one plan; remembers evaluations and fingerprints."""

    def __init__(self, subjects: Sequence[Subject], plan: Plan, progress: Progress):
        self.subjects = subjects
        self.plan = plan
        self.progress = progress
        self._runs: dict[tuple[object, ...], _Run] = {}
        self._fingerprints: dict[tuple[str, int], Fingerprint] = {}

    def verify(self, subject: Subject, dataset: Dataset | str) -> SubjectResult:
        """Climb the levels with one subject."""
        architecture = find_architecture(subject.network_name)
        climb = Climb()
        asset = climb.step(Level.ASSET, lambda: self._asset_level(subject, download=not isinstance(dataset, str)))
        checkpoint = climb.step(Level.CHECKPOINT, lambda: _checkpoint_level(asset, subject, architecture))
        climb.step(Level.NETWORK, lambda: _network_level(subject, architecture))
        run = climb.step(Level.EVALUATION, lambda: self._evaluation_level(subject, asset, checkpoint, dataset))
        evaluation = run.evaluation if run else None
        claims = tuple(judged(subject, evaluation, self.plan.sampling.tolerance, climb.checks[-1].detail))
        return SubjectResult(
            name=subject.card.model_name,
            uid=subject.card.uid,
            variant=subject.variant.model if subject.variant else None,
            place=subject.place,
            asset=asset,
            checks=tuple(climb.checks),
            claims=claims,
            evaluation=evaluation,
            engine=run.engine.name if run else None,
            precision=run.engine.precision if run else None,
            device=run.engine.device if run else None,
            error=climb.error,
            recipe=None if evaluation is None or isinstance(dataset, str) else recipe_of(dataset),
            diagnosis=self._diagnosis(subject, claims, run, dataset),
            dataset=None if evaluation is None or isinstance(dataset, str) else dataset,
            fingerprint=run.fingerprint if run else None,
            known_split=None if evaluation is None else dataset_named(subject.card.train_dataset),
        )

    def _is_worth_compiling(self, architecture: Architecture, dataset: Dataset) -> bool:
        recipe = recipe_of(dataset)
        side = recipe.image_size if recipe else architecture.input_size
        images = min(self.plan.sampling.limit or len(dataset), len(dataset))
        return images * side**2 >= COMPILED_FROM_PIXELS

    def _diagnosis(
        self,
        subject: Subject,
        claims: Sequence[Measurement],
        run: _Run | None,
        dataset: Dataset | str,
    ) -> Diagnosis | None:
        if not self.plan.diagnose or run is None or isinstance(dataset, str):
            return None
        if not any(claim.verdict is Verdict.MISMATCH for claim in claims):
            return None
        counts = run.evaluation.counts
        try:
            return diagnose(
                run.engine,
                dataset,
                [PublishedFigure(m.name, m.value, METRIC_K[m.name]) for m in subject.metrics if m.name in METRIC_K],
                whole=counts.correct if counts.images == counts.split else None,
                others=other_checkpoints(subject, self.plan.cache, self.plan.pins(subject.card.folder)),
                images=self.plan.diagnosed_images,
                seed=self.plan.sampling.seed,
                skip_unreadable=self.plan.sampling.skip_unreadable,
                progress=self.progress,
            )
        except HubtoolError as error:  # an image outside of the part that was evaluated, say: the verdicts stand
            _log.warning("%s: no diagnosis: %s", subject.called, error.message)
        except Exception as error:  # whatever a library raises
            _log.debug("the diagnosis", exc_info=True)
            _log.warning("%s: no diagnosis: %s: %s", subject.called, type(error).__name__, first_line(error))
        return None

    def _asset_level(self, subject: Subject, *, download: bool) -> tuple[VerifiedAsset, str]:
        folder, pins = subject.card.folder, self.plan.pins(subject.card.folder)
        for other in subject.others:  # no figures are published for them, but their digests are
            cached(other, folder, self.plan.cache, access=self.plan.access, pins=pins)
        if subject.asset is None:
            raise SkipLevel("no file is linked")
        if download:
            asset = pull(
                subject.asset, folder, self.plan.cache, access=self.plan.access, pins=pins, progress=self.progress
            )
        else:
            present = cached(subject.asset, folder, self.plan.cache, access=self.plan.access, pins=pins)
            if present is None:
                raise SkipLevel(f"not in the cache: {subject.how_to_fetch}")
            asset = present
        digits = len(subject.asset.digest.hex) if subject.asset.digest else 0
        return asset, f"sha256 {asset.sha256[:12]}… agrees with the {digits} digits published"

    def _evaluation_level(
        self, subject: Subject, asset: VerifiedAsset | None, checkpoint: Checkpoint | None, dataset: Dataset | str
    ) -> tuple[_Run, str]:
        if isinstance(dataset, str):
            raise SkipLevel(dataset)
        architecture = find_architecture(subject.network_name)
        if asset is None or checkpoint is None or architecture is None:
            raise SkipLevel("the checkpoint could not be read")
        claims = accuracies(subject, self.subjects)
        key: tuple[object, ...] = (asset.sha256, architecture.name, dataset.name, recipe_of(dataset))
        if self.plan.sampling.early_stop:  # then it is the claims that decide where it ends
            key += tuple(claims)
        if key not in self._runs:
            fingerprint = self._fingerprint(dataset)
            compiled = self._is_worth_compiling(architecture, dataset)
            cell = build_for_inference(architecture, checkpoint.arrays(), compiled=compiled)
            engine: Engine = MindSporeEngine(cell, compiled=compiled)
            evaluation = measure(
                engine,
                dataset,
                {"asset": asset.sha256, "network": architecture.name, "compiled": str(compiled)},
                claims,
                self.plan.sampling,
                ledgers=ledgers_of(self.plan.cache.root),
                resume=self.plan.resume,
                progress=self.progress,
            )
            self._runs[key] = _Run(evaluation, engine, fingerprint)
        run = self._runs[key]
        return run, _evaluated(run.evaluation, dataset, dataset_named(subject.card.train_dataset))

    def _fingerprint(self, dataset: Dataset) -> Fingerprint:
        key = (dataset.name, dataset.num_classes)  # a network with other classes may number the labels otherwise
        if key not in self._fingerprints:
            self._fingerprints[key] = dataset.fingerprint(contents=self.plan.hash_contents, progress=self.progress)
        return self._fingerprints[key]


def _evaluated(evaluation: Evaluation, dataset: Dataset, known: KnownDataset | None) -> str:
    counts = evaluation.counts
    before = f", {counts.resumed:,} of them by an earlier run" if counts.resumed else ""
    skipped = f", {counts.skipped:,} left out as unreadable" if counts.skipped else ""
    left_out = f", without {left_out_note(dataset.left_out)}" if dataset.left_out else ""
    with_images = len(set(dataset.labels))
    classes = (
        f", of {with_images:,} of the {dataset.num_classes:,} classes" if with_images < dataset.num_classes else ""
    )
    note = known.note(counts.split) if known else ""
    said = f"{counts.images:,} of {counts.split:,} images of {dataset.name}{before}{skipped}{left_out}{classes}"
    return f"{said}{counts.rate_note}" + (f"; {note}" if note else "")


def _checkpoint_level(
    asset: VerifiedAsset | None, subject: Subject, architecture: Architecture | None
) -> tuple[Checkpoint, str]:
    if asset is None:
        raise SkipLevel("there is no file to read")
    if not subject.is_checkpoint:
        raise SkipLevel("not a MindSpore checkpoint")
    checkpoint = Checkpoint(asset.path)
    if architecture is not None:
        check_layout(checkpoint, architecture)
    check_finite(checkpoint)
    count = sum(tensor.count for tensor in checkpoint.tensors.values())
    belongs = f", the names and shapes of {architecture.name}" if architecture else ""
    return checkpoint, f"{len(checkpoint.tensors)} tensors, {count:,} finite values{belongs}"


def _network_level(subject: Subject, architecture: Architecture | None) -> tuple[Architecture, str]:
    if architecture is None:
        raise SkipLevel(f"hubtool cannot build the network {subject.network_name}")
    count_m = architecture.parameter_count / 1e6
    said = f"{architecture.name} has {count_m:.6f} M parameters"
    if subject.params_m is None:
        return architecture, f"{said}, the card publishes no number"
    if not published_fits(architecture.parameter_count, subject.params_m):
        raise CardError(f"{said}, the card publishes {subject.params_m:g} M", hint="mend Params in the results table")
    return architecture, f"{said}, published {subject.params_m:g} M"
