"""Evidence from the evaluation to the linter, as users run them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hubtool.engine.processor import processor
from hubtool.resources import packaged
from tests.conftest import CARDS, DIGITS_CARD, DIGITS_CHECKPOINT, Hubtool, edit

SCHEMA = json.loads((packaged("schemas") / "evidence.schema.json").read_text())
OURS = CARDS / "evidence" / "bit_digits-5082903c.intoto.json"


def codes(hubtool: Hubtool, cards: Path) -> list[str]:
    run = hubtool("validate", cards / "bit_digits.md", "--format", "json")
    return [diagnostic["code"] for diagnostic in json.loads(run.out)["diagnostics"]]


def test_our_own_evidence_fits_the_schema_the_card_and_the_file() -> None:
    document = json.loads(OURS.read_text())
    Draft202012Validator(SCHEMA).validate(document)
    (subject,) = document["subject"]
    assert subject["digest"]["sha256"] == hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    assert document["predicate"]["card"]["sha256"] == hashlib.sha256(DIGITS_CARD.read_bytes()).hexdigest()


@pytest.mark.mindspore
def test_evidence_is_the_same_but_for_its_times(hubtool: Hubtool, cards: Path) -> None:
    args = ("verify", "bit_digits", "--reproduce-eval", "--cards", cards, "--evidence", cards / "evidence")
    assert hubtool(*args).code == 0
    new = json.loads((cards / "evidence" / OURS.name).read_text())
    Draft202012Validator(SCHEMA).validate(new)
    assert new["predicate"]["engine"]["device"] == f"CPU {processor()}"
    old = json.loads(OURS.read_text())
    for document in (old, new):
        del document["predicate"]["times"], document["predicate"]["versions"]
        del document["predicate"]["engine"]["device"], document["predicate"]["engine"]["name"]
        del document["predicate"]["ledger"]  # logits to the last bit: the same on one machine only
    assert new == old
    assert codes(hubtool, cards) == []


@pytest.mark.mindspore
def test_a_mismatch_goes_from_the_evaluation_to_the_linter(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "98.33", "97.00")
    assert "HT804" in codes(hubtool, cards)
    args = ("verify", "bit_digits", "--reproduce-eval", "--cards", cards, "--evidence", cards / "evidence")
    run = hubtool(*args)
    assert run.code == 1
    assert f"wrote {cards / 'evidence' / OURS.name}" in run.err
    assert codes(hubtool, cards) == ["HT805"]


@pytest.mark.mindspore
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tolerance", "2"], "was made with a tolerance of 2 points"),
        (["--limit", "20"], "is inconclusive about top1"),
        (["--limit", "180"], None),
    ],
)
def test_what_counts_as_evidence(hubtool: Hubtool, cards: Path, options: list[str], said: str | None) -> None:
    evaluate = ("verify", "bit_digits", "--reproduce-eval", "--cards", cards, "--evidence", cards / "evidence")
    assert hubtool(*evaluate, *options).code == 0
    run = hubtool("validate", cards / "bit_digits.md")
    assert run.code == 0
    assert ("HT803" in run.out) == bool(said)
    assert said is None or said in run.out


def test_files_of_evidence_that_are_broken_or_about_no_card(hubtool: Hubtool, cards: Path) -> None:
    evidence = cards / "evidence"
    whole = OURS.read_text()
    (evidence / "cut.intoto.json").write_text(whole[:300])
    (evidence / "gone.intoto.json").write_text(whole.replace("hubtool/1.0/bit_digits", "hubtool/1.0/gone"))
    (evidence / "edited.intoto.json").write_text(whole.replace('"correct": 354', '"correct": 35'))
    run = hubtool("validate", cards, "--format", "json")
    assert run.code == 1
    document = json.loads(run.out)
    found = [(Path(d["path"]).name, d["line"], d["column"], d["code"]) for d in document["diagnostics"]]
    assert found == [
        ("bit_digits.md", 18, 13, "HT805"),
        ("cut.intoto.json", 8, 7, "HT806"),
        ("edited.intoto.json", 1, 1, "HT806"),
        ("gone.intoto.json", 1, 1, "HT807"),
    ]
    assert document["cards"] == 2
    assert document["summary"] == {"errors": 3, "warnings": 1, "infos": 0, "cards_with_errors": 1}
    alone = hubtool("validate", cards, "--select", "HT806", "--format", "github")
    assert "cut.intoto.json" in alone.out
    for path in evidence.glob("*.intoto.json"):
        if path.name != OURS.name:
            path.unlink()
    assert hubtool("validate", cards).code == 0


def test_evidence_needs_an_evaluation(hubtool: Hubtool, tmp_path: Path) -> None:
    run = hubtool("verify", "bit_digits", "--evidence", tmp_path)
    assert run.code == 2
    assert "--reproduce-eval" in run.err
