"""HT2xx, as tables: one line of a good card is changed, and the rules say where it is wrong."""

from pathlib import Path

import pytest

import hubtool.lint.rules  # noqa: F401 (registers the rules)
from hubtool.card.parse import parse_card
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card
from hubtool.lint.rule import CARD_RULES, Facts
from hubtool.lint.spdx import canonical_licence
from hubtool.lint.vocabulary import unknown_datasets

from .test_structure import VALID, with_line

CODES = frozenset(rule.code for rule in CARD_RULES if rule.code.startswith("HT2"))


def diagnostics(text: str) -> list[Diagnostic]:
    return check_card(parse_card(text, Path("mindspore/2.5/net_digits.md")), Facts(), CODES)


def places(text: str) -> list[tuple[int, int, str]]:
    return [(found.span.line, found.span.column, found.code) for found in diagnostics(text)]


@pytest.mark.parametrize(
    "text",
    [
        VALID,
        "no card\n",
        "---\n- a list\n---\n",
        with_line("module-type: cv", "module-type: nlp-natural_language_understanding"),
        with_line("module-type: cv", "module-type: CV-a_task_nobody_knows"),
        with_line("used-for: inference", "used-for: inference/transfer-learning"),
        with_line("used-for: inference", "used-for: Fine tuning"),
        with_line("  - file-format: ckpt", "  - file-format: MINDIR"),
        with_line("train-dataset: mnist", "train-dataset: coco2017 | voc2012"),
        with_line("license: Apache-2.0", "license: (MIT OR Apache-2.0) AND LicenseRef-weights"),
        with_line("model-version: 2.5", "model-version: 1.10.0"),
        with_line("model-version: 2.5", "model-version: '1.10'"),
        with_line("train-dataset: mnist", "# nothing was trained"),
    ],
)
def test_good_values_have_no_finding(text: str) -> None:
    found = places(text)
    assert found == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("author: MindSpore team", "# nobody", [(3, 1, "HT201")]),
        (
            "    asset-link: <https://download-mindspore.osinfra.cn/net-01234567.ckpt>",
            "    # no link",
            [(20, 5, "HT201")],
        ),
        ("fine-tunable: True", "fine-tunable: maybe", [(7, 15, "HT202")]),
        ("user-id: MindSpore", "user-id: [a, b]", [(16, 10, "HT202")]),
        ("update-time: 2025-03-10", "update-time: 2023/2/17", [(13, 14, "HT202")]),
        ("module-type: cv", "module-type: c v", [(6, 14, "HT202")]),
        ("update-time: 2025-03-10", "update-time: 2023-2-17", [(13, 14, "HT203")]),
        ("update-time: 2025-03-10", "update-time: '2023-12-1'", [(13, 14, "HT203")]),
        ("update-time: 2025-03-10", "update-time: 2023-02-30", [(13, 14, "HT204")]),
        ("update-time: 2025-03-10", "update-time: 0000-1-1", [(13, 14, "HT204")]),
        ("license: Apache-2.0", "license: Apache2.0", [(23, 10, "HT205")]),
        ("license: Apache-2.0", "license: do what you like", [(23, 10, "HT205")]),
        ("module-type: cv", "module-type: cvtmodel", [(6, 14, "HT206")]),
        ("module-type: cv", "module-type: cv-clasification", [(6, 14, "HT206")]),
        ("used-for: inference", "used-for: infer", [(17, 11, "HT207")]),
        ("used-for: inference", "used-for: inference, fun", [(17, 11, "HT207")]),
        ("  - file-format: ckpt", "  - file-format: checkpoint", [(20, 18, "HT208")]),
        ("train-dataset: mnist", "train-dataset: imagnet2012", [(10, 16, "HT209")]),
        ("train-dataset: mnist", "train-dataset: mnist | foo | bar", [(10, 16, "HT209"), (10, 16, "HT209")]),
        ("model-version: 2.5", "model-version: 1.10", [(9, 16, "HT210")]),
        ("mindspore-version: 2.5", "mindspore-version: 010", [(18, 20, "HT210")]),
    ],
)
def test_findings_and_their_places(old: str, new: str, expected: list[tuple[int, int, str]]) -> None:
    assert places(with_line(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("update-time: 2025-03-10", "update-time: 2023-2-17  # day", "update-time: 2023-02-17  # day"),
        ("update-time: 2025-03-10", 'update-time: "2023-2-17"', 'update-time: "2023-02-17"'),
        ("license: Apache-2.0", "license: Apache 2.0 ", "license: Apache-2.0 "),
        ("license: Apache-2.0", "license: mit or apache-2.0", "license: MIT OR Apache-2.0"),
        ("model-version: 2.5", "model-version: 1.10", 'model-version: "1.10"'),
    ],
)
def test_a_fix_changes_only_the_value(old: str, new: str, after: str) -> None:
    text = with_line(old, new)
    (found,) = diagnostics(text)
    assert found.edit is not None
    assert found.edit.safe
    fixed = text[: found.edit.start] + found.edit.text + text[found.edit.end :]
    assert fixed == with_line(old, after)
    assert places(fixed) == []


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The MIT License", "MIT"),
        ("BSD 3-Clause License", "BSD-3-Clause"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("GPL-2.0-or-later with classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("MIT OR MIT WITH Classpath-exception-2.0", "MIT OR MIT WITH Classpath-exception-2.0"),
        ("MIT AND (apache2.0 OR MPL-2.0)", "MIT AND (Apache-2.0 OR MPL-2.0)"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("GPL-3.0", "GPL-3.0"),
        ("LicenseRef-my.own-1", "LicenseRef-my.own-1"),
        ("GPLv3", None),
        ("Apache", None),
        ("BSD", None),
        ("other", None),
        ("MIT OR", None),
        ("MIT Apache-2.0", None),
        ("(MIT", None),
        ("MIT WITH Apache-2.0", None),
        ("()", None),
        ("", None),
        ("(" * 5000, None),
        ("Apache 2.0 \u548c\u5176\u4ed6", None),
    ],
)
def test_licences(written: str, canonical: str | None) -> None:
    assert canonical_licence(written) == canonical


@pytest.mark.parametrize(
    ("written", "unknown"),
    [
        ("ImageNet2012", ()),
        ("imagenet-2012", ()),
        ("MVTecAD_metal_nut", ()),
        ("fairface_rwmfd", ()),
        ("Oxford-IIIT Pet", ()),
        ("Matting Human Datasets", ()),
        ("Speech commands dataset version1", ()),
        ("LJSpeech-1.1 & VCTK", ()),
        ("SQuADv1.1", ()),
        ("imagenet2012 | my own photos", ("my own photos",)),
        ("|", ()),
    ],
)
def test_datasets(written: str, unknown: tuple[str, ...]) -> None:
    assert unknown_datasets(written) == unknown


@pytest.mark.parametrize(
    ("new", "hint"),
    [
        ("license: GPLv3", "`GPL-3.0-only`"),
        ("license: Apche-2.0", "`Apache-2.0`"),
        ("license: ours", "`LicenseRef-`"),
    ],
)
def test_an_unknown_licence_gets_a_hint_and_no_fix(new: str, hint: str) -> None:
    (found,) = diagnostics(with_line("license: Apache-2.0", new))
    assert hint in found.message
    assert found.edit is None


@pytest.mark.parametrize("key", ["update-time", "license", "module-type", "used-for", "train-dataset", "model-version"])
@pytest.mark.parametrize("value", ["[]", "{a: b}", "''", "-", "~", "&a b", "!!str 1.10", "|\n  1.10\n  x"])
def test_odd_values_break_nothing(key: str, value: str) -> None:
    text = f"# net\n\n---\n{key}: {value}\nasset: {value}\n---\n"
    assert {found.code for found in diagnostics(text)} <= CODES


@pytest.mark.parametrize("key", ["license", "used-for", "train-dataset"])
def test_messages_are_short_and_of_one_line(key: str) -> None:
    (line,) = (line for line in VALID.split("\n") if line.startswith(f"{key}:"))
    found = diagnostics(with_line(line, f"{key}: |\n  strange\n  " + "words " * 100))
    assert found
    assert all("\n" not in one.message and len(one.message) < 200 for one in found)
