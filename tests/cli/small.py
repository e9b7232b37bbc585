"""A small random network that takes colour, the card about it, and the command that knows it."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tests.command import Hubtool, Result
from tests.conftest import DIGITS_CHECKPOINT, edit

VERIFY = ["verify", "bit_digits", "--reproduce-eval", "--json", "--cards"]


def network(outputs: int):
    from hubtool.network.bit.spec import Architecture

    return Architecture("bit_digits", units=(1, 1, 1), width=32, num_classes=outputs, in_channels=3, input_size=32)


class SmallHubtool(Hubtool):
    """The command, to which bit_digits is the small network."""

    outputs = 3

    def __call__(self, *args: str | Path, timeout: float = 300) -> Result:
        from hubtool.network import registry

        with patch.dict(registry._BY_KEY, bitdigits=network(self.outputs)):
            return super().__call__(*args, timeout=timeout)


@cache
def checkpoint(outputs: int) -> bytes:
    """Random weights, the same ones whenever they are asked for."""
    import tempfile

    import mindspore

    from hubtool.network.build import build

    mindspore.set_seed(1)
    with tempfile.NamedTemporaryFile(suffix=".ckpt") as file:
        mindspore.save_checkpoint(build(network(outputs)), file.name)
        return Path(file.name).read_bytes()


def publish(cards: Path, outputs: int, dataset: str) -> None:
    """Put random weights of the small network under the card of the digits, without figures that fit."""
    path = cards / "assets" / DIGITS_CHECKPOINT.name
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(checkpoint(outputs))
    (cards / "hubtool.lock").unlink()
    card = cards / "bit_digits.md"
    edit(card, old, hashlib.sha256(checkpoint(outputs)).hexdigest())
    card.write_text(card.read_text().split("## Results")[0])
    edit(card, "train-dataset: digits", f"train-dataset: {dataset}")


def evaluation(run: Result) -> tuple[list[int], str]:
    """Counts of the claims, and what the evaluation's check says."""
    assert run.code in {0, 1}, run.err + run.out
    (result,) = json.loads(run.out)["results"]
    return [claim["correct"] for claim in result["claims"]], result["checks"][-1]["detail"]
