"""The family of MindCV's networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from hubtool.errors import EnvironmentProblem, UsageProblem
from hubtool.extras import installed_versions, require
from hubtool.network.mindcv.graph import mindcv_graph, versions, why_no_export, why_no_mindcv
from hubtool.network.mindcv.names import Names
from hubtool.network.mindcv.table import entries, made_with, tensors
from hubtool.network.mindspore import bind, require_mindspore
from hubtool.network.onnx import GraphShape, TensorStore
from hubtool.network.outline import Outlines
from hubtool.network.spec import Form, ModelSpec, Shape

FAMILY = "mindcv"
_OTHERS = "BiT_"  # the family `bit` builds these
_FLOAT32 = "float32"


@dataclass(frozen=True, slots=True)
class MindCVOptions:
    """What the spec of one of MindCV's networks says beside what all specs say.

    Attributes
    ----------
    digest
        Of the parameters' names, types and shapes with the published number of classes.
    heads
        The tensors whose shape follows the number of classes, each with the axis that does.
    class_size
        Number of scalars in those tensors for each class.
    """

    digest: str
    heads: tuple[tuple[str, int], ...]
    class_size: int


class MindCVFamily:
    """The networks of MindCV's registry but BiT, built by MindCV; a `Family`."""

    name = FAMILY
    graph_source = "mindspore"

    @cached_property
    def members(self) -> tuple[ModelSpec, ...]:
        """Those whose parameters are known, also where MindCV cannot run them on this MindSpore."""
        return tuple(self._specs.values())

    def find(self, name: str) -> ModelSpec | None:
        """The network of that name: see `hubtool.network.mindcv.names.Names.find`."""
        found = self._names.find(name)
        return None if found is None else self._specs[found]

    def with_classes(self, spec: ModelSpec, num_classes: int) -> ModelSpec:
        """The same network with a head of so many outputs, each of which a label means.

        Raises UsageProblem for a network whose head MindCV does not change.
        """
        options = options_of(spec)
        if not options.heads and num_classes != spec.num_classes:
            raise UsageProblem(f"MindCV builds {spec.name} with {spec.num_classes} classes only")
        more = (num_classes - spec.num_classes) * options.class_size
        return replace(spec, num_classes=num_classes, parameter_count=spec.parameter_count + more, spare_outputs=0)

    def shapes(self, spec: ModelSpec) -> Mapping[str, Shape]:
        """Name and shape of every parameter, in the order in which MindCV writes them."""
        heads = dict(options_of(spec).heads)
        return {
            one.name: _sized(one.shape, heads[one.name], spec.num_classes) if one.name in heads else one.shape
            for one in tensors(spec.name)
        }

    def dtypes(self, spec: ModelSpec) -> Mapping[str, str]:
        """The types of the parameters that are not float32: float16 in PVT, int32 in Swin v2."""
        return {one.name: one.dtype for one in tensors(spec.name) if one.dtype != _FLOAT32}

    def why_no_cell(self, spec: ModelSpec) -> str:
        """What MindCV or MindSpore lacks, or that MindCV is not installed."""
        fails: str = entries()[spec.name].get("fails", "")
        if fails:
            return fails
        return why_no_mindcv(spec)

    def cell(self, spec: ModelSpec, weights: Mapping[str, Any] | None, form: Form) -> Any:
        """MindCV's cell; for inference and as a graph it is the same one.

        Raises
        ------
        MissingExtra
            MindSpore or MindCV is not installed.
        EnvironmentProblem
            The MindCV that is installed builds it with other parameters than the table has.
        """
        require_mindspore("build a network")
        require("mindcv", extra="zoo", purpose=f"build {spec.name}")
        from hubtool.network.mindcv.remedies import create, create_for_weights

        cell = (create if weights is None else create_for_weights)(spec.name, spec.num_classes)
        self._check(spec, cell)
        if weights is not None:
            bind(cell, weights)
        cell.set_train(form is Form.TRAINING)
        return cell

    def why_no_graph(self, spec: ModelSpec) -> str:
        """That MindSpore or MindCV is not installed, or that MindSpore cannot run the network to prove the graph.

        What MindSpore cannot export comes out when a graph is made.
        """
        return why_no_export(spec) or self.why_no_cell(spec)

    def versions(self) -> Mapping[str, str]:
        """Of the libraries that build cells and export graphs, and the digest of the code that changes both."""
        return versions()

    def graph(
        self, spec: ModelSpec, weights: Mapping[str, Any], shape: GraphShape, store: TensorStore, outlines: Outlines
    ) -> Any:
        """An ONNX `ModelProto`: see `hubtool.network.mindcv.graph`."""
        return mindcv_graph(spec, self.shapes(spec), weights, shape, store, outlines)

    @cached_property
    def _specs(self) -> dict[str, ModelSpec]:
        return {
            name: _spec(name, entry)
            for name, entry in entries().items()
            if "digest" in entry and not name.startswith(_OTHERS)
        }

    @cached_property
    def _names(self) -> Names:
        return Names(self._specs)

    def _check(self, spec: ModelSpec, cell: Any) -> None:
        """That a cell has the parameters that the table says."""
        wanted = {name: tuple(shape) for name, shape in self.shapes(spec).items()}
        found = {parameter.name: tuple(parameter.shape) for parameter in cell.get_parameters()}
        if found == wanted:
            return
        odd = next(name for name in (*wanted, *found) if wanted.get(name) != found.get(name))
        version = installed_versions(["mindcv"]).get("mindcv", "?")
        raise EnvironmentProblem(
            f"MindCV {version} builds {spec.name} otherwise than MindCV {made_with()['mindcv']}: {odd} "
            f"{_said(found.get(odd))} instead of {_said(wanted.get(odd))}",
            hint=f"pip install mindcv=={made_with()['mindcv']}",
        )


def options_of(spec: ModelSpec) -> MindCVOptions:
    """What the spec of a network of MindCV says beside what all specs say. Raises TypeError for another family's."""
    if not isinstance(spec.options, MindCVOptions):
        raise TypeError(f"{spec.name} is no network of MindCV")
    return spec.options


def _spec(name: str, entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=name,
        family=FAMILY,
        num_classes=entry["classes"],
        in_channels=entry["channels"],
        input_size=entry["size"],
        parameter_count=entry["parameters"],
        options=MindCVOptions(entry["digest"], tuple(entry["heads"].items()), entry["class_size"]),
        eval_defaults=entry["recipe"],
        frozen_count=entry["frozen"],
        spare_outputs=entry["spare"],
    )


def _sized(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _said(shape: Shape | None) -> str:
    return "is missing" if shape is None else f"has the shape {shape}"
