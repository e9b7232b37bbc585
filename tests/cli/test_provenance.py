"""What a result says of how it was made: images left out, the digest of all images, batch size, other recipes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hubtool.resources import packaged
from tests.cli.small import VERIFY, SmallHubtool, publish
from tests.conftest import Hubtool
from tests.data import makers

SCHEMA = json.loads((packaged("schemas") / "evidence.schema.json").read_text())


@pytest.mark.mindspore
def test_left_out_images_and_the_digest_of_all(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    publish(cards, 3, "imagenet2012")
    images = makers.photos(tmp_path / "photos")
    root = makers.write_folders(tmp_path / "set", images)
    files = sorted(root.rglob("*.JPEG"))
    files[1].write_bytes(b"no image")
    options = ("--skip-unreadable", "--hash-contents", "--batch-size", "5", "--recipe", "interpolation=nearest")
    command = [*VERIFY, cards, "--data", f"imagenet2012={root}", *options, "--evidence", "evidence"]

    def run() -> tuple[dict, dict]:
        result = small(*command)
        assert result.code in {0, 1}, result.err
        assert f"hashing {root / 'val'}: 6 of 6 images" in result.err
        (path,) = (small.folder / "evidence").iterdir()
        statement = json.loads(path.read_text())
        Draft202012Validator(SCHEMA).validate(statement)
        return json.loads(result.out)["results"][0], statement["predicate"]

    result, predicate = run()
    assert list(result["unreadable"]) == [files[1].relative_to(root / "val").as_posix()]
    expected = {"limit": None, "seed": 0, "early_stop": False, "batch_size": 5, "skipped": 1}
    assert predicate["sampling"] == expected
    assert predicate["recipe_overrides"] == {"interpolation": "nearest"}
    assert result["dataset"].items() <= predicate["dataset"].items()
    before = result["dataset"]["contents_sha256"]
    assert len(before) == 64

    for number, path in enumerate(files):
        os.utime(path, ns=(number, 10**18 - number))
    assert run()[0]["dataset"]["contents_sha256"] == before
    files[1].write_bytes(b"no imagf")
    changed = run()[0]["dataset"]
    assert changed["contents_sha256"] != before
    assert changed | {"contents_sha256": before} == result["dataset"]


def test_hashing_needs_an_evaluation(hubtool: Hubtool) -> None:
    run = hubtool("verify", "bit_digits", "--hash-contents")
    assert run.code == 2
    assert "add --reproduce-eval" in run.err
