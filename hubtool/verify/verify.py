"""From claims to verdicts, in six steps, each a function of values.

1. `Splits.of`: what each claim set is to be evaluated on. All splits are opened before anything is fetched.
2. `look_at`: the file, the checkpoint and the network of each claim set.
3. `jobs`: what has to be evaluated. Claim sets that are about the same answers share a job.
4. `run`: the jobs, one after the other.
5. `judge`: a verdict on each claim.
6. `explain`: what explains a mismatch, where the plan asks for it.

Problems of a card, its files, checkpoint, network or figures become part of its result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubtool.card.claimset import ClaimSet, Selection, Unread
from hubtool.progress import SILENT, Progress
from hubtool.verify.checks import Check, Level, Status
from hubtool.verify.climb import Climb
from hubtool.verify.explain import explain
from hubtool.verify.files import Files, look_at
from hubtool.verify.jobs import Job, jobs
from hubtool.verify.judge import judge
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Failed, Skipped
from hubtool.verify.result import Result
from hubtool.verify.run import Run, run
from hubtool.verify.splits import Images, Splits


def verify(chosen: Selection, plan: Plan, progress: Progress = SILENT) -> list[Result]:
    """Check files and the claims about them.

    Returns
    -------
    list of Result
        Of each claim set and each card without a record, in the order of the selection. With `plan.fail_fast`, up to
        the first problem: claim sets then go through the steps one at a time, so that nothing is done in vain.

    Raises
    ------
    NotFound, UsageProblem
        A dataset that the plan names is not there or does not fit the network.
    """
    splits = Splits()
    images = [splits.of(claim_set, plan) for claim_set in chosen.claim_sets]  # 1
    everything = list(zip(chosen.claim_sets, images, strict=True))
    verified = _Verified(splits, plan, progress)
    if not plan.fail_fast:
        return list(_in_order(chosen, verified.results(everything)))
    results = []
    for result in _in_order(chosen, (found for one in everything for found in verified.results([one]))):
        results.append(result)
        if result.exit_code(strict=plan.strict):
            break
    return results


class _Verified:
    """Takes claim sets through the steps 2 to 6; what was evaluated once is not evaluated again."""

    def __init__(self, splits: Splits, plan: Plan, progress: Progress):
        self._splits, self._plan, self._progress = splits, plan, progress
        self._outcomes: dict[Job, Run | Skipped | Failed] = {}

    def results(self, group: Sequence[tuple[ClaimSet, Images | Skipped]]) -> Iterator[Result]:
        """The results of some claim sets, in their order."""
        files = [look_at(claim_set, images, self._plan, self._progress) for claim_set, images in group]  # 2
        wanted = jobs(files, self._plan)  # 3
        new = dict.fromkeys(job for job in wanted if isinstance(job, Job) and job not in self._outcomes)
        self._outcomes.update(run(new, self._splits, self._plan, self._progress))  # 4
        for one, job in zip(files, wanted, strict=True):
            yield self._judged(one, self._outcomes[job] if isinstance(job, Job) else job)

    def _judged(self, files: Files, outcome: Run | Skipped | Failed) -> Result:
        claim_set, climb = files.claim_set, Climb(files.checks, files.error)
        made = climb.step(Level.EVALUATION, lambda: _evaluation_level(outcome))
        reason = climb.checks[-1].detail
        claims = judge(claim_set, made, self._plan.sampling.tolerance, reason)  # 5
        diagnosis = None
        if made is not None and self._plan.diagnose:
            diagnosis = explain(claim_set, claims, made, self._plan, self._progress)  # 6
        return Result(
            heading=claim_set.heading,
            checks=tuple(climb.checks),
            claims=tuple(claims),
            claim_set=claim_set,
            asset=files.asset,
            run=made,
            error=climb.error,
            diagnosis=diagnosis,
            settings=files.settings,
        )


def _evaluation_level(outcome: Run | Skipped | Failed) -> tuple[Run, str] | Skipped:
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome if isinstance(outcome, Skipped) else (outcome, outcome.sentence)


def _in_order(chosen: Selection, results: Iterator[Result]) -> Iterator[Result]:
    """The results of claim sets, with those of cards without a record where these stand in the selection."""
    for number in range(len(chosen.claim_sets) + 1):
        yield from (_unread(card) for card in chosen.unread if card.before == number)
        yield from (result for result in [next(results, None)] if result is not None)


def _unread(card: Unread) -> Result:
    """The result of a card without a record: its first fatal problem."""
    checks = [Check(Level.CARD, Status.FAILED, card.error.message)]
    checks += [Check(level, Status.SKIPPED, "the card level failed") for level in Level if level is not Level.CARD]
    return Result(card.heading, tuple(checks), error=card.error)
