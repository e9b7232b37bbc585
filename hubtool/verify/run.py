"""Jobs to evaluations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hubtool.asset.cache import hash_file
from hubtool.card.datasets import KnownDataset, dataset_named
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.split import Dataset, left_out_note
from hubtool.engine.choose import backend_named
from hubtool.engine.protocol import Identity, Session, Workload
from hubtool.errors import DigestMismatch, MissingExtra
from hubtool.evaluation.ledger import ledgers_of
from hubtool.evaluation.measure import measure
from hubtool.evaluation.outcome import Evaluation
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.verify.jobs import Job
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Failed, Skipped, as_problem, missing
from hubtool.verify.splits import Splits


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """An evaluation, what gave the answers, and the images they are about."""

    job: Job
    evaluation: Evaluation
    identity: Identity
    split: Dataset
    fingerprint: Fingerprint

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
        total, with_images = split.num_classes, len(set(split.labels))
        classes = f", of {with_images:,} of the {total:,} classes" if with_images < total else ""
        said = f"{counts.images:,} of {counts.split_size:,} images of {split.name}{before}{skipped}{left_out}{classes}"
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
        except Exception as error:  # whatever a library raises about one job must not cost the others
            outcome = Failed(as_problem(error, "the evaluation"))
        yield job, outcome


def session_of(job: Job, model: Model, split: Dataset) -> Session:
    """A session for a network, opened as for a job: same engine, same precision, same choices."""
    sampling, source = job.sampling, job.images.source
    transform = job.images.transform
    workload = Workload(
        images=min(sampling.limit or len(split), len(split)),
        side=transform.image_size if transform else source.input_size,
        batch_size=sampling.batch_size,
    )
    return backend_named(job.engine).open(model, job.precision, workload)


def _evaluated(job: Job, split: Dataset, fingerprint: Fingerprint, plan: Plan, progress: Progress) -> Run:
    # Other files may have been fetched, and other networks evaluated, since the weights were verified.
    if hash_file(job.model.weights) != job.model.sha256:
        raise DigestMismatch(f"{job.model.weights}: changed since it was verified", hint="verify again")
    with session_of(job, job.model, split) as session:
        evaluation = measure(
            session,
            split,
            job.model,
            job.sampling,
            claims=job.settles,
            ledgers=ledgers_of(plan.workspace.cache_root),
            resume=plan.resume,
            progress=progress,
        )
        return Run(job, evaluation, session.identity, split, fingerprint)
