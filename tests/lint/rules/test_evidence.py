from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubtool.card.claimset import claim_sets
from hubtool.card.digest import claims_digest
from hubtool.card.parse import ParsedCard, read_card
from hubtool.evidence import folder as evidence
from hubtool.evidence.reading import BadStatement
from hubtool.evidence.statement import PREDICATE_TYPE, read_statement
from hubtool.lint.engine import check_card, check_catalogue
from hubtool.lint.rule import Facts
from hubtool.lint.summary import summarise
from tests.conftest import CARDS, DIGITS_CARD, edit

CODES = frozenset({"HT803", "HT804", "HT805", "HT806", "HT807"})
BIT_CARD = CARDS / "bit_resnet50_imagenet2012.md"
SPLIT = 10_000


def statement(card: ParsedCard, number: int = 0, **changed: str) -> dict:
    """Evidence that every figure of a subject was met to the last digit."""
    assert card.card is not None
    subject = claim_sets(card.card)[number]
    assert subject.asset is not None
    assert subject.asset.digest is not None
    values = {
        "uid": card.card.uid,
        "variant": subject.variant.model if subject.variant else None,
        "sha256": subject.asset.digest.hex.ljust(64, "0"),
        "claims": claims_digest(subject),
    } | changed
    claims = [measured(m.name, m.value, correct=round(m.value * SPLIT / 100)) for m in subject.claims]
    return {
        "predicateType": PREDICATE_TYPE,
        "subject": [{"digest": {"sha256": values["sha256"]}}],
        "predicate": {
            "card": {"uid": values["uid"], "variant": values["variant"], "claims_sha256": values["claims"]},
            "claims": claims,
            "dataset": {"images": SPLIT, "known_split_images": None},
            "recipe_overrides": {},
        },
    }


def measured(metric: str, published: float, *, correct: int, images: int = SPLIT, **changed) -> dict:
    made = {"metric": metric, "published": published, "measured": round(100 * correct / images, 4), "correct": correct}
    counts = {"images": images, "dataset_images": SPLIT, "interval": None}
    return made | counts | {"tolerance": 0.1, "verdict": "reproduced"} | changed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bit_digits.md").write_bytes(DIGITS_CARD.read_bytes())
    (tmp_path / "assets").symlink_to(CARDS / "assets")
    return tmp_path


def found(path: Path) -> list[tuple[int, int, str]]:
    diagnostics = check_card(read_card(path), Facts(), CODES)
    return [(d.span.line, d.span.column, d.code) for d in diagnostics]


def found_beside(path: Path) -> list[tuple[str, int, int, str, str]]:
    """Name, line, column, code and message of what is wrong with files beside a card."""
    summary = summarise(read_card(path))
    assert summary is not None
    return [
        (Path(d.path).name, d.span.line, d.span.column, d.code, d.message) for d in check_catalogue([summary], CODES)
    ]


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("98.33", "98.30"),
        ("asset-sha256: 5082903c", "asset-sha256: 00000000"),
        ("train-dataset: digits", "train-dataset: mnist"),
        ("author:", "eval-recipe:\n  crop-pct: 0.5\n\nauthor:"),
        ("model-name: bit_digits", "model-name: bit_resnet50"),
    ],
)
def test_evidence_is_stale_when_what_a_figure_depends_on_changes(folder: Path, old: str, new: str) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    edit(card, old, new)
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT804")]


def test_prose_does_not_make_evidence_stale(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    edit(card, "## Quick Start", "## How to use it")
    assert found(card) == []


def test_another_spelling_of_the_dataset_does_not_make_evidence_stale(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)))
    edit(card, "train-dataset: digits", "train-dataset: Digits")
    assert found(card) == []


def test_a_row_that_is_gone_makes_evidence_stale(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)), statement(read_card(card), variant="gone"))
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT804")]
    (diagnostic,) = check_card(read_card(card), Facts(), CODES)
    assert diagnostic.message == "`1.intoto.json` is about the row `gone`, which the card does not have: remove it"


def test_of_two_rows_of_one_name_evidence_fits_its_own(tmp_path: Path) -> None:
    card = tmp_path / BIT_CARD.name
    card.write_bytes(BIT_CARD.read_bytes())
    edit(card, "| bit_resnet101 ", "| bit_resnet50  ")
    parsed = read_card(card)
    write(tmp_path, *(statement(parsed, number) for number in range(4)))
    assert found(card) == []


@pytest.mark.parametrize("verdict", ["mismatch", "reproduced"])
def test_counts_contradict_the_card_whatever_the_verdict_says(folder: Path, verdict: str) -> None:
    card = folder / "bit_digits.md"
    document = statement(read_card(card))
    document["predicate"]["claims"][0] = measured("top1", 98.33, correct=4_000, verdict=verdict)
    write(folder, document)
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT805")]
    told = [("0.intoto.json", "HT806")] if verdict == "reproduced" else []
    assert [(name, code) for name, _, _, code, _ in found_beside(card)] == told
    edit(card, "98.33", "98.30")
    assert found(card) == [(line_of(card, "evaluation:"), 13, "HT804")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"correct": 9_832}, "98.33 was measured, but 9,832 of 10,000 images are 98.32"),
        ({"correct": 10_001}, "10,001 right answers among 10,000 of 10,000 images"),
        ({"correct": None}, "some of its counts are missing"),
        ({"verdict": "mismatch"}, "it says mismatch, but what it measured says reproduced"),
        ({"interval": [98, 99]}, "an interval, though the whole split was evaluated"),
        ({"images": 9_833}, "98.33 was measured, but 9,833 of 9,833 images are 100.00"),
        ({"images": 0, "correct": 0}, "0 right answers among 0 of 10,000 images"),
        ({"dataset_images": 20_000}, "no interval, though only a part was evaluated"),
        (
            {"dataset_images": 20_000, "interval": [10, 98.4], "verdict": "consistent"},
            "the interval from 10 to 98.4 holds what 9,833 of 10,000 images rule out",
        ),
        (
            {"dataset_images": 20_000, "interval": [98, 98.4], "verdict": "consistent"},
            "of 20,000 images, the dataset has 10,000",
        ),
    ],
)
def test_evidence_that_contradicts_itself_does_not_count(folder: Path, changed: dict, said: str) -> None:
    card = folder / "bit_digits.md"
    document = statement(read_card(card))
    document["predicate"]["claims"][0] |= changed
    write(folder, document)
    ((name, line, column, code, message),) = found_beside(card)
    assert (name, line, column, code) == ("0.intoto.json", 1, 1, "HT806")
    assert message == f"contradicts itself: top1: {said}: evaluate again, or remove it"
    assert "HT803" in [code for _, _, code in found(card)]


@pytest.mark.parametrize(
    ("claim", "overrides", "code"),
    [
        ({"correct": 9_833}, {}, None),
        ({"correct": 9_840}, {}, None),
        ({"correct": 9_833}, {"crop_pct": "0.5"}, "HT803"),
        ({"correct": 4_000, "verdict": "mismatch"}, {"crop_pct": "0.5"}, "HT803"),  # not what the card claims
        ({"correct": 9_700, "tolerance": 2}, {}, "HT803"),
        ({"correct": 9_833, "tolerance": 2}, {}, "HT803"),
        ({"correct": 98, "images": 100, "interval": [91.5, 99.9], "verdict": "consistent"}, {}, None),
        ({"correct": 10, "images": 10, "interval": [59, 100], "verdict": "inconclusive"}, {}, "HT803"),
        (
            {"correct": 90, "images": 100, "interval": [80.5, 96], "tolerance": 5, "verdict": "consistent"},
            {},
            "HT803",
        ),
    ],
)
def test_what_counts(folder: Path, claim: dict, overrides: dict, code: str | None) -> None:
    card = folder / "bit_digits.md"
    document = statement(read_card(card))
    document["predicate"]["claims"][0] = measured("top1", 98.33, **claim)
    document["predicate"]["recipe_overrides"] = overrides
    write(folder, document)
    assert found_beside(card) == []
    assert [found_code for _, _, found_code in found(card)] == ([code] if code else [])


def test_evidence_of_a_part_of_a_known_split_does_not_count(folder: Path) -> None:
    card = folder / "bit_digits.md"
    document = statement(read_card(card))
    document["predicate"]["dataset"]["known_split_images"] = 50_000
    write(folder, document)
    (diagnostic,) = check_card(read_card(card), Facts(), CODES)
    assert diagnostic.code == "HT803"
    assert diagnostic.message.endswith("is about 10,000 images, the dataset's split has 50,000")


@pytest.mark.parametrize("claim", [{}, {"correct": 4_000, "measured": 40.0, "verdict": "mismatch"}])
def test_evidence_in_another_precision_reproduces_nothing_and_contradicts_nothing(folder: Path, claim: dict) -> None:
    card = folder / "bit_digits.md"
    document = statement(read_card(card))
    document["predicate"]["claims"][0] |= claim
    document["predicate"]["engine"] = {"name": "openvino 2026.4.1", "precision": "bfloat16", "device": "CPU"}
    write(folder, document)
    assert found_beside(card) == []
    (diagnostic,) = check_card(read_card(card), Facts(), CODES)
    assert diagnostic.code == "HT803"
    assert diagnostic.message.endswith("`0.intoto.json` was computed in bfloat16, not in float32")


def test_a_better_run_makes_up_for_one_that_does_not_count(folder: Path) -> None:
    card = folder / "bit_digits.md"
    whole, squashed = statement(read_card(card)), statement(read_card(card))
    squashed["predicate"]["recipe_overrides"] = {"resize_rule": "squash"}
    write(folder, squashed)
    (diagnostic,) = check_card(read_card(card), Facts(), CODES)
    assert diagnostic.message.endswith("; `0.intoto.json` was made with --recipe resize_rule")
    write(folder, squashed, whole)
    evidence._read_folder.cache_clear()
    assert found(card) == []


def test_evidence_about_a_card_that_is_gone(folder: Path) -> None:
    card = folder / "bit_digits.md"
    write(folder, statement(read_card(card)), statement(read_card(card), uid="hubtool/1.0/gone"))
    ((name, line, column, code, message),) = found_beside(card)
    assert (name, line, column, code) == ("1.intoto.json", 1, 1, "HT807")
    assert message.startswith("no card `gone.md` is beside it")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", (1, 1), "not JSON (Expecting value): evaluate again, or remove it"),
        ('{\n  "predicate": {,', (2, 17), "not JSON"),
        ("[]", (1, 1), "no evidence: predicateType is missing"),
        ("{}", (1, 1), "no evidence: predicateType is missing"),
        (f'{{"predicateType": "{PREDICATE_TYPE}"}}', (1, 1), "no evidence: predicate.claims is missing"),
        (f'{{"predicateType": "{PREDICATE_TYPE}", "predicate": 1}}', (1, 1), "no evidence: predicate.claims"),
        ("[" * 100_000, (1, 1), "not JSON"),
        ("\x00\xff", (1, 1), "not JSON"),
        ("1" * 5_000, (1, 1), "not JSON"),
    ],
)
def test_what_is_no_evidence_is_told(folder: Path, text: str, place: tuple[int, int], said: str) -> None:
    (folder / "evidence").mkdir()
    (folder / "evidence" / "x.intoto.json").write_text(text, encoding="latin-1")
    ((name, line, column, code, message),) = found_beside(folder / "bit_digits.md")
    assert (name, (line, column), code) == ("x.intoto.json", place, "HT806")
    assert message.startswith(said)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "98", True, [], None])
@pytest.mark.parametrize("key", ["published", "tolerance"])
def test_numbers_that_are_none(tmp_path: Path, key: str, value: object) -> None:
    document = statement(read_card(DIGITS_CARD))
    document["predicate"]["claims"][0][key] = value
    (tmp_path / "x.intoto.json").write_text(json.dumps(document))
    with pytest.raises(BadStatement, match=f"claims.0.{key} is not what it should be"):
        read_statement(tmp_path / "x.intoto.json")


def test_a_folder_in_the_place_of_evidence(folder: Path) -> None:
    (folder / "evidence" / "x.intoto.json").mkdir(parents=True)
    ((_, _, _, code, message),) = found_beside(folder / "bit_digits.md")
    assert (code, message) == ("HT806", "cannot be read: it is not a regular file: evaluate again, or remove it")


def test_a_statement_of_another_kind_is_left_in_peace(folder: Path) -> None:
    write(folder, {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"})
    assert found_beside(folder / "bit_digits.md") == []
