"""What tests run in their own process is what a user gets from one of the command's own."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import pytest

from tests.command import Hubtool, HubtoolProcess, Result
from tests.conftest import CARDS, DIGITS_CHECKPOINT, edit, flip_byte

EVALUATE = ("verify", "bit_digits", "--reproduce-eval", "--batch-size", "64", "--limit", "128")


def both(inside: Hubtool, outside: HubtoolProcess, *args: str | Path) -> tuple[Result, Result]:
    """The same command in the same folder, each time with a new cache; that of the first run is kept as `first`."""
    cache = Path(inside.environment["HUBTOOL_CACHE"])
    first = inside(*args)
    if cache.exists():
        cache.rename(cache.with_name("first"))
    return first, outside(*args)


@pytest.mark.parametrize(
    "args",
    [
        ["--version"],
        ["list"],
        ["show", "bit_resnet50", "--json"],
        ["show", "bit_resnet51"],
        ["valdate"],
        ["pull"],
        ["--offline", "pull", "bit_resnet50"],
        ["validate", "broken"],
        ["validate", "broken", "--format", "xml"],
        ["inspect", DIGITS_CHECKPOINT],
        ["inspect", "broken/bit_digits.ckpt"],
        ["export", "bit_digits", "--to", "safetensors", "--force", "-v", "--no-progress"],
        ["verify", "--cards", "broken"],
        ["verify", "--strict", "-q"],
    ],
    ids=lambda args: " ".join(Path(arg).name for arg in args),
)
def test_code_output_and_messages_are_the_same(
    hubtool: Hubtool, hubtool_process: HubtoolProcess, cards: Path, args: list[str | Path]
) -> None:
    edit(cards / "bit_digits.md", "license: Apache-2.0", "license: 许可")
    (cards / "bit_digits.ckpt").write_bytes(DIGITS_CHECKPOINT.read_bytes())
    flip_byte(cards / "bit_digits.ckpt", 0)
    cards.rename(hubtool.folder / "broken")
    inside, outside = both(hubtool, hubtool_process, *args)
    assert inside == outside


@pytest.mark.mindspore
def test_an_evaluation_is_the_same_to_the_last_bit(hubtool: Hubtool, hubtool_process: HubtoolProcess) -> None:
    inside, outside = both(hubtool, hubtool_process, *EVALUATE, "--json", "--no-progress", "--predictions", "p.csv")
    assert (inside.code, inside.err) == (outside.code, outside.err) == (0, "wrote p.csv\n")
    (first,), (second,) = (json.loads(run.out)["results"] for run in (inside, outside))
    for result in (first, second):
        for measured in ("seconds", "images_per_second", "asset", "checks"):
            result.pop(measured)
    assert first == second
    ledgers = [path.read_bytes() for path in hubtool.folder.parent.glob("*/ledgers/*.jsonl")]
    assert len(ledgers) == 2
    assert ledgers[0] == ledgers[1]


def test_a_run_leaves_the_process_as_it_was(hubtool: Hubtool) -> None:
    def state() -> tuple[object, ...]:
        streams = (sys.stdin, sys.stdout, sys.stderr)
        log = logging.getLogger("hubtool")
        return streams, [os.fstat(n)[:2] for n in (0, 1, 2)], dict(os.environ), Path.cwd(), log.level, [*log.handlers]

    before = state()
    assert hubtool("-v", "list", "--cards", CARDS).code == 0
    assert hubtool("show", "none").code == 3
    assert state() == before
