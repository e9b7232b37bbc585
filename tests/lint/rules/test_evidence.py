from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubtool.card.claims import claims_digest
from hubtool.card.parse import ParsedCard, read_card
from hubtool.card.subject import all_subjects
from hubtool.lint.engine import check_card
from hubtool.lint.evidence import read_statement
from hubtool.lint.rule import Facts
from tests.conftest import CARDS, DIGITS_CARD, edit

CODES = frozenset({"HT803", "HT804", "HT805"})
BIT_CARD = CARDS / "bit_resnet50_imagenet2012.md"


def statement(card: ParsedCard, number: int = 0, *, verdict: str = "reproduced", **changed: str) -> dict:
    assert card.card is not None
    subject = all_subjects(card.card)[number]
    assert subject.asset is not None
    assert subject.asset.digest is not None
    values = {
        "uid": card.card.uid,
        "sha256": subject.asset.digest.hex.ljust(64, "0"),
        "claims": claims_digest(subject.asset, subject.metrics),
    } | changed
    claims = [{"metric": m.name, "published": m.value, "verdict": verdict} for m in subject.metrics]
    variant = subject.variant.model if subject.variant else None
    return {
        "subject": [{"digest": {"sha256": values["sha256"]}}],
        "predicate": {
            "card": {"uid": values["uid"], "variant": variant, "claims_sha256": values["claims"]},
            "claims": claims,
        },
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bit_digits.md").write_bytes(DIGITS_CARD.read_bytes())
    (tmp_path / "assets").symlink_to(CARDS / "assets")
    return tmp_path


def found(path: Path) -> list[tuple[int, int, str]]:
    diagnostics = check_card(read_card(path), Facts(), CODES)
    return [(d.span.line, d.span.column, d.code) for d in diagnostics]


def write(folder: Path, *documents: object) -> None:
    (folder / "evidence").mkdir(exist_ok=True)
    for number, document in enumerate(documents):
        (folder / "evidence" / f"{number}.intoto.json").write_text(json.dumps(document))


def line_of(path: Path, start: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if line.startswith(start))


def test_a_folder_without_evidence_is_left_in_peace(folder: Path) -> None:
    assert found(folder / "bit_digits.md") == []


def test_evidence_that_fits(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    assert found(card) == []


def test_no_evidence_for_this_card(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card), uid="hubtool/1.0/another"))
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT803")]


def test_every_row_wants_evidence_of_its_own(tmp_path: Path) -> None:
    card = tmp_path / BIT_CARD.name
    card.write_bytes(BIT_CARD.read_bytes())
    parsed = read_card(card)
    write(tmp_path, statement(parsed, 0), statement(parsed, 2))
    rows = [line_of(card, f"| {name} ") for name in ("bit_resnet50 ", "bit_resnet101 ")]
    assert found(card) == [(line, 3, "HT803") for line in rows]


@pytest.mark.parametrize(("old", "new"), [("98.33", "98.30"), ("asset-sha256: 5082903c", "asset-sha256: 00000000")])
def test_evidence_is_stale_when_a_figure_or_the_file_changes(folder: Path, old: str, new: str) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    edit(card, old, new)
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT804")]


def test_prose_does_not_make_evidence_stale(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    edit(card, "## Quick Start", "## How to use it")
    assert found(card) == []


def test_a_mismatch_contradicts_the_card_until_the_figure_is_mended(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card), verdict="mismatch"))
    line = line_of(card, "evaluation:")
    assert found(card) == [(line, 13, "HT805")] * 2
    edit(card, "98.33", "98.30")
    assert found(card) == [(line, 13, "HT804")]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"predicate": 1}', '{"subject": [], "predicate": {}}', "[" * 10_000]
)
def test_what_is_no_statement_is_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.intoto.json"
    path.write_text(text)
    assert read_statement(path) is None
    assert read_statement(tmp_path) is None
    assert read_statement(tmp_path / "nothing") is None
