from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_catalogue
from hubtool.lint.rules import catalogue
from hubtool.lint.summary import Summary, summarise
from tests.effort import little_effort

CODES = frozenset({"HT701", "HT702", "HT703", "HT704", "HT705"})
LINK, DIGEST = 27, 28
A, B = "1e4795a4" + "0" * 56, "77dcaf0f" + "0" * 56


def card(
    path: str,
    name: str | None = None,
    *,
    uid: str | None = None,
    version: str = "2.5",
    dataset: str = "ImageNet2012",
    owner: str = "MindSpore",
    link: str | None = None,
    digest: str | None = None,
) -> Summary:
    """The summary of a card whose name and link are its own unless given."""
    name = name or Path(path).stem
    link = link or f"https://download.mindspore.cn/{path}.ckpt"
    last = f"  asset-sha256: {digest}\n" if digest else ""
    text = f"""\
# {name}

---

model-name: {name}

backbone-name: bit

module-type: cv

fine-tunable: True

model-version: {version}

train-dataset: {dataset}

user-id: {owner}
author: somebody
update-time: 2025-03-10
used-for: inference
mindspore-version: 2.5
license: Apache-2.0
summary: a card

asset:
- file-format: ckpt
  asset-link: <{link}>
{last}
---
"""
    summary = summarise(parse_card(text, Path(path), uid=uid))
    assert summary is not None
    return summary


def check(cards: Iterable[Summary]) -> list[Diagnostic]:
    return list(check_catalogue(list(cards), CODES))


def found(*cards: Summary) -> list[tuple[str, int, int, str]]:
    return [(d.path, d.span.line, d.span.column, d.code) for d in check(cards)]


def test_summary_keeps_what_rules_compare() -> None:
    summary = card("a/bit.md", "Bit", uid="m/2.5/bit", link="https://h.example/f/bit.ckpt?x=/y", digest="1E4795A4")
    assert (summary.uid, summary.stem, summary.user_id, summary.model_name) == ("m/2.5/bit", "bit", "MindSpore", "Bit")
    (asset,) = summary.assets
    assert (asset.url, asset.file_name, asset.digest) == ("https://h.example/f/bit.ckpt?x=/y", "bit.ckpt", "1e4795a4")
    assert (asset.url_span[:2], asset.digest_span[:2]) == ((LINK, 15), (DIGEST, 17))
    assert (summary.name_span, summary.version_span[:2], summary.dataset_span[:2]) == (
        (5, 13, 5, 16),
        (13, 16),
        (15, 16),
    )


def test_a_card_without_a_record_has_no_summary() -> None:
    assert summarise(parse_card("# nothing", Path("a.md"))) is None


def test_an_empty_catalogue_is_clean() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ([card("cards/bit.md")], []),
        ([card("a/bit.md"), card("b/bit.md", version="2.6")], []),
        ([card("a/bit.md"), card("b/bit.md")], [("b/bit.md", 13, 16, "HT701")]),
        ([card("a/bit.md"), card("mindspore/2.5/bit.md")], [("mindspore/2.5/bit.md", 13, 16, "HT701")]),
        ([card("mindspore/2.5/bit.md"), card("a/bit.md")], [("a/bit.md", 13, 16, "HT701")]),
        (
            [card("old/mindspore/2.5/bit.md"), card("new/mindspore/2.5/bit.md")],
            [("new/mindspore/2.5/bit.md", 13, 16, "HT701")],
        ),
        # Owners with a folder for each device publish the same version twice.
        ([card("noah/gpu/1.0/bit.md"), card("noah/ascend/1.0/bit.md")], []),
    ],
)
def test_duplicate_uid(cards: list[Summary], expected: list) -> None:
    assert found(*cards) == expected


def test_duplicates_all_name_the_first() -> None:
    diagnostics = check(card(f"{folder}/bit.md") for folder in "abc")
    assert [(d.path, "`a/bit.md`" in d.message) for d in diagnostics] == [("b/bit.md", True), ("c/bit.md", True)]


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ([card("bit_a.md", "bit"), card("bit_b.md", "other")], []),
        ([card("bit_a.md", "bit"), card("x/bit_a.md", "bit", version="2.6")], []),
        ([card("bit_a.md", "bit"), card("bit_b.md", "BiT")], [("bit_b.md", 5, 13, "HT702")]),
        ([card("bit_a.md", "bit", version="2.3"), card("bit_b.md", "bit")], [("bit_a.md", 5, 13, "HT702")]),
        (
            [card("bit_a.md", "bit", version="1.9"), card("bit_b.md", "bit", version="1.10")],
            [("bit_a.md", 5, 13, "HT702")],
        ),
        (
            [card("1.9/a.md", "bit", version="1.9"), card("2.5/a.md", "bit"), card("b.md", "bit", version="2.0")],
            [("b.md", 5, 13, "HT702")],
        ),
        (
            [card("cpu/2.5/a.md", "bit", uid="o/cpu/2.5/a"), card("gpu/2.5/a.md", "bit", uid="o/gpu/2.5/a")],
            [("gpu/2.5/a.md", 5, 13, "HT702")],
        ),
    ],
)
def test_ambiguous_name(cards: list[Summary], expected: list) -> None:
    assert found(*cards) == expected


def test_ambiguous_name_names_three_others() -> None:
    first, *_, last = check(card(f"bit_{letter}.md", "bit") for letter in "abcdef")
    assert "`mindspore/2.5/bit_a`, `mindspore/2.5/bit_c`, `mindspore/2.5/bit_d` and 2 more" in first.message
    assert "`mindspore/2.5/bit_a`, `mindspore/2.5/bit_b`, `mindspore/2.5/bit_c` and 2 more" in last.message
    assert last.message.endswith("type `bit_f`")


def test_ambiguous_name_of_two_owners_is_told_apart_by_uid() -> None:
    (diagnostic,) = check([card("bit.md"), card("x/bit.md", owner="noah")])
    assert diagnostic.message.endswith("type `noah/2.5/bit`")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"digest": A}, {"digest": A}, []),
        ({"digest": A}, {"digest": A[:8]}, []),
        ({"digest": A[:8]}, {"digest": A}, []),
        ({"digest": A}, {"digest": None}, []),
        ({"digest": A}, {"digest": B}, ["HT703"]),
        ({"digest": A[:8]}, {"digest": B}, ["HT703"]),
        ({"digest": A}, {"digest": "1e4795a41"}, ["HT703"]),
        (
            {"digest": A, "link": "http://h.example/f.ckpt"},
            {"digest": B, "link": "https://h.example/f.ckpt"},
            ["HT703"],
        ),
        ({"digest": A, "link": "https://h.example/f.ckpt"}, {"digest": B, "link": "https://h.example/g.ckpt"}, []),
        ({"digest": A, "link": "assets/f.ckpt"}, {"digest": B, "link": "assets/f.ckpt"}, []),
        ({"digest": A, "link": "b/f.ckpt"}, {"digest": B, "link": "./f.ckpt"}, ["HT703"]),
    ],
)
def test_link_two_digests(first: dict, second: dict, expected: list) -> None:
    common = {"link": "https://h.example/f.ckpt"}
    cards = card("bit_a.md", **common | first), card("b/bit_b.md", **common | second)
    assert found(*cards) == [("b/bit_b.md", DIGEST, 17, code) for code in expected]


def test_a_prefix_does_not_hide_two_full_digests() -> None:
    digests = (A[:8], A, A[:-1] + "1")
    cards = [card(f"bit_{n}.md", link="https://h.example/f", digest=digest) for n, digest in enumerate(digests)]
    assert found(*cards) == [("bit_2.md", DIGEST, 17, "HT703")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (A, A, [("bit_b.md", DIGEST, 17, "HT704")]),
        (A[:8], A, [("bit_b.md", DIGEST, 17, "HT704")]),
        (A, A[:8], [("bit_a.md", DIGEST, 17, "HT704")]),
        (A, B, []),
        (A, A[:-1] + "1", []),
        (None, None, []),
    ],
)
def test_digest_two_names(first: str | None, second: str | None, expected: list) -> None:
    assert found(card("bit_a.md", digest=first), card("bit_b.md", digest=second)) == expected


def test_one_file_on_two_hosts_has_one_name() -> None:
    links = ("https://download.mindspore.cn/x/f.ckpt", "https://download-mindspore.osinfra.cn/x/f.ckpt")
    assert found(*(card(f"bit_{n}.md", link=link, digest=A) for n, link in enumerate(links))) == []


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ({}, []),
        ({"name": "BIT-R50", "dataset": "imagenet-2012"}, []),
        ({"name": "bit_r101"}, [("2.6/bit.md", 5, 13, "HT705")]),
        ({"dataset": "ImageNet21K"}, [("2.6/bit.md", 15, 16, "HT705")]),
        ({"dataset": "ILSVRC-2012"}, []),
        ({"owner": "noah", "dataset": "ImageNet21K", "name": "x"}, []),
        ({"version": "2.5", "uid": "mindspore/gpu/bit", "dataset": "ImageNet21K"}, []),
    ],
)
def test_versions_disagree(newer: dict, expected: list) -> None:
    newer = {"name": "bit_r50", "version": "2.6"} | newer
    cards = card("2.6/bit.md", **newer), card("2.5/bit.md", "bit_r50", uid="mindspore/2.5/bit")
    assert found(*cards) == expected


def test_time_grows_with_the_number_of_cards() -> None:
    """All share name, version, link and digests: the worst case for every rule."""
    alike = card("bit.md", link="https://h.example/f.ckpt", digest=A[:8])
    (asset,) = alike.assets
    cards = [
        alike._replace(
            shown=f"{n}/bit.md", uid=f"m/2.5/bit{n}", assets=(asset._replace(rest=f"f{n}", digest=f"{n:064x}"),)
        )
        for n in range(20_000)
    ]
    with little_effort():
        assert len(check(cards)) >= 19_999


def test_every_rule_is_documented() -> None:
    checks = (catalogue.duplicate_uid, catalogue.ambiguous_name, catalogue.versions_disagree)
    assert all("\n    Bad:" in (c.__doc__ or "") and "\n    Good:" in (c.__doc__ or "") for c in checks)
