"""Jobs to evaluations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hubtool.asset.intact import hash_file
from hubtool.card.datasets import KnownDataset, dataset_named
from hubtool.data.clutter import clutter_note
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.split import Dataset, left_out_note
from hubtool.engine.choose import backend_named
from hubtool.engine.compiled import compiled_models_of
from hubtool.engine.protocol import FLOAT32, Identity, Session, Workload
from hubtool.errors import DigestMismatch, MissingExtra
from hubtool.evaluation.gate import choose
from hubtool.evaluation.ledger import ledgers_of
from hubtool.evaluation.measure import measure, selected
from hubtool.evaluation.outcome import Evaluation
from hubtool.evidence.conditions import EngineUsed, Parity
from hubtool.network.outline import NoGraph
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.verify.jobs import Job
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Failed, Obstacle, Skipped, as_problem, missing
from hubtool.verify.splits import Splits
from hubtool.words import counted, some_of


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What gave the answers of an evaluation, and why it may be believed.

    Attributes
    ----------
    parity, notes
        See `hubtool.evaluation.gate.Chosen`.
    """

    identity: Identity
    parity: Parity | None
    notes: tuple[str, ...]

    @property
    def used(self) -> EngineUsed:
        """What evidence says of it."""
        identity = self.identity
        return EngineUsed(identity.library, identity.precision, identity.device, self.parity, self.notes)

    @property
    def precision_note(self) -> str:
        """What a verdict has to say of a precision that is not float32; empty for float32."""
        if self.identity.precision == FLOAT32:
            return ""
        said = f"computed in {self.identity.precision}"
        if self.parity is None:
            return said
        changed, reference = self.parity.changed, self.parity.reference
        first = f"the first {counted(self.parity.images, 'image')}"
        if not changed:
            return f"{said}: same best class as {reference} on {first}"
        return f"{said}: other best class than {reference} on {len(changed):,} of {first}: {some_of(changed)}"


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """An evaluation, what gave the answers, and the images they are about."""

    job: Job
    evaluation: Evaluation
    engine: EngineRun
    split: Dataset
    fingerprint: Fingerprint

    @property
    def identity(self) -> Identity:
        """What gave the answers."""
        return self.engine.identity

    @property
    def known_dataset(self) -> KnownDataset | None:
        """The dataset that the figures are about; None for one that is not in the table."""
        return dataset_named(self.job.images.source.dataset)

    @property
    def split_note(self) -> str:
        """What has to be said when the images given are not as many as the split has that the figures are about."""
        return self.known_dataset.note(self.evaluation.counts.split_size) if self.known_dataset else ""

    @property
    def sentence(self) -> str:
        """What was evaluated."""
        counts, split = self.evaluation.counts, self.split
        before = f", {counts.resumed:,} of them by an earlier run" if counts.resumed else ""
        skipped = f", {counts.skipped:,} skipped as unreadable" if counts.skipped else ""
        left_out = f", without {left_out_note(split.left_out)}" if split.left_out else ""
        clutter = f", passing over {clutter_note(split.clutter)}" if split.clutter else ""
        total, with_images = split.num_classes, len(set(split.labels))
        classes = f", of {with_images:,} of the {total:,} classes" if with_images < total else ""
        said = f"{counts.images:,} of {counts.split_size:,} images of {split.name}"
        said += f"{before}{skipped}{left_out}{clutter}{classes}"
        return f"{said}{counts.rate_note}" + (f"; {self.split_note}" if self.split_note else "")


def run(
    group: Iterable[Job], splits: Splits, plan: Plan, progress: Progress = SILENT
) -> Iterator[tuple[Job, Run | Skipped | Failed]]:
    """Evaluate one job after the other; one that cannot be evaluated yields the reason, and costs no other."""
    for job in group:
        outcome: Run | Skipped | Failed
        try:
            split = splits.open(job.images)
            fingerprint = splits.fingerprint(job.images.source, contents=plan.hash_contents, progress=progress)
            outcome = _evaluated(job, split, fingerprint, plan, progress)
        except MissingExtra as extra:
            outcome = missing(extra)
        except NoGraph as none:
            outcome = Skipped(none.message, Obstacle.NO_ENGINE)
        except Exception as error:  # whatever a library raises about one job must not cost the others
            outcome = Failed(as_problem(error, "the evaluation"))
        yield job, outcome


def session_of(run: Run, model: Model, plan: Plan) -> Session:
    """A session for a network from the engine that evaluated: same precision, same choices."""
    return backend_named(run.identity.name).open(model, run.job.execution, _workload(run.job, run.split, plan))


def _workload(job: Job, split: Dataset, plan: Plan) -> Workload:
    sampling, source = job.sampling, job.images.source
    transform = job.images.transform
    return Workload(
        images=min(sampling.limit or len(split), len(split)),
        side=transform.image_size if transform else source.input_size,
        batch_size=sampling.batch_size,
        compiled_models=compiled_models_of(plan.workspace.cache_root),
    )


def _evaluated(job: Job, split: Dataset, fingerprint: Fingerprint, plan: Plan, progress: Progress) -> Run:
    # Other files may have been fetched, and other networks evaluated, since the weights were verified.
    if hash_file(job.model.weights) != job.model.sha256:
        raise DigestMismatch(f"{job.model.weights}: changed since it was verified", hint="verify again")
    images = selected(split, job.sampling, progress)
    workload = _workload(job, split, plan)
    chosen = choose(job.engine, job.model, job.execution, workload, split, images.indices, progress)
    with chosen.session as session:
        evaluation = measure(
            session,
            split,
            job.model,
            job.sampling,
            images=images,
            claims=job.settles,
            ledgers=ledgers_of(plan.workspace.cache_root),
            resume=plan.resume,
            progress=progress,
        )
        return Run(job, evaluation, EngineRun(session.identity, chosen.parity, chosen.notes), split, fingerprint)
