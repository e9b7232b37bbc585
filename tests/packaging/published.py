"""A network with random weights, published: a card, a server that has the weights, and photographs. No MindSpore."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hubtool.network.bit.spec import HEAD, parameter_shapes
from hubtool.network.registry import find_spec
from hubtool.network.spec import ModelSpec
from tests.asset.server import Site, serve
from tests.checkpoint.proto import entry
from tests.photos import crops, encoded

NETWORK = "bit_resnet50"
CLASSES = tuple(f"n{number:08}" for number in range(1000))
_KINDS = ("rgb", "grey", "progressive", "cmyk", "palette", "rgba")
_PNG = b"\x89PNG"

_CARD = """\
# {network}

---

model-name: {network}

backbone-name: resnet50

module-type: cv

fine-tunable: True

model-version: 1.0

train-dataset: ImageNet2012

evaluation: top1acc{top1:.2f} | top5acc{top5:.2f}

author: hubtool developers

update-time: 2026-11-28

user-id: hubtool

used-for: inference

mindspore-version: 2.8

asset:

- file-format: ckpt
  asset-link: <{url}/{network}.ckpt>
  asset-sha256: {digest}

license: Apache-2.0

summary: BiT-R50 with random weights

---

# Random weights
"""


@dataclass(frozen=True)
class Published:
    """What there is to verify.

    Attributes
    ----------
    weights
        Bytes of the checkpoint.
    site
        The server that has them, on loopback.
    """

    folder: Path
    weights: bytes
    site: Site

    @property
    def cards(self) -> Path:
        """The folder of the card."""
        return self.folder / "cards"

    @property
    def images(self) -> Path:
        """A folder of photographs, `val/<class>/`."""
        return self.folder / "images"

    @property
    def class_list(self) -> Path:
        """A file that names all classes of the network."""
        return self.folder / "classes.txt"

    def claim(self, top1: float, top5: float) -> None:
        """Write the card with these figures, in percent."""
        digest = hashlib.sha256(self.weights).hexdigest()
        text = _CARD.format(network=NETWORK, url=self.site.url, digest=digest, top1=top1, top5=top5)
        (self.cards / f"{NETWORK}.md").write_text(text)

    def put(self, number: int, image: bytes, label: int) -> None:
        """Give a photograph to a class."""
        name = f"{number:03}{'.png' if image.startswith(_PNG) else '.jpg'}"
        for before in self.images.rglob(name):
            before.unlink()
        path = self.images / "val" / CLASSES[label] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image)


@contextmanager
def published(folder: Path) -> Iterator[Published]:
    """Publish in a folder until the context ends; no figure is claimed, and there is no photograph yet."""
    weights = random_checkpoint(find_spec(NETWORK))
    with serve(Site(weights)) as site:
        made = Published(folder, weights, site)
        made.cards.mkdir()
        made.class_list.write_text("\n".join(CLASSES))
        yield made


def random_checkpoint(spec: ModelSpec) -> bytes:
    """A checkpoint of a BiT network, the same one whenever it is asked for; features neither vanish nor explode."""
    random = np.random.default_rng(0)
    entries = []
    for name, shape in parameter_shapes(spec).items():
        if name.endswith(".gamma"):
            array = random.uniform(0.5, 1.5, shape)
        elif len(shape) == 1:
            array = random.normal(0, 0.1, shape)
        else:
            array = random.normal(0, 1 / math.sqrt(math.prod(shape[1:])), shape)
        array = array * (10 if name.startswith(HEAD) else 1)
        entries.append(entry(name, list(shape), "Float32", array.astype("float32").tobytes()))
    return b"".join(entries)


def photographs(count: int) -> list[bytes]:
    """Files of photographs of many sizes, JPEG and PNG."""
    images = crops(count, seed=3)
    return [encoded(image, _KINDS[number % len(_KINDS)]) for number, image in enumerate(images)]
