from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.record import Variant
from hubtool.card.tables import read_results
from tests.effort import little_effort

TABLE = """\
| Model | Context | Top-1 (%) | Top-5 (%) | Params(M) | Recipe | Download |
| ----- | ------- | --------- | --------- | --------- | ------ | -------- |
| net-a | D910x8-G | 76.81 | 93.17 | 25.55 | [yaml](a.yaml) | [weights](https://x.test/a-1e4795a4.ckpt) |
| net-b | D910x8-G | 77.93 | 93.75 | 44.54 | [yaml](b.yaml) | [weights](https://x.test/b-2efa9106.ckpt) |
"""


def rows(table: str, *, heading: str = "## Results") -> tuple[Variant, ...]:
    return read_results(f"{heading}\n\n{table}\n", first_line=1).rows


def figures(row: Variant) -> dict[str, float]:
    return {metric.name: metric.value for metric in row.metrics}


def test_rows_with_their_lines() -> None:
    found = read_results(f'\n## Results\n\n<div align="center">\n\n{TABLE}\n</div>\n', first_line=10).rows
    assert [(row.line, row.model, row.context, row.params_m, row.recipe) for row in found] == [
        (17, "net-a", "D910x8-G", 25.55, "a.yaml"),
        (18, "net-b", "D910x8-G", 44.54, "b.yaml"),
    ]
    assert [figures(row) for row in found] == [{"top1": 76.81, "top5": 93.17}, {"top1": 77.93, "top5": 93.75}]
    asset = found[0].asset
    assert asset is not None
    assert (asset.format, asset.url, asset.digest and asset.digest.hex) == (
        "ckpt",
        "https://x.test/a-1e4795a4.ckpt",
        "1e4795a4",
    )


def test_figures_have_places() -> None:
    (row, _) = rows(TABLE)
    assert [(m.label, m.written, m.source, m.span) for m in row.metrics] == [
        ("Top-1 (%)", "76.81", "table", (5, 22, 5, 27)),
        ("Top-5 (%)", "93.17", "table", (5, 30, 5, 35)),
    ]
    assert row.params_span == (5, 38, 5, 43)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_move_nothing(newline: str) -> None:
    found = read_results(f"## Results\n\n{TABLE}".replace("\n", newline), first_line=1).rows
    assert [(row.line, row.model) for row in found] == [(5, "net-a"), (6, "net-b")]


@pytest.mark.parametrize(
    ("table", "params", "expected"),
    [
        ("|Params(M)|acc@top1|Model|\n|-|-|-|\n|5|70.1|n|", 5.0, {"top1": 70.1}),
        ("Model | Top-5 | weight\n--- | --- | ---\nn | 90 | [w](u)", None, {"top5": 90.0}),
        ("| Model | Top-1 |\n|:--|--:|\n| `n` | - |", None, {}),
        ("| **Name** | Box mAP (%) | Params |\n|-|-|-|\n| **n** | 37.2 | 3.2M |", 3.2, {"box map": 37.2}),
        ("| model name | params (M) | Accuracy (Top1) |\n|-|-|-|\n| n | 11.7 | 73.9% |", 11.7, {"top1": 73.9}),
        (
            "| Network | #Params | F1 | WER |\n|-|-|-|-|\n| n | 850K | 84.1 ± 0.2 | 3.4 |",
            0.85,
            {"f1": 84.1, "wer": 3.4},
        ),
        ("| Method | Parameters | top1 |\n|-|-|-|\n| n | 25,549,352 | 76.8 (77) |", 25.549352, {"top1": 76.8}),
        (
            "| Model | Params(M) | Top-1/Top-5 |\n|-|-|-|\n| n | 1,000,000 | 76.1/93 |",
            1.0,
            {"top1": 76.1, "top5": 93.0},
        ),
        ("| 模型 | 参数(M) | 准确率 (Top1) |\n|-|-|-|\n| n | 5.2 | 73.9 |", 5.2, {"top1": 73.9}),
        (
            "| Model | Precision | Accuracy |\n|-|-|-|\n| n | fp16 | Top-1: 76.9%, Top-5: 93% |",
            None,
            {"top1": 76.9, "top5": 93.0},
        ),
        (
            "| Model | ms/step | img/s | FPS | FLOPs | batch size | acc |\n|-|-|-|-|-|-|-|\n| n | 1 | 2 | 3 | 4 | 5 | 70 |",
            None,
            {"acc": 70.0},
        ),
    ],
)
def test_columns_in_any_order_and_spelling(table: str, params: float | None, expected: dict) -> None:
    (row,) = rows(table, heading="## Performance")
    assert (row.model, row.params_m, figures(row)) == ("n", params, expected)


@pytest.mark.parametrize(
    ("cells", "url"),
    [
        ("| Model | Top-1 | weight |\n|-|-|-|\n| n | 70 | [mindir](a.mindir) \\| [ckpt](a.ckpt) |", "a.ckpt"),
        ("| Model | Top-1 | ckpt |\n|-|-|-|\n| n | 70 | <https://x.test/a.ckpt> |", "https://x.test/a.ckpt"),
        ("| Model | Top-1 | Download |\n|-|-|-|\n| n | 70 | https://x.test/a.ckpt |", "https://x.test/a.ckpt"),
        ("| Model | Top-1 |\n|-|-|\n| [n](https://x.test/a.ckpt) | 70 |", "https://x.test/a.ckpt"),
        ("| Model | Top-1 | Paper |\n|-|-|-|\n| n | 70 | [p](https://x.test/p) |", None),
        ("| Model | Top-1 | weight decay |\n|-|-|-|\n| n | 70 | [p](https://x.test/p) |", None),
    ],
)
def test_the_file_of_a_row(cells: str, url: str | None) -> None:
    (row,) = rows(cells)
    assert (row.asset.url if row.asset else None) == url


def test_models_may_be_columns() -> None:
    first, second = rows(
        "| Parameters | | |\n|-|-|-|\n| Model Version | n | n-600 |\n| Dataset | Pets | Pets |\n"
        "| Parameters (M) | 5.2 | 11.9 |\n| Accuracy (Top1) | 73.9 | 80.2 |"
    )
    assert (first.model, first.params_m, first.dataset, figures(first)) == ("n", 5.2, "Pets", {"top1": 73.9})
    assert (second.model, second.params_m, figures(second)) == ("n-600", 11.9, {"top1": 80.2})
    assert (first.line, first.metrics[0].span) == (5, (8, 21, 8, 25))


def test_models_may_be_the_heading() -> None:
    found = rows("| Model | a | b |\n|-|-|-|\n| Top-1 | 76.1 | 77.2 |")
    assert [(row.model, figures(row)) for row in found] == [("a", {"top1": 76.1}), ("b", {"top1": 77.2})]


def test_an_empty_name_repeats_the_one_above() -> None:
    assert [row.model for row in rows("| Model | Top-1 |\n|-|-|\n| n | 70 |\n| | 71 |")] == ["n", "n"]


@pytest.mark.parametrize(
    "body",
    [
        f"## Notes\n\n{TABLE}",
        f"## Results\n\n## Notes\n\n{TABLE}",
        f"### Results\n\n## Notes\n\n### More\n\n{TABLE}",
        "## Results\n\n```\n" + TABLE + "```\n",
        "## Results\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "## Evaluation\n\n| Name | Default |\n|---|---|\n| batch_size | 2 |\n",
        "## Results\n\nno table | at all\n",
    ],
)
def test_what_is_no_result(body: str) -> None:
    assert read_results(body, first_line=1).rows == ()


def test_a_deeper_heading_stays_in_its_section() -> None:
    assert len(read_results(f"## Results\n\n### ImageNet\n\n{TABLE}", first_line=1).rows) == 2
    assert len(read_results(f"### Performance\n\n#### ImageNet\n\n{TABLE}", first_line=1).rows) == 2


@pytest.mark.parametrize(
    "body",
    [" " * 100_000, "-" * 100_000, "- " * 50_000, "| " * 50_000, f"{TABLE}| {'1' * 100_000} |", "|-|\n" * 20_000],
)
def test_long_bodies_cost_little(body: str) -> None:
    with little_effort():
        read_results("## Results\n\n" + body, first_line=1)


@given(st.text(alphabet="|-: \n\r\tab1#*[]()`<>/Mm"))
def test_any_body_is_read_without_an_exception(body: str) -> None:
    read_results("## Results\n\n" + body, first_line=1)
    read_results("## Results\n\n| Model | Top-1 |\n|-|-|\n| a | " + body, first_line=1)
