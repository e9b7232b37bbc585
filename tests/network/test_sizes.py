"""Which sizes of images networks take beside their own."""

from __future__ import annotations

import pytest

from hubtool.network.registry import find_spec
from hubtool.network.sizes import takes_other_sizes, why_not_size


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("bit_resnet50", True),
        ("bit_digits", True),
        *((name, True) for name in ("resnet50", "inception_v3", "mobilenet_v1_025", "regnet_x_800mf", "densenet121")),
        *((name, False) for name in ("swin_tiny", "swinv2_tiny_window8", "vit_b_32_224", "pit_ti", "crossvit_9")),
        *((name, False) for name in ("convit_tiny", "pvt_tiny", "visformer_tiny", "mlp_mixer_b_p16", "cait_s24_224")),
    ],
)
def test_only_what_is_known_to_take_another_size_may_get_one(name: str, does: bool) -> None:
    spec = find_spec(name)
    assert takes_other_sizes(spec) is does
    assert why_not_size(spec, spec.input_size) == ""
    other = spec.input_size + 32
    said = f"{spec.name} takes images of {spec.input_size} pixels a side, not of {other}"
    assert why_not_size(spec, other) == ("" if does else said)
