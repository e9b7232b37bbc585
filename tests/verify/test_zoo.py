"""The hub's cards of MindCV's networks: what verification says of them, alone and all together."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hubtool.asset.intact import hash_file
from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.data.locations import locations_from
from hubtool.data.open import open_split
from hubtool.data.synsets import ilsvrc2012_synsets
from hubtool.engine import choose as engines
from hubtool.errors import UsageProblem
from hubtool.evaluation import gate
from hubtool.evaluation.predictions import predictions_of, write_predictions
from hubtool.network.outline import NoGraph
from hubtool.network.registry import family_of, find_spec
from hubtool.progress import SILENT
from hubtool.verify import splits as splits_module
from hubtool.verify.attest import write_evidence
from hubtool.verify.checks import Level, Status
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Obstacle
from hubtool.verify.splits import Images, Splits
from hubtool.verify.summary import lines_of, summary_of
from hubtool.verify.verify import verify
from hubtool.workspace import Workspace
from tests.checkpoint.proto import entry
from tests.conftest import Hubtool
from tests.data import makers
from tests.network.test_claimed import FILE, MINDCV, MODEL_ZOO, ZOO_CARDS, table, text
from tests.verify.test_verify import Zeros

np = pytest.importorskip("numpy")


def write_zoo(folder: Path) -> Path:
    """Cards like the hub's, with a table of results and the published parameters."""
    folder.mkdir()
    bit = {"card": "bit_resnet50", "network": "BiT_resnet50", "parameters_m": "25.55"}
    with ZOO_CARDS.open(encoding="utf-8") as lines:
        for one in [bit, *csv.DictReader(lines)]:
            card, network = one["card"], one["network"]
            link = f"{FILE}/{network}/{network}-00223eb4-910v2.ckpt"
            row = f"{card} | 76.14 | {float(one['parameters_m']):.2f} | [yaml]({MINDCV}/a.yaml) | [weights]({link})"
            written = text(name=card, repo=f"{MINDCV}/{network}", link=link, body=table(row))
            (folder / f"{card}_imagenet2012.md").write_text(written, encoding="utf-8")
    return folder


def checked(cards: Path, cache: Path, *given: str, names=(), **options):
    workspace = Workspace((cards,), cache)
    plan = Plan(workspace, locations=locations_from(given, None, ["ImageNet2012"]), **options)
    return verify(choose(Catalogue([cards]), list(names)), plan)


def network_checks(results):
    return {r.heading.called: next(c for c in r.checks if c.level is Level.NETWORK) for r in results}


def test_the_networks_and_parameters_of_all_cards_are_right(tmp_path: Path) -> None:
    results = checked(write_zoo(tmp_path / "zoo"), tmp_path)
    found = network_checks(results)
    assert len(found) == 47
    assert {check.status for check in found.values()} == {Status.OK}
    assert "published 7.26 M: trainable parameters" in found["regnet_x_800mf"].detail
    assert "published 33.38 M: all parameters" in found["swin_tiny"].detail
    assert found["mobilenet_v1_025"].notes == ("1,001 outputs for 1,000 classes: no label means the last one",)
    (kept,) = summary_of(results).not_run
    assert (kept.obstacle, kept.claims) == (Obstacle.NO_DATA, 94)
    assert list(lines_of(summary_of(results))) == [
        "94 claims: ImageNet2012 was not given: give it with --reproduce-eval --data imagenet2012=PATH"
    ]


def test_a_sibling_s_parameters_are_a_problem_of_the_card(tmp_path: Path) -> None:
    zoo = write_zoo(tmp_path / "zoo")
    card = zoo / "resnetv2_50_imagenet2012.md"
    card.write_text(card.read_text().replace("| 25.60 |", "| 25.61 |"))
    check = network_checks(checked(zoo, tmp_path, names=["resnetv2_50"]))["resnetv2_50"]
    assert check.status is Status.FAILED
    assert check.detail.endswith("the card publishes 25.61 M, which is the number of resnet50")


def test_a_summary_tells_each_reason_once(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    cards = {
        "unknown": text(name="unknown", link="https://x.test/a.ckpt"),
        "resnet50": text(repo=MODEL_ZOO, link="https://x.test/b.ckpt"),
        "detector": text(name="detector", link="https://x.test/c.ckpt").replace(
            "top1acc76.14 | top5acc92.96", "mAP37.4"
        ),
        "vgg13": text(name="vgg13", repo=MINDCV, link=f"{FILE}/vgg13-00223eb4.ckpt"),
        "vgg19": text(name="vgg19", repo=MINDCV),
        "swin_tiny": text(name="swin_tiny", repo=MINDCV, link=f"{FILE}/swin.ckpt", dataset="N/A"),
    }
    for name, written in cards.items():
        (folder / f"{name}_imagenet2012.md").write_text(written, encoding="utf-8")
    results = checked(folder, tmp_path)
    assert {(one.obstacle.value, one.claims, one.models) for one in summary_of(results).not_run} == {
        ("no-network", 2, ("unknown",)),
        ("other-network", 2, ("resnet50",)),
        ("not-measured", 1, ("detector",)),
        ("no-data", 2, ("vgg13",)),
        ("no-file", 2, ("vgg19",)),
        ("no-dataset", 2, ("swin_tiny",)),
    }
    said = json.loads(json.dumps(summary_of(results).to_json()))
    assert (said["results"], said["claims"], said["failed"]) == (6, 11, 0)
    assert said["verdicts"]["not-run"] == 11
    assert {one["message"] for one in said["not_run"] if one["reason"] == "no-network"} == {
        "the network of unknown cannot be built"
    }
    (unknown,) = (result for result in results if result.heading.name == "unknown")
    assert unknown.to_json()["not_run"] == [
        {"metric": "top1", "reason": "no-network"}, {"metric": "top5", "reason": "no-network"},
    ]  # fmt: skip


def test_show_json_has_the_network_of_each_claim_and_who_says_how_images_are_prepared(
    hubtool: Hubtool, tmp_path: Path
) -> None:
    zoo = write_zoo(tmp_path / "zoo")
    (front,) = json.loads(hubtool("--cards", zoo, "show", "mobilenet_v1_025", "--json").out)["networks"]
    assert (front["variant"], front["place"], front["dataset"]) == (None, "front matter", "ImageNet2012")
    assert front["network"] == {
        "name": "mobilenet_v1_025",
        "family": "mindcv",
        "parameters": 475801,
        "trainable_parameters": 470329,
        "outputs": 1001,
        "spare_outputs": 1,
        "input_size": 224,
    }
    assert front["settings"]["crop_pct"] == 0.875
    assert front["settings_sources"]["crop_pct"] == "MindCV's config of mobilenet_v1_025"
    unknown = tmp_path / "unknown_imagenet2012.md"
    unknown.write_text(text(name="squezenet1_0"), encoding="utf-8")
    (found,) = json.loads(hubtool("show", unknown, "--json").out)["networks"]
    assert (found["network"], found["settings"]) == (None, None)
    assert found["reason"] == "hubtool cannot build the network squezenet1_0"


def test_a_misspelt_network_is_asked_about(hubtool: Hubtool, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("squezenet1_0", "detector"):
        (folder / f"{name}_imagenet2012.md").write_text(text(name=name, link="https://x.test/a.ckpt"), encoding="utf-8")
    notes = {name: check.notes for name, check in network_checks(checked(folder, tmp_path)).items()}
    assert notes["squezenet1_0"][0].startswith("did you mean squeezenet1_0")
    assert notes["detector"] == ()
    assert "did you mean squeezenet1_0" in hubtool("--cards", folder, "show", "squezenet1_0").out


def test_many_cards_are_lines_of_a_table_and_one_card_is_told_in_full(hubtool: Hubtool, tmp_path: Path) -> None:
    zoo = write_zoo(tmp_path / "zoo")
    run = hubtool("--cards", zoo, "--offline", "verify")
    assert run.code == 0
    lines = [" ".join(line.split()) for line in run.out.splitlines()]
    assert "convnext_tiny top1 76.14, top5 92.96 not-in-cache ok not-run: no-data" in lines
    assert lines[-1] == "94 claims: 94 not-run"
    assert len(lines) < 60
    run = hubtool("--cards", zoo, "--offline", "verify", "convnext_tiny")
    assert "images would be: shorter side to 235 (bicubic, mindspore)" in run.out
    assert "crop_pct, interpolation by MindCV's config of convnext_tiny" in " ".join(run.out.split())
    document = json.loads(hubtool("--cards", zoo, "--offline", "verify", "convnext_tiny", "--json").out)
    (result,) = document["results"]
    assert result["planned_recipe"]["crop_pct"] == 0.95
    assert result["recipe_sources"]["crop_pct"] == "MindCV's config of convnext_tiny"
    assert result["recipe"] is None
    assert document["summary"]["not_run"][0]["reason"] == "no-data"
    assert "convnext_tiny of the family mindcv" in hubtool("--cards", zoo, "show", "convnext_tiny").out


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of each of the thousand classes."""
    cv2 = pytest.importorskip("cv2")
    _, image = cv2.imencode(".jpg", np.full((32, 32, 3), 128, np.uint8))
    root = tmp_path_factory.mktemp("imagenet")
    for synset in ilsvrc2012_synsets():
        folder = root / "val" / synset
        folder.mkdir(parents=True)
        (folder / "a.JPEG").write_bytes(image.tobytes())
    return root


class Last(Zeros):
    """Answers the last of 1,001 outputs to every image, then 0, 1, 2, ..."""

    def logits(self, images):
        row = np.arange(1001, 0, -1, dtype="float32")
        row[-1] = 2000
        return np.tile(row, (len(images), 1))


class WithoutGraph(Zeros):
    """Finds out only when it opens a network that there is no graph of it."""

    def open(self, model, execution, workload):
        raise NoGraph(f"MindSpore cannot export {model.spec.name} to ONNX: make_list")


def with_weights(folder: Path, name: str, outputs: int = 0, dataset: str = "ImageNet2012") -> Path:
    """A card about zeros as the weights of a network."""
    spec = find_spec(name)
    spec = family_of(spec).with_classes(spec, outputs) if outputs else spec
    shapes = family_of(spec).shapes(spec)
    path = folder / f"{name}.ckpt"
    path.write_bytes(b"".join(entry(n, list(s), "Float32", bytes(4 * int(np.prod(s)))) for n, s in shapes.items()))
    written = text(name=name, repo=MINDCV, link=path.name, dataset=dataset).replace("00223eb4", hash_file(path))
    (folder / f"{name}_imagenet2012.md").write_text(written, encoding="utf-8")
    return path


def test_a_spare_output_is_no_class_and_shares_the_split_of_the_others(tmp_path: Path, imagenet: Path) -> None:
    zoo = write_zoo(tmp_path / "zoo")
    plan = Plan(
        Workspace((zoo,), tmp_path),
        reproduce_eval=True,
        locations=locations_from([f"imagenet2012={imagenet}"], None, ["ImageNet2012"]),
    )
    splits, chosen = Splits(), choose(Catalogue([zoo]), ["mobilenet_v1_025", "resnet50"]).claim_sets
    one, other = (splits.of(claim_set, plan) for claim_set in chosen if claim_set.variant is None)
    assert isinstance(one, Images)
    assert (one.source, one.source.num_classes) == (other.source, 1000)
    assert splits.open(one).num_classes == 1000


def test_networks_of_other_sizes_share_what_was_opened(
    tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(splits_module, "open_split", lambda source: opened.append(source) or open_split(source))
    cards = write_zoo(tmp_path / "zoo")
    plan = Plan(
        Workspace((cards,), tmp_path),
        reproduce_eval=True,
        locations=locations_from([f"imagenet2012={imagenet}"], None, ["ImageNet2012"]),
    )
    splits, chosen = Splits(), choose(Catalogue([cards]), ["resnet50", "inception_v3", "swinv2_tiny_window8"])
    found = [splits.of(claim_set, plan) for claim_set in chosen.claim_sets if claim_set.variant is None]
    assert [splits.open(images).recipe.image_size for images in found] == [224, 299, 256]
    marks = {splits.fingerprint(images.source, contents=True, progress=SILENT) for images in found}
    assert (len(marks), len(splits._fingerprints), len(opened)) == (1, 1, 1)
    for images in found:
        alone = Splits()
        assert alone.open(images).recipe == splits.open(images).recipe
        assert alone.open(images).names == splits.open(images).names


def test_an_image_whose_best_class_is_the_spare_output_is_wrong(
    tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Last()
    monkeypatch.setitem(engines.BACKENDS, "zeros", engine)
    monkeypatch.setattr(gate, "REFERENCE", "zeros")
    cards = tmp_path / "cards"
    cards.mkdir()
    with_weights(cards, "mobilenet_v1_025")
    options = {"reproduce_eval": True, "engine": "zeros"}
    (result,) = checked(cards, tmp_path / "cache", f"imagenet2012={imagenet}", **options)
    assert result.run is not None, result.checks
    assert result.counts.correct == {1: 0, 5: 4}  # the classes 0 to 3 are among five
    assert result.recipe_sources["crop_pct"] == "MindCV's config of mobilenet_v1_025"
    plan = Plan(Workspace((cards,), tmp_path), **options)
    (evidence,) = write_evidence(tmp_path / "evidence", [result], plan)
    predicate = json.loads(evidence.read_text())["predicate"]
    assert predicate["claims"][0]["correct"] == 0
    assert predicate["recipe_sources"] == dict(result.recipe_sources)
    write_predictions(tmp_path / "p.csv", predictions_of(result.evaluation))
    first = (tmp_path / "p.csv").read_text().splitlines()[1].split(",")
    assert first[2:7] == ["1000", "0", "1", "2", "3"]


def test_a_size_that_a_network_cannot_take_stops_the_run_before_anything_is_fetched(
    tmp_path: Path, imagenet: Path
) -> None:
    cards = tmp_path / "cards"
    cards.mkdir()
    (cards / "swin_tiny_imagenet2012.md").write_text(
        text(name="swin_tiny", repo=MINDCV, link="https://x.test/swin_tiny-00223eb4.ckpt"), encoding="utf-8"
    )
    with pytest.raises(UsageProblem, match="swin_tiny takes images of 224 pixels a side, not of 256"):
        checked(cards, tmp_path, f"imagenet2012={imagenet}", reproduce_eval=True, recipe={"image_size": "256"})


def test_settings_that_hubtool_cannot_give_cost_no_other_card(tmp_path: Path, imagenet: Path) -> None:
    """MindCV resizes images for VOLO-D4 to less than the crop."""
    cards = tmp_path / "cards"
    cards.mkdir()
    for name in ("volo_d4", "vgg13"):
        written = text(name=name, repo=MINDCV, link=f"https://x.test/{name}-00223eb4.ckpt")
        (cards / f"{name}_imagenet2012.md").write_text(written, encoding="utf-8")
    plan = Plan(
        Workspace((cards,), tmp_path),
        reproduce_eval=True,
        locations=locations_from([f"imagenet2012={imagenet}"], None, ["ImageNet2012"]),
    )
    splits, (vgg, volo) = Splits(), choose(Catalogue([cards]), []).claim_sets
    assert isinstance(splits.of(vgg, plan), Images)
    skipped = splits.of(volo, plan)
    assert (skipped.obstacle, skipped.reason) == (
        Obstacle.SETTINGS,
        "MindCV's config of volo_d4: crop_pct: `1.15` is no part of an image: write a number up to 1, such as 0.875",
    )
    assert isinstance(splits.of(volo, replace(plan, recipe={"crop_pct": "1"})), Images)
    assert isinstance(splits.of(volo, replace(plan, recipe={"interpolation": "area"})), type(skipped))


def test_a_row_about_another_dataset_has_that_dataset_s_head_settings_and_images(tmp_path: Path) -> None:
    header = "Model | Dataset | Top-1 (%) | Params (M) | Download"
    rows = (
        f"resnet50 | CIFAR-10 | 95.0 | 23.58 | [w]({FILE}/resnet50_cifar-a1111111.ckpt)",
        f"resnet50 | ImageNet | 76.14 | 25.61 | [w]({FILE}/resnet50-00223eb4.ckpt)",
        f"resnet50 | Flowers | 97.0 | 9.99 | [w]({FILE}/resnet50_flowers-a2222222.ckpt)",
    )
    cards = tmp_path / "cards"
    cards.mkdir()
    written = text(repo=MINDCV, link=f"{FILE}/resnet50-00223eb4.ckpt", body=table(*rows, header=header))
    (cards / "resnet50_imagenet2012.md").write_text(written, encoding="utf-8")
    results = checked(cards, tmp_path)
    found = {result.claim_set.dataset: result for result in results}
    checks = {name: next(c for c in r.checks if c.level is Level.NETWORK) for name, r in found.items()}
    assert {check.status for check in checks.values()} == {Status.OK}
    assert "published 25.61 M: all parameters" in checks["ImageNet2012"].detail  # not the first row's
    assert "23.581642 M parameters" in checks["CIFAR-10"].detail
    assert "published 9.99 M: not compared" in checks["Flowers"].detail
    assert "how many classes Flowers has is not known" in checks["Flowers"].notes[0]
    assert {kept.value for _, kept in found["CIFAR-10"].obstacles()} == {"no-data"}
    root = makers.write_cifar(tmp_path / "cifar", makers.pixels(4, 3, 32), [1, 2, 3, 4], "cifar-10-binary")
    plan = Plan(
        Workspace((cards,), tmp_path),
        reproduce_eval=True,
        locations=locations_from([f"cifar10={root}"], None, ["CIFAR-10"]),
    )
    images = Splits().of(found["CIFAR-10"].claim_set, plan)
    assert images.source.num_classes == 10
    assert (images.transform.crop_pct, images.transform.interpolation) == (1.0, "bilinear")


def test_the_head_of_a_dataset_that_nobody_knows_is_that_of_the_file(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    cards.mkdir()
    path = with_weights(cards, "mobilenet_v1_025", outputs=102, dataset="Flowers")
    (result,) = checked(cards, tmp_path / "cache")
    statuses = {check.level: check.status for check in result.checks}
    assert (statuses[Level.ASSET], statuses[Level.CHECKPOINT], statuses[Level.NETWORK]) == (Status.OK,) * 3
    assert path.exists()
    notes = network_checks([result])["mobilenet_v1_025"].notes
    assert notes == (
        "how many classes Flowers has is not known to hubtool: the network is taken with the 102 outputs of the file",
    )


def test_a_file_may_be_without_the_spare_outputs(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    cards.mkdir()
    with_weights(cards, "mobilenet_v1_025", outputs=1000)
    (result,) = checked(cards, tmp_path / "cache")
    found = network_checks([result])["mobilenet_v1_025"]
    assert (result.error, found.status, found.notes) == (None, Status.OK, ())
    with_weights(cards, "mobilenet_v1_025", outputs=999)
    (result,) = checked(cards, tmp_path / "cache")
    assert "the head has 999 outputs" in result.error.message


@pytest.mark.parametrize("engine", ["auto", "zeros"])
def test_a_network_that_no_engine_runs_is_not_run_and_no_problem(
    engine: str, tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(engines.BACKENDS):
        monkeypatch.delitem(engines.BACKENDS, name)
    no_cell = Zeros()
    no_cell.why_not = lambda model, execution: "MindSpore cannot run it: no operator Nowhere"
    for name, backend in (("zeros", WithoutGraph()), ("ones", WithoutGraph()), ("twos", no_cell)):
        monkeypatch.setitem(engines.BACKENDS, name, backend)
    cards = tmp_path / "cards"
    cards.mkdir()
    with_weights(cards, "mobilenet_v1_025")
    (result,) = checked(cards, tmp_path / "cache", f"imagenet2012={imagenet}", reproduce_eval=True, engine=engine)
    check = result.checks[-1]
    said = ["MindSpore cannot export mobilenet_v1_025 to ONNX: make_list"]
    said += ["MindSpore cannot run it: no operator Nowhere"] if engine == "auto" else []
    assert (check.status, check.obstacle, check.detail) == (Status.SKIPPED, Obstacle.NO_ENGINE, "; ".join(said))
    assert (result.exit_code(strict=False), result.exit_code(strict=True)) == (0, 1)
