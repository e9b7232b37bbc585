"""What a benchmark of the evaluation works on: photographs, and a network with random weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hubtool.asset.intact import hash_file
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe, changed
from hubtool.network.registry import find_spec
from hubtool.network.sample import random_model
from hubtool.network.spec import Model, ModelSpec
from tests.photos import write_photos
from tests.zoo import zoo_checkpoint

ZOO = "mindcv"
"""The family of MindCV's networks."""
FOLDERS = 8
"""Classes that the photographs are spread over."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The same network, weights and photographs for all that is measured.

    Attributes
    ----------
    folder
        Where they are; whoever made it removes it.
    network
        A name that hubtool knows.
    weights, sha256
        File name and digest of the checkpoint.
    """

    folder: Path
    network: str
    weights: str
    sha256: str

    @property
    def spec(self) -> ModelSpec:
        spec = find_spec(self.network)
        assert spec is not None, f"hubtool does not know {self.network}"
        return spec

    @property
    def photos(self) -> Path:
        """Holds val/<class>/<n>.JPEG."""
        return self.folder / "photos"

    @property
    def checkpoint(self) -> Path:
        return self.folder / self.weights

    def model(self) -> Model:
        return Model(self.spec, self.checkpoint, self.sha256)

    def split(self) -> ImageFolder:
        """The photographs, as `hubtool verify` reads them."""
        return ImageFolder(self.photos, self.spec.num_classes, self.recipe, _classes(self.spec))

    @property
    def recipe(self) -> EvalRecipe:
        """How MindCV evaluates the network."""
        return changed(EvalRecipe(self.spec.input_size), self.spec.eval_defaults, self.network)

    def save(self) -> Path:
        """A file that `load` reads in another process."""
        path = self.folder / "assets.json"
        path.write_text(json.dumps({**asdict(self), "folder": str(self.folder)}))
        return path

    @classmethod
    def load(cls, path: Path) -> Assets:
        fields = json.loads(path.read_text())
        return cls(**{**fields, "folder": Path(fields["folder"])})


def make_assets(folder: Path, network: str, images: int) -> Assets:
    """Write them; `images` is a multiple of `FOLDERS`."""
    spec = find_spec(network)
    assert spec is not None, f"hubtool does not know {network}"
    write_photos(folder / "photos", _classes(spec)[:FOLDERS], per_class=images // FOLDERS)
    weights = zoo_weights(spec, folder) if spec.family == ZOO else random_model(spec, folder).weights
    return Assets(folder, network, weights.name, hash_file(weights))


def zoo_weights(spec: ModelSpec, folder: Path) -> Path:
    """Random weights of a network of MindCV's, with the statistics that images give."""
    return zoo_checkpoint(spec.name, folder, spec.num_classes, spec.input_size)


def _classes(spec: ModelSpec) -> list[str]:
    return [f"n{number:08}" for number in range(spec.num_classes)]


def peak_mib() -> float:
    """The most memory that this process has held so far, in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(status["VmHWM"].split()[0]) / 1024, 1)
