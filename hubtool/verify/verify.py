"""From claims to verdicts, in five steps, each a function of values.

1. `Splits.of`: what each claim set is to be evaluated on. All splits are opened before anything is fetched.
2. `_look_at_files`: the file, the checkpoint and the network of each claim set.
3. `jobs`: what has to be evaluated. Claim sets that are about the same answers share a job.
4. `run`: the jobs, one after the other.
5. `judge`: a verdict on each claim, and the diagnosis of a mismatch.

Problems of a card, its files, checkpoint, network or figures become part of its result.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet, Selection, Unread
from hubtool.data.split import left_out_note
from hubtool.diagnosis.comparison import PublishedFigure
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.diagnosis.run import diagnose, other_checkpoints
from hubtool.errors import HubtoolError
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.verify import levels
from hubtool.verify.climb import Climb
from hubtool.verify.jobs import Job, Ready, jobs
from hubtool.verify.judge import judge
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Skipped, as_problem
from hubtool.verify.result import Check, Level, Result, Status
from hubtool.verify.run import Run, run, session_of
from hubtool.verify.splits import Images, Splits

_log = logging.getLogger(__name__)


def verify(chosen: Selection, plan: Plan, progress: Progress = SILENT) -> list[Result]:
    """Check files and the claims about them.

    Returns
    -------
    list of Result
        Of the cards without a record first, then of each claim set. With `plan.fail_fast`, up to the first problem.

    Raises
    ------
    NotFound, UsageProblem
        A dataset that the plan names is not there or does not fit the network.
    """
    results = []
    for result in _results(chosen, plan, progress):
        results.append(result)
        if plan.fail_fast and result.exit_code(strict=plan.strict):
            break
    return results


def _results(chosen: Selection, plan: Plan, progress: Progress) -> Iterator[Result]:
    splits = Splits()
    images = [splits.of(claim_set, plan) for claim_set in chosen.claim_sets]  # 1
    yield from map(_unread, chosen.unread)
    climbed = list(_look_at_files(chosen.claim_sets, images, plan, progress))  # 2
    wanted = jobs([one.ready for one in climbed], plan)  # 3
    evaluations = run(dict.fromkeys(job for job in wanted if isinstance(job, Job)), splits, plan, progress)  # 4
    outcomes: dict[Job, Run | Skipped | HubtoolError] = {}
    for one, job in zip(climbed, wanted, strict=True):
        while isinstance(job, Job) and job not in outcomes:
            outcomes.update([next(evaluations)])
        yield _judged(one, outcomes[job] if isinstance(job, Job) else job, plan, progress)  # 5


@dataclass(frozen=True, slots=True, eq=False)
class _Climbed:
    """A claim set after step 2."""

    ready: Ready
    climb: Climb
    asset: VerifiedAsset | None


def _look_at_files(
    claim_sets: Sequence[ClaimSet], images: Sequence[Images | Skipped], plan: Plan, progress: Progress
) -> Iterator[_Climbed]:
    """The levels up to the network; with `plan.fail_fast`, up to the first claim set whose files have a problem."""
    for claim_set, wanted in zip(claim_sets, images, strict=True):
        one = _climb(claim_set, wanted, plan, progress)
        yield one
        if plan.fail_fast and one.climb.error is not None:
            return


def _climb(claim_set: ClaimSet, images: Images | Skipped, plan: Plan, progress: Progress) -> _Climbed:
    climb, workspace, spec = Climb(), plan.workspace, find_spec(claim_set.network_name)
    if isinstance(images, Skipped):
        asset = climb.step(Level.ASSET, lambda: levels.asset_at_hand(claim_set, workspace))
    else:
        asset = climb.step(Level.ASSET, lambda: levels.asset_fetched(claim_set, workspace, progress))
    checkpoint = climb.step(Level.CHECKPOINT, lambda: levels.checkpoint(asset, claim_set, spec))
    climb.step(Level.NETWORK, lambda: levels.network(claim_set, spec))
    model = Model(spec, asset.path, asset.sha256) if spec and asset and checkpoint and not climb.error else None
    return _Climbed(Ready(claim_set, model, images), climb, asset)


def _judged(one: _Climbed, outcome: Run | Skipped | HubtoolError, plan: Plan, progress: Progress) -> Result:
    claim_set, climb = one.ready.claim_set, one.climb
    made = climb.step(Level.EVALUATION, lambda: _evaluation_level(outcome))
    evaluation = made.evaluation if made else None
    claims = judge(claim_set, evaluation, plan.sampling.tolerance, climb.checks[-1].detail)
    return Result(
        heading=claim_set.heading,
        checks=tuple(climb.checks),
        claims=tuple(claims),
        claim_set=claim_set,
        asset=one.asset,
        run=made,
        error=climb.error,
        diagnosis=_diagnosis(claim_set, claims, made, plan, progress) if made and plan.diagnose else None,
    )


def _evaluation_level(outcome: Run | Skipped | HubtoolError) -> tuple[Run, str] | Skipped:
    if isinstance(outcome, HubtoolError):
        raise outcome
    return outcome if isinstance(outcome, Skipped) else (outcome, _evaluated(outcome))


def _evaluated(made: Run) -> str:
    """What was evaluated, in one sentence."""
    counts, split = made.evaluation.counts, made.split
    before = f", {counts.resumed:,} of them by an earlier run" if counts.resumed else ""
    skipped = f", {counts.skipped:,} skipped as unreadable" if counts.skipped else ""
    left_out = f", without {left_out_note(split.left_out)}" if split.left_out else ""
    total, with_images = split.num_classes, len(set(split.labels))
    classes = f", of {with_images:,} of the {total:,} classes" if with_images < total else ""
    note = made.known_dataset.note(counts.split_size) if made.known_dataset else ""
    said = f"{counts.images:,} of {counts.split_size:,} images of {split.name}{before}{skipped}{left_out}{classes}"
    return f"{said}{counts.rate_note}" + (f"; {note}" if note else "")


def _diagnosis(
    claim_set: ClaimSet, claims: Sequence[Measurement], made: Run, plan: Plan, progress: Progress
) -> Diagnosis | None:
    """What explains a mismatch; None where there is none, and, with a warning, where it cannot be looked for."""
    if not any(claim.verdict is Verdict.MISMATCH for claim in claims):
        return None
    job, counts = made.job, made.evaluation.counts
    try:
        return diagnose(
            lambda model: session_of(job, model, made.split),
            job.model,
            made.split,
            [PublishedFigure(claim.name, claim.value, k) for claim, k in measurable(claim_set.claims)],
            whole=counts.correct if counts.images == counts.split_size else None,
            others=other_checkpoints(claim_set, job.model.spec, plan.workspace),
            images=plan.diagnosed_images,
            seed=plan.sampling.seed,
            skip_unreadable=plan.sampling.skip_unreadable,
            progress=progress,
        )
    except Exception as error:  # such as an image outside the evaluated part: the verdicts stand
        _log.warning("%s: no diagnosis: %s", claim_set.called, as_problem(error, "the diagnosis").message)
        return None


def _unread(card: Unread) -> Result:
    """The result of a card without a record: its first fatal problem."""
    checks = [Check(Level.CARD, Status.FAILED, card.error.message)]
    checks += [Check(level, Status.SKIPPED, "the card level failed") for level in Level if level is not Level.CARD]
    return Result(card.heading, tuple(checks), error=card.error)
