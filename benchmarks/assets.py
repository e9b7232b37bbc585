"""What a benchmark of the evaluation works on: photographs, and a network with random weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hubtool.asset.cache import hash_file
from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.safetensors import encode_header
from hubtool.checkpoint.tensors import Extent, TensorInfo
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe
from hubtool.network.registry import family_of, find_spec
from hubtool.network.spec import Model, ModelSpec
from tests.photos import write_photos

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
    sha256
        Of the checkpoint.
    """

    folder: Path
    network: str
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
        return self.folder / "random.ckpt"

    def model(self) -> Model:
        return Model(self.spec, self.checkpoint, self.sha256)

    def split(self) -> ImageFolder:
        """The photographs, as `hubtool verify` reads them."""
        spec = self.spec
        return ImageFolder(self.photos, spec.num_classes, EvalRecipe(spec.input_size), _classes(spec))

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
    write_random_checkpoint(spec, folder / "random.ckpt")
    return Assets(folder, network, hash_file(folder / "random.ckpt"))


def write_random_checkpoint(spec: ModelSpec, path: Path) -> None:
    """A checkpoint with random weights, one parameter in memory at a time."""
    tensors = [
        TensorInfo(name, "float32", shape, (Extent(0, 4 * int(np.prod(shape))),))
        for name, shape in family_of(spec).shapes(spec).items()
    ]
    random = np.random.default_rng(0)
    source = path.with_suffix(".safetensors")
    with source.open("wb") as stream:
        stream.write(encode_header(tensors, {}))
        for tensor in tensors:
            stream.write(_values(random, tensor).astype("<f4").tobytes())
    convert(open_weights(source), path, "ckpt")
    source.unlink()


def _values(random: np.random.Generator, tensor: TensorInfo) -> Any:
    if tensor.name.endswith(".gamma"):
        return random.uniform(0.5, 1.5, tensor.shape)
    return random.normal(0, 0.2 if tensor.name.endswith((".beta", ".bias")) else 0.05, tensor.shape)


def _classes(spec: ModelSpec) -> list[str]:
    return [f"n{number:08}" for number in range(spec.num_classes)]


def peak_mib() -> float:
    """The most memory that this process has held so far, in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(status["VmHWM"].split()[0]) / 1024, 1)
