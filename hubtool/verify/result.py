"""The outcome of verifying one claim set."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet, Heading
from hubtool.data.transform.spec import EvalRecipe
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.errors import CardError, HubtoolError
from hubtool.evaluation.outcome import Counts, Evaluation
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.verify.checks import Check, Level
from hubtool.verify.run import Run

EXIT_PROBLEM = CardError.exit_code


@dataclass(frozen=True, slots=True)
class Result:
    """Checks of one file and verdicts on the claims about it.

    Attributes
    ----------
    heading
        What it is shown under.
    claim_set
        What was verified; None for a card that has no record.
    asset
        The verified file; None when it was not needed or did not verify.
    run
        The evaluation; None when nothing was run. Claim sets that share an evaluation share the object.
    error
        What made a level fail; None when none did.
    diagnosis
        What explains a mismatch; None when there was none, or nobody asked.
    """

    heading: Heading
    checks: tuple[Check, ...]
    claims: tuple[Measurement, ...] = ()
    claim_set: ClaimSet | None = None
    asset: VerifiedAsset | None = None
    run: Run | None = None
    error: HubtoolError | None = None
    diagnosis: Diagnosis | None = None

    @property
    def evaluation(self) -> Evaluation | None:
        """What the network answered; None when nothing was run."""
        return self.run.evaluation if self.run else None

    @property
    def counts(self) -> Counts | None:
        """Of the evaluation; None when none was run."""
        return self.run.evaluation.counts if self.run else None

    @property
    def weights_notes(self) -> tuple[str, ...]:
        """What was skipped or taken for granted in the checkpoint."""
        return tuple(note for check in self.checks if check.level is Level.CHECKPOINT for note in check.notes)

    @property
    def recipe(self) -> EvalRecipe | None:
        """How images were prepared; None when nothing was run, or the dataset has its own fixed way."""
        return self.run.job.images.transform if self.run else None

    @property
    def split_note(self) -> str:
        """The note for when the number of images given is not that of the split that the figures are about."""
        return self.run.split_note if self.run else ""

    def exit_code(self, *, strict: bool) -> int:
        """What the command line exits with: the error's code, 1 for a mismatch, else 0.

        With `strict`, a claim that was not run counts as a problem.
        """
        if self.error is not None:
            return self.error.exit_code
        bad = {Verdict.MISMATCH} | ({Verdict.NOT_RUN} if strict else set())
        return EXIT_PROBLEM if any(claim.verdict in bad for claim in self.claims) else 0

    def to_json(self) -> dict[str, object]:
        """The result as `hubtool verify --json` prints it."""
        run = self.run
        return {
            "name": self.heading.name,
            "uid": self.heading.uid,
            "variant": self.heading.variant,
            "asset": {
                "path": str(self.asset.path) if self.asset else None,
                "sha256": self.asset.sha256 if self.asset else None,
            },
            "checks": [check.to_json() for check in self.checks],
            "claims": [claim.to_json() for claim in self.claims],
            "dataset": run.fingerprint.to_json() if run else None,
            "recipe": self.recipe.to_json() if self.recipe else None,
            "known_split_images": run.known_dataset.images if run and run.known_dataset else None,
            "unreadable": dict(run.evaluation.unreadable) if run else {},
            "diagnosis": self.diagnosis.to_json() if self.diagnosis else None,
            "engine": run.identity.library if run else None,
            "precision": run.identity.precision if run else None,
            "device": run.identity.device if run else None,
            "parity": run.engine.parity.to_json() if run and run.engine.parity else None,
            "engine_notes": list(run.engine.notes) if run else [],
            "seconds": round(self.counts.seconds, 3) if self.counts else None,
            "images_per_second": round(self.counts.images_per_second, 2) if self.counts else None,
        }
