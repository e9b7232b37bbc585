"""Figures made under each variation, and a diagnosis that has to name it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace

import pytest

from hubtool.data.fingerprint import Fingerprint
from hubtool.data.loader import preprocessed
from hubtool.data.split import Batch
from hubtool.data.transform.spec import EvalRecipe
from hubtool.diagnosis.comparison import PublishedFigure
from hubtool.diagnosis.conclusion import Standing
from hubtool.diagnosis.hypotheses import Hypothesis, different, label_hypotheses, recipe_hypotheses
from hubtool.diagnosis.run import diagnose
from hubtool.errors import UnreadableImages
from hubtool.evaluation.sampling import draw
from hubtool.network.bit.spec import bit_spec
from tests.photos import crops, encoded

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.mindspore

IMAGES = 64
SMALL = EvalRecipe(image_size=32)
NETWORK = bit_spec("tiny", units=(1, 1), width=32, num_classes=40, input_size=32)
VARIATIONS = {hypothesis.key: hypothesis for hypothesis in different(recipe_hypotheses(SMALL), SMALL)}
SCALED = {"mean=0 std=255", "mean=0 std=1"}
"""Every convolution of BiT is followed by a normalisation, so it does not see how bright 1 is: both are right."""


@dataclass(frozen=True)
class Photo:
    name: str
    label: int
    data: bytes

    def read(self) -> bytes:
        return self.data


class Photos:
    """Undecoded photographs in memory."""

    name = "photographs"
    num_classes = NETWORK.num_classes
    left_out = ()
    clutter = ()

    def __init__(self, samples: list[Photo], recipe: EvalRecipe = SMALL, pixels: dict | None = None):
        self.samples = samples
        self.recipe = recipe
        self.pixels = {} if pixels is None else pixels  # prepared once by each recipe: the tests are many

    def with_recipe(self, recipe: EvalRecipe) -> Photos:
        return Photos(self.samples, recipe, self.pixels)

    def labelled(self, labels) -> Photos:
        return Photos(
            [replace(s, label=int(label)) for s, label in zip(self.samples, labels, strict=True)],
            self.recipe,
            self.pixels,
        )

    @property
    def names(self) -> list[str]:
        return [sample.name for sample in self.samples]

    @property
    def labels(self) -> list[int]:
        return [sample.label for sample in self.samples]

    def unreadable(self, indices) -> dict[int, str]:
        return {}

    def fingerprint(self, *, contents: bool = False, progress: object = None) -> Fingerprint:
        return Fingerprint("photographs", len(self), "0" * 64, None)

    def state(self) -> str:
        return "0" * 64

    def __len__(self) -> int:
        return len(self.samples)

    def batches(self, indices, batch_size):
        if self.recipe not in self.pixels:
            rows = preprocessed(self.samples, self.recipe, 32, dataset=self.name)
            self.pixels[self.recipe] = np.concatenate([batch.images for batch in rows])
        for start in range(0, len(indices), batch_size):
            chosen = list(indices[start : start + batch_size])
            labels = np.array([self.samples[i].label for i in chosen], np.int32)
            yield Batch(self.pixels[self.recipe][chosen], labels)


def opening(engine):
    """Opens sessions: of the given one, or of what a hypothesis names instead of weights."""
    return lambda other: nullcontext(other or engine)


class Remembering:
    """An engine that does not compute twice."""

    def __init__(self, engine):
        self.engine, self.known = engine, {}

    def logits(self, images):
        key = images.tobytes()
        if key not in self.known:
            self.known[key] = self.engine.logits(images)
        return self.known[key]


@pytest.fixture(scope="module")
def photos() -> Photos:
    return Photos([Photo(f"{n}.JPEG", 0, encoded(image)) for n, image in enumerate(crops(IMAGES, seed=2))])


def random_engine(photos: Photos, seed: int):
    import mindspore

    """A random network whose answers differ from image to image: its head is centred on the photographs."""
    from hubtool.engine.mindspore import MindSporeSession
    from hubtool.network.registry import build

    mindspore.set_seed(seed)
    cell = build(NETWORK)
    engine = MindSporeSession(cell)
    mean = logits(engine, photos).mean(axis=0)
    cell.classifier.bias.set_data(mindspore.Tensor(cell.classifier.bias.asnumpy() - mean))
    return Remembering(engine)


@pytest.fixture(scope="module")
def engine(photos: Photos):
    return random_engine(photos, 5)


def logits(engine, photos: Photos):
    return np.concatenate([engine.logits(batch.images) for batch in photos.batches(range(len(photos)), 32)])


def answers(engine, photos: Photos):
    return logits(engine, photos).argmax(axis=1)


def correct(engine, photos: Photos) -> dict[int, int]:
    best = np.argsort(-logits(engine, photos), axis=1, kind="stable")
    labels = np.array([sample.label for sample in photos.samples])
    return {k: int((best[:, :k] == labels[:, None]).any(axis=1).sum()) for k in (1, 5)}


def explained(engine, photos: Photos, top1: float, **options):
    return diagnose(
        opening(engine),
        None,
        photos,
        [PublishedFigure("top1", top1, 1)],
        whole=correct(engine, photos),
        images=IMAGES,
        **options,
    )


def keys(diagnosis) -> list[str]:
    return [hypothesis.key for hypothesis in diagnosis.explained_by]


@pytest.mark.parametrize("key", VARIATIONS)
def test_a_variation_of_the_recipe_is_named(engine, photos: Photos, key: str) -> None:
    labelled = photos.labelled(answers(engine, photos.with_recipe(VARIATIONS[key].recipe)))
    diagnosis = explained(engine, labelled, 100.0)
    assert diagnosis.as_evaluated.finding is Standing.EXCLUDED
    assert set(keys(diagnosis)) == (SCALED if key in SCALED else {key})
    if key not in SCALED:
        assert diagnosis.sentences[0] == f"{VARIATIONS[key].what} explains top1 100 (64 of 64 images)"
        assert diagnosis.sentences[1] == f"{VARIATIONS[key].what}: top1 100.00, which fits 100"
        assert diagnosis.sentences[2].startswith("as evaluated: top1 ")


def test_the_way_back_is_named_too(engine, photos: Photos) -> None:
    """Evaluated by bicubic interpolation, as a card claims, while the figure was made without."""
    labelled = photos.labelled(answers(engine, photos))
    evaluated = labelled.with_recipe(VARIATIONS["interpolation=bicubic"].recipe)
    assert keys(explained(engine, evaluated, 100.0)) == ["interpolation=bilinear"]


@pytest.mark.parametrize(("offset", "key"), [(1, "label_offset=1"), (-1, "label_offset=-1")])
def test_labels_that_count_from_elsewhere_are_named(engine, photos: Photos, offset: int, key: str) -> None:
    labelled = photos.labelled(answers(engine, photos) - offset)
    assert keys(explained(engine, labelled, 100.0)) == [key]


def test_a_background_class_is_named(photos: Photos) -> None:
    class WithBackground:
        """1,001 outputs; the first one wins for every second photograph."""

        def logits(self, images):
            found = np.random.default_rng(0).normal(size=(len(images), 1001))
            found[::2, 0] = 100
            return found

    labelled = photos.labelled(WithBackground().logits(np.empty((32, 1)))[:, 1:].argmax(axis=1).tolist() * 2)
    labelled.num_classes = 1001
    diagnosis = explained(WithBackground(), labelled, 100.0)
    found = {hypothesis.key: hypothesis.figures[0].measured for hypothesis in diagnosis.hypotheses}
    assert keys(diagnosis) == ["first_output=1"]
    assert found["label_offset=1"] == 50.0


def test_other_weights_are_named(engine, photos: Photos) -> None:
    other = random_engine(photos, 6)
    labelled = photos.labelled(answers(other, photos))
    hypothesis = Hypothesis("checkpoint=other.ckpt", "the weights of other.ckpt", model=lambda: other)
    diagnosis = explained(engine, labelled, 100.0, others=[hypothesis])
    assert keys(diagnosis) == ["checkpoint=other.ckpt"]


def test_a_cause_has_to_explain_every_figure(engine, photos: Photos) -> None:
    bicubic = VARIATIONS["interpolation=bicubic"].recipe
    labelled = photos.labelled(answers(engine, photos.with_recipe(bicubic)))
    whole = correct(engine, labelled)
    for top5, expected in ((100.0, ["interpolation=bicubic"]), (95.0, [])):
        figures = [PublishedFigure("top1", 100.0, 1), PublishedFigure("top5", top5, 5)]
        diagnosis = diagnose(opening(engine), None, labelled, figures, whole=whole, images=IMAGES)
        assert keys(diagnosis) == expected


def test_where_none_explains_it_says_so_and_names_the_closest(engine, photos: Photos) -> None:
    labelled = photos.labelled(answers(engine, photos.with_recipe(VARIATIONS["interpolation=bicubic"].recipe)))
    diagnosis = explained(engine, labelled, 99.0)
    assert keys(diagnosis) == []
    count = len(VARIATIONS) + len(list(label_hypotheses(NETWORK.num_classes)))
    assert diagnosis.sentences[0] == f"none of {count} hypotheses explains top1 99 (64 of 64 images)"
    assert diagnosis.sentences[1] == "bicubic interpolation: top1 100.00, without 99"


def test_suspects_that_fit_alike_are_all_named_closest_first(engine, photos: Photos) -> None:
    twin = random_engine(photos, 6)
    labelled = photos.labelled(answers(twin, photos))
    others = [Hypothesis(name, f"the weights of {name}", model=lambda: twin) for name in ("one", "two")]
    diagnosis = explained(engine, labelled, 100.0, others=others)
    assert keys(diagnosis) == ["one", "two"]
    assert diagnosis.sentences[0].endswith("hypotheses explain top1 100, closest first (64 of 64 images)")


def test_a_figure_that_was_met_after_all_needs_no_hypothesis(engine, photos: Photos) -> None:
    """The sample of a diagnosis is a new one: an evaluation of a part may have been unlucky."""
    labelled = photos.labelled(answers(engine, photos))
    diagnosis = diagnose(opening(engine), None, labelled, [PublishedFigure("top1", 100.0, 1)], images=IMAGES)
    assert diagnosis.as_evaluated.finding is Standing.EXPLAINS
    assert keys(diagnosis) == []
    assert diagnosis.sentences[0] == (
        "64 of 64 images, newly drawn, do not rule top1 100 out as evaluated: diagnose more images"
    )


def test_a_suspect_that_fails_is_said_and_costs_nothing(engine, photos: Photos) -> None:
    from hubtool.errors import CheckpointMismatch

    def broken():
        raise CheckpointMismatch("not a checkpoint of tiny")

    def worse():
        raise ValueError("what a library says")

    labelled = photos.labelled(answers(engine, photos.with_recipe(VARIATIONS["channels=bgr"].recipe)))
    others = [Hypothesis("a", "the weights of a", model=broken), Hypothesis("b", "the weights of b", model=worse)]
    diagnosis = explained(engine, labelled, 100.0, others=others)
    assert keys(diagnosis) == ["channels=bgr"]
    assert [s.finding for s in diagnosis.hypotheses[-2:]] == [Standing.NOT_RUN] * 2
    assert "not tried: the weights of a: not a checkpoint of tiny" in diagnosis.sentences
    assert "not tried: the weights of b: ValueError: what a library says" in diagnosis.sentences


def test_a_sample_is_random_by_seed_and_knows_the_whole(engine, photos: Photos) -> None:
    labelled = photos.labelled(answers(engine, photos.with_recipe(VARIATIONS["channels=bgr"].recipe)))
    figures = [PublishedFigure("top1", 100.0, 1)]
    options = {"images": 60, "whole": correct(engine, labelled)}
    diagnosis = diagnose(opening(engine), None, labelled, figures, seed=1, **options)
    assert (diagnosis.images, diagnosis.split_size, diagnosis.seed) == (60, 64, 1)
    assert keys(diagnosis) == ["channels=bgr"]
    low, high = diagnosis.explained_by[0].figures[0].interval
    assert 0 < low < high == 100.0
    assert diagnosis.to_json() == diagnose(opening(engine), None, labelled, figures, seed=1, **options).to_json()
    assert diagnosis.to_json() != diagnose(opening(engine), None, labelled, figures, seed=2, **options).to_json()


def test_a_small_sample_does_not_question_what_the_whole_split_gave(engine, photos: Photos) -> None:
    labelled = photos.labelled(answers(engine, photos))
    options = {"images": 1, "whole": {1: IMAGES - 2, 5: IMAGES - 1}}
    diagnosis = diagnose(opening(engine), None, labelled, [PublishedFigure("top1", 100.0, 1)], **options)
    (known,) = diagnosis.as_evaluated.figures
    assert (known.finding, known.measured) == (Standing.EXCLUDED, 100 * (IMAGES - 2) / IMAGES)
    assert known.interval == (known.measured, known.measured)
    assert "as evaluated" not in diagnosis.sentences[0]


class Damaged(Photos):
    """Every seventh photograph cannot be decoded."""

    def with_recipe(self, recipe: EvalRecipe) -> Damaged:
        return Damaged(self.samples, recipe, self.pixels)

    def unreadable(self, indices) -> dict[int, str]:
        return {index: "no image" for index in indices if index % 7 == 0}

    def batches(self, indices, batch_size):
        if bad := self.unreadable(indices):
            raise UnreadableImages("some cannot be decoded", bad)
        return super().batches(indices, batch_size)


@pytest.mark.parametrize("images", [IMAGES, 54])
def test_unreadable_images_of_a_sample_may_be_right_or_wrong(engine, photos, images: int) -> None:
    labelled = photos.labelled(answers(engine, photos.with_recipe(VARIATIONS["channels=bgr"].recipe)))
    damaged = Damaged(labelled.samples, pixels=labelled.pixels)
    figures = [PublishedFigure("top1", 100.0, 1)]
    diagnosis = diagnose(opening(engine), None, damaged, figures, images=images, skip_unreadable=True)
    drawn = draw(IMAGES, images, (0, 1), shuffled=False)
    assert (diagnosis.images, diagnosis.split_size) == (sum(index % 7 > 0 for index in drawn), IMAGES)
    (bgr,) = [hypothesis for hypothesis in diagnosis.hypotheses if hypothesis.key == "channels=bgr"]
    low, high = bgr.figures[0].interval
    assert low <= 100 * 54 / IMAGES
    assert high == 100
    with pytest.raises(UnreadableImages):
        diagnose(opening(engine), None, damaged, figures, images=images)


def test_no_recipe_is_its_own_hypothesis() -> None:
    for recipe in [SMALL, *(hypothesis.recipe for hypothesis in VARIATIONS.values())]:
        recipes = [hypothesis.recipe for hypothesis in different(recipe_hypotheses(recipe), recipe)]
        assert recipe not in recipes
        assert len(set(recipes)) == len(recipes) >= 13
    grey = EvalRecipe(mean=(127.5,), std=(127.5,))
    assert all(len(s.recipe.mean) == 1 for s in different(recipe_hypotheses(grey), grey))
