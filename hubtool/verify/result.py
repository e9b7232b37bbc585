"""The outcome of verifying one subject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hubtool.asset.pull import VerifiedAsset
from hubtool.card.datasets import KnownDataset
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.split import Dataset
from hubtool.data.transform.spec import EvalRecipe
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.errors import CardError, HubtoolError
from hubtool.evaluation.outcome import Counts, Evaluation
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict

EXIT_PROBLEM = CardError.exit_code


class Level(str, Enum):
    """What is checked, in order."""

    CARD = "card"
    ASSET = "asset"
    CHECKPOINT = "checkpoint"
    NETWORK = "network"
    EVALUATION = "evaluation"


class Status(str, Enum):
    """How a level ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One level: how it ended and one sentence about it."""

    level: Level
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class SubjectResult:
    """Checks of one file and verdicts on the claims about it.

    Attributes
    ----------
    name, uid, variant
        Of the card, and the model name of the row, if the claims are those of a row.
    place
        Where in the card the claims stand.
    asset
        The verified file; None when it was not needed or did not verify.
    evaluation, engine, precision
        What was run; None when nothing was. Subjects that share an evaluation share the object.
    error
        What made a level fail; None when none did.
    recipe
        How the images were prepared; None when nothing was run, or the dataset has a way of its own.
    diagnosis
        What explains a mismatch; None when there was none, or nobody asked.
    dataset, fingerprint
        What was evaluated on, and what tells it from other copies; None when nothing was run.
    device
        What the engine ran on, as `CPU AMD EPYC (x86_64)`; None when nothing was run.
    known_split
        What the figures are about; None when nothing was run, or the size of that split is not known.
    """

    name: str
    uid: str
    variant: str | None
    place: str
    asset: VerifiedAsset | None
    checks: tuple[Check, ...]
    claims: tuple[Measurement, ...]
    evaluation: Evaluation | None
    engine: str | None
    precision: str | None
    error: HubtoolError | None
    recipe: EvalRecipe | None = None
    diagnosis: Diagnosis | None = None
    dataset: Dataset | None = None
    fingerprint: Fingerprint | None = None
    device: str | None = None
    known_split: KnownDataset | None = None

    @property
    def split_note(self) -> str:
        """What has to be said when the images given are not as many as the split has that the figures are about."""
        return self.known_split.note(self.counts.split) if self.known_split and self.counts else ""

    @property
    def counts(self) -> Counts | None:
        """Of the evaluation; None when none was run."""
        return self.evaluation.counts if self.evaluation else None

    def exit_code(self, *, strict: bool) -> int:
        """What the command line exits with: the error's code, 1 for a mismatch, 0 otherwise.

        With `strict`, a claim that was not run counts as a problem.
        """
        if self.error is not None:
            return self.error.exit_code
        bad = {Verdict.MISMATCH} | ({Verdict.NOT_RUN} if strict else set())
        return EXIT_PROBLEM if any(claim.verdict in bad for claim in self.claims) else 0

    def to_json(self) -> dict[str, object]:
        """The result as `hubtool verify --json` prints it."""
        return {
            "name": self.name,
            "uid": self.uid,
            "variant": self.variant,
            "asset": {
                "path": str(self.asset.path) if self.asset else None,
                "sha256": self.asset.sha256 if self.asset else None,
            },
            "checks": [{"level": c.level.value, "status": c.status.value, "detail": c.detail} for c in self.checks],
            "claims": [claim.to_json() for claim in self.claims],
            "dataset": self.fingerprint.to_json() if self.fingerprint else None,
            "recipe": self.recipe.to_json() if self.recipe else None,
            "known_split_images": self.known_split.images if self.known_split else None,
            "unreadable": dict(self.evaluation.unreadable) if self.evaluation else {},
            "diagnosis": self.diagnosis.to_json() if self.diagnosis else None,
            "engine": self.engine,
            "precision": self.precision,
            "seconds": round(self.counts.seconds, 3) if self.counts else None,
            "images_per_second": round(self.counts.images_per_second, 2) if self.counts else None,
        }
