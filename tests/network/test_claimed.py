"""From what a card says to the network that its claims are about."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hubtool.card.claimset import ClaimSet, claim_sets
from hubtool.card.params import Published, agreeing, copied_from
from hubtool.card.parse import parse_card
from hubtool.network.claimed import claimed_network, counts_of, counts_of_row, known_counts
from hubtool.network.registry import find_spec

MINDCV = "https://github.com/mindspore-lab/mindcv/tree/v0.4.0/configs"
MODEL_ZOO = "https://gitee.com/mindspore/models/tree/r1.10/official/cv/resnet"
FILE = "https://download-mindspore.osinfra.cn/toolkits/mindcv"
ZOO_CARDS = Path(__file__).with_name("zoo_cards.csv")


def text(
    name: str = "resnet50", *, repo: str = "", dataset: str = "ImageNet2012", link: str = "", body: str = ""
) -> str:
    repository = f"repo-link: <{repo}>\n" if repo else ""
    asset = f"asset:\n- file-format: ckpt\n  asset-link: <{link}>\n  asset-sha256: 00223eb4\n" if link else ""
    return f"""\
# {name}

---
model-name: {name}
backbone-name: {name}
module-type: cv
fine-tunable: True
model-version: 2.5
train-dataset: {dataset}
evaluation: top1acc76.14 | top5acc92.96
author: MindSpore team
update-time: 2024-8-1
{repository}user-id: MindSpore
used-for: inference
mindspore-version: 2.5
{asset}license: Apache2.0
summary: {name} is used for cv
---

{body}"""


def claims(**said: str) -> tuple[ClaimSet, ...]:
    card = parse_card(text(**said), Path("card.md")).card
    assert card is not None
    return claim_sets(card)


def table(*rows: str, header: str = "Model | Top-1 (%) | Params (M) | Recipe | Download") -> str:
    dashes = "|".join("-" for _ in header.split("|"))
    return "\n".join(["## Results", "", f"| {header} |", f"|{dashes}|", *(f"| {row} |" for row in rows), ""])


@pytest.mark.parametrize(
    "said",
    [
        {"repo": f"{MINDCV}/resnet"},
        {},  # no source at all
        {"repo": "https://gitee.com/mindspore-lab/mindcv"},
        {"link": f"{FILE}/resnet/resnet50-e0733ab8.ckpt"},
        {"link": f"{FILE}/resnet/resnet50-e0733ab8.ckpt", "repo": MODEL_ZOO},  # the file is MindCV's
        {"link": "assets/resnet50-e0733ab8.ckpt"},
    ],
)
def test_a_card_that_names_mindcv_or_no_source_is_about_its_network(said: dict[str, str]) -> None:
    assert claimed_network(claims(**said)[0]).spec is find_spec("resnet50")


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"repo": MODEL_ZOO}, "gitee.com/mindspore/models"),
        ({"repo": "https://github.com/someone/nets"}, "github.com/someone/nets"),
        (
            {"link": "https://download.mindspore.cn/models/r1.10/resnet50_ascend_v1100_imagenet2012.ckpt"},
            "gitee.com/mindspore/models",
        ),
    ],
)
def test_a_network_of_another_implementation_is_not_built(said: dict[str, str], source: str) -> None:
    claimed = claimed_network(claims(**said)[0])
    assert claimed.spec is None
    assert claimed.other_source
    assert claimed.reason == f"the resnet50 of this card is that of {source}, hubtool builds MindCV's"


def test_bit_is_found_by_its_name_whatever_the_source() -> None:
    spec = claimed_network(claims(name="bit_resnet50", repo="https://github.com/google-research/big_transfer")[0]).spec
    assert spec is find_spec("bit_resnet50")


def test_a_name_that_nobody_knows_is_that_of_the_file() -> None:
    link = f"{FILE}/vit/vit_b_32_224-7553218f-910v2.ckpt"
    assert claimed_network(claims(name="my_vit", repo=MINDCV, link=link)[0]).spec is find_spec("vit_b_32_224")
    unknown = claimed_network(claims(name="my_vit", repo=MINDCV, link=f"{FILE}/vit/vit.ckpt")[0])
    assert (unknown.spec, unknown.reason) == (None, "hubtool cannot build the network my_vit")


def test_the_row_and_its_recipe_count() -> None:
    row = f"resnext50_32x4d | 78.5 | 25.10 | [yaml]({MINDCV}/resnext/a.yaml) | [w](https://x.test/a-af8aba16.ckpt)"
    _, of_row = claims(repo=MODEL_ZOO, body=table(row))
    assert claimed_network(of_row).spec is find_spec("resnext50_32x4d")
    row = f"resnext50_32x4d | 78.5 | 25.10 | [yaml]({MODEL_ZOO}/a.yaml) | [w](https://x.test/a-af8aba16.ckpt)"
    _, of_row = claims(repo=f"{MINDCV}/resnet", body=table(row))
    assert claimed_network(of_row).other_source


@pytest.mark.parametrize(("dataset", "outputs"), [("ImageNet-1K", 1000), ("CIFAR-10", 10), ("cifar100", 100)])
def test_the_head_is_that_of_the_dataset(dataset: str, outputs: int) -> None:
    claimed = claimed_network(claims(dataset=dataset, repo=MINDCV)[0])
    assert (claimed.spec.num_classes, claimed.own_head) == (outputs, False)
    assert claimed.spec.parameter_count == 25_610_152 - (1000 - outputs) * 2049


def test_the_head_of_a_dataset_that_nobody_knows_is_not_guessed() -> None:
    (front,) = claims(dataset="Flowers", repo=MINDCV)
    claimed = claimed_network(front)
    assert (claimed.spec, claimed.own_head) == (find_spec("resnet50"), True)


def test_a_spare_output_is_no_other_head() -> None:
    spec = claimed_network(claims(name="mobilenet_v1_025", repo=MINDCV)[0]).spec
    assert (spec.num_classes, spec.labelled_classes) == (1001, 1000)


def test_a_head_that_cannot_be_changed_is_a_reason() -> None:
    claimed = claimed_network(claims(name="volo_d5", dataset="CIFAR-10", repo=MINDCV)[0])
    assert (claimed.spec, claimed.reason) == (None, "MindCV builds volo_d5 with 1000 classes only")


def _zoo_cards() -> list[tuple[str, str, float]]:
    with ZOO_CARDS.open(encoding="utf-8") as lines:
        return [(one["card"], one["network"], float(one["parameters_m"])) for one in csv.DictReader(lines)]


@pytest.mark.parametrize(("card", "network", "published"), _zoo_cards())
def test_the_published_parameters_of_the_hub_s_cards_are_accepted(card: str, network: str, published: float) -> None:
    counts = counts_of(find_spec(network))
    assert agreeing(Published(published), counts, known_counts())
    row = f"{card} | 76.1 | {published:.2f} | [yaml]({MINDCV}/a.yaml) | [w](https://x.test/{network}-af8aba16.ckpt)"
    parsed = parse_card(text(name=card, repo=MINDCV, body=table(row)), Path("card.md"))
    assert counts_of_row(parsed, parsed.rows[0]) == counts


@pytest.mark.parametrize("name", ["rexnet_x09", "vit_b32", "vit_l32", "xcit_tiny"])
def test_rows_may_have_mindcv_s_short_names(name: str) -> None:
    parsed = parse_card(text(repo=MINDCV, body=table(f"{name} | 76.1 | | | ")), Path("card.md"))
    assert counts_of_row(parsed, parsed.rows[0]) is not None


def test_a_figure_that_fits_two_networks_is_exactly_that_of_both() -> None:
    """A sibling's figure is accepted only where both networks have it, rounded or cut off."""
    known = known_counts()
    for _, network, published in _zoo_cards():
        for other in known:
            if other.name != network and agreeing(Published(published), other, known):
                assert any(0 <= abs(count / 1e6 - published) < 0.01 for count in other.named().values())


def test_parameters_of_a_sibling_are_refused() -> None:
    resnext, resnet = (counts_of(find_spec(name)) for name in ("resnext50_32x4d", "resnet50"))
    assert agreeing(Published(25.03), resnext, known_counts()) == "trainable parameters"
    for figure in (25.61, 25.60, 25.55):
        assert agreeing(Published(figure), resnext, known_counts()) == ""
    assert agreeing(Published(25.60), resnet, known_counts()) == ""
    assert copied_from(Published(25.60), resnet, known_counts()) == "resnetv2_50"


def test_rows_of_a_card_without_a_record_are_read_too() -> None:
    broken = text(repo=MODEL_ZOO, body=table("resnet50 | 76.1 | 9.9 | | ")).replace("user-id: MindSpore\n", "")
    parsed = parse_card(broken, Path("card.md"))
    assert parsed.card is None
    assert counts_of_row(parsed, parsed.rows[0]) is None
    parsed = parse_card(broken.replace(MODEL_ZOO, MINDCV), Path("card.md"))
    assert counts_of_row(parsed, parsed.rows[0]) == counts_of(find_spec("resnet50"))
