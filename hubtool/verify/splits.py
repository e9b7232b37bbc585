"""The split that claims are about, or the reason why it is not evaluated."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hubtool.card.claimset import ClaimSet
from hubtool.card.datasets import dataset_key, dataset_named
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.locations import DataLocations
from hubtool.data.open import SplitSource, open_split
from hubtool.data.prepared import Prepared, prepared, recipe_of
from hubtool.data.split import Dataset
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.preprocessing import claimed_changes, preprocessing
from hubtool.errors import MissingExtra, UsageProblem
from hubtool.network.claimed import claimed_network
from hubtool.network.spec import ModelSpec
from hubtool.progress import Progress
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Obstacle, Skipped, missing, no_network

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
        if skipped := _nothing_to_measure(claim_set):
            return skipped
        claimed = claimed_network(claim_set)
        if claimed.spec is None:
            return no_network(claimed)
        if skipped := _why_not(claim_set, plan):
            return skipped
        source = _source(claim_set.dataset or "", claimed.spec, plan.locations)
        try:
            split = self._open(source)
        except MissingExtra as extra:
            return missing(extra)
        recipe = _recipe(claim_set, claimed.spec, split, plan.recipe)
        return recipe if isinstance(recipe, Skipped) else Images(source, recipe)

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
        split = self._open(source)
        key = replace(source, input_size=0) if isinstance(split, Prepared) else source
        if key not in self._fingerprints:
            self._fingerprints[key] = split.fingerprint(contents=contents, progress=progress)
        return self._fingerprints[key]

    def _open(self, source: SplitSource) -> Dataset:
        if source not in self._opened:
            self._opened[source] = self._of_another_size(source) or self._anew(source)
        return self._opened[source]

    def _of_another_size(self, source: SplitSource) -> Dataset | None:
        """The same images as were opened for networks that take another size; None where there are none."""
        for known, split in self._opened.items():
            if replace(known, input_size=source.input_size) == source and isinstance(split, Prepared):
                return split.with_recipe(replace(split.recipe, image_size=source.input_size))
        return None

    def _anew(self, source: SplitSource) -> Dataset:
        _log.info("opening %s", source.dataset)
        return open_split(source)


def _recipe(
    claim_set: ClaimSet, spec: ModelSpec, split: Dataset, asked: Mapping[str, str]
) -> EvalRecipe | Skipped | None:
    """How the images of a split are to be prepared, or why hubtool cannot: MindCV crops more than the image, say.

    Raises UsageProblem where it is what the user asks for that does not go.
    """
    try:
        recipe = _changed(claim_set, spec, split, {})
    except UsageProblem as error:
        try:
            return _changed(claim_set, spec, split, asked) if asked else Skipped(error.message, Obstacle.SETTINGS)
        except UsageProblem as still:
            return Skipped(still.message, Obstacle.SETTINGS)
    return _changed(claim_set, spec, split, asked) if asked else recipe


def _changed(claim_set: ClaimSet, spec: ModelSpec, split: Dataset, asked: Mapping[str, str]) -> EvalRecipe | None:
    if isinstance(split, Prepared):
        return preprocessing(claim_set, spec, split.recipe, asked).recipe
    return recipe_of(prepared(split, claimed_changes(claim_set, spec), asked))


def _nothing_to_measure(claim_set: ClaimSet) -> Skipped | None:
    """Why a card has nothing that hubtool measures; None when it has."""
    if claim_set.asset is None:
        return Skipped("no file is linked", Obstacle.NO_FILE)
    if any(measurable(claim_set.claims)):
        return None
    return Skipped("hubtool measures top-1 and top-5, the card publishes neither", Obstacle.NOT_MEASURED)


def _why_not(claim_set: ClaimSet, plan: Plan) -> Skipped | None:
    """Why claims about a network that hubtool builds are not evaluated; None when they are."""
    name = claim_set.dataset or ""
    if not claim_set.has_weights:
        return Skipped("no checkpoint is linked that hubtool reads", Obstacle.NO_FILE)
    if not dataset_key(name):
        return Skipped("the card does not say on which dataset", Obstacle.NO_DATASET)
    if not plan.locations.knows(name):
        key = dataset_key(name)
        todo = f"hubtool verify {claim_set.called} --reproduce-eval --data {key}=PATH"
        return Skipped(f"{name} was not given: {todo}", Obstacle.NO_DATA)
    return None if plan.reproduce_eval else Skipped("not asked for: add --reproduce-eval", Obstacle.NOT_ASKED)


def _source(dataset: str, spec: ModelSpec, locations: DataLocations) -> SplitSource:
    known = dataset_named(dataset)
    names = tuple(locations.class_names) if locations.class_names is not None else None
    path = locations.path_of(dataset)
    # One name for a dataset, however cards spell it: they share what is opened and evaluated.
    return SplitSource(
        known.title if known else dataset, path, names, spec.labelled_classes, spec.in_channels, spec.input_size
    )
