from __future__ import annotations

import base64
import io
import platform
import re
import sys
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import Heading
from hubtool.data.dataset import SampleDataset
from hubtool.data.layout import Split
from hubtool.data.samples import FileSample
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.preprocessing import Preprocessing
from hubtool.errors import BrokenDataset, CardError, EnvironmentProblem
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.outcome import Counts, Evaluation
from hubtool.evaluation.sampling import Sampling
from hubtool.evaluation.topk import count_correct, new_rows
from hubtool.evidence.conditions import Parity
from hubtool.evidence.judge import judge, not_run
from hubtool.evidence.measurement import Measurement
from hubtool.verify.checks import Check, Level, Status
from hubtool.verify.problems import Obstacle
from hubtool.verify.result import Result
from hubtool.verify.run import EngineRun
from tests.evaluation.fakes import Guess, Numbers
from tests.photos import write_photos
from tests.report.runs import run_of

pytest.importorskip("jinja2")
np = pytest.importorskip("numpy")
from hubtool.report.html import write_page  # noqa: E402
from hubtool.report.results import verification_page  # noqa: E402

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
EVIL = '<script>alert("x")</script><img src=https://evil.example/x.png>'
PART = judge("top1", 80.0, correct=150, images=200, split=1000)
WHOLE = judge("top5", 95.12, correct=951, images=1000, split=1000)
SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """What a browser would load, and the text that a reader sees."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


def result(*claims: Measurement, **changes) -> Result:
    made = Result(Heading("net", "hub/1.0/net", None, "front matter"), (Check(Level.CARD, Status.OK, "valid"),), claims)
    heading = {key: changes.pop(key) for key in ("name", "uid", "variant", "place") if key in changes}
    return replace(made, heading=replace(made.heading, **heading), **changes)


def evaluated(
    dataset, evaluation: Evaluation | None = None, fingerprint=None, recipe=None, parity=None, notes=(), **changes
) -> Result:
    evaluation = evaluation or evaluate(Guess(), dataset)
    engine = EngineRun(Guess.identity, parity, notes)
    return result(PART, run=run_of(dataset, evaluation, engine, fingerprint, recipe), **changes)


def answered(labels: list[int], best: list[int], names: list[str] | None = None) -> Evaluation:
    rows = new_rows(len(labels))
    rows["index"], rows["label"], rows["logit"] = np.arange(len(labels)), labels, np.arange(len(labels))
    rows["best"] = -1
    rows["best"][:, 0] = best
    names = names or [f"{number}.png" for number in range(len(labels))]
    return Evaluation(Counts(count_correct(rows), len(labels), len(labels), 1.0), rows, names)


def page_of(*results: Result, **options) -> str:
    return verification_page(results, now=NOW, **options)


def plots(page: str) -> list[ET.Element]:
    drawn = re.findall(r'<svg class="plot".*?</svg>', page, re.DOTALL)
    return [ET.fromstring(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)) for svg in drawn]


def of_class(element: ET.Element, name: str) -> list[ET.Element]:
    return [found for found in element.iter() if found.get("class") == name]


@pytest.mark.parametrize(
    "hostile",
    [
        result(name=EVIL),
        result(uid=EVIL),
        result(variant=EVIL),
        result(place=EVIL),
        result(not_run(EVIL, 1.0, "")),
        result(not_run("top1", 1.0, EVIL)),
        result(replace(PART, metric=EVIL)),
        result(PART, name=EVIL),
        result(checks=(Check(Level.CARD, Status.FAILED, EVIL),)),
        result(error=CardError("broken", hint=EVIL)),
        result(PART, diagnosis=SimpleNamespace(sentences=[EVIL])),
        evaluated(Numbers(), answered([0, 1], [1, 0], [EVIL, "b"])),
        evaluated(Numbers(), answered([0, 1], [1, 0], [f"{EVIL}x/a", "b/a"])),
        evaluated(Numbers(), parity=Parity(EVIL, 2, 1, 1, 0.1, 0.2, (EVIL,)), notes=(EVIL,)),
    ],
)
def test_text_of_a_card_or_a_dataset_stays_text(hostile: Result) -> None:
    page = page_of(hostile, result())
    assert "<script" not in page
    assert "evil.example/x.png&gt;" in page
    assert all(source.startswith("data:image/") for source in Page(page).attributes("src"))


def test_characters_that_hide_or_reorder_text_are_written_out() -> None:
    page = page_of(result(name="a\u202eb\x1b[2J\udc80"))
    assert "a\\u202eb\\x1b[2J\\udc80" in page
    assert page.encode("utf-8")


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = page_of(evaluated(Numbers(shape=(1, 4, 4))), result(not_run("top1", 80.0, "not asked for")))
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "use", "image"}
    assert all(source.startswith("data:image/") for source in Page(page).attributes("src"))
    assert all(target.startswith("#") for target in Page(page).attributes("href"))
    assert not Page(page).attributes("srcset")
    assert set(re.findall(r"url\((.)", page)) == {"#"}
    assert "@import" not in page
    assert "http" not in page.replace("http-equiv", "")
    (policy,) = (a["content"] for tag, a in Page(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_plot_shows_each_figure_where_its_scale_says() -> None:
    (plot,) = plots(page_of(result(PART, not_run("f1", 70.0, "cannot be measured"), WHOLE)))
    lines = of_class(plot, "line")
    assert len(lines) == 2
    for line, claim in zip(lines, (PART, WHOLE), strict=True):
        ticks = [(float(text.get("x")), float(text.text)) for text in of_class(line, "tick")]
        (x1, value1), *_, (x2, value2) = ticks

        def value(x: float, x1=x1, x2=x2, value1=value1, value2=value2) -> float:
            return value1 + (x - x1) / (x2 - x1) * (value2 - value1)

        (metric,), (dot,), (mark,), (band,) = (
            of_class(line, name) for name in ("metric", "measured", "published", "band")
        )
        exact = {"abs": (value2 - value1) / 200}
        assert metric.text == claim.metric
        assert value(float(dot.get("cx"))) == pytest.approx(claim.measured, **exact)
        assert value(float(re.match(r"M([\d.]+) ", mark.get("d"))[1])) == pytest.approx(claim.published, **exact)
        left = float(band.get("x"))
        assert value(left) == pytest.approx(claim.published - claim.tolerance, **exact)
        assert value(left + float(band.get("width"))) == pytest.approx(claim.published + claim.tolerance, **exact)
        bars = of_class(line, "interval")
        assert len(bars) == (claim.interval is not None)
        for bar in bars:
            ends = re.match(r"M([\d.]+) [\d.]+H([\d.]+)", bar.get("d")).groups()
            assert [value(float(end)) for end in ends] == pytest.approx(claim.interval, **exact)


def test_the_plot_has_a_title_a_description_and_a_legend() -> None:
    (plot,) = plots(page_of(result(PART)))
    named = [plot.find(f".//*[@id='{name}']") for name in plot.get("aria-labelledby").split()]
    assert plot.get("role") == "img"
    assert [element.tag for element in named] == [f"{SVG}title", f"{SVG}desc"]
    assert named[0].text == "net: published figures against measured ones"
    assert named[1].text.startswith("top1: published 80.00, measured 75.00, interval 6")
    legend = [text.text for text in of_class(plot, "legend")[0].iter(f"{SVG}text")]
    assert legend == ["published", "measured", "99 % interval", "within the tolerance"]


@pytest.mark.parametrize("published", [0.0, 1e-9, 100.0, 1e30, -5.0, float("inf"), float("nan")])
@pytest.mark.parametrize("tolerance", [0.005, 100.0])
@pytest.mark.parametrize("correct", [0, 57, 1000])
def test_no_figure_is_too_strange_to_be_plotted(published: float, tolerance: float, correct: int) -> None:
    claim = judge("top1", published, correct=correct, images=1000, split=1000, tolerance=tolerance)
    assert "NaN" not in "".join(ET.tostring(plot, "unicode") for plot in plots(page_of(result(claim))))


def test_claims_that_were_not_run_are_listed_without_a_plot() -> None:
    page = page_of(result(not_run("top1", 80.63, "ImageNet2012 was not given")), result(uid=""))
    assert not plots(page)
    assert "1 claim : 1 not-run" in Page(page).text
    assert "80.63 not-run ImageNet2012 was not given" in Page(page).text
    assert "The card publishes no figures." in page
    assert "Accuracy by class" not in page


def test_the_summary_counts_verdicts_and_failures() -> None:
    page = page_of(result(PART, WHOLE), result(error=CardError("broken")), sampling=Sampling(limit=200, seed=7))
    assert "2 claims : 1 reproduced , 1 consistent , 1 failed" in Page(page).text
    assert "2026-01-02 03:04:05+00:00" in page
    assert "limit 200 images seed 7" in Page(page).text


def test_the_summary_says_once_what_kept_claims_from_being_run() -> None:
    kept = Check(Level.EVALUATION, Status.SKIPPED, "not asked for", obstacle=Obstacle.NOT_ASKED)
    one = result(not_run("top1", 1.0, ""), checks=(kept,))
    sentence = "2 claims: no evaluation was asked for: add --reproduce-eval"
    assert Page(page_of(one, one)).text.count(f"Not run {sentence}") == 1
    assert sentence not in page_of(one, result(PART))
    assert "Not run" not in page_of(one)  # its section says it


def test_what_was_not_run_says_how_images_would_be_prepared() -> None:
    recipe = EvalRecipe(crop_pct=0.95)
    planned = Preprocessing(recipe, {"crop_pct": "the card's eval-recipe", "mean": "the default", "std": "the default"})
    text = Page(page_of(result(not_run("top1", 1.0, ""), settings=planned))).text
    assert f"How images would be prepared images {recipe.described}" in text
    assert "settings crop_pct by the card's eval-recipe; the rest by the default" in text
    assert "would be" not in page_of(evaluated(Numbers(), recipe=recipe, settings=planned))


def test_provenance_names_everything_that_the_figures_depend_on() -> None:
    asset = VerifiedAsset(Path("net.ckpt"), "ab" * 32, size=1, transferred=0)
    dataset = Numbers(shape=(1, 4, 4))
    made = evaluated(dataset, asset=asset, recipe=EvalRecipe(), fingerprint=dataset.fingerprint())
    text = Page(page_of(made)).text
    versions = (platform.python_version(), np.__version__)
    for fact in (
        asset.sha256,
        *versions,
        "guess 1, float32",
        "numbers: 50 images",
        "0" * 64,
        EvalRecipe().described,
        made.evaluation.digest,
    ):
        assert fact in text


def test_provenance_says_why_the_engine_may_be_believed() -> None:
    parity = Parity("mindspore 2.8.0 float32", 64, 62, 60, 0.25, 1e-4, ("a.png", "b.png"))
    text = Page(page_of(evaluated(Numbers(), parity=parity, notes=("openvino 1 was refused: it differs",)))).text
    for fact in (
        f"compared {parity.sentence}",
        "other best class a.png, b.png",
        "note openvino 1 was refused: it differs",
    ):
        assert fact in text
    alone = Page(page_of(evaluated(Numbers(), notes=("no reference: guess is the only engine that can run it",)))).text
    assert "note no reference: guess is the only engine that can run it" in alone
    assert "compared" not in alone


def test_a_dataset_that_is_gone_by_then_does_not_cost_the_report() -> None:
    class Gone(Numbers):
        def batches(self, indices, batch_size):
            raise BrokenDataset("3.JPEG: cannot be read")

    page = page_of(evaluated(Gone(), answered([0, 1], [1, 1])))
    assert "no picture" in page


def test_what_was_left_out_and_the_digest_of_all_images_are_told() -> None:
    dataset = Numbers()
    fingerprint = replace(dataset.fingerprint(), contents_sha256="cd" * 32)
    evaluation = evaluate(Guess(), dataset, [index for index in range(len(dataset)) if index not in {3, 7}])
    evaluation = replace(evaluation, counts=replace(evaluation.counts, skipped=2))
    made = evaluated(dataset, evaluation, fingerprint=fingerprint)
    text = Page(page_of(made, made, sampling=Sampling(skip_unreadable=True, batch_size=7))).text
    assert f"contents SHA-256 {'cd' * 32}" in text
    assert "skipped as unreadable 2 images" in text
    assert "batch size 7 unreadable images 2 images skipped" in text
    assert "unreadable images not skipped" in Page(page_of(made, sampling=Sampling())).text


def test_many_classes_are_cut_to_the_worst_and_the_best() -> None:
    labels = [label for label in range(100) for _ in range(100)]
    best = [label if place < label else (label + 1) % 100 for label in range(100) for place in range(100)]
    page = page_of(evaluated(Numbers(), answered(labels, best)))
    worst, most = re.findall(r'<table class="classes">.*?</table>', page, re.DOTALL)
    rows = [
        re.findall(r'<th scope="row">(\d+)</th><td class="n">100</td><td class="n">([\d.]+)', t) for t in (worst, most)
    ]
    assert rows[0] == [(str(label), f"{label}.00") for label in range(20)]
    assert rows[1] == [(str(label), f"{label}.00") for label in range(80, 100)]
    assert "0 1 100 100" in Page(page).text
    assert page.count("<figcaption>") == 24
    assert "24 of 5,050 that were classified wrongly" in Page(page).text
    assert re.findall(r"logit ([\d.]+)", page)[0] == "9999.00"


class Boxes(HTMLParser):
    """What stands outside of every box that scrolls, and the cells of tables whose rows fall apart on a phone."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[set[str]] = []
        self.wide = 0
        self.loose: list[str] = []
        self.cells: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag == "table" or "plot" in classes:
            self.wide += 1
            if not any("scroll" in outer for outer in self.open):
                self.loose.append(f"{tag} {classes}")
        if tag == "td" and any("rows" in outer for outer in self.open):
            self.cells.append(dict(attrs))
        if tag in {"div", "nav", "table"}:
            self.open.append(classes)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"div", "nav", "table"}:
            self.open.pop()


@pytest.mark.parametrize("classes", [3, 100])
def test_nothing_wide_makes_the_page_scroll_sideways(classes: int) -> None:
    labels = list(range(classes))
    boxes = Boxes(page_of(evaluated(Numbers(), answered(labels, labels[1:] + labels[:1])), result(WHOLE)))
    assert boxes.loose == []
    a_section = 3  # figures, checks, plot
    by_class = 2 if classes == 100 else 1
    assert boxes.wide == 2 * a_section + by_class + 2  # and the confused pairs, and the summary
    assert boxes.open == []


def test_cells_of_rows_that_fall_apart_say_what_they_are() -> None:
    boxes = Boxes(page_of(result(PART)))
    assert [cell["data-label"] for cell in boxes.cells] == [
        *("published", "measured", "verdict", "99 % interval", "why"),
        *("status", "detail"),
    ]


def test_the_same_evaluation_is_shown_once() -> None:
    evaluation = answered([0, 1], [1, 1])
    page = page_of(evaluated(Numbers(), evaluation), evaluated(Numbers(), evaluation))
    assert page.count("Accuracy by class") == 1
    assert 'is shown class by class <a href="#s1">' in page


def test_nothing_wrong_has_no_worst_images() -> None:
    page = page_of(evaluated(Numbers(), answered([0, 1], [0, 1])))
    assert "Every image was classified correctly." in page
    assert "Most confident mistakes" not in page


def photographs(folder: Path) -> SampleDataset:
    root = write_photos(folder, ["cat", "dog"], per_class=2)
    samples = [
        FileSample(path, str(path.relative_to(root)), i // 2) for i, path in enumerate(sorted(root.rglob("*.JPEG")))
    ]
    return SampleDataset(Split("class folders", root, samples), 10, EvalRecipe())


def test_pictures_are_small_and_classes_are_called_as_their_folders(tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    dataset = photographs(tmp_path)
    dataset.samples[3].path.write_bytes(b"\xff\xd8\xff not a picture")
    dataset.samples[2].path.unlink()
    page = page_of(evaluated(dataset, answered([0, 0, 1, 1], [1, 1, 0, 0], dataset.names)))
    assert page.count("no picture") == 2
    assert "0 (cat), taken for 1 (dog)" in Page(page).text
    sources = Page(page).attributes("src")
    assert len(sources) == 2
    for source in sources:
        image = images.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))))
        assert 64 < max(image.size) <= 128
        image.load()


def test_a_dataset_of_arrays_is_shown_as_the_network_sees_it() -> None:
    images = pytest.importorskip("PIL.Image")

    class Ramp(Numbers):
        def batches(self, indices, batch_size):
            for batch in super().batches(indices, batch_size):
                batch.images[..., 0, 0] = -1
                yield batch

    page = page_of(evaluated(Ramp(shape=(1, 4, 6)), answered([0, 1], [1, 1])))
    (source,) = Page(page).attributes("src")
    image = images.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,"))))
    assert (image.size, image.mode) == ((6, 4), "L")
    assert image.tobytes() == bytes([0, *[255] * 23])


def test_without_pillow_there_are_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    page = page_of(evaluated(Numbers(shape=(1, 4, 4)), answered([0, 1], [1, 1])))
    assert "no picture" in page


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_page(tmp_path / "a.html", "<p>ä")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "<p>ä"
    with pytest.raises(EnvironmentProblem):
        write_page(tmp_path / "missing" / "a.html", "<p>")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
