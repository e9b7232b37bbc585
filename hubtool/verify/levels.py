"""The levels of a verification: card, asset, checkpoint, network, evaluation.

Each level takes what the one before it established. A level that fails ends the climb; one that cannot be
reached (no dataset, nothing in the cache, an extra that is not installed) is skipped and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hubtool.asset.cache import Cache
from hubtool.asset.pull import VerifiedAsset, cached, pull
from hubtool.checkpoint.reader import Checkpoint
from hubtool.data.dataset import Dataset
from hubtool.data.registry import DataLocations, dataset_key, open_evaluation_split
from hubtool.engine.mindspore import MindSporeEngine
from hubtool.engine.protocol import Engine
from hubtool.errors import CardError, HubtoolError, MissingExtra
from hubtool.network.architecture import Architecture
from hubtool.network.binding import check_finite, check_layout
from hubtool.network.build import build_for_inference
from hubtool.network.registry import find_architecture
from hubtool.progress import SILENT, Progress
from hubtool.verify.evaluate import Counts, evaluate
from hubtool.verify.result import Check, Level, Status, SubjectResult
from hubtool.verify.subject import CHECKPOINT_FORMAT, Subject
from hubtool.verify.verdict import ClaimResult, judge, not_run

METRIC_K = {"top1": 1, "acc": 1, "accuracy": 1, "top5": 5}
"""The metrics hubtool can measure, and how many best classes may hold the label."""
PARAMS_TOLERANCE_M = 0.01
"""Cards give millions of parameters with two decimals, some rounded and some cut off."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to verify with.

    Attributes
    ----------
    reproduce_eval
        Whether to run evaluations; assets are downloaded only for those.
    limit
        Images to evaluate, drawn at random; None for whole splits.
    seed
        Of that draw.
    """

    cache: Cache
    offline: bool = False
    reproduce_eval: bool = False
    locations: DataLocations = field(default_factory=DataLocations)
    limit: int | None = None
    seed: int = 0


class _SkipLevel(Exception):
    """A level cannot be reached, and that is no problem of the card."""


class _Climb:
    """Collects the checks; nothing runs any more after a level that failed."""

    def __init__(self) -> None:
        self.checks = [Check(Level.CARD, Status.OK, "valid")]
        self.error: HubtoolError | None = None

    def step(self, level: Level, run: Callable[[], tuple[T, str]]) -> T | None:
        """The value of a level, and a check with its detail; None when it failed or was skipped."""
        if self.error is not None:
            self.checks.append(Check(level, Status.SKIPPED, f"the {self.failed_level} level failed"))
            return None
        try:
            value, detail = run()
        except _SkipLevel as skip:
            self.checks.append(Check(level, Status.SKIPPED, str(skip)))
            return None
        except MissingExtra as missing:
            self.checks.append(Check(level, Status.SKIPPED, f"{missing.message}: {missing.hint}"))
            return None
        except HubtoolError as error:
            self.error = error
            self.checks.append(Check(level, Status.FAILED, error.message))
            return None
        self.checks.append(Check(level, Status.OK, detail))
        return value

    @property
    def failed_level(self) -> str:
        return next(check.level.value for check in self.checks if check.status is Status.FAILED)


def verify_subject(subject: Subject, plan: Plan, progress: Progress = SILENT) -> SubjectResult:
    """Check one file and the claims about it.

    Problems of the card, its asset, checkpoint, network or figures become part of the result.

    Raises
    ------
    NotFound, UsageProblem
        The dataset that the plan names is not there or does not fit the network.
    """
    architecture = find_architecture(subject.network_name)
    dataset = reason = None
    try:
        dataset = _dataset(subject, plan, architecture)
    except _SkipLevel as skip:
        reason = str(skip)
    except MissingExtra as missing:
        reason = f"{missing.message}: {missing.hint}"
    climb = _Climb()
    asset = climb.step(Level.ASSET, lambda: _asset_level(subject, plan, progress, download=dataset is not None))
    checkpoint = climb.step(Level.CHECKPOINT, lambda: _checkpoint_level(asset, subject, architecture))
    climb.step(Level.NETWORK, lambda: _network_level(subject, architecture))
    outcome = climb.step(
        Level.EVALUATION, lambda: _evaluation_level(checkpoint, architecture, dataset, reason, plan, progress)
    )
    counts, engine = outcome or (None, None)
    return SubjectResult(
        subject=subject,
        asset=asset,
        checks=tuple(climb.checks),
        claims=tuple(_claims(subject, counts, climb.checks[-1].detail)),
        counts=counts,
        engine=engine.name if engine else None,
        precision=engine.precision if engine else None,
        error=climb.error,
    )


def _dataset(subject: Subject, plan: Plan, architecture: Architecture | None) -> Dataset:
    """The dataset of an evaluation that was asked for and can be run; opened before anything is downloaded."""
    name = subject.card.train_dataset
    command = f"hubtool verify {subject.network_name} --reproduce-eval"
    if not any(metric.name in METRIC_K for metric in subject.metrics):
        raise _SkipLevel("hubtool measures top-1 and top-5, the card publishes neither")
    if architecture is None:
        raise _SkipLevel(f"hubtool cannot build the network {subject.network_name}")
    if subject.asset is None or subject.asset.format.casefold() != CHECKPOINT_FORMAT:
        raise _SkipLevel("the card names no MindSpore checkpoint")
    if name is None:
        raise _SkipLevel("the card does not say on which dataset")
    if not plan.locations.knows(name):
        raise _SkipLevel(f"{name} was not given: {command} --data {dataset_key(name)}=PATH")
    if not plan.reproduce_eval:
        raise _SkipLevel(f"not asked for: {command}")
    return open_evaluation_split(name, plan.locations, architecture.num_classes, architecture.image_size)


def _asset_level(subject: Subject, plan: Plan, progress: Progress, *, download: bool) -> tuple[VerifiedAsset, str]:
    if subject.asset is None:
        raise _SkipLevel("no file is linked")
    if download:
        asset = pull(subject.asset, subject.card.folder, plan.cache, offline=plan.offline, progress=progress)
    else:
        present = cached(subject.asset, subject.card.folder, plan.cache)
        if present is None:
            raise _SkipLevel(f"not in the cache: {subject.how_to_fetch}")
        asset = present
    published = subject.asset.digest.kind if subject.asset.digest else "no"
    return asset, f"sha256 {asset.sha256[:12]}… agrees with the {published} digest of the card"


def _checkpoint_level(
    asset: VerifiedAsset | None, subject: Subject, architecture: Architecture | None
) -> tuple[Checkpoint, str]:
    if asset is None:
        raise _SkipLevel("there is no file to read")
    if subject.asset is None or subject.asset.format.casefold() != CHECKPOINT_FORMAT:
        raise _SkipLevel("not a MindSpore checkpoint")
    checkpoint = Checkpoint(asset.path)
    if architecture is not None:
        check_layout(checkpoint, architecture)
    check_finite(checkpoint)
    count = sum(tensor.count for tensor in checkpoint.tensors.values())
    belongs = f", the names and shapes of {architecture.name}" if architecture else ""
    return checkpoint, f"{len(checkpoint.tensors)} tensors, {count:,} finite values{belongs}"


def _network_level(subject: Subject, architecture: Architecture | None) -> tuple[Architecture, str]:
    if architecture is None:
        raise _SkipLevel(f"hubtool cannot build the network {subject.network_name}")
    count_m = architecture.parameter_count / 1e6
    said = f"{architecture.name} has {count_m:.6f} M parameters"
    if subject.params_m is None:
        return architecture, f"{said}, the card publishes no number"
    if round(abs(count_m - subject.params_m), 9) > PARAMS_TOLERANCE_M:
        raise CardError(f"{said}, the card publishes {subject.params_m:g} M", hint="mend Params in the results table")
    return architecture, f"{said}, published {subject.params_m:g} M"


def _evaluation_level(
    checkpoint: Checkpoint | None,
    architecture: Architecture | None,
    dataset: Dataset | None,
    reason: str | None,
    plan: Plan,
    progress: Progress,
) -> tuple[tuple[Counts, Engine], str]:
    if dataset is None or checkpoint is None or architecture is None:
        raise _SkipLevel(reason or "the checkpoint could not be read")
    engine = MindSporeEngine(build_for_inference(architecture, checkpoint.arrays()))
    counts = evaluate(engine, dataset, limit=plan.limit, seed=plan.seed, progress=progress)
    said = f"{counts.images:,} of {counts.split:,} images of {dataset.name}, {counts.images_per_second:.1f} images/s"
    return (counts, engine), said


def _claims(subject: Subject, counts: Counts | None, reason: str) -> list[ClaimResult]:
    results = []
    for metric in subject.metrics:
        k = METRIC_K.get(metric.name)
        if counts is None or k is None:
            why = reason if k is not None else f"hubtool measures top-1 and top-5, not {metric.name}"
            results.append(not_run(metric.name, metric.value, why))
        else:
            results.append(
                judge(metric.name, metric.value, correct=counts.correct[k], images=counts.images, split=counts.split)
            )
    return results
