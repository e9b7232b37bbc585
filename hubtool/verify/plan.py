"""What to verify with, and how thoroughly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubtool.data.locations import DataLocations
from hubtool.diagnosis.run import DIAGNOSED_IMAGES
from hubtool.engine.choose import AUTO
from hubtool.engine.protocol import Execution
from hubtool.evaluation.ledger import Resume
from hubtool.evaluation.sampling import Sampling
from hubtool.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Plan:
    """What to verify with; plain values.

    Attributes
    ----------
    workspace
        Where cards and files are, and how files may be fetched.
    reproduce_eval
        Whether to run evaluations; assets are downloaded only for those.
    locations
        Where datasets are.
    sampling
        How much of a split to evaluate.
    resume
        Which evaluations resume from their ledgers in the cache.
    recipe
        Keys of the preprocessing that the user overrides, as text: see `hubtool.data.transform.spec.changed`.
    ema
        Which of two sets of weights in a file: see `hubtool.network.layout.check_layout`.
    engine
        What runs networks, by name; `auto` for the fastest that passes the comparison with another.
    execution
        The precision and the device that it is to run them with.
    fail_fast
        Whether the first claim set with a problem is the last one.
    strict
        Whether a claim that was not run is a problem.
    hash_contents
        Whether the fingerprints of datasets are to hold a digest of every image's bytes, which takes reading them all.
    diagnose
        Whether to look for what explains a mismatch.
    diagnosed_images
        Images to try each hypothesis on.
    """

    workspace: Workspace
    reproduce_eval: bool = False
    locations: DataLocations = field(default_factory=DataLocations)
    sampling: Sampling = field(default_factory=Sampling)
    resume: Resume = Resume.UNFINISHED
    recipe: Mapping[str, str] = field(default_factory=dict)
    ema: bool | None = None
    engine: str = AUTO
    execution: Execution = field(default_factory=Execution)
    fail_fast: bool = False
    strict: bool = False
    hash_contents: bool = False
    diagnose: bool = False
    diagnosed_images: int = DIAGNOSED_IMAGES
