"""From the result of a verification to its evidence."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from hubtool import __version__
from hubtool.card.claimset import ClaimSet
from hubtool.card.datasets import dataset_key, same_dataset
from hubtool.card.digest import claims_digest
from hubtool.evidence.conditions import EvaluatedData, EvaluatedPart
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.statement import Statement
from hubtool.extras import MEASURING, installed_versions
from hubtool.files import environment_errors
from hubtool.verify.plan import Plan
from hubtool.verify.result import Result
from hubtool.verify.run import Run


def statement(
    claim_set: ClaimSet,
    claims: tuple[Measurement, ...],
    run: Run,
    plan: Plan,
    finished: datetime,
    weights_notes: tuple[str, ...] = (),
    recipe_sources: Mapping[str, str] | None = None,
) -> Statement:
    """The evidence of one evaluation.

    Parameters
    ----------
    claims
        The measurement of each claim of the set in that run.
    plan
        The plan of that run.
    finished
        When it ended.
    weights_notes
        What was said of the checkpoint.
    recipe_sources
        Who says how images were prepared, by the recipe's key; None where that is not known.
    """
    counts, sampling, model, transform = run.evaluation.counts, plan.sampling, run.job.model, run.job.images.transform
    return Statement(
        uid=claim_set.card.uid,
        variant=claim_set.heading.variant,
        card_sha256=claim_set.card.sha256,
        claims_sha256=claims_digest(claim_set),
        asset_name=model.weights.name,
        asset_sha256=model.sha256,
        measurements=claims,
        data=_data(claim_set, run),
        recipe=transform.to_json() if transform else None,
        overrides=plan.recipe,
        part=EvaluatedPart(
            sampling.limit, sampling.seed, sampling.early_stop, sampling.batch_size, skipped=counts.skipped
        ),
        engine=run.engine.used,
        versions={"hubtool": __version__, "python": platform.python_version(), **installed_versions(MEASURING)},
        ledger_sha256=run.evaluation.digest,
        finished=finished.replace(microsecond=0).isoformat(),
        seconds=round(counts.seconds, 3),
        weights_notes=weights_notes,
        recipe_sources=recipe_sources or {},
    )


def write_evidence(folder: Path, results: Sequence[Result], plan: Plan) -> list[Path]:
    """Write the evidence of every result with an evaluation by a plan into a folder, and return what was written.

    Raises
    ------
    EnvironmentProblem
        The folder cannot be written.
    """
    finished = datetime.now(timezone.utc)
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _written(
                folder,
                result.claim_set,
                statement(
                    result.claim_set,
                    result.claims,
                    result.run,
                    plan,
                    finished,
                    weights_notes=result.weights_notes,
                    recipe_sources=result.recipe_sources,
                ),
            )
            for result in results
            if result.claim_set is not None and result.run is not None
        ]


def _written(folder: Path, claim_set: ClaimSet, made: Statement) -> Path:
    """Rows of one model and one file may be about different datasets: then its name tells the evidence apart."""
    is_about_card = same_dataset(claim_set.dataset, claim_set.card.train_dataset)
    return made.write(folder / made.file_name(*([] if is_about_card else [dataset_key(claim_set.dataset)])))


def _data(claim_set: ClaimSet, run: Run) -> EvaluatedData:
    known = run.known_dataset
    return EvaluatedData(
        name=claim_set.dataset or "",
        known_split_images=known.images if known else None,
        left_out=tuple(run.split.left_out),
        passed_over=len(run.split.clutter),
        **asdict(run.fingerprint),
    )
