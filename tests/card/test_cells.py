"""Cells of results tables as people write them: a figure is read, or its cell is told; it is never dropped."""

from __future__ import annotations

import pytest

from hubtool.card.record import Variant
from hubtool.card.tables import Unread, read_results
from tests.effort import little_effort


def read(table: str, heading: str = "## Results") -> tuple[list[tuple], list[tuple]]:
    results = read_results(f"{heading}\n\n{table}\n", first_line=1)
    return [*map(shown, results.rows)], [*map(told, results.unread)]


def shown(row: Variant) -> tuple:
    return row.model, row.dataset, {metric.name: metric.value for metric in row.metrics}


def told(unread: Unread) -> tuple:
    return unread.kind, unread.span.line, unread.span.column


def cell(text: str, heading: str = "Top-1") -> tuple[dict[str, float], list[tuple]]:
    rows, unread = read(f"| Model | {heading} |\n|-|-|\n| n | {text} |")
    return rows[0][2], unread


@pytest.mark.parametrize(
    "text",
    [
        *("76.81", "76,81", "76.81%", "76.81 %", "76.81 percent", "7.681e1"),
        *("**76.81**", "***76.81***", "_76.81_", "`76.81`", "[76.81](log.txt)", "<b>76.81</b>", "$76.81$"),
        *("$\\mathbf{76.81}$", '<span style="color:red">76.81</span>', "<!-- 75 --> 76.81"),
        *("76.81[^1]", "76.81<sup>1</sup>", "76.81\u00b9", "76.81\\*", "76.81\u2020", "76.81 [1]", "76.81[[1]](#r)"),
        *("~76.81", "\u224876.81", "约76.81", "approx. 76.81"),
        *("76.81 ± 0.1", "76.81±0.1%", "76.81 +/- 0.1", "76.81+-0.1", "$76.81 \\pm 0.1$", "76.81<sub>±0.1</sub>"),
        *("$76.81_{\\pm 0.1}$", "76.81 (std 0.1)", "76.81 (SD=0.1)"),
        *("76.81 (+0.5)", "76.81 (±0.1)", "76.81 [76.4, 77.2]", "76.81 (fp32)", "76.81 ↑", "⭐ 76.81", ":star: 76.81"),
        *("~~75.0~~ 76.81", "<del>75.0</del> 76.81", "<s>75</s>76.81"),
        *(
            "\uff17\uff16\uff0e\uff18\uff11\uff05",
            "\u0667\u0666\u066b\u0668\u0661",
            "\U0001d7d5\U0001d7d4.\U0001d7d6\U0001d7cf",
        ),
        *("76.81&nbsp;%", "76.81\u00a0%", "76.81\u200b", "\ufeff76.81", "76.81\u3000"),
        *("Top-1: 76.81%", "76.81 (top-1)"),
    ],
)
def test_a_figure_however_it_is_dressed(text: str) -> None:
    assert cell(text) == ({"top1": 76.81}, [])


@pytest.mark.parametrize(
    "text",
    [
        *("76.5-77.1", "76.5 - 77.1", "76.5 to 77.1", "75.0→76.81", "76.81 / 93.17", "76.81, 93.17", "76.81<br>93.17"),
        *("76 81", "76.8.1", "1.234,56", "76\u00b781"),
        *(">76", "≥ 76.8", "< 80"),
        *(
            "+0.3",
            "\u21910.3",
            "\u25b2 0.3",
            "76.81‰",
            "76.81 pp",
            "76.81a",
            "10<sup>2</sup>",
            "七十六点八",
            "ResNet-50",
        ),
    ],
)
def test_what_is_no_figure_is_told_at_its_cell(text: str) -> None:
    assert cell(text) == ({}, [("cell", 5, 7)])


@pytest.mark.parametrize("text", ["76.81 (77.0)", "76.81 (93.17%)", "76.81 (paper: 77.15)", "76.81<sub>0.12</sub>"])
def test_a_second_figure_is_told_and_the_first_is_read(text: str) -> None:
    assert cell(text) == ({"top1": 76.81}, [("cell", 5, 7)])


@pytest.mark.parametrize(
    "text", ["", "-", "—", "N/A", "TBD", "see paper", "✓", "OOM", "fp16", "bf16/fp32", "mixed", "O2"]
)
def test_a_cell_without_a_figure_needs_no_word(text: str) -> None:
    assert cell(text) == ({}, [])


@pytest.mark.parametrize(
    ("heading", "text", "value"),
    [("Top-1", "76,814", 76.814), ("PPL", "12,34", 12.34), ("PPL", "1,234,567", 1234567.0), ("MSE", "0,123", 0.123)],
)
def test_commas_that_mean_one_thing(heading: str, text: str, value: float) -> None:
    assert cell(text, heading) == ({heading.casefold().replace("top-1", "top1"): value}, [])


@pytest.mark.parametrize("heading", ["PPL", "FID", "MAE"])
def test_commas_that_could_mean_two_things_are_told(heading: str) -> None:
    assert cell("1,234", heading) == ({}, [("cell", 5, 7)])


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("Top-1/Top-5", "76.81 / 93.17"),
        ("top1/top5", "76.81/93.17"),
        ("Top-1/5", "76.81/93.17"),
        ("Acc@1,5", "76.81, 93.17"),
        ("Top-1 / Top-5 Acc. (%)", "76,81 / 93,17"),
        ("Top-1 &amp; Top-5", "76.81 & 93.17"),
        ("Top-1 (Top-5)", "76.81 (93.17)"),
        ("Top-1<br>Top-5", "76.81<br>93.17"),
        ("Top-1/Top-5", "76.81 +/- 0.1 / 93.17 +/- 0.2"),
        ("Top-1/Top-5", "top1: 76.81, top5: 93.17"),
    ],
)
def test_several_names_and_as_many_numbers(heading: str, text: str) -> None:
    assert cell(text, heading) == ({"top1": 76.81, "top5": 93.17}, [])


@pytest.mark.parametrize(
    "text",
    [
        *("76.81", "76.81 / 93.17 / 95", "76.81 / 90-93", "76,81", "76.81 %", "> 76", "76 .81", "76.81 pts"),
        *("76.81 (↑0.3)", "76.81 (+0.3)", "76.81 (±0.1)", "76.81 (ours)", "76.81 (std 0.1)"),
    ],
)
def test_several_names_and_not_as_many_numbers(text: str) -> None:
    assert cell(text, "Top-1/Top-5") == ({}, [("cell", 5, 7)])


@pytest.mark.parametrize(
    ("heading", "dataset"),
    [
        *((heading, None) for heading in ("Acc@1", "acc@top1", "top-1 (%)", "Top-1 Acc. (%)", "val acc1", "prec@1")),
        *((heading, None) for heading in ("Top-1 accuracy, %", "准确率（Top1）", "**Top 1** ↑", "Top-1 (test)")),
        ("ImageNet-1K top-1", "ImageNet-1K"),
        ("IN-1K Top-1", "ImageNet-1K"),
        ("Top-1 accuracy on ImageNet", "ImageNet"),
        ("CIFAR-10 Top-1 (%)", "CIFAR-10"),
    ],
)
def test_spellings_of_top1(heading: str, dataset: str | None) -> None:
    assert read(f"| Model | {heading} |\n|-|-|\n| n | 76.81 |") == ([("n", dataset, {"top1": 76.81})], [])


@pytest.mark.parametrize(
    "heading", ["Top-1<br>Acc", "Top-1<br>Accuracy (%)", "Acc<br>Top-1", "Top\u20111", "Top\u20131"]
)
def test_a_wrapped_or_hyphened_heading_is_one_name(heading: str) -> None:
    assert cell("76.81", heading) == ({"top1": 76.81}, [])


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("AP<sup>50</sup>", "ap50"),
        ("AP<sub>75</sub>", "ap75"),
        ("$AP_{50}$", "ap50"),
        ("AP<sup>box</sup>", "ap box"),
        ("mAP<sup>val<br>50-95", "map val 50-95"),
        ("mAP<sup>val<br>0.5</sup>", "map val 0.5"),
        ("H-mean", "hmean"),
        ("Top-1<sup>1</sup>", "top1"),
        ("AP<sup>2</sup>", "ap"),
    ],
)
def test_raised_text_that_belongs_to_a_name(heading: str, name: str) -> None:
    assert cell("38.1", heading) == ({name: 38.1}, [])


@pytest.mark.parametrize(
    "heading",
    ["ImageNet-V2 top-1", "ImageNet-21K top-1", "Tiny-ImageNet top-1", "CIFAR-10.1 top-1", "Top-1 error", "Top-1 @384"],
)
def test_another_figure_is_not_taken_for_top1(heading: str) -> None:
    figures, unread = cell("60.5", heading)
    assert (len(figures), "top1" in figures, unread) == (1, False, [])


@pytest.mark.parametrize(
    ("headings", "cells", "rows"),
    [
        ("ImageNet-1K top-1 | Top5", "76 | 93", 1),
        ("Top-1 ImageNet | Params (M) | Top-5 | Top-10", "76 | 25 | 93 | 95", 1),
        ("ImageNet top-1/top-5", "76 / 93", 1),
        ("ImageNet top-1 | top-5 | CIFAR-10 top-1 | top-5", "76 | 93 | 97 | 99", 2),
        ("Top-1 | CIFAR-10 top-1 | top-5", "76 | 97 | 99", 2),  # whose top-5 it is cannot be told
        ("ImageNet top-1 | top-1", "76 | 77", 2),
        ("ImageNet top-1 | mIoU", "76 | 40", 2),
    ],
)
def test_a_top_5_is_about_the_dataset_of_the_top_1_before_it(headings: str, cells: str, rows: int) -> None:
    table = f"| Model | {headings} |\n|{'-|' * (headings.count('|') + 2)}\n| n | {cells} |"
    found, unread = read(table)
    assert (len(found), unread) == (rows, [])
    assert sum(len(metrics) for _, _, metrics in found) == sum(
        float(c) != 25 for c in cells.replace("/", "|").split("|")
    )


def test_figures_of_two_datasets_are_two_rows() -> None:
    rows, unread = read("| Model | ImageNet top-1 | CIFAR-10 top-1 |\n|-|-|-|\n| n | 76.81 | 97.1 |")
    assert rows == [("n", "ImageNet", {"top1": 76.81}), ("n", "CIFAR-10", {"top1": 97.1})]
    assert unread == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("0.7681", "0.7", [76.81, 70.0]),
        ("0,7681", "1", [76.81, 100.0]),
        ("0.9", "76", [0.9, 76.0]),
        ("0.9%", "0.8", [0.9, 0.8]),
    ],
)
def test_a_column_of_fractions_is_read_in_percent(first: str, second: str, expected: list[float]) -> None:
    results = read_results(f"## Results\n\n| Model | Acc |\n|-|-|\n| a | {first} |\n| b | {second} |\n", first_line=1)
    metrics = [metric for row in results.rows for metric in row.metrics]
    assert [metric.value for metric in metrics] == expected
    assert [metric.is_fraction for metric in metrics] == [
        value != float(text.strip("%").replace(",", ".")) for value, text in zip(expected, (first, second), strict=True)
    ]
    assert metrics[0].decimals == (2 if metrics[0].is_fraction else 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.7681 / 0.93", [76.81, 93.0]),
        ("76.81 / 0.93", [76.81, 0.93]),
        ("Top-1: 0.7681, Top-5: 0.93", [76.81, 93.0]),
        ("0.7681% / 0.93", [0.7681, 0.93]),
    ],
)
def test_fractions_are_told_by_all_accuracies_beside_them(text: str, expected: list[float]) -> None:
    assert list(cell(text, "Top-1 / Top-5")[0].values()) == expected


@pytest.mark.parametrize(
    "section",
    [
        *("Pretrained models", "Pre-trained Weights", "Model Zoo", "Benchmark", "Benchmarks", "Main Results", "Models"),
        *("Available checkpoints", "Leaderboard", "ImageNet-1K classification", "Experiments", "模型库", "预训练模型"),
    ],
)
def test_sections_with_results(section: str) -> None:
    assert read("| Model | Top-1 |\n|-|-|\n| n | 76.81 |", f"## {section}") == ([("n", None, {"top1": 76.81})], [])


@pytest.mark.parametrize(
    "sections", ["## Performance\n\n### On ImageNet\n\n### On Pets", "## Models\n\n### Results\n\n### Pets"]
)
def test_a_section_ends_with_the_next_of_its_level(sections: str) -> None:
    table = "| Model | Top-1 |\n|-|-|\n| n | 76.81 |"
    assert read(table, sections) == ([("n", None, {"top1": 76.81})], [])
    assert read(table, f"{sections}\n\n## Notes") == ([], [("table", 9, 3)])


@pytest.mark.parametrize("section", ["Model weight", "Pretrained checkpoints", "Downloads"])
def test_links_alone_are_no_claims_among_files(section: str) -> None:
    table = "| Model | Size | Download |\n|-|-|-|\n| n | 109M | [w](https://x.test/n.pth) |"
    assert read(table, f"## {section}") == ([], [])
    assert read(table, "## Results")[0] == [("n", None, {})]


@pytest.mark.parametrize("above", ["", "# BiT", "Some text."])
def test_a_table_above_all_sections_is_read(above: str) -> None:
    assert read("| Model | Top-1 |\n|-|-|\n| n | 76.81 |", above) == ([("n", None, {"top1": 76.81})], [])


@pytest.mark.parametrize(
    ("table", "heading", "expected"),
    [
        ("| Model | Top-1 |\n|-|-|\n| n | 76.81 |", "## Notes", [("table", 3, 3)]),
        ("| Metric | Value |\n|-|-|\n| Top-1 | 76.81 |", "## Results", [("table", 3, 3)]),
        ("| Dataset | Top-1 |\n|-|-|\n| ImageNet | 76.81 |", "## Results", [("table", 3, 3)]),
        ("| Model | ImageNet |\n|-|-|\n| n | 76.81 |", "## Results", [("column", 3, 11)]),
        ("| Model | Score |\n|-|-|\n| n | 76.81 |", "## Results", [("column", 3, 11)]),
        ("| AISHELL1 | AISHELL2 |\n|-|-|\n| 1.95% | 2.85% |", "## Results", [("table", 3, 3)]),
        ("| Benchmark | A-7B | Ours |\n|-|-|-|\n| MMLU | 45.8 | 71.3 |", "## Results", [("table", 3, 3)]),
        ("| Model | R@1 / R@5 |\n|-|-|\n| n | 76.8 / 93.1 |", "## Results", [("column", 3, 11)]),
        ("| Model | S-measure |\n|-|-|\n| n | 76.8 ± 0.1 |", "## Results", [("column", 3, 11)]),
        ("| Model | Date |\n|-|-|\n| n | 07/05/2021 |", "## Results", []),
        ("| 超参 | 值 |\n|-|-|\n| 学习率 | 0.01 |", "## 结果", []),
        ("| 模型 | 输入尺寸 | RTF |\n|-|-|-|\n| n | 640 | 0.02 |", "## 结果", []),
        ("| Name | Default |\n|-|-|\n| batch_size | two |", "## Evaluation", []),
        ("| Hyper-parameter | Value |\n|-|-|\n| epochs | 90 |", "## Notes", []),
        (
            "| model name | cards | precision | s/step | img/s |\n|-|-|-|-|-|\n| n | 1 | fp16 | 1.70 | 56.47 |",
            "## Performance",
            [],
        ),
        ("| mindspore | ascend driver | firmware |\n|-|-|-|\n| 2.5.0 | 24.1.0 | 7.5.0.3.220 |", "## Requirements", []),
    ],
)
def test_tables_that_are_not_read_are_told_if_they_hold_figures(table: str, heading: str, expected: list) -> None:
    rows, unread = read(table, heading)
    assert unread == expected
    assert not any(figures for _, _, figures in rows)


def test_the_figures_of_a_row_without_a_model_are_told() -> None:
    rows, unread = read("| Model | Top-1 |\n|-|-|\n| | 76.81 |\n| n | 70 |\n| | 71 |")
    assert rows == [("n", None, {"top1": 70.0}), ("n", None, {"top1": 71.0})]
    assert unread == [("cell", 5, 5)]


@pytest.mark.parametrize("first", ["", "Model Arch", "Model name", "Backbone", "Pretrained model"])
def test_spellings_of_the_model_column(first: str) -> None:
    assert read(f"| {first} | top1 | batch_size |\n|-|-|-|\n| n | 76.81 | 64 |")[0] == [("n", None, {"top1": 76.81})]


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("net[^1]", "net"),
        ("**net**\\*", "net"),
        ("net<sup>†</sup>", "net"),
        ("ResNet<sub>50</sub>", "ResNet50"),
        ("a<br>b", "a b"),
    ],
)
def test_names_of_models_lose_their_marks(written: str, model: str) -> None:
    assert read(f"| Model | Top-1 |\n|-|-|\n| {written} | 76.81 |")[0][0][0] == model


@pytest.mark.parametrize(
    ("written", "params"),
    [("25.55", 25.55), ("25,6", 25.6), ("25,549,352", 25.549352), ("850K", 0.85), ("1,000", 1000.0)],
)
def test_numbers_of_parameters(written: str, params: float) -> None:
    (row,) = read_results(f"## Results\n\n| Model | Params(M) |\n|-|-|\n| n | {written} |\n", first_line=1).rows
    assert row.params_m == params


HTML = """\
<table>
  <thead>
    <tr><th rowspan="2">Model</th><!-- <th>old</th> --><th colspan="2">ImageNet-1K</th><th rowspan=2>Download</th></tr>
    <tr><th>Top-1 (%)</th><th>Top-5 (%)</th></tr>
  </thead>
  <tr>
    <td>n</td>
    <td align="center"><b>76.81</b></td>
    <td>93.17<sup>1</sup></td>
    <td><a href="https://x.test/n-1e4795a4.ckpt">weights</a></td>
  </tr>
  <tr><td>m</td><td>76.5 - 77</td><td>94</td></tr>
</table>
"""


def test_a_table_in_html() -> None:
    results = read_results(f"## Results\n\n{HTML}", first_line=1)
    assert [*map(shown, results.rows)] == [
        ("n", "ImageNet-1K", {"top1": 76.81, "top5": 93.17}),
        ("m", "ImageNet-1K", {"top5": 94.0}),
    ]
    assert results.rows[0].asset is not None
    assert results.rows[0].asset.url == "https://x.test/n-1e4795a4.ckpt"
    assert results.rows[0].metrics[0].span == (10, 27, 10, 32)
    assert [*map(told, results.unread)] == [("cell", 14, 21)]


@pytest.mark.parametrize(
    ("body", "rows", "unread"),
    [
        ("## Results\n\n<table><tr><td>Model<td>Top-1<tr><td>n<td>76.81</table>", 1, 0),
        ("<h2 align=center>Results</h2>\n<table><tr><td>Model<td>Top-1<tr><td>n<td>76.81</table>", 1, 0),
        ("## Results\n\n<TABLE><TR><TH>Top-1</TH><TH>n</TH></TR><TR><TH>Model</TH></TR></TABLE>", 0, 0),
        ("<h2>Notes</h2>\n\n<table><tr><td>Model<td>Top-1<tr><td>n<td>76.81</table>", 0, 1),
        ("## Results\n\n```html\n<table><tr><td>Model<td>Top-1<tr><td>n<td>76.81</table>\n```", 0, 0),
        ("## Results\n\n<!-- <table><tr><td>Model<td>Top-1<tr><td>n<td>76.81</table> -->", 0, 0),
        ("## Results\n\n<table></table><table><tr></tr></table><table>", 0, 0),
    ],
)
def test_where_html_tables_count(body: str, rows: int, unread: int) -> None:
    results = read_results(body, first_line=1)
    assert (len(results.rows), len(results.unread)) == (rows, unread)


@pytest.mark.parametrize(
    "text",
    [
        "<table>" * 2000,
        "<td rowspan=999 colspan=999>" * 300,
        "<!--" * 2000,
        "<h1>" * 1000,
        "(" * 150,
        "~~" * 2000,
        "<sup>" * 2000,
    ],
)
def test_odd_cells_cost_little(text: str) -> None:
    with little_effort():
        read(f"| Model | Top-1 |\n|-|-|\n| n | {text} |\n\n{text}")
