"""The family of the BiT networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.card.names import name_key
from hubtool.network.bit.fold import fold_weight_standardisation
from hubtool.network.bit.spec import FAMILY, KNOWN, parameter_shapes, resized
from hubtool.network.mindspore import bind, require_mindspore
from hubtool.network.onnx import GraphShape, TensorStore
from hubtool.network.outline import Outlines
from hubtool.network.spec import Form, ModelSpec, Shape


class BitFamily:
    """Big Transfer, in the variant that MindCV trained; a `Family`."""

    name = FAMILY
    members = KNOWN
    graph_source = ""

    def find(self, name: str) -> ModelSpec | None:
        """The network of that name, as `bit_resnet50` or `BiT_resnet50`."""
        return _BY_KEY.get(name_key(name))

    def with_classes(self, spec: ModelSpec, num_classes: int) -> ModelSpec:
        """The same network with a head of so many outputs."""
        return resized(spec, num_classes)

    def shapes(self, spec: ModelSpec) -> Mapping[str, Shape]:
        """Name and shape of every parameter, in the order in which MindCV writes them."""
        return parameter_shapes(spec)

    def dtypes(self, spec: ModelSpec) -> Mapping[str, str]:
        """None: all are float32."""
        del spec
        return {}

    def why_no_cell(self, spec: ModelSpec) -> str:
        """Empty: MindSpore is all that it takes."""
        del spec
        return ""

    def cell(self, spec: ModelSpec, weights: Mapping[str, Any] | None, form: Form) -> Any:
        """A `mindspore.nn.Cell`; kernels are standardised at every call only in the form for training."""
        require_mindspore("build a network")
        from mindspore import nn

        from hubtool.network.bit.cells import BiT, InferenceGroupNorm, group_norm

        if form is Form.TRAINING:
            cell = BiT(spec)
        else:
            cell = BiT(spec, convolution=nn.Conv2d, norm=InferenceGroupNorm if form is Form.GRAPH else group_norm)
            cell.set_train(False)
            if weights is not None:
                weights = fold_weight_standardisation(spec, weights)
        if weights is not None:
            bind(cell, weights)
        return cell

    def why_no_graph(self, spec: ModelSpec) -> str:
        """Empty: every BiT has one."""
        del spec
        return ""

    def versions(self) -> Mapping[str, str]:
        """Nothing: cells and graphs are hubtool's own."""
        return {}

    def graph(
        self, spec: ModelSpec, weights: Mapping[str, Any], shape: GraphShape, store: TensorStore, outlines: Outlines
    ) -> Any:
        """An ONNX `ModelProto` with standardised kernels: see `hubtool.network.bit.graph`."""
        del outlines  # it is made in no time
        from hubtool.network.bit.graph import bit_graph

        return bit_graph(spec, weights, shape, store)


_BY_KEY = {name_key(spec.name): spec for spec in KNOWN}
