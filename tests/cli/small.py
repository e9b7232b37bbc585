"""A small random network that takes colour, the card about it, and the command that knows it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tests.command import Hubtool, Result
from tests.conftest import DIGITS_CHECKPOINT, edit

VERIFY = ["verify", "bit_digits", "--reproduce-eval", "--json", "--cards"]


def network(outputs: int):
    from hubtool.network.bit.spec import bit_spec

    return bit_spec("bit_digits", units=(1, 1, 1), width=32, num_classes=outputs, in_channels=3, input_size=32)


class SmallHubtool(Hubtool):
    """The command, to which bit_digits is the small network."""

    outputs = 3

    def __call__(self, *args: str | Path, timeout: float = 300) -> Result:
        from hubtool.network.bit import family

        with patch.dict(family._BY_KEY, bitdigits=network(self.outputs)):
            return super().__call__(*args, timeout=timeout)


@cache
def checkpoint(outputs: int) -> bytes:
    """Random weights, the same ones whenever they are asked for."""
    import mindspore

    from hubtool.network.registry import build

    mindspore.set_seed(1)
    return saved(build(network(outputs)))


def saved(cell) -> bytes:
    """A checkpoint of a cell's weights."""
    import mindspore

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.ckpt")
        mindspore.save_checkpoint(cell, str(path))
        return path.read_bytes()


def publish(cards: Path, outputs: int, dataset: str, weights: bytes | None = None) -> None:
    """Put weights of the small network, random ones by default, under the card of the digits, whose figures stay."""
    weights = checkpoint(outputs) if weights is None else weights
    path = cards / "assets" / DIGITS_CHECKPOINT.name
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(weights)
    (cards / "hubtool.lock").unlink()
    card = cards / "bit_digits.md"
    edit(card, old, hashlib.sha256(weights).hexdigest())
    card.write_text(card.read_text().split("## Results")[0])
    edit(card, "train-dataset: digits", f"train-dataset: {dataset}")


def evaluation(run: Result) -> tuple[list[int], str]:
    """Counts of the claims, and what the evaluation's check says."""
    assert run.code in {0, 1}, run.err + run.out
    (result,) = json.loads(run.out)["results"]
    return [claim["correct"] for claim in result["claims"]], result["checks"][-1]["detail"]
