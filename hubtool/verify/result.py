"""The outcome of verifying one claim set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet, Heading
from hubtool.data.transform.spec import EvalRecipe
from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.engine.preprocessing import Preprocessing
from hubtool.errors import CardError, HubtoolError
from hubtool.evaluation.outcome import Counts, Evaluation
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.verify.checks import Check, Level
from hubtool.verify.metrics import best_classes_of
from hubtool.verify.problems import Obstacle
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
    settings
        How images were prepared, or would be, and who says so; None where nothing is known about it.
    """

    heading: Heading
    checks: tuple[Check, ...]
    claims: tuple[Measurement, ...] = ()
    claim_set: ClaimSet | None = None
    asset: VerifiedAsset | None = None
    run: Run | None = None
    error: HubtoolError | None = None
    diagnosis: Diagnosis | None = None
    settings: Preprocessing | None = None

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

    @property
    def recipe_sources(self) -> dict[str, str]:
        """Who says how images were prepared, or would be, by the recipe's key; empty where nothing is known."""
        if self.settings is None or (self.run is not None and self.recipe is None):
            return {}
        return dict(self.settings.sources)

    def obstacles(self) -> Iterator[tuple[Measurement, Obstacle]]:
        """The claims that were not run, each with what kept it."""
        published = self.claim_set.claims if self.claim_set is not None else ()
        kept = next((check.obstacle for check in reversed(self.checks) if check.obstacle), None)
        for number, claim in enumerate(self.claims):
            if claim.verdict is Verdict.NOT_RUN:
                is_measured = number >= len(published) or best_classes_of(published[number]) is not None
                yield claim, (kept or Obstacle.FAILED) if is_measured else Obstacle.NOT_MEASURED

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
            "not_run": [{"metric": claim.metric, "reason": kept.value} for claim, kept in self.obstacles()],
            "dataset": run.fingerprint.to_json() if run else None,
            "recipe": self.recipe.to_json() if self.recipe else None,
            "planned_recipe": self.settings.recipe.to_json() if self.settings and run is None else None,
            "recipe_sources": self.recipe_sources,
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
