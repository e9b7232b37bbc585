from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
from hubtool.card.parse import parse_card
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from hubtool.network.claimed import counts_of_row, known_counts

CODES = frozenset(f"HT{number}" for number in range(501, 509))
FACTS = Facts(counts_of_row, known_counts())
CKPT = "https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-77dcaf0f-910v2.ckpt"
OTHER = "https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt"


def card(
    evaluation: str | None = "top1acc76.85 | top5acc93.24",
    table: str = "",
    *,
    link: str = CKPT,
    digest: str = "77dcaf0f",
    dataset: str = "ImageNet2012",
    more: str = "",
) -> str:
    figures = "" if evaluation is None else f"evaluation: {evaluation}\n"
    return f"""\
# bit_resnet50

---
model-name: bit_resnet50
{figures}backbone-name: resnet50
module-type: cv
fine-tunable: True
model-version: 2.5
train-dataset: {dataset}
author: MindSpore team
update-time: 2025-03-10
repo-link: <https://github.com/mindspore-lab/mindcv>
user-id: MindSpore
used-for: inference
mindspore-version: 2.5
asset:
- file-format: ckpt
  asset-link: <{link}>
  asset-sha256: {digest}
{more}license: Apache-2.0
summary: BiT
---

## Results

{table}
"""


def row(cells: str, link: str = CKPT, *, header: str = "Top-1 (%)", model: str = "bit_resnet50") -> str:
    columns = header.count("|") + 3
    return f"| Model | {header} | Download |\n{'|-' * columns}|\n| {model} | {cells} | [weights]({link}) |"


def found(text: str, *codes: str) -> list[tuple[int, int, str]]:
    parsed = parse_card(text, Path("mindspore/2.5/bit_resnet50_imagenet2012.md"))
    diagnostics = check_card(parsed, FACTS, frozenset(codes) or CODES)
    return [(d.span.line, d.span.column, d.code) for d in diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        card(),
        card("mAP40 | AP50acc60.1"),
        card("WER 120%"),
        card("PSNR132 | MAE112.11 | FP19264 | loss-0.5"),
        card("top1acc100 | top5acc100.00"),
        card("SSIM0.96 | mAP0.4"),
        card("acc0.9%"),
        card(table=row("76.85 | 25.55", header="Top-1 (%) | Params(M)")),
        "# no block\n",
        "# title\n---\nevaluation: [a, list]\n---\n",
        "# title\n---\nevaluation: {a: mapping}\n---\n",
        "---\n- a list\n---\n",
        "# open\n---\nevaluation: top1acc7685",
        "",
    ],
)
def test_clean(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        ("top1acc76.85 | good", [(5, 28, "HT501")]),
        ('"top1acc76.85 | good"', [(5, 29, "HT501")]),
        ("acc76,85", [(5, 13, "HT501")]),
        ("acc70 |", [(5, 19, "HT501")]),
        (">-\n  acc70 |\n  good", [(5, 13, "HT501")]),
    ],
)
def test_unreadable_metric(evaluation: str, expected: list) -> None:
    assert found(card(evaluation)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (card("top1acc7685"), [(5, 13, "HT502")]),
        (card("top1acc76.85 | mAP403"), [(5, 28, "HT502")]),
        (card("acc: -3"), []),  # not YAML: two colons
        (card('"acc: -3"'), [(5, 14, "HT502")]),
        (card(table=row("7681", OTHER)), [(29, 18, "HT502")]),
    ],
)
def test_out_of_range(text: str, expected: list) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (card("top1acc93.24 | top5acc76.85"), [(5, 28, "HT503")]),
        (card("top1acc93.24 | top1acc95 | top3acc99"), []),
        (card(table=row("93.17 | 76.81", OTHER, header="Top-1 (%) | Top-5 (%)")), [(29, 26, "HT503")]),
        (card(table=row("98 | 99", OTHER, header="acc@1 | acc@5")), []),
    ],
)
def test_top5_below_top1(text: str, expected: list) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (card("top1acc0.7685 | top5acc0.9324"), [(5, 13, "HT504"), (5, 29, "HT504")]),
        (card("top1acc76.85 | top5acc0.9324"), [(5, 28, "HT504")]),
        (card("acc1"), [(5, 13, "HT504")]),
        (card("acc0"), []),
        (card(table=row("0.7681", OTHER)), [(29, 18, "HT504")]),
    ],
)
def test_fraction(text: str, expected: list) -> None:
    assert found(text) == expected


def test_a_fraction_is_answered_with_its_percentage() -> None:
    parsed = parse_card(card("top1acc0.57"), Path("a.md"))
    (diagnostic,) = check_card(parsed, FACTS, frozenset({"HT504"}))
    assert diagnostic.message == "`top1acc0.57` is a fraction, read as 57 %: write 57"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("| Model | Top-1 |\n|-|-|\n| a | 70 |\n| b | - |", [(29, 3, "HT505")]),
        ("| Model | Params |\n|-|-|\n| a | 70 |", []),
        ("| Model | Top-1 |\n|-|-|\n| [a](a-12345678.ckpt) | 70 |", []),
    ],
)
def test_row_without_file(table: str, expected: list) -> None:
    assert found(card(table=table)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (card(table=row("76.81")), [(29, 18, "HT506")]),
        (card(table=row("76.81", CKPT.replace("-mindspore.osinfra", ".mindspore"))), [(29, 18, "HT506")]),
        (card(table=row("76.81", "https://x.test/BiT-77dcaf0f.ckpt")), [(29, 18, "HT506")]),
        (card(table=row("76.81"), digest="77dcaf0f" + "0" * 56), [(29, 18, "HT506")]),
        (card(table=row("76.81", OTHER)), []),
        (card(table=row("76.9")), []),
        (card(table=row("76.8")), []),
        (card(table=row("77")), []),
        (card(table=row("0.7685")), [(29, 18, "HT504")]),
        (card("mAP40.3", row("76.81")), []),
        (card("top1acc76.85 | top1acc92", row("76.81")), []),
        (card(table=row("76.81 | ImageNet-A", header="Top-1 (%) | Dataset")), []),
        (card(table=row("76.81 | ImageNet-1K", header="Top-1 (%) | Dataset")), [(29, 18, "HT506")]),
        (card(table=row("76.81 | 97.1", header="ImageNet top-1 | CIFAR-10 top-1")), [(29, 18, "HT506")]),
        (card(table=row("76.81") + f"\n| at 256 | 76.85 | [w]({CKPT}) |"), []),
        (card(table=row("76.81"), more=f"- file-format: ckpt\n  asset-link: <{OTHER}>\n"), []),
    ],
)
def test_table_contradicts(text: str, expected: list) -> None:
    assert found(text) == expected


def test_two_files_are_two_claims() -> None:
    text = Path(__file__).parents[3].joinpath("cards", "bit_resnet50_imagenet2012.md").read_text(encoding="utf-8")
    assert found(text) == []


@pytest.mark.parametrize(
    ("model", "params", "expected"),
    [
        ("bit_resnet50", "44.54", [(29, 18, "HT507")]),
        ("BiT-ResNet50", "25.58", [(29, 18, "HT507")]),
        ("bit_resnet50", "25.55", []),
        ("bit_resnet50", "25.54", []),
        ("bit_resnet50", "25.5", []),
        ("bit_resnet50", "26", []),
        ("bit_resnet50", "24", [(29, 18, "HT507")]),
        ("bit_resnet50", "25,549,352", []),
        ("bit_resnet50x3", "217.31", []),
        ("resnet50", "25.61", []),
        ("bit_resnet50", "-", []),
    ],
)
def test_params_differ(model: str, params: str, expected: list) -> None:
    table = row(params, OTHER, header="Params(M)", model=model)
    assert [(line, 18, code) for line, _, code in found(card(table=table))] == expected
    assert found(card(table=table, dataset="Flowers")) == []  # nobody knows how many outputs the network has


@pytest.mark.parametrize(("params", "is_right"), [("23.52", True), ("25.55", False), ("44.54", False)])
def test_params_are_counted_with_the_head_of_the_dataset(params: str, is_right: bool) -> None:
    text = card(table=row(params, OTHER, header="Params(M)", model="bit_resnet50"), dataset="CIFAR-10")
    assert [code for _, _, code in found(text)] == ([] if is_right else ["HT507"])


def test_params_of_the_file_of_the_card() -> None:
    table = row("44.54", CKPT, header="Params(M)", model="BiT, wide")
    assert found(card(table=table)) == [(29, 15, "HT507")]


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        (None, [(3, 1, "HT508")]),
        ("", [(5, 1, "HT508")]),
        ("-", [(5, 1, "HT508")]),
        ("N/A", [(5, 1, "HT508")]),
        ("good", [(5, 13, "HT501")]),
    ],
)
def test_no_metric(evaluation: str | None, expected: list) -> None:
    assert found(card(evaluation)) == expected


def test_the_figure_of_older_cards_counts() -> None:
    text = card("-").replace("summary:", "accuracy: 0.95\nsummary:")
    line = text.splitlines().index("accuracy: 0.95") + 1
    assert found(text, "HT504", "HT508") == [(line, 11, "HT504")]


def test_a_card_without_a_record_is_read_too() -> None:
    text = card("top1acc7685", row("0.7681", OTHER)).replace("user-id: MindSpore\n", "")
    assert parse_card(text, Path("a.md")).card is None
    assert found(text) == [(5, 13, "HT502"), (28, 18, "HT504")]


@given(st.text(alphabet="|-: \nab1#.%topacc50\"'>[]"))
def test_any_evaluation_is_answered_without_an_exception(evaluation: str) -> None:
    found(card(evaluation, evaluation))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (row("76.5 - 77.1"), [(29, 18, "HT510")]),
        (row("76.81 (93.2)"), [(29, 18, "HT510")]),
        (row("76.81", header="Top-1/Top-5"), [(29, 18, "HT510")]),
        (row("76.85", header="ImageNet"), [(27, 11, "HT511")]),
        ("### Notes\n\n## Notes\n\n" + row("76.85"), [(31, 3, "HT512")]),
        ("| Metric | Value |\n|-|-|\n| Top-1 | 76.85 |", [(27, 3, "HT512")]),
        (row("0.7685"), [(29, 18, "HT504")]),
        (row("0.7685", header="Top-1"), [(29, 18, "HT504")]),
        (row("76.85[^1]", header="Top-1"), []),
    ],
)
def test_figures_of_tables_that_are_not_read_or_read_otherwise(table: str, expected: list) -> None:
    assert found(card(table=table), "HT504", "HT510", "HT511", "HT512") == expected


def table_of(*rows: tuple[str, str, str]) -> str:
    lines = [f"| {model} | 76.85 | [yaml]({recipe}) | [ckpt](https://x.test/{file}) |" for model, file, recipe in rows]
    return "\n".join(["| Model | Top-1 | Recipe | Download |", "|-|-|-|-|", *lines])


@pytest.mark.parametrize(
    ("model", "file", "recipe"),
    [
        ("bit_resnet101", "BiT_resnet50-1e4795a4.ckpt", ""),
        ("bit_resnet50x3", "BiT_resnet50-1e4795a4.ckpt", ""),
        ("ResNet-101", "resnet50_imagenet2012-e0733ab8-910v2.ckpt", ""),
        ("resnet101", "resnet101-2efa9106.ckpt", "configs/resnet_50_ascend.yaml"),
        ("vit_b_16", "vit_b_32_224-f50866e8.ckpt", ""),
        ("efficientnet_b1", "efficientnet_b0-103ec70c.ckpt", ""),
        ("densenet161", "densenet121-bf4ab27f.ckpt", ""),
        ("resnet101 (TTA)", "BiT_resnet50-1e4795a4.ckpt", ""),
        ("bit_resnet", "BiT_resnet50-1e4795a4.ckpt", ""),
        ("squeezenet_1.0", "squeezenet_1.1-884398bf.ckpt", ""),
        ("GhostNet 0.5x", "ghostnet_100-bef8025a.ckpt", ""),
        ("DeepLabV3+ (OS=16)", "deeplabv3plus_os8-12345678.ckpt", ""),
    ],
)
def test_a_row_that_names_another_model_than_its_files(model: str, file: str, recipe: str) -> None:
    others = ("bit_resnet50", "BiT_resnet50-1e4795a4.ckpt", "bit_resnet50_ascend.yaml")
    assert found(card(table=table_of(others, (model, file, recipe))), "HT513") == [(30, 3, "HT513")]


@pytest.mark.parametrize(
    "rows",
    [
        [("bit_resnet50", "BiT_resnet50-1e4795a4.ckpt", ""), ("bit_resnet50x3", "BiT_resnet50x3-a960f91f.ckpt", "")],
        [("convnext_tiny", "convnext_tiny-db11dc82-910v2.ckpt", "configs/convnext_tiny_ascend.yaml")],
        [("mobilenet_v2_075", "mobilenet_v2_075-755932c4-910v2.ckpt", "configs/mobilenet_v2_0.75_ascend.yaml")],
        [("YOLOv8", "yolov8-n_500e_mAP372-0e737186-910v2.ckpt", "yolov8n.yaml")],
        [
            ("DBNet", "dbnet_resnet50-48153c3b-910v2.ckpt", "db_r50_icdar15.yaml"),
            ("DBNet++", "dbnetpp_resnet50_910-35dc71f2.ckpt", ""),
        ],
        [("ViT-B/16", "vit_b_16_224-f50866e8.ckpt", ""), ("ViT-B/32", "vit_b_32_224-7553218f.ckpt", "")],
        [("squeezenet_1.0", "squeezenet1_0-24010b28.ckpt", ""), ("squeezenet_1.1", "squeezenet1_1-884398bf.ckpt", "")],
        [("Swin-T", "swin_tiny-72b3c5e6.ckpt", ""), ("CRNN", "crnn_vgg7-6faf1b2d-910v2.ckpt", "")],
        [("net", "weights.ckpt", ""), ("other", "download?file=net.ckpt", "")],
        [("GhostNet 1.0x", "ghostnet_100-bef8025a.ckpt", ""), ("GhostNet 0.5x", "ghostnet_050-85b91860.ckpt", "")],
        [("Qwen1.5-7B-Chat", "qwen15_7b-12345678.ckpt", ""), ("Llama-3.1-8B-Instruct", "llama31_8b.ckpt", "")],
        [
            ("net", "net-12345678.ckpt", ""),
            ("net (TTA)", "net-12345678.ckpt", ""),
            ("net fp16", "net-12345678.ckpt", ""),
        ],
        [("ViT-B/16", "vit_b_16-12345678.ckpt", ""), ("ViT-B/16 @384", "vit_b_16-12345678.ckpt", "")],
        [("PSPNet", "pspnet-12345678.ckpt", ""), ("PSPNet ms+flip", "pspnet-12345678.ckpt", "")],
    ],
)
def test_rows_that_name_their_own_models(rows: list) -> None:
    assert found(card(table=table_of(*rows)), "HT513") == []
