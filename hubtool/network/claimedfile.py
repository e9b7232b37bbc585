"""The network that a card claims, in the file that it links."""

from __future__ import annotations

from hubtool.checkpoint.tensors import TensorFile
from hubtool.network.claimed import Claimed
from hubtool.network.fit import fit
from hubtool.network.head import resized
from hubtool.network.spec import ModelSpec


def spec_in_file(claimed: Claimed, file: TensorFile, ema: bool | None = None) -> ModelSpec:
    """The network that a card claims a file holds, with the number of outputs of the file where the card does not tell.

    A network with spare outputs may be without them in the file: MindCV builds MobileNet v1 in both ways. Reads no
    values. Raises UsageProblem where hubtool does not build the network.

    Parameters
    ----------
    ema
        As for `hubtool.network.layout.check_layout`.
    """
    spec = claimed.require()
    if not claimed.own_head and not spec.spare_outputs:
        return spec
    outputs = fit(file.tensors, spec, ema).outputs
    if outputs is None or outputs == spec.num_classes:
        return spec
    return resized(spec, outputs) if claimed.own_head or outputs == spec.labelled_classes else spec
