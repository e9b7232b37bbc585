"""What an evaluation found, as an in-toto statement that anyone can sign, and `hubtool validate` holds cards against.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md; schema: schemas/evidence.schema.json. Two
evaluations with the same outcome give the same statement but for its `times`.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from hubtool import __version__
from hubtool.card.claimset import Subject
from hubtool.card.digest import claims_digest
from hubtool.evidence.folder import SUFFIX
from hubtool.evidence.statement import PREDICATE_TYPE
from hubtool.extras import installed_versions
from hubtool.files import environment_errors, write_atomically
from hubtool.verify.plan import Plan
from hubtool.verify.result import SubjectResult

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PACKAGES = ("mindspore", "numpy")
_DIGEST_DIGITS = 8


def statement(subject: Subject, result: SubjectResult, plan: Plan, finished: datetime) -> dict[str, object]:
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
    assert result.dataset is not None  # noqa: S101
    assert result.fingerprint is not None  # noqa: S101
    sampling = plan.sampling
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": result.asset.path.name, "digest": {"sha256": result.asset.sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "card": {
                "uid": subject.card.uid,
                "variant": result.variant,
                "sha256": hashlib.sha256(subject.card.path.read_bytes()).hexdigest(),
                "claims_sha256": claims_digest(subject),
            },
            "claims": [claim.to_json() for claim in result.claims],
            "dataset": {
                "name": subject.card.train_dataset,
                **result.fingerprint.to_json(),
                "left_out": list(result.dataset.left_out),
                "known_split_images": result.known_split.images if result.known_split else None,
            },
            "recipe": result.recipe.to_json() if result.recipe else None,
            "recipe_overrides": dict(plan.recipe),
            "sampling": {
                "limit": sampling.limit,
                "seed": sampling.seed,
                "early_stop": sampling.early_stop,
                "batch_size": sampling.batch_size,
                "skipped": result.evaluation.counts.skipped,
            },
            "engine": {"name": result.engine, "precision": result.precision, "device": result.device},
            "versions": _versions(),
            "ledger": {"sha256": result.evaluation.digest},
            "times": {
                "finished": finished.replace(microsecond=0).isoformat(),
                "seconds": round(result.evaluation.counts.seconds, 3),
            },
        },
    }


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
            text = json.dumps(statement(subject, result, plan, finished), indent=2, sort_keys=True)
            path = folder / file_name(subject, result.asset.sha256)
            write_atomically(path, f"{text}\n".encode())
            written.append(path)
    return written


def file_name(subject: Subject, sha256: str) -> str:
    """What the evidence about a subject is called: by its card, its row, and the file that was evaluated."""
    row = f"-{subject.variant.model}" if subject.variant else ""
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", f"{subject.card.path.stem}{row}")
    return f"{name}-{sha256[:_DIGEST_DIGITS]}{SUFFIX}"


def _versions() -> dict[str, str]:
    return {"hubtool": __version__, "python": platform.python_version(), **installed_versions(_PACKAGES)}
