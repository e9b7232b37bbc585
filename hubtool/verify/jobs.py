"""What has to be evaluated, as plain values: claim sets that are about the same answers share a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hubtool.engine.protocol import Execution
from hubtool.evaluation.fastest import candidates
from hubtool.evaluation.sampling import Sampling
from hubtool.network.spec import Model
from hubtool.verify.files import Files
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Failed, Obstacle, Skipped, as_problem
from hubtool.verify.splits import Images


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation; equal jobs give equal answers.

    Attributes
    ----------
    engine
        What runs the network, by name; `auto` for the fastest that passes.
    execution
        The precision and the device that it is to run it with.
    settles
        The claims, as (k best classes, percent), that decide when an evaluation stops early; empty if it may not.
    """

    model: Model
    images: Images
    engine: str
    execution: Execution
    sampling: Sampling
    settles: tuple[tuple[int, float], ...] = ()


def jobs(files: Sequence[Files], plan: Plan) -> list[Job | Skipped | Failed]:
    """The job of each claim set, or why it has none."""
    found = [_job(one, plan) for one in files]
    if not plan.sampling.early_stop:
        return found
    settles: dict[Job, list[tuple[int, float]]] = {}
    for one, job in zip(files, found, strict=True):
        if isinstance(job, Job):
            settles.setdefault(job, []).extend((k, claim.value) for claim, k in measurable(one.claim_set.claims))
    return [replace(job, settles=tuple(settles[job])) if isinstance(job, Job) else job for job in found]


def _no_model(one: Files) -> Skipped:
    """Why there is no network with its weights: the last level that was skipped tells."""
    skipped = [check for check in one.checks if check.obstacle is not None]
    obstacle = skipped[-1].obstacle if skipped else None
    return Skipped("the checkpoint could not be read", obstacle or Obstacle.FAILED)


def _job(one: Files, plan: Plan) -> Job | Skipped | Failed:
    if isinstance(one.images, Skipped):
        return one.images
    if one.model is None:
        return _no_model(one)
    outputs, classes = one.model.spec.labelled_classes, one.images.source.num_classes
    if outputs != classes:  # known only now, for a dataset that hubtool does not know
        reason = f"the file has {outputs:,} outputs, the dataset was read for {classes:,} classes"
        return Skipped(reason, Obstacle.NO_DATASET)
    try:
        _, reason = candidates(plan.engine, one.model, plan.execution)
    except Exception as error:  # such as a library that is installed and does not load
        return Failed(as_problem(error, "asking the engines"))
    if reason:
        return Skipped(reason, Obstacle.NO_ENGINE)
    return Job(one.model, one.images, plan.engine, plan.execution, plan.sampling)
