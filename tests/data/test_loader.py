from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from threading import Event, Semaphore

import pytest

from hubtool.data.loader import preprocessed, unreadable_images, why_unreadable
from hubtool.data.threads import in_order, usable_cores
from hubtool.data.transform.decode import decoded
from hubtool.data.transform.normalise import normalised
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import MissingExtra, UnreadableImages
from hubtool.evaluation.prefetch import prefetched
from tests.data.pictures import files

np = pytest.importorskip("numpy")
pytest.importorskip("cv2")
NAMES = [f"exif-{turned}.jpg" for turned in range(2, 9)] + ["4-4-4.jpg", "colour.png", "grey.jpg", "rgba.bmp"]
SMALL = EvalRecipe(image_size=16)


class Picture:
    def __init__(self, name: str, label: int = 0, data: bytes | Exception | None = None):
        self.name, self.label = name, label
        self.data = files()[name] if data is None else data

    def read(self) -> bytes:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data

    def size(self) -> int:
        return 1

    def version(self) -> str:
        return ""


def pictures() -> list[Picture]:
    return [Picture(name, label) for label, name in enumerate(NAMES)]


def decoding_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "hubtool-decode"]


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("batch_size", [1, 3, 11, 40])
def test_batches_come_in_order_whatever_the_threads(threads: int, batch_size: int) -> None:
    samples = pictures()
    batches = list(preprocessed(samples, SMALL, batch_size, dataset="x", threads=threads))
    sizes = [len(batch.labels) for batch in batches]
    assert sizes[:-1] == [batch_size] * (len(batches) - 1)
    assert sum(sizes) == len(samples)
    images = np.concatenate([batch.images for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    assert (images.dtype, labels.dtype, labels.tolist()) == (np.float32, np.int32, list(range(len(samples))))
    one_by_one = [normalised(decoded(sample, SMALL.geometry), SMALL.normalisation()) for sample in samples]
    np.testing.assert_array_equal(images, np.stack(one_by_one))
    assert decoding_threads() == []


def test_two_recipes_of_one_geometry_share_their_pixels() -> None:
    other = EvalRecipe(image_size=16, mean=(0.0,) * 3, std=(255.0,) * 3, channels="bgr")
    assert other.geometry == SMALL.geometry
    (sample,) = pictures()[:1]
    pixels = decoded(sample, SMALL.geometry)
    (batch,) = preprocessed([sample], other, 1, dataset="x")
    np.testing.assert_array_equal(normalised(pixels, other.normalisation()), batch.images[0])


def test_images_become_batches_without_mindspore(tmp_path: Path) -> None:
    folder = tmp_path / "val" / "a"
    folder.mkdir(parents=True)
    (folder / "cmyk.jpg").write_bytes(files()["cmyk.jpg"])
    code = f"""
import sys
sys.modules["mindspore"] = None  # an import of it fails
from pathlib import Path
from hubtool.data.open import SplitSource, open_split
split = open_split(SplitSource("imagenet", Path({str(tmp_path)!r}), None, 1, 3, 32))
print([batch.images.shape for batch in split.batches([0], 4)])
"""
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[(1, 3, 32, 32)]\n", "")


def test_no_sample_is_no_batch() -> None:
    assert list(preprocessed([], SMALL, 4, dataset="x")) == []
    assert why_unreadable([], SMALL.geometry) == {}


def test_unreadable_images_end_the_batches_where_the_first_is() -> None:
    samples = pictures()
    samples[4] = Picture("b.jpg", data=b"no image")
    samples[9] = Picture("c.jpg", data=PermissionError(13, "Permission denied"))
    batches = preprocessed(samples, SMALL, 2, dataset="x", threads=3)
    assert [next(batches).labels.tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(UnreadableImages) as caught:
        next(batches)
    assert caught.value.indices == (4, 9)
    assert caught.value.message == "x: 2 images cannot be decoded: b.jpg, c.jpg (Permission denied)"
    assert decoding_threads() == []
    reasons = {4: "not an image that can be read", 9: "Permission denied"}
    assert why_unreadable(samples, SMALL.geometry, threads=2) == reasons
    known = unreadable_images(samples, SMALL.geometry, "x", known={4: "told before"})
    assert "b.jpg (told before), c.jpg" in known.message


def test_what_is_no_fault_of_the_image_is_raised_as_it_is() -> None:
    missing = MissingExtra("pyarrow is needed", hint="")
    with pytest.raises(MissingExtra):
        list(preprocessed([Picture("x", data=missing)], SMALL, 1, dataset="x"))


def test_results_are_handed_out_in_order_of_the_items() -> None:
    """The first item is done last."""
    others_done = Semaphore(0)

    def work(item: int) -> int:
        if item == 0:
            for _ in range(3):
                assert others_done.acquire(timeout=60)
        else:
            others_done.release()
        return item

    assert list(in_order(work, range(4), threads=2, ahead=4)) == [0, 1, 2, 3]


def test_no_more_is_begun_than_is_allowed_ahead() -> None:
    begun: list[int] = []
    results = in_order(lambda item: begun.append(item) or item, range(100), threads=4, ahead=5)
    with closing(results):
        for taken in range(20):
            assert next(results) == taken
            assert len(begun) <= taken + 5


def test_an_error_comes_where_its_result_would_have_come() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    results = in_order(work, range(5), threads=3, ahead=5)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)
    assert decoding_threads() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError])
def test_any_error_is_carried(error: type[BaseException]) -> None:
    def work(item: int) -> int:
        raise error

    with pytest.raises(error):
        list(in_order(work, [1], threads=1, ahead=1))


def test_who_stops_early_leaves_no_thread() -> None:
    results = in_order(lambda item: item, range(1000), threads=4, ahead=8)
    next(results)
    assert len(decoding_threads()) == 4
    results.close()
    assert decoding_threads() == []


def test_an_interrupt_of_the_consumer_leaves_no_thread() -> None:
    def interrupted() -> None:
        with prefetched(lambda: preprocessed(pictures() * 20, SMALL, 2, dataset="x", threads=2)) as batches:
            next(batches)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert decoding_threads() == []


def test_a_thread_that_hangs_does_not_keep_the_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubtool.data.threads._SECONDS_TO_END", 0.0)
    release = Event()
    results = in_order(lambda item: release.wait(600) if item else item, range(4), threads=1, ahead=3)
    try:
        assert next(results) == 0
        results.close()  # comes back, though an item hangs
        assert decoding_threads() != []
    finally:
        release.set()
        for thread in threading.enumerate():
            if thread.name == "hubtool-decode":
                thread.join()


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1
