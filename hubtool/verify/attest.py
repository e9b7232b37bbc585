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
from hubtool.card.claimset import ClaimSet
from hubtool.card.digest import claims_digest
from hubtool.evidence.folder import SUFFIX
from hubtool.evidence.statement import PREDICATE_TYPE
from hubtool.extras import installed_versions
from hubtool.files import environment_errors, write_atomically
from hubtool.verify.plan import Plan
from hubtool.verify.result import Result
from hubtool.verify.run import Run

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PACKAGES = ("mindspore", "numpy")
_DIGEST_DIGITS = 8


def statement(claim_set: ClaimSet, result: Result, run: Run, plan: Plan, finished: datetime) -> dict[str, object]:
    """The evidence of one evaluation.

    Parameters
    ----------
    result
        Of that subject by that plan, with an evaluation.
    finished
        When it ended.
    """
    sampling = plan.sampling
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": run.job.model.weights.name, "digest": {"sha256": run.job.model.sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "card": {
                "uid": claim_set.card.uid,
                "variant": result.heading.variant,
                "sha256": hashlib.sha256(claim_set.card.path.read_bytes()).hexdigest(),
                "claims_sha256": claims_digest(claim_set),
            },
            "claims": [claim.to_json() for claim in result.claims],
            "dataset": {
                "name": claim_set.dataset,
                **run.fingerprint.to_json(),
                "left_out": list(run.split.left_out),
                "known_split_images": result.known_split.images if result.known_split else None,
            },
            "recipe": result.recipe.to_json() if result.recipe else None,
            "recipe_overrides": dict(plan.recipe),
            "sampling": {
                "limit": sampling.limit,
                "seed": sampling.seed,
                "early_stop": sampling.early_stop,
                "batch_size": sampling.batch_size,
                "skipped": run.evaluation.counts.skipped,
            },
            "engine": {
                "name": run.identity.library,
                "precision": run.identity.precision,
                "device": run.identity.device,
            },
            "versions": _versions(),
            "ledger": {"sha256": run.evaluation.digest},
            "times": {
                "finished": finished.replace(microsecond=0).isoformat(),
                "seconds": round(run.evaluation.counts.seconds, 3),
            },
        },
    }


def write_evidence(folder: Path, results: Sequence[Result], plan: Plan) -> list[Path]:
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
        for result in results:
            if result.claim_set is None or result.run is None:
                continue
            document = statement(result.claim_set, result, result.run, plan, finished)
            text = json.dumps(document, indent=2, sort_keys=True)
            path = folder / file_name(result.claim_set, result.run.job.model.sha256)
            write_atomically(path, f"{text}\n".encode())
            written.append(path)
    return written


def file_name(claim_set: ClaimSet, sha256: str) -> str:
    """What the evidence about a claim set is called: by its card, its row, and the file that was evaluated."""
    row = f"-{claim_set.variant.model}" if claim_set.variant else ""
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", f"{claim_set.card.path.stem}{row}")
    return f"{name}-{sha256[:_DIGEST_DIGITS]}{SUFFIX}"


def _versions() -> dict[str, str]:
    return {"hubtool": __version__, "python": platform.python_version(), **installed_versions(_PACKAGES)}
