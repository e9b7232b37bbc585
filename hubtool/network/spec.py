"""What a network is, as plain values; naming it, counting it and comparing a file with it need no MindSpore."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hubtool.network.onnx import GraphShape, TensorStore
    from hubtool.network.outline import Outlines

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A network without its weights.

    Attributes
    ----------
    name
        The model name that cards use.
    family
        Who builds it: see `hubtool.network.registry`.
    num_classes
        Outputs of the head.
    in_channels
        Colours of the images it takes.
    input_size
        Height and width of the square input it was trained on, in pixels.
    parameter_count
        Number of scalars in all tensors of its checkpoint together: batch statistics and index tables are among them.
    options
        What else its family has to know; a value of the family's own.
    eval_defaults
        Keys of `hubtool.data.transform.spec.EvalRecipe` that this network is evaluated with where a card says nothing,
        as text.
    frozen_count
        Those of the scalars that training by gradients does not change.
    spare_outputs
        How many of the outputs, the last ones, no label means.
    """

    name: str
    family: str
    num_classes: int
    in_channels: int
    input_size: int
    parameter_count: int
    options: Hashable = ()
    eval_defaults: Mapping[str, str] = field(default_factory=dict, hash=False)
    frozen_count: int = 0
    spare_outputs: int = 0

    @property
    def trainable_count(self) -> int:
        """Number of scalars that training changes."""
        return self.parameter_count - self.frozen_count

    @property
    def labelled_classes(self) -> int:
        """How many classes labels tell apart: the first outputs."""
        return self.num_classes - self.spare_outputs


@dataclass(frozen=True, slots=True)
class Model:
    """A network and the file of its weights: what an engine opens.

    Attributes
    ----------
    weights
        A checkpoint that was checked against the spec: see `hubtool.network.layout.check_layout`.
    sha256
        Of that file, 64 lower-case hexadecimal digits.
    ema
        Which of two sets of weights in it: see `hubtool.network.layout.check_layout`.
    """

    spec: ModelSpec
    weights: Path
    sha256: str
    ema: bool | None = None

    @property
    def weights_inputs(self) -> dict[str, object]:
        """What the values of the parameters depend on, as values that JSON knows: the file, and the choice if any."""
        return {"weights": self.sha256} | ({} if self.ema is None else {"ema": self.ema})


class Form(Enum):
    """What a cell is built for; its logits are the same, up to the order of floating-point sums."""

    TRAINING = "training"
    """Every parameter as published, and trainable."""
    INFERENCE = "inference"
    """What can be computed once is folded into the weights; runs operator by operator."""
    GRAPH = "graph"
    """As for inference, from operators that are fast once compiled."""


class Family(Protocol):
    """A kind of network: finds its members by name and builds them."""

    @property
    def name(self) -> str:
        """As specs give it."""

    @property
    def members(self) -> tuple[ModelSpec, ...]:
        """The networks it can build."""

    def find(self, name: str) -> ModelSpec | None:
        """The network of that name, case and punctuation aside; None if it is none of this family. Imports nothing."""

    def with_classes(self, spec: ModelSpec, num_classes: int) -> ModelSpec:
        """The same network with a head of so many outputs, each of which a label means. Imports nothing."""

    def shapes(self, spec: ModelSpec) -> Mapping[str, Shape]:
        """Name and shape of every parameter, in the order in which checkpoints hold them. Imports nothing."""

    def dtypes(self, spec: ModelSpec) -> Mapping[str, str]:
        """The types of the parameters that are not float32, as numpy calls them, by name. Imports nothing."""

    def why_no_cell(self, spec: ModelSpec) -> str:
        """Why `cell` cannot build this network here, with what to do; empty when it can. Imports nothing."""

    def cell(self, spec: ModelSpec, weights: Mapping[str, Any] | None, form: Form) -> Any:
        """A `mindspore.nn.Cell`: images (N, C, H, W) float32 -> logits (N, num_classes) float32.

        Parameters
        ----------
        weights
            Name to array, as `shapes` has them; None for random ones.

        Raises
        ------
        MissingExtra
            MindSpore is not installed.
        """

    def why_no_graph(self, spec: ModelSpec) -> str:
        """Why `graph` cannot build this network here, with what to do; empty when it may. Imports nothing."""

    @property
    def graph_source(self) -> str:
        """The engine whose library exports the graphs: only its own answers prove one. Empty for graphs of hubtool."""

    def versions(self) -> Mapping[str, str]:
        """What answers depend on beside hubtool, its engine, the weights and the shape, by name. Imports nothing."""

    def graph(
        self, spec: ModelSpec, weights: Mapping[str, Any], shape: GraphShape, store: TensorStore, outlines: Outlines
    ) -> Any:
        """An ONNX `ModelProto`: `images` (N, C, H, W) float32 -> `logits` (N, num_classes) float32.

        Parameters
        ----------
        weights
            Name to array, as `shapes` has them.
        store
            Where the graph keeps them.
        outlines
            Keeps what takes long to make and depends on no weights, for families that have such a thing.

        Raises
        ------
        MissingExtra
            onnx is not installed.
        NoGraph
            That the network has no graph came out while it was made.
        """
