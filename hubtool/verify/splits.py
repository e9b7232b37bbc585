"""The split that claims are about, or the reason why it is not evaluated."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from hubtool.card.claimset import ClaimSet
from hubtool.card.datasets import dataset_key, dataset_named
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.locations import DataLocations
from hubtool.data.open import SplitSource, open_split
from hubtool.data.prepared import Prepared, prepared, recipe_of
from hubtool.data.split import Dataset
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import MissingExtra, UsageProblem
from hubtool.network.registry import find_spec
from hubtool.network.spec import ModelSpec
from hubtool.progress import Progress
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Skipped, missing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Images:
    """A split, and how its images become a network's input; plain values.

    Attributes
    ----------
    transform
        None for a split that has only one way.
    """

    source: SplitSource
    transform: EvalRecipe | None


class Splits:
    """Opens splits, each only once."""

    def __init__(self) -> None:
        self._opened: dict[SplitSource, Dataset] = {}
        self._fingerprints: dict[SplitSource, Fingerprint] = {}

    def of(self, claim_set: ClaimSet, plan: Plan) -> Images | Skipped:
        """The images of an evaluation that was asked for and can be run, or the reason why there are none.

        Raises
        ------
        HubtoolError
            As `open_split` does, or the plan's recipe does not fit the dataset.
        """
        if reason := _nothing_to_measure(claim_set):
            return Skipped(reason)
        spec = find_spec(claim_set.network_name)
        if spec is None:
            return Skipped(f"hubtool cannot build the network {claim_set.network_name}")
        if reason := _why_not(claim_set, plan):
            return Skipped(reason)
        source = _source(claim_set.dataset or "", spec, plan.locations)
        try:
            split = self._open(source)
        except MissingExtra as extra:
            return missing(extra)
        try:
            return Images(
                source, recipe_of(prepared(split, {**spec.eval_defaults, **claim_set.eval_recipe}, plan.recipe))
            )
        except UsageProblem as error:
            if plan.recipe:
                raise
            return Skipped(error.message)

    def open(self, images: Images) -> Dataset:
        """The images as they are to be evaluated."""
        split = self._open(images.source)
        if images.transform is None or not isinstance(split, Prepared) or split.recipe == images.transform:
            return split
        return split.with_recipe(images.transform)

    def fingerprint(self, source: SplitSource, *, contents: bool, progress: Progress) -> Fingerprint:
        """What tells a split from others, taken once, before its first evaluation.

        Parameters
        ----------
        contents
            Whether it holds a digest of every image's bytes, which takes reading them all.
        """
        if source not in self._fingerprints:
            self._fingerprints[source] = self._open(source).fingerprint(contents=contents, progress=progress)
        return self._fingerprints[source]

    def _open(self, source: SplitSource) -> Dataset:
        if source not in self._opened:
            _log.info("opening %s", source.dataset)
            self._opened[source] = open_split(source)
        return self._opened[source]


def _nothing_to_measure(claim_set: ClaimSet) -> str:
    """Why a card has nothing that hubtool measures; empty when it has."""
    if claim_set.asset is None:
        return "no file is linked"
    measured = any(measurable(claim_set.claims))
    return "" if measured else "hubtool measures top-1 and top-5, the card publishes neither"


def _why_not(claim_set: ClaimSet, plan: Plan) -> str:
    """Why claims about a network that hubtool builds are not evaluated; empty when they are."""
    name = claim_set.dataset or ""
    if not claim_set.has_weights:
        return "no checkpoint is linked that hubtool reads"
    if not dataset_key(name):
        return "the card does not say on which dataset"
    if not plan.locations.knows(name):
        key = dataset_key(name)
        return f"{name} was not given: hubtool verify {claim_set.called} --reproduce-eval --data {key}=PATH"
    return "" if plan.reproduce_eval else "not asked for: add --reproduce-eval"


def _source(dataset: str, spec: ModelSpec, locations: DataLocations) -> SplitSource:
    known = dataset_named(dataset)
    names = tuple(locations.class_names) if locations.class_names is not None else None
    path = locations.path_of(dataset)
    # One name for a dataset, however cards spell it: they share what is opened and evaluated.
    return SplitSource(
        known.title if known else dataset, path, names, spec.num_classes, spec.in_channels, spec.input_size
    )
