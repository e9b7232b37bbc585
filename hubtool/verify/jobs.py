"""What has to be evaluated, as plain values: claim sets that are about the same answers share a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hubtool.card.claimset import ClaimSet
from hubtool.engine.choose import backend_named
from hubtool.evaluation.sampling import Sampling
from hubtool.network.spec import Model
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Skipped
from hubtool.verify.splits import Images


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation; equal jobs give equal answers.

    Attributes
    ----------
    engine, precision
        What runs the network, by name, and the type it computes in.
    settles
        The claims, as (k best classes, percent), that settle an evaluation that may stop early; empty if it may not.
    """

    model: Model
    images: Images
    engine: str
    precision: str
    sampling: Sampling
    settles: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A claim set whose files were looked at.

    Attributes
    ----------
    model
        The network and its weights; None where one of them could not be had.
    images
        What the claims are about, or why it is not evaluated.
    """

    claim_set: ClaimSet
    model: Model | None
    images: Images | Skipped


def jobs(ready: Sequence[Ready], plan: Plan) -> list[Job | Skipped]:
    """The job of each claim set, or why it has none."""
    found = [_job(one, plan) for one in ready]
    if not plan.sampling.early_stop:
        return found
    settles: dict[Job, list[tuple[int, float]]] = {}
    for one, job in zip(ready, found, strict=True):
        if isinstance(job, Job):
            settles.setdefault(job, []).extend((k, claim.value) for claim, k in measurable(one.claim_set.claims))
    return [replace(job, settles=tuple(settles[job])) if isinstance(job, Job) else job for job in found]


def _job(one: Ready, plan: Plan) -> Job | Skipped:
    if isinstance(one.images, Skipped):
        return one.images
    if one.model is None:
        return Skipped("the checkpoint could not be read")
    if reason := backend_named(plan.engine).why_not(one.model):
        return Skipped(reason)
    return Job(one.model, one.images, plan.engine, plan.precision, plan.sampling)
