"""Which sizes of images a network takes beside its own."""

from __future__ import annotations

from hubtool.network.spec import ModelSpec

_BIT, _MINDCV = "bit", "mindcv"
_CONVOLUTIONAL = (
    *("resnet", "resnext", "seresnet", "seresnext", "skresnet", "skresnext", "res2net", "mobilenet_", "squeezenet"),
    *("shufflenet_", "mnasnet", "mixnet", "ghostnet", "efficientnet", "googlenet", "densenet", "regnet", "repvgg"),
    *("rexnet", "inception_", "nasnet", "hrnet", "convnext", "poolformer"),
)
"""How the names of MindCV's networks begin that end in a mean over all places, however many there are.

Those of them that were tried also ran on larger images (`other_sizes` of the table, which a test compares with this
list). Transformers and the like are not among them, also where MindCV runs them: their embeddings of positions, windows
or Dense layers are made for one size.
"""


def takes_other_sizes(spec: ModelSpec) -> bool:
    """Whether a network is known to take images of another size than its own."""
    return spec.family == _BIT or (spec.family == _MINDCV and spec.name.startswith(_CONVOLUTIONAL))


def why_not_size(spec: ModelSpec, side: int) -> str:
    """Why a network does not take square images of so many pixels a side; empty when it does."""
    if side == spec.input_size or takes_other_sizes(spec):
        return ""
    return f"{spec.name} takes images of {spec.input_size} pixels a side, not of {side}"
