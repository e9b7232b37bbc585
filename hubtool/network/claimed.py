"""From the claims of a card to the network that they are about, in one place for all who need it.

A name alone does not tell: `resnet50` is a network of MindCV, of the model zoo at gitee.com/mindspore/models, and of
others, with other parameters and other answers. So MindCV's networks are those of cards that name MindCV, or no source.
And a network that was trained on another dataset has as many outputs as that one has classes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hubtool.card.claimset import ClaimSet, row_claims
from hubtool.card.datasets import IMAGENET, dataset_key, dataset_named
from hubtool.card.names import says_none
from hubtool.card.params import ParameterCounts
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, Card, Variant, same_file
from hubtool.errors import UsageProblem
from hubtool.network.registry import family_of, find_spec, known_specs, near_networks, suggestion
from hubtool.network.spec import ModelSpec

_SHARED_NAMES = {"mindcv": "MindCV"}
"""Families whose networks others call by the same names, and the implementation that hubtool builds."""
_HUB_FILE = re.compile(r"(?P<name>.+)-[0-9a-f]{8,9}(?:-910v2)?\.(?:ckpt|safetensors)")
"""MindCV publishes files under the names of its registry, with the first digits of their digest."""
_MINDCV = re.compile(r"(?<![a-z])mindcv(?![a-z])")
_MODEL_ZOO_FILE = re.compile(r"download(?:-mindspore)?\.[a-z.]+/(?:models|model_zoo)/")
_MODEL_ZOO = "gitee.com/mindspore/models"


@dataclass(frozen=True, slots=True)
class Claimed:
    """The network that claims are about.

    Attributes
    ----------
    spec
        None where hubtool does not build it.
    reason
        Why not; empty where it does.
    hint
        What to do about that, if anything.
    other_source
        Whether the card says that it is somebody else's network of that name.
    own_head
        Whether its number of outputs is the usual one because nobody knows how many classes the dataset has.
    question
        Whether networks of nearly the same name are meant, where there are such networks.
    """

    spec: ModelSpec | None
    reason: str = ""
    hint: str = ""
    other_source: bool = False
    own_head: bool = False
    question: str = ""

    def require(self) -> ModelSpec:
        """The spec. Raises UsageProblem where hubtool does not build the network."""
        if self.spec is None:
            raise UsageProblem(self.reason, hint=self.hint)
        return self.spec


def claimed_network(claim_set: ClaimSet) -> Claimed:
    """The network that the claims of a set are about, with the head of their dataset."""
    card, row, asset = claim_set.card, claim_set.variant, claim_set.asset
    names = [claim_set.network_name]
    if row is not None and any(same_file(other, row.asset) for other in card.assets):
        names.append(card.model_name)
    source = _other_source(str(card.fields.get("repo_link") or ""), _recipes_of(card, asset, row), asset)
    return _claimed(names, asset, source, claim_set.dataset)


def network_of_row(parsed: ParsedCard, row: Variant) -> Claimed:
    """The network that a row of a results table is about; the card need not be valid."""
    if parsed.card is not None:
        return claimed_network(row_claims(parsed.card, row))
    values = parsed.values or {}
    repository, dataset = (str(values.get(key) or "") for key in ("repo-link", "train-dataset"))
    source = _other_source(repository, [row.recipe] if row.recipe else [], row.asset)
    return _claimed([row.model], row.asset, source, row.dataset or ("" if says_none(dataset) else dataset))


def counts_of_row(parsed: ParsedCard, row: Variant) -> ParameterCounts | None:
    """The parameters of the network that a row is about; None where hubtool does not know them for certain."""
    claimed = network_of_row(parsed, row)
    return None if claimed.spec is None or claimed.own_head else counts_of(claimed.spec)


def counts_of(spec: ModelSpec) -> ParameterCounts:
    """The parameters of a network."""
    return ParameterCounts(spec.name, spec.parameter_count, spec.trainable_count)


def known_counts() -> tuple[ParameterCounts, ...]:
    """The parameters of all known networks, with the heads they usually have."""
    return tuple(map(counts_of, known_specs()))


def with_head(spec: ModelSpec, dataset: str | None) -> ModelSpec | None:
    """A network with as many outputs as a dataset has classes; None where nobody knows how many it has.

    A card that names no dataset is taken to be about the one that the network was made for. A network that was not made
    for the classes of ImageNet is left as it is: its head is part of what it is.

    Raises UsageProblem where the head of a network cannot have that many.
    """
    known = dataset_named(dataset)
    if known is None:
        return None if dataset_key(dataset) else spec
    if spec.labelled_classes != IMAGENET.num_classes or known is IMAGENET:
        return spec
    return family_of(spec).with_classes(spec, known.num_classes)


def _claimed(names: Sequence[str], asset: Asset | None, source: str, dataset: str | None) -> Claimed:
    spec = next((found for name in names if (found := find_spec(name)) is not None), None) or _named_by_file(asset)
    if spec is None:
        reason = f"hubtool cannot build the network {names[0]}"
        return Claimed(None, reason, suggestion(names[0]), question=near_networks(names[0]))
    built = _SHARED_NAMES.get(spec.family)
    if built is not None and source:
        reason = f"the {names[0]} of this card is that of {source}, hubtool builds {built}'s"
        return Claimed(None, reason, other_source=True)
    try:
        headed = with_head(spec, dataset)
    except UsageProblem as error:
        return Claimed(None, error.message, error.hint)
    return Claimed(spec, own_head=True) if headed is None else Claimed(headed)


def _named_by_file(asset: Asset | None) -> ModelSpec | None:
    """MindCV's network that a file is called by."""
    match = _HUB_FILE.fullmatch(asset.file_name) if asset is not None else None
    spec = find_spec(match["name"]) if match else None
    return spec if spec is not None and spec.family in _SHARED_NAMES else None


def _other_source(repository: str, recipes: Sequence[str], asset: Asset | None) -> str:
    """The implementation that a card names, unless that is MindCV; empty where none is named.

    What is nearest to the figures counts: the file, then the recipes, then the card's repository. Where a file lies
    tells nothing, unless that is a folder of MindCV or of the model zoo.
    """
    file = asset.url.casefold() if asset is not None else ""
    if _MINDCV.search(file):
        return ""
    if _MODEL_ZOO_FILE.search(file):
        return _MODEL_ZOO
    for link in (*recipes, repository):
        if _MINDCV.search(link.casefold()):
            return ""
        if named := _repository(link):
            return named
    return ""


def _repository(link: str) -> str:
    """Host, owner and name of a repository, as in `gitee.com/mindspore/models`; empty for what is no web address."""
    try:
        parts = urlsplit(link.strip().strip("<>"))
    except ValueError:
        return ""
    if parts.scheme.casefold() not in {"http", "https"} or not parts.netloc:
        return ""
    return "/".join([parts.netloc.casefold(), *filter(None, parts.path.split("/"))][:3])


def _recipes_of(card: Card, asset: Asset | None, row: Variant | None) -> list[str]:
    """The recipes of a row, or of all rows about a file."""
    rows = [row] if row is not None else [one for one in card.variants if asset and same_file(asset, one.asset)]
    return [one.recipe for one in rows if one.recipe]
