"""Statements: written and read again they are the same; what was tampered with is refused."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hubtool.evidence.conditions import EngineUsed, EvaluatedData, EvaluatedPart, Parity
from hubtool.evidence.judge import judge, not_run
from hubtool.evidence.reading import BadStatement
from hubtool.evidence.statement import Statement, read_statement
from hubtool.resources import packaged
from tests.conftest import CARDS

OURS = CARDS / "evidence" / "bit_digits-5082903c.intoto.json"
SCHEMA = Draft202012Validator(json.loads((packaged("schemas") / "evidence.schema.json").read_text()))
STATEMENT = Statement(
    uid="hub/1.0/bit_resnet50",
    variant="bit/50",
    card_sha256="a" * 64,
    claims_sha256="b" * 64,
    asset_name="bit.ckpt",
    asset_sha256="0123456789abcdef" * 4,
    measurements=(
        judge("top1", 76.85, correct=1537, images=2000, split=50_000),
        not_run("f1", 70.0, "hubtool measures top-1 and top-5, not f1"),
    ),
    data=EvaluatedData("imagenet2012", 50_000, 50_000, "folders", "c" * 64, 12_345, "d" * 64, ("a/b.gif",), 2),
    recipe={"image_size": 224, "mean": [0.0, 0.0, 0.0]},
    overrides={"image_size": "224"},
    part=EvaluatedPart(limit=2000, seed=7, early_stop=True, batch_size=32, skipped=3),
    engine=EngineUsed("engine 1.0", "float32", "CPU", notes=("no reference",)),
    versions={"hubtool": "0.1.0"},
    ledger_sha256="e" * 64,
    finished="2026-11-24T13:04:07+00:00",
    seconds=0.734,
)


PARITY = Parity("mindspore 2.8.0 float32", 64, 62, 60, 0.25, 1e-4, ("a.png", "b.png"))


def read(folder: Path, document: object) -> Statement | None:
    (folder / "x.intoto.json").write_text(json.dumps(document))
    return read_statement(folder / "x.intoto.json")


def changed(document: dict, place: str, value: Any) -> dict:
    """A document with another value at a place, or without what stands there."""
    document = copy.deepcopy(document)
    *path, last = [int(key) if key.isdecimal() else key for key in place.split(".")]
    holder: Any = document
    for key in path:
        holder = holder[key]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return document


def test_our_own_evidence_is_read_and_written_without_a_loss(tmp_path: Path) -> None:
    statement = read_statement(OURS)
    assert statement is not None
    assert statement.file_name() == OURS.name
    statement.write(tmp_path / OURS.name)
    assert (tmp_path / OURS.name).read_bytes() == OURS.read_bytes()


def test_what_is_written_fits_the_schema_and_is_read_again(tmp_path: Path) -> None:
    path = STATEMENT.write(tmp_path / STATEMENT.file_name())
    assert path.name == "bit_resnet50-bit_50-01234567.intoto.json"
    SCHEMA.validate(json.loads(path.read_text()))
    again = read_statement(path)
    assert again is not None
    assert again.to_json() == STATEMENT.to_json()
    assert again.contradiction == ""
    assert again.data == STATEMENT.data
    assert (again.part, again.engine) == (STATEMENT.part, STATEMENT.engine)


def test_who_says_how_images_were_prepared_is_written_where_it_is_known(tmp_path: Path) -> None:
    assert "recipe_sources" not in STATEMENT.to_json()["predicate"]
    sources = {"image_size": "the card's eval-recipe", "crop_pct": "--recipe"}
    path = replace(STATEMENT, recipe_sources=sources).write(tmp_path / STATEMENT.file_name())
    SCHEMA.validate(json.loads(path.read_text()))
    again = read_statement(path)
    assert again is not None
    assert again.recipe_sources == sources


@pytest.mark.parametrize("difference", [0.25, 0.0, math.inf])
def test_how_engines_compared_is_written_and_read_again(tmp_path: Path, difference: float) -> None:
    engine = replace(STATEMENT.engine, parity=replace(PARITY, max_abs_difference=difference))
    path = replace(STATEMENT, engine=engine).write(tmp_path / STATEMENT.file_name())
    document = json.loads(path.read_text())
    SCHEMA.validate(document)
    assert document["predicate"]["engine"]["parity"]["changed"] == ["a.png", "b.png"]
    again = read_statement(path)
    assert again is not None
    assert again.engine == engine


@pytest.mark.parametrize("parity", [{"parity": None}, {}])
def test_an_engine_that_was_compared_with_none(tmp_path: Path, parity: dict) -> None:
    document = STATEMENT.to_json()
    assert "parity" not in document["predicate"]["engine"]
    document["predicate"]["engine"] |= parity
    SCHEMA.validate(document)
    statement = read(tmp_path, document)
    assert statement is not None
    assert statement.engine == STATEMENT.engine


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("images", "64", "is not what it should be"),
        ("max_abs_difference", "0.25", "is not what it should be"),
        ("changed.0", 1, "is not what it should be"),
        ("reference", None, "is missing"),
        ("bound", None, "is missing"),
    ],
)
def test_a_comparison_with_something_wrong_in_it_is_refused(tmp_path: Path, key: str, value: Any, said: str) -> None:
    document = replace(STATEMENT, engine=replace(STATEMENT.engine, parity=PARITY)).to_json()
    with pytest.raises(BadStatement, match=f"engine.parity.{key} {said}"):
        read(tmp_path, changed(document, f"predicate.engine.parity.{key}", value))


@pytest.mark.parametrize("seed", [0, 2**60, 10**400])
def test_any_seed_can_be_read_again(tmp_path: Path, seed: int) -> None:
    statement = read(tmp_path, changed(STATEMENT.to_json(), "predicate.sampling.seed", seed))
    assert statement is not None
    assert statement.part.seed == seed


def test_evidence_of_older_versions_says_less(tmp_path: Path) -> None:
    document = STATEMENT.to_json()
    for key in (
        "dataset.left_out",
        "dataset.passed_over",
        "sampling.batch_size",
        "sampling.skipped",
        "engine.device",
        "claims.0.reason",
        "ledger",
        "times",
    ):
        document = changed(document, f"predicate.{key}", None)
    statement = read(tmp_path, document)
    assert statement is not None
    assert (statement.data.left_out, statement.data.passed_over) == ((), 0)
    assert (statement.part.batch_size, statement.part.skipped) == (None, 0)
    assert (statement.engine.device, statement.ledger_sha256, statement.finished) == ("", None, "")
    assert statement.measurements[0].reason == ""


def test_keys_of_newer_versions_are_no_obstacle(tmp_path: Path) -> None:
    document = changed(STATEMENT.to_json(), "predicate.engine.options", {"threads": 4})
    statement = read(tmp_path, document)
    assert statement is not None
    assert statement.engine == STATEMENT.engine


@pytest.mark.parametrize(
    "place",
    [
        "subject.0.digest.sha256",
        "predicate.claims",
        "predicate.claims.0.metric",
        "predicate.claims.0.interval",
        "predicate.claims.0.tolerance",
        "predicate.claims.0.verdict",
        "predicate.card.uid",
        "predicate.card.variant",
        "predicate.card.claims_sha256",
        "predicate.dataset.images",
        "predicate.dataset.known_split_images",
        "predicate.recipe_overrides",
    ],
)
def test_what_rules_compare_has_to_be_there(tmp_path: Path, place: str) -> None:
    with pytest.raises(BadStatement, match=f"no evidence: {place} is missing"):
        read(tmp_path, changed(STATEMENT.to_json(), place, None))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("subject.0.name", 1),
        ("predicate.card.uid", ["hub"]),
        ("predicate.card.sha256", 1),
        ("predicate.claims.0.measured", "76.85"),
        ("predicate.claims.0.correct", 1537.0),
        ("predicate.claims.0.images", True),
        ("predicate.claims.0.dataset_images", 2**53),
        ("predicate.claims.0.verdict", "certain"),
        ("predicate.claims.0.reason", 1),
        ("predicate.dataset.images", "50000"),
        ("predicate.dataset.left_out", {}),
        ("predicate.dataset.bytes", 1.5),
        ("predicate.recipe", []),
        ("predicate.recipe_overrides.image_size", 224),
        ("predicate.recipe_sources", ["the card"]),
        ("predicate.sampling.seed", 1.5),
        ("predicate.sampling.early_stop", 1),
        ("predicate.engine.name", {}),
        ("predicate.versions", ["0.1.0"]),
        ("predicate.versions.hubtool", 1),
        ("predicate.ledger", "e" * 64),
        ("predicate.times.finished", 1),
        ("predicate.times.seconds", float("nan")),
        ("predicate.times.seconds", 10**400),
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, place: str, value: object) -> None:
    with pytest.raises(BadStatement, match=f"no evidence: {place} is not what it should be"):
        read(tmp_path, changed(STATEMENT.to_json(), place, value))


@pytest.mark.parametrize("place", ["predicate.card", "predicate.sampling", "predicate.engine", "predicate.times"])
@pytest.mark.parametrize("value", [1, "text", []])
def test_a_part_that_is_no_mapping_is_refused(tmp_path: Path, place: str, value: object) -> None:
    with pytest.raises(BadStatement, match=f"no evidence: {place}"):
        read(tmp_path, changed(STATEMENT.to_json(), place, value))


def test_an_interval_has_two_ends(tmp_path: Path) -> None:
    with pytest.raises(BadStatement, match=r"claims\.0\.interval\.1 is missing"):
        read(tmp_path, changed(STATEMENT.to_json(), "predicate.claims.0.interval", [76.0]))
