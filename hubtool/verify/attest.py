"""From the result of a verification to its evidence."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from hubtool import __version__
from hubtool.card.claimset import Subject
from hubtool.card.digest import claims_digest
from hubtool.evidence.conditions import EngineUsed, EvaluatedData, EvaluatedPart
from hubtool.evidence.statement import Statement
from hubtool.extras import installed_versions
from hubtool.files import environment_errors
from hubtool.verify.plan import Plan
from hubtool.verify.result import SubjectResult

_PACKAGES = ("mindspore", "numpy")


def statement(subject: Subject, result: SubjectResult, plan: Plan, finished: datetime) -> Statement:
    """The evidence of one evaluation.

    Parameters
    ----------
    result
        Of that subject by that plan, with an evaluation.
    finished
        When it ended.
    """
    assert result.asset is not None  # noqa: S101 (there is no evaluation without a file)
    assert result.evaluation is not None  # noqa: S101
    counts = result.evaluation.counts
    return Statement(
        uid=subject.card.uid,
        variant=result.variant,
        card_sha256=subject.card.sha256,
        claims_sha256=claims_digest(subject),
        asset_name=result.asset.path.name,
        asset_sha256=result.asset.sha256,
        measurements=result.claims,
        data=_data(subject, result),
        recipe=result.recipe.to_json() if result.recipe else None,
        overrides=plan.recipe,
        part=EvaluatedPart(
            plan.sampling.limit,
            plan.sampling.seed,
            plan.sampling.early_stop,
            plan.sampling.batch_size,
            counts.skipped,
        ),
        engine=EngineUsed(result.engine or "", result.precision or "", result.device or ""),
        versions={"hubtool": __version__, "python": platform.python_version(), **installed_versions(_PACKAGES)},
        ledger_sha256=result.evaluation.digest,
        finished=finished.replace(microsecond=0).isoformat(),
        seconds=round(counts.seconds, 3),
    )


def write_evidence(
    folder: Path, subjects: Sequence[object], results: Sequence[SubjectResult], plan: Plan
) -> list[Path]:
    """Write the evidence of every result with an evaluation by a plan into a folder; returned is what was written.

    Raises
    ------
    EnvironmentProblem
        The folder cannot be written.
    """
    written = []
    finished = datetime.now(timezone.utc)
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for subject, result in zip(subjects, results, strict=True):
            if not isinstance(subject, Subject) or result.evaluation is None or result.asset is None:
                continue
            written.append(statement(subject, result, plan, finished).write(folder))
    return written


def _data(subject: Subject, result: SubjectResult) -> EvaluatedData:
    assert result.dataset is not None  # noqa: S101
    assert result.fingerprint is not None  # noqa: S101
    return EvaluatedData(
        name=subject.card.train_dataset or "",
        known_split_images=result.known_split.images if result.known_split else None,
        left_out=tuple(result.dataset.left_out),
        **asdict(result.fingerprint),
    )
