from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.tables import Row, results_rows

TABLE = """\
| Model | Context | Top-1 (%) | Top-5 (%) | Params(M) | Recipe | Download |
| ----- | ------- | --------- | --------- | --------- | ------ | -------- |
| net-a | D910x8-G | 76.81 | 93.17 | 25.55 | [yaml](a.yaml) | [weights](https://x.test/a-1e4795a4.ckpt) |
| net-b | D910x8-G | 77.93 | 93.75 | 44.54 | [yaml](b.yaml) | [weights](https://x.test/b-2efa9106.ckpt) |
"""


def test_rows_with_their_lines() -> None:
    rows = results_rows(f'\n## Results\n\n<div align="center">\n\n{TABLE}\n</div>\n', first_line=10)
    assert rows == (
        Row(17, "net-a", "D910x8-G", 76.81, 93.17, 25.55, "a.yaml", "https://x.test/a-1e4795a4.ckpt"),
        Row(18, "net-b", "D910x8-G", 77.93, 93.75, 44.54, "b.yaml", "https://x.test/b-2efa9106.ckpt"),
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("|Params(M)|acc@top1|Model|\n|-|-|-|\n|5|70.1|n|", (5.0, 70.1, None)),
        ("Model | Top-5 | weight\n--- | --- | ---\nn | 90 | [w](u)", (None, None, 90.0)),
        ("| Model | Top-1 |\n|:--|--:|\n| `n` | - |", (None, None, None)),
    ],
)
def test_columns_in_any_order_and_spelling(table: str, expected: tuple) -> None:
    (row,) = results_rows(f"## Performance\n\n{table}\n", first_line=1)
    assert (row.model, (row.params_m, row.top1, row.top5)) == ("n", expected)


@pytest.mark.parametrize(
    "body",
    [
        f"## Notes\n\n{TABLE}",
        f"## Results\n\n## Notes\n\n{TABLE}",
        "## Results\n\n```\n" + TABLE + "```\n",
        "## Results\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "## Results\n\nno table | at all\n",
    ],
)
def test_what_is_no_result(body: str) -> None:
    assert results_rows(body, first_line=1) == ()


def test_a_deeper_heading_stays_in_its_section() -> None:
    assert len(results_rows(f"## Results\n\n### ImageNet\n\n{TABLE}", first_line=1)) == 2


@given(st.text(alphabet="|-: \nab1#*[]()`<>"))
def test_any_body_is_read_without_an_exception(body: str) -> None:
    results_rows("## Results\n\n" + body, first_line=1)
