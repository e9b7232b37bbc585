"""From claims and an evaluation to verdicts."""

from __future__ import annotations

from hubtool.card.claim import Claim
from hubtool.card.claimset import ClaimSet
from hubtool.evidence.judge import judge as judge_count
from hubtool.evidence.judge import not_run
from hubtool.evidence.measurement import Measurement
from hubtool.verify.metrics import best_classes_of
from hubtool.verify.run import Run


def judge(claim_set: ClaimSet, run: Run | None, tolerance: float, reason: str) -> list[Measurement]:
    """A verdict on each claim.

    Parameters
    ----------
    run
        None when nothing was run; `reason` says why.
    tolerance
        In points.
    """
    return [_judged(claim, run, tolerance, reason) for claim in claim_set.claims]


def _judged(claim: Claim, run: Run | None, tolerance: float, reason: str) -> Measurement:
    k = best_classes_of(claim)
    if k is None:
        return not_run(claim.name, claim.value, f"hubtool measures top-1 and top-5, not {claim.called}", tolerance)
    if run is None:
        return not_run(claim.name, claim.value, reason, tolerance)
    evaluation, counts = run.evaluation, run.evaluation.counts
    return judge_count(
        claim.name,
        claim.value,
        correct=counts.correct[k],
        images=counts.images,
        split=counts.split_size,
        tolerance=tolerance,
        interval=evaluation.intervals.get(k),
        unreadable=counts.skipped,
        note=claim.split.note(counts.split_size) if claim.split else "",
        computed=run.engine.precision_note,
    )
