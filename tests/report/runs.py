"""Evaluations that were never run, for reports to show."""

from __future__ import annotations

from hubtool.data.fingerprint import Fingerprint
from hubtool.data.open import SplitSource
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.protocol import Execution
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.sampling import Sampling
from hubtool.verify.jobs import Job
from hubtool.verify.run import EngineRun, Run
from hubtool.verify.splits import Images
from tests.evaluation.fakes import MODEL


def run_of(
    dataset,
    evaluation: Evaluation,
    engine: EngineRun,
    fingerprint: Fingerprint | None = None,
    recipe: EvalRecipe | None = None,
) -> Run:
    images = Images(SplitSource("numbers", None, None, 10, 3, 8), recipe)
    job = Job(MODEL, images, "guess", Execution(), Sampling())
    return Run(job, evaluation, engine, dataset, fingerprint or dataset.fingerprint())
