from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from hubtool.lint.rules import names

CODES = frozenset({"HT301", "HT302", "HT303", "HT304", "HT305"})
PATH = "mindspore/2.5/bit_resnet50_imagenet2012.md"


def card(
    name: str = "bit_resnet50", *, title: str = "bit_resnet50", version: str = "2.5", mindspore: str = "2.5"
) -> str:
    return f"# {title}\n\n---\n\nmodel-name: {name}\nmodel-version: {version}\nmindspore-version: {mindspore}\n\n---\n"


def found(text: str, path: str = PATH) -> list[tuple[int, int, str]]:
    diagnostics = check_card(parse_card(text, Path(path)), Facts(), CODES)
    return [(d.span.line, d.span.column, d.code) for d in diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        card(),
        card(title="BiT-ResNet50"),
        card(title="BiT ResNet50, trained on ImageNet"),
        card(title="[bit_resnet50](https://example.com/bit)"),
        card(title="`bit_resnet50`:"),
        card(title=r"bit\_resnet50"),
        card().removeprefix("# bit_resnet50\n"),
        "# another title, no block\n",
        "# title\n---\nmodel-name: [a, list]\nmodel-version: {a: mapping}\n---\n",
        "---\n- a list\n---\n",
        "# open\n---\nmodel-name: bit",
        "",
    ],
)
def test_clean(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("bit_resnet101", [(1, 3, "HT301")]),
        ("bit_resnet50x3", [(1, 3, "HT301")]),
        ("bit_resnet50_x3", [(1, 3, "HT301")]),
        ("  ResNet50 Adv Pruning", [(1, 5, "HT301")]),
        ("模型", [(1, 3, "HT301")]),
    ],
)
def test_title_differs(title: str, expected: list) -> None:
    assert found(card(title=title)) == expected


def test_title_is_found_after_the_block_too() -> None:
    text = card().removeprefix("# bit_resnet50\n") + "\n# resnet50\n"
    assert found(text) == [(10, 3, "HT301")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2.5/BIT-ResNet50.md", []),
        ("2.5/resnet50_bit_imagenet.md", []),
        ("2.5/README.md", []),
        ("2.5/resnet50_imagenet2012.md", [(5, 13, "HT302")]),
        ("2.5/bitresnet101.md", [(5, 13, "HT302")]),
    ],
)
def test_stem_differs(path: str, expected: list) -> None:
    assert found(card(), path) == expected


@pytest.mark.parametrize(
    ("folder", "version", "mindspore", "expected"),
    [
        ("2.5", "2.5", "1.8", []),
        ("2.5", "1.0", "2.5", []),
        ("2.5", "2.5.1", "2.4", []),
        ("2.5.0", "2.5", "2.4", []),
        ("r1.10", "1.10", "1.10", []),
        ("2.5rc1", "2.5rc1", "2.4", []),
        ("cards", "1.0", "2.5", []),
        ("2024", "1.0", "2.5", []),
        ("resnet-1.5", "1.0", "2.5", []),
        ("1.1", "1.10", "1.10", [(6, 16, "HT303")]),
        ("2.5", "2.3", "2.3", [(6, 16, "HT303")]),
        ("v2.5", "1.0", "2.4", [(6, 16, "HT303")]),
    ],
)
def test_folder_version(folder: str, version: str, mindspore: str, expected: list) -> None:
    assert found(card(version=version, mindspore=mindspore), f"mindspore/{folder}/bit_resnet50.md") == expected


@pytest.mark.parametrize("name", ["VGG-Small-low-bit", "predrnn++", "UNet3+", "resnet50-0.65x", "3D_DenseNet"])
def test_name_can_be_typed(name: str) -> None:
    assert found(card(name, title=name), f"2.5/{name}.md") == []


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("VGG-Small-low bit", "write `VGG-Small-low-bit`"),
        ("resnet/50", "write `resnet-50`"),
        ("bit(resnet50)", "write `bit-resnet50`"),
        ("-bit", "write `bit`"),
        ("bit.md", "write `bit`"),
        ("模型", "write letters"),
    ],
)
def test_name_shape(name: str, advice: str) -> None:
    text = card(f'"{name}"', title=name)
    parsed = parse_card(text, Path("2.5/README.md"))
    (diagnostic,) = check_card(parsed, Facts(), CODES)
    assert (diagnostic.span.line, diagnostic.span.column, diagnostic.code) == (5, 13, "HT304")
    assert advice in diagnostic.message


USAGE = """
## Usage

```python
{}
```
"""


@pytest.mark.parametrize(
    ("code", "column"),
    [
        ('model = "mindspore/2.5/bit_resnet50"', None),
        ('network = mshub.load("mindspore/2.5/bit_resnet50")', None),
        ('model = "mindspore/2.5/bit_resnet50.md"', 10),
        ('model = "mindspore/2.3/bit_resnet50"', 10),
        ("model_uid='mindspore/2.5/bit_resnet101'", 12),
        ("network = mshub.load('mindspore/2.5/ bit_resnet50', 10)", 23),
        ('model = "resnet50"', None),
    ],
)
def test_usage_differs(code: str, column: int | None) -> None:
    text = card() + USAGE.format(code)
    line = text.splitlines().index(code) + 1
    expected = [(line, column, "HT305")] if column else []
    assert found(text, "mindspore/2.5/bit_resnet50.md") == expected
    assert found(text, "mindspore/2.5/bit_resnet50_cn.md") == expected
    assert found(text, "mindspore/2.5/README.md") == []


def test_messages_stay_on_one_line() -> None:
    name = "two\\nlines" + "x" * 500
    diagnostics = check_card(parse_card(card(f'"{name}"'), Path(PATH)), Facts(), CODES)
    assert {d.code for d in diagnostics} == {"HT301", "HT302", "HT304"}
    assert all("\n" not in d.message and len(d.message) < 250 for d in diagnostics)


def test_every_rule_is_documented() -> None:
    checks = (names.title_differs, names.stem_differs, names.folder_version, names.name_shape, names.usage_differs)
    assert all("\n    Bad:" in (c.__doc__ or "") and "\n    Good:" in (c.__doc__ or "") for c in checks)
