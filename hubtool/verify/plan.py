"""What to verify with, and how thoroughly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.lockfile import Pins
from hubtool.data.locations import DataLocations
from hubtool.diagnosis.run import DIAGNOSED_IMAGES
from hubtool.evaluation.ledger import Resume
from hubtool.evaluation.sampling import Sampling


@dataclass(frozen=True, slots=True)
class Plan:
    """What to verify with.

    Attributes
    ----------
    access
        How files may be fetched.
    pins
        The lockfiles of the cards in a folder.
    reproduce_eval
        Whether to run evaluations; assets are downloaded only for those.
    sampling
        How much of a split to evaluate.
    resume
        Which evaluations to go on with, from their ledgers in the cache.
    recipe
        Keys of the preprocessing to change, as text: see `hubtool.data.transform.spec.changed`.
    fail_fast
        Whether the first subject with a problem is the last one.
    strict
        Whether a claim that was not run is a problem.
    hash_contents
        Whether the fingerprints of datasets are to hold a digest of every image's bytes, which takes reading them all.
    diagnose
        Whether to look for what explains a mismatch.
    diagnosed_images
        Images to try each suspect on.
    """

    cache: Cache
    access: Access = field(default_factory=Access)
    pins: Callable[[Path], Pins | None] = lambda _: None
    reproduce_eval: bool = False
    locations: DataLocations = field(default_factory=DataLocations)
    sampling: Sampling = field(default_factory=Sampling)
    resume: Resume = Resume.UNFINISHED
    recipe: Mapping[str, str] = field(default_factory=dict)
    fail_fast: bool = False
    strict: bool = False
    hash_contents: bool = False
    diagnose: bool = False
    diagnosed_images: int = DIAGNOSED_IMAGES
