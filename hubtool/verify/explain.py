"""What explains the mismatches of a claim set."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from hubtool.card.claimset import ClaimSet
from hubtool.diagnosis.comparison import PublishedFigure
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.diagnosis.hypotheses import Hypothesis, settings_hypotheses
from hubtool.diagnosis.run import diagnose, other_checkpoints
from hubtool.engine.preprocessing import usual_recipe
from hubtool.errors import UsageProblem
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.progress import Progress
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import as_problem
from hubtool.verify.run import Run, session_of

_log = logging.getLogger(__name__)


def explain(
    claim_set: ClaimSet, claims: Sequence[Measurement], run: Run, plan: Plan, progress: Progress
) -> Diagnosis | None:
    """What explains a mismatch; None where there is none, and, with a warning, where it cannot be looked for."""
    if not any(claim.verdict is Verdict.MISMATCH for claim in claims):
        return None
    job, counts = run.job, run.evaluation.counts
    try:
        return diagnose(
            lambda model: session_of(run, model, plan),
            job.model,
            run.split,
            [PublishedFigure(claim.name, claim.value, k) for claim, k in measurable(claim_set.claims)],
            whole=counts.correct if counts.images == counts.split_size else None,
            outputs=job.model.spec.num_classes,
            others=[*_settings(claim_set, run), *other_checkpoints(claim_set, job.model, plan.workspace)],
            images=plan.diagnosed_images,
            seed=plan.sampling.seed,
            skip_unreadable=plan.sampling.skip_unreadable,
            progress=progress,
        )
    except Exception as error:  # an image outside of the part that was evaluated, say: the verdicts stand
        _log.warning("%s: no diagnosis: %s", claim_set.called, as_problem(error, "the diagnosis").message)
        return None


def _settings(claim_set: ClaimSet, run: Run) -> list[Hypothesis]:
    """The settings that others may have evaluated the network with."""
    recipe, spec = run.job.images.transform, run.job.model.spec
    try:
        usual = usual_recipe(claim_set, spec)
    except UsageProblem:  # MindCV's cannot be given here, so they were not tried before either
        usual = None
    return [] if recipe is None or usual is None else list(settings_hypotheses(recipe, usual, spec))
