from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.cardtext import MAX_CARD_BYTES
from hubtool.card.parse import ParsedCard, parse_card, read_card
from tests.conftest import CARDS

VALID = (CARDS / "bit_resnet50_imagenet2012.md").read_text(encoding="utf-8")


def parse(text: str) -> ParsedCard:
    return parse_card(text, Path("cards/bit_resnet50_imagenet2012.md"))


def problems(parsed: ParsedCard) -> list[tuple[int, int, str, bool]]:
    return [(p.span.line, p.span.column, p.kind, p.fatal) for p in parsed.problems]


def line_of(text: str, start: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def test_the_record_of_bit_resnet50() -> None:
    card = parse(VALID).card
    assert card is not None
    record = card.to_json()
    assert record["uid"] == "mindspore/2.5/bit_resnet50_imagenet2012"
    assert record["title"] == "bit_resnet50"
    assert (record["model_version"], record["fine_tunable"]) == ("2.5", True)
    assert record["repo_link"] == "https://github.com/mindspore-lab/mindcv/tree/v0.4.0/configs/bit"
    assert [(m["name"], m["value"], m["unit"], m["source"]) for m in record["metrics"]] == [
        ("top1", 76.85, "%", "front-matter"),
        ("top5", 93.24, "%", "front-matter"),
    ]
    assert [(a["format"], a["sha256"], a["sha256_kind"]) for a in record["assets"]] == [("ckpt", "77dcaf0f", "prefix")]
    assert [(v["model"], v["top1"], v["top5"], v["params_m"], v["asset"]["sha256"]) for v in record["variants"]] == [
        ("bit_resnet50", 76.81, 93.17, 25.55, "1e4795a4"),
        ("bit_resnet50x3", 80.63, 95.12, 217.31, "a960f91f"),
        ("bit_resnet101", 77.93, 93.75, 44.54, "2efa9106"),
    ]
    json.dumps(record)


def test_a_record_cannot_be_changed() -> None:
    card = parse(VALID).card
    assert card is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.uid = "other"  # type: ignore[misc]


@pytest.mark.parametrize("version", ["1.10", "2.0", "1.8.1", "2.5rc1"])
def test_versions_stay_strings(version: str) -> None:
    card = parse(VALID.replace("model-version: 2.5", f"model-version: {version}")).card
    assert card is not None
    assert card.to_json()["model_version"] == version


@pytest.mark.parametrize("digest", ["01234567", "12345678", "12e45678", "0" * 64, "ABCDEF01"])
def test_digests_stay_strings(digest: str) -> None:
    card = parse(VALID.replace("asset-sha256: 77dcaf0f", f"asset-sha256: {digest}")).card
    assert card is not None
    assert card.assets[0].digest is not None
    assert card.assets[0].digest.hex == digest.lower()
    assert card.assets[0].digest.kind == ("full" if len(digest) == 64 else "prefix")


@pytest.mark.parametrize(
    ("old", "new", "column", "kind", "said"),
    [
        ("model-version: 2.5", "model-version: two", 16, "field-value", "a version such as 2.5"),
        ("fine-tunable: True", "fine-tunable: perhaps", 15, "field-value", "True or False"),
        ("update-time: 2025-03-10", "update-time: 10.03.2025", 14, "field-value", "a date, year first"),
        ("update-time: 2025-03-10", "update-time: 2025-13-10", 14, "field-value", "a date, year first"),
        ("license: Apache-2.0", "license:", 9, "field-value", "`license` is empty"),
        ("repo-link: <https", "repo-link: <ftp", 12, "field-value", "http(s) link"),
        ("asset-sha256: 77dcaf0f", "asset-sha256: 77dcaf0", 17, "field-value", "8 to 64 hexadecimal digits"),
        ("asset-sha256: 77dcaf0f", "asset-sha256: 77dcaf0g", 17, "field-value", "8 to 64 hexadecimal digits"),
        ("author: MindSpore team", "author: [a, b]", 9, "field-value", "`author` is a list"),
        ("author: MindSpore team", "author: a: b", 10, "syntax", "mapping values are not allowed"),
        ("author: MindSpore team", "author: *MindSpore", 9, "alias", "alias"),
    ],
)
def test_problems_have_kind_and_place_and_leave_no_record(
    old: str, new: str, column: int, kind: str, said: str
) -> None:
    text = VALID.replace(old, new)
    parsed = parse(text)
    assert parsed.card is None
    assert problems(parsed) == [(line_of(text, new), column, kind, True)]
    assert said in parsed.problems[0].message


def test_a_duplicate_key_is_an_error_at_its_second_place() -> None:
    text = VALID.replace("author: MindSpore team", "author: MindSpore team\nmodel-name: again")
    parsed = parse(text)
    assert problems(parsed) == [(line_of(text, "model-name: again"), 1, "duplicate-key", True)]
    assert f"line {line_of(text, 'model-name: bit')}" in parsed.problems[0].message


def test_all_errors_of_a_card_are_reported_at_once() -> None:
    text = VALID.replace("author: MindSpore team\n", "").replace("2025-03-10", "yesterday").replace("77dcaf0f\n", "x\n")
    assert [p.kind for p in parse(text).problems] == ["missing-field", "field-value", "field-value"]


def test_a_missing_field_is_named_at_the_block() -> None:
    parsed = parse(VALID.replace("user-id: MindSpore\n", ""))
    assert problems(parsed) == [(3, 1, "missing-field", True)]
    assert "`user-id`" in parsed.problems[0].message


def test_a_missing_field_of_an_asset_is_named_at_the_asset() -> None:
    text = VALID.replace("- file-format: ckpt\n  asset-link", "- asset-link")
    assert problems(parse(text)) == [(line_of(text, "- asset-link"), 3, "missing-field", True)]


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("evaluation: -", ("dash", 13)),
        ("evaluation: top1acc76.85 | good", ("metric", 28)),
    ],
)
def test_warnings_leave_the_record(new: str, problem: tuple[str, int]) -> None:
    text = VALID.replace("evaluation: top1acc76.85 | top5acc93.24", new)
    parsed = parse(text)
    assert parsed.card is not None
    assert problems(parsed) == [(line_of(text, "evaluation"), problem[1], problem[0], False)]


@pytest.mark.parametrize(
    ("data", "kind", "line", "column"),
    [
        (b"", "no-block", 1, 1),
        (b"# only a title\n", "no-block", 1, 1),
        (b"# t\n---\na: 1\n", "unclosed-block", 2, 1),
        (b"# t\n---\njust text\n---\n", "not-a-mapping", 3, 1),
        (b"# t\n---\n\n---\n", "not-a-mapping", 3, 1),
        ("# t\n---\n模型名称：GhostNet\n---\n".encode(), "not-a-mapping", 3, 1),
        (b"# t\n---\nname: \xff\n---\n", "unreadable", 3, 7),
        (VALID.encode("utf-16"), "unreadable", 1, 1),
        (b"#" * (MAX_CARD_BYTES + 1), "unreadable", 1, 1),
    ],
)
def test_files_that_are_no_cards(tmp_path: Path, data: bytes, kind: str, line: int, column: int) -> None:
    path = tmp_path / "card.md"
    path.write_bytes(data)
    parsed = read_card(path)
    assert parsed.card is None
    assert problems(parsed) == [(line, column, kind, True)]


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_byte_order_mark_change_nothing(tmp_path: Path, prefix: bytes, newline: str) -> None:
    path = tmp_path / "bit_resnet50_imagenet2012.md"
    path.write_bytes(prefix + VALID.replace("\n", newline).encode())
    card, plain = read_card(path).card, parse(VALID).card
    assert card is not None
    assert plain is not None
    assert {**card.to_json(), "path": ""} == {**plain.to_json(), "path": ""}
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@given(st.binary())
def test_any_bytes_give_a_record_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.md"
    path.write_bytes(data)
    parsed = read_card(path)
    assert parsed.card is not None or any(problem.fatal for problem in parsed.problems)


@given(st.integers(0, len(VALID)), st.integers(0, 40), st.text(max_size=20))
def test_any_edit_of_a_card_gives_a_record_or_an_error(start: int, length: int, text: str) -> None:
    parsed = parse(VALID[:start] + text + VALID[start + length :])
    errors = [problem for problem in parsed.problems if problem.fatal]
    assert (parsed.card is None) == bool(errors)
    lines = VALID.count("\n") + text.count("\n") + 2
    assert all(1 <= d.span.line <= lines and d.span.column >= 1 for d in parsed.problems)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("evaluation: top1acc0.7685 | top5acc0.05", [(76.85, 2, True), (5.0, 0, True)]),
        ("evaluation: acc1.0 | mAP0.37", [(100.0, 0, True), (0.37, 2, False)]),
        ("accuracy: 0.9496", [(94.96, 2, True)]),
        ("evaluation: top1acc0.7685 | top5acc93.24", [(0.7685, 4, False), (93.24, 2, False)]),
        ("evaluation: top1acc0.7685%", [(0.7685, 4, False)]),
        ("evaluation: acc1.72e-05", [(1.72e-05, 2, False)]),
        ("evaluation: mIoU0.78", [(0.78, 2, False)]),
    ],
)
def test_accuracies_that_are_all_fractions_are_read_in_percent(new: str, expected: list) -> None:
    text = VALID.replace("evaluation: top1acc76.85 | top5acc93.24", new)
    metrics = parse_card(text, Path("a.md")).metrics
    assert [(metric.value, metric.decimals, metric.is_fraction) for metric in metrics] == expected
