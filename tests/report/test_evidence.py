"""The page about cards and the evidence beside them, made without running anything."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.evidence.conditions import EngineUsed, Parity
from hubtool.verify.checks import Status
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, edit

pytest.importorskip("jinja2")
from hubtool.report.evidence import evidence_page, evidence_sections

NAME = "bit_digits-5082903c.intoto.json"


def sections(cards: Path, *names: str):
    return evidence_sections(choose(Catalogue([cards]), names))


def test_what_the_evidence_says_is_shown_with_how_it_was_made(cards: Path) -> None:
    (cards / "assets" / DIGITS_CHECKPOINT.name).unlink()  # no file of weights is needed
    (section,) = sections(cards, "bit_digits")
    assert [(claim.metric, claim.verdict.value) for claim in section.claims] == [
        ("top1", "reproduced"),
        ("top5", "reproduced"),
    ]
    assert (section.failed, section.checks[0].status, section.checks[0].detail) == (False, Status.OK, NAME)
    facts = dict(section.provenance)
    assert facts["layout"] == "scikit-learn's handwritten digits: 360 images"
    assert facts["engine"].startswith("mindspore 2.")
    assert "settings" not in facts
    page = evidence_page(sections(cards), now=datetime(2026, 1, 2, tzinfo=timezone.utc))
    assert "Published figures and their evidence" in page
    assert page.count('<svg class="plot"') == 1


def test_how_the_engine_compared_with_another_is_shown(cards: Path) -> None:
    path = cards / "evidence" / NAME
    document = json.loads(path.read_text())
    parity = Parity("mindspore 2.8.0 float32", 64, 63, 60, 0.25, 1e-4, ("digits/7",))
    document["predicate"]["engine"] = EngineUsed(
        "openvino 2026.4.1", "bfloat16", "CPU x", parity, ("onnxruntime was refused: not there",)
    ).to_json()
    path.write_text(json.dumps(document))
    (section,) = sections(cards, "bit_digits")
    facts = dict(section.provenance)
    assert facts["engine"] == "openvino 2026.4.1, bfloat16, CPU x"
    assert (facts["compared"], facts["other best class"]) == (parity.sentence, "digits/7")
    assert facts["note"] == "onnxruntime was refused: not there"
    assert section.checks[0].detail.endswith("was computed in bfloat16, not in float32: it reproduces nothing")


def test_who_says_how_images_were_prepared_is_shown_where_it_is_known(cards: Path) -> None:
    path = cards / "evidence" / NAME
    document = json.loads(path.read_text())
    document["predicate"]["recipe_sources"] = {"crop_pct": "the card's eval-recipe", "image_size": "x", "mean": "x"}
    path.write_text(json.dumps(document))
    (section,) = sections(cards, "bit_digits")
    assert dict(section.provenance)["settings"] == "crop_pct by the card's eval-recipe; the rest by x"


def test_figures_without_evidence_are_not_run_and_say_what_to_do(cards: Path) -> None:
    first, *_ = sections(cards, "bit_resnet50")
    assert {claim.verdict.value for claim in first.claims} == {"not-run"}
    assert first.claims[0].reason == "no evidence about this figure"
    assert not first.failed


def test_stale_evidence_proves_nothing(cards: Path) -> None:
    edit(cards / "bit_digits.md", "98.33", "98.63")
    (section,) = sections(cards, "bit_digits")
    assert section.failed
    assert section.checks[0].detail == f"{NAME} is about other figures"
    assert {claim.verdict.value for claim in section.claims} == {"not-run"}


def test_evidence_that_contradicts_itself_is_not_believed(cards: Path) -> None:
    path = cards / "evidence" / NAME
    document = json.loads(path.read_text())
    document["predicate"]["claims"][0]["correct"] += 5
    path.write_text(json.dumps(document))
    (section,) = sections(cards, "bit_digits")
    assert section.failed
    assert f"{NAME} contradicts itself" in section.checks[0].detail
    assert {claim.verdict.value for claim in section.claims} == {"not-run"}


def test_evidence_made_with_another_recipe_reproduces_nothing(cards: Path) -> None:
    path = cards / "evidence" / NAME
    document = json.loads(path.read_text())
    document["predicate"]["recipe_overrides"] = {"crop_pct": "0.9"}
    path.write_text(json.dumps(document))
    (section,) = sections(cards, "bit_digits")
    assert section.checks[0].status is Status.SKIPPED
    assert section.checks[0].detail.endswith("was made with --recipe crop_pct: it reproduces nothing")
    assert dict(section.provenance)["overrides the card"] == "crop_pct=0.9"


def test_a_broken_card_is_told_with_the_others(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "model-name: bit_digits", "model-name:")
    run = hubtool("--cards", cards, "report", "-o", "page.html")
    assert (run.code, run.out.strip()) == (1, "page.html")
    assert "model-name" in (hubtool.folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonesuch", "-o", "page.html"], 3, "no card is called nonesuch"),
        (["-o", "no/such/folder/page.html"], 3, "no/such/folder is not a folder"),
        ([], 2, "Missing option '-o'"),
    ],
)
def test_what_cannot_be_done_is_said(hubtool: Hubtool, arguments: list[str], code: int, said: str) -> None:
    run = hubtool("report", *arguments)
    assert (run.code, run.out) == (code, "")
    assert said in run.err


def test_evidence_that_cannot_be_read_or_is_about_nothing_is_named(cards: Path) -> None:
    good = (cards / "evidence" / NAME).read_text()
    (cards / "evidence" / "cut.intoto.json").write_text(good[:300])
    document = json.loads(good)
    document["predicate"]["card"]["variant"] = "bit_nothing"
    (cards / "evidence" / "homeless.intoto.json").write_text(json.dumps(document))
    failed = {section.heading.name: section.checks[0].detail for section in sections(cards) if section.failed}
    assert failed.keys() == {"cut.intoto.json", "homeless.intoto.json"}
    assert failed["cut.intoto.json"].startswith("not JSON")
    assert failed["homeless.intoto.json"] == "the card has no such figures: it is about bit_nothing"


def test_a_page_of_true_figures_is_no_problem_and_one_of_a_mismatch_is(hubtool: Hubtool, cards: Path) -> None:
    assert hubtool("--cards", cards, "report", "bit_digits", "-o", "page.html").code == 0
    path = cards / "evidence" / NAME
    document = json.loads(path.read_text())
    document["predicate"]["ledger"] = {}
    path.write_text(json.dumps(document))
    run = hubtool("--cards", cards, "report", "-o", "page.html")
    assert (run.code, run.err) == (1, "")  # a ledger without a digest is no evidence
