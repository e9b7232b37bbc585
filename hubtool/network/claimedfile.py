"""The network that a card claims, in the file that it links."""

from __future__ import annotations

from hubtool.checkpoint.tensors import TensorFile
from hubtool.network.claimed import Claimed
from hubtool.network.fit import fit
from hubtool.network.head import resized
from hubtool.network.spec import ModelSpec


def spec_in_file(claimed: Claimed, file: TensorFile, ema: bool | None = None) -> ModelSpec:
    """The network that a card claims a file holds, with the number of outputs of the file where the card does not tell.

    Reads no values. Raises UsageProblem where hubtool does not build the network.

    Parameters
    ----------
    ema
        As for `hubtool.network.layout.check_layout`.
    """
    spec = claimed.require()
    if not claimed.own_head:
        return spec
    outputs = fit(file.tensors, spec, ema).outputs
    return spec if outputs is None else resized(spec, outputs)
