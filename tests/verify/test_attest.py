"""Evidence is about the card that was judged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.progress import SILENT, Task
from hubtool.verify.attest import write_evidence
from hubtool.verify.plan import Plan
from hubtool.verify.verify import verify
from hubtool.workspace import Workspace


class EditsACard:
    """Changes a card as soon as something is evaluated."""

    def __init__(self, card: Path):
        self.card = card

    def task(self, name: str, total: int | None, unit: str) -> Task:
        if unit == "images":
            self.card.write_text(self.card.read_text() + "\nOne more line.\n")
        return SILENT.task(name, total, unit)


@pytest.mark.mindspore
def test_a_card_that_is_edited_while_the_evaluation_runs(cards: Path, tmp_path: Path) -> None:
    pytest.importorskip("mindspore")
    card = cards / "bit_digits.md"
    judged = hashlib.sha256(card.read_bytes()).hexdigest()
    chosen = choose(Catalogue([cards]), ["bit_digits"])
    plan = Plan(Workspace((cards,), tmp_path / "cache"), reproduce_eval=True)
    results = verify(chosen, plan, EditsACard(card))
    assert hashlib.sha256(card.read_bytes()).hexdigest() != judged
    (path,) = write_evidence(tmp_path / "evidence", results, plan)
    assert json.loads(path.read_text())["predicate"]["card"]["sha256"] == judged
