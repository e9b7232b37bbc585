"""HT115: what cannot be seen, by kind: no-break blanks, marks without width, byte order marks within the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.lint.engine import check_card
from hubtool.lint.fixes import fix_card
from hubtool.lint.rule import Facts
from tests.lint.rules.test_structure import VALID

CODES = frozenset({"HT115"})
BODY = VALID.count("\n") + 1


def found(text: str) -> list[tuple[int, int, str]]:
    diagnostics = check_card(parse_card(text, Path("net.md")), Facts(), CODES)
    assert all(one.edit is not None and one.edit.safe for one in diagnostics)
    return [(one.span.line, one.span.column, one.message.split(":")[0]) for one in diagnostics]


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u00a0", "U+00A0, no-break space"),
        ("\u202f", "U+202F, narrow no-break space"),
        ("\u3000", "U+3000, ideographic space"),
        ("\u2009", "U+2009, thin space"),
    ],
)
def test_blanks_that_are_none(sign: str, name: str) -> None:
    assert found(VALID.replace("model-name: net", f"model-name:{sign}net")) == [(4, 12, name)]
    assert found(VALID.replace("  - file-format", f"{sign * 2}- file-format")) == [(20, 1, f"2 times {name}")]
    assert found(f"{VALID}##{sign}Results\n") == [(BODY, 3, name)]
    assert found(f"{VALID}| Model | Top-1 |\n|-|-|\n|{sign}net | 76.81 |\n") == [(BODY + 2, 2, name)]
    assert found(f"{VALID}```python\nx ={sign}1\n```\n") == [(BODY + 1, 4, name)]
    assert found(f"{VALID}Chapter{sign}7, 76.8{sign}% of the images\n") == []


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u200b", "U+200B, zero width space"),
        ("\ufeff", "U+FEFF, zero width no-break space"),
        ("\u2060", "U+2060, word joiner"),
        ("\u00ad", "U+00AD, soft hyphen"),
        ("\u202e", "U+202E, right-to-left override"),
    ],
)
def test_signs_without_width(sign: str, name: str) -> None:
    assert found(VALID.replace("model-name: net", f"model-name: n{sign}et")) == [(4, 14, name)]
    assert found(VALID.replace("# net\n\n---", f"# net\n\n{sign}---")) == [(3, 1, name)]
    assert found(f"{VALID}the net{sign}work\n") == [(BODY, 8, name)]


@pytest.mark.parametrize(
    "text",
    [
        *("family \U0001f468\u200d\U0001f469\u200d\U0001f467", "می\u200cخواهم", "שלום\u200f!"),
        *("ภาษา\u200bไทย", "ខ្មែរ\u200bភាសា", "ພາສາ\u200bລາວ"),
        *("```python\n# 加载模型\u3000并推理\n```", '```python\nprint("模型\u3000精度")\n```'),
    ],
)
def test_signs_that_scripts_and_emoji_need(text: str) -> None:
    assert found(f"{VALID}{text}\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model-name: net", "model-name:\u00a0net"),
        ("model-name: net", "model-\u200bname: net"),
        ("  - file-format", "\u00a0\u00a0- file-format"),
        ("# net\n\n---", "# net\n\n\ufeff---"),
        ("# net\n\n---", "# net\n\n---\u00a0"),
        ("user-id: MindSpore", "user-id\ufeff:\u3000MindSpore"),
    ],
)
def test_fix_makes_the_card_readable(old: str, new: str, tmp_path: Path) -> None:
    text = VALID.replace(old, new)
    assert text != VALID
    path = tmp_path / "net.md"
    path.write_text(text, encoding="utf-8")
    result = fix_card(path, "net.md", lambda card: check_card(card, Facts(), CODES | {"HT113"}), lambda one: True)
    assert parse_card(result.after, path).card is not None
    assert (found(result.after), result.withheld) == ([], 0)
