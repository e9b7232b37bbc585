"""`list`, `show` and `validate` as a user runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conftest import CARDS, Hubtool, HubtoolProcess, edit


def test_the_packaged_cards_are_listed_when_there_is_no_folder_of_cards(hubtool: Hubtool) -> None:
    result = hubtool("list")
    assert (result.code, result.err) == (0, "")
    for said in ("bit_digits", "bit_resnet50", "bit_resnet50x3", "bit_resnet101", "76.85", "ImageNet2012"):
        assert said in result.out


def test_list_json(hubtool: Hubtool) -> None:
    document = json.loads(hubtool("list", "--json").out)
    assert [card["model_name"] for card in document] == ["bit_digits", "bit_resnet50"]


def test_cards_come_from_the_option_the_environment_or_the_working_folder(hubtool: Hubtool, cards: Path) -> None:
    (cards / "bit_resnet50_imagenet2012.md").unlink()
    assert "bit_resnet50" not in hubtool("list", "--cards", cards).out
    assert "bit_resnet50" not in hubtool("--cards", cards, "list").out
    hubtool.environment["HUBTOOL_CARDS"] = str(cards)
    assert "bit_resnet50" not in hubtool("list").out
    assert "bit_resnet50" in hubtool("list", "--cards", CARDS).out
    del hubtool.environment["HUBTOOL_CARDS"]
    cards.rename(hubtool.folder / "cards")
    assert "bit_resnet50" not in hubtool("list").out


def test_show(hubtool: Hubtool) -> None:
    result = hubtool("show", "bit_resnet50")
    assert (result.code, result.err) == (0, "")
    for said in (
        "mindspore/2.5/bit_resnet50_imagenet2012",
        "77dcaf0f (prefix)",
        "217.31",
        "BiT_resnet101-2efa9106.ckpt",
    ):
        assert said in result.out


def test_show_json_follows_the_contract(hubtool: Hubtool) -> None:
    document = json.loads(hubtool("show", "bit_resnet50", "--json").out)
    assert document["uid"] == "mindspore/2.5/bit_resnet50_imagenet2012"
    assert document["model_version"] == "2.5"
    assert (
        document["metrics"][0].items()
        >= {"name": "top1", "value": 76.85, "unit": "%", "source": "front-matter"}.items()
    )
    assert document["assets"][0].keys() == {"format", "url", "sha256", "sha256_kind"}
    assert document["variants"][1]["model"] == "bit_resnet50x3"
    assert document["variants"][1].keys() == {
        "model",
        "context",
        "top1",
        "top5",
        "params_m",
        "recipe",
        "asset",
        "metrics",
    }


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["show", "bit_resnet51"], 3, "did you mean bit_resnet50"),
        (["show", "nothing_like_it"], 3, "hubtool list shows all"),
        (["show", "no/such/card.md"], 3, "no such card"),
        (["show"], 2, "Missing argument 'NAME'"),
        (["list", "--cards", "no/such/folder"], 3, "no such folder of cards"),
        (["validate", "no/such/folder"], 3, "no such file or folder"),
        (["validate", "--format", "xml"], 2, "'xml' is not one of 'text', 'json'"),
        (["valdate"], 2, "Did you mean validate?"),
        (["--no-such-option"], 2, "No such option"),
    ],
)
def test_wrong_usage_is_one_clear_message(hubtool: Hubtool, args: list[str], code: int, said: str) -> None:
    result = hubtool(*args)
    assert result.code == code
    assert said in result.err
    assert result.out == ""
    assert "Traceback" not in result.err


def test_validate_our_own_cards(hubtool: Hubtool) -> None:
    result = hubtool("validate", CARDS)
    assert (result.code, result.out) == (0, "2 cards: no problem\n")


def test_validate_reports_every_problem_at_its_place(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "model-version: 1.0", "model-version: new")
    edit(cards / "bit_digits.md", "author: hubtool developers\n", "")
    edit(cards / "bit_resnet50_imagenet2012.md", "evaluation: top1acc76.85 | top5acc93.24", "evaluation: -")
    cards.rename(hubtool.folder / "hub")
    result = hubtool("validate", "hub")
    assert result.code == 1
    assert result.out.splitlines() == [
        "hub/bit_digits.md:3:1: error HT201 required field `author` is missing",
        "    ---",
        "    ^^^",
        "hub/bit_digits.md:14:16: error HT202 `model-version` is 'new': write a version such as 2.5",
        "    model-version: new",
        "                   ^^^",
        "hub/bit_resnet50_imagenet2012.md:18:1: info HT508 no figure is published: write what was measured, such as `evaluation: top1acc76.85`",
        "    evaluation: -",
        "    ^^^^^^^^^^",
        "hub/bit_resnet50_imagenet2012.md:18:13: warning HT108 a lone `-` opens a YAML list; leave the value empty to say none [fixable]",
        "    evaluation: -",
        "                ^",
        "",
        "2 cards: 2 errors, 1 warning, 1 info",
        "1 can be fixed with --fix",
    ]


def test_validate_json_follows_the_contract(hubtool: Hubtool, cards: Path) -> None:
    path = cards / "bit_digits.md"
    edit(path, "model-version: 1.0", "model-version: new")
    result = hubtool("validate", path, "--format", "json")
    assert result.code == 1
    assert json.loads(result.out) == {
        "cards": 1,
        "diagnostics": [
            {
                "path": path.as_posix(),
                "line": 14,
                "column": 16,
                "end_line": 14,
                "end_column": 19,
                "code": "HT202",
                "severity": "error",
                "message": "`model-version` is 'new': write a version such as 2.5",
                "fixable": False,
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "infos": 0, "cards_with_errors": 1},
    }


def test_a_card_is_checked_once_however_often_it_is_named(hubtool: Hubtool) -> None:
    document = json.loads(hubtool("validate", CARDS, CARDS / "bit_digits.md", "--format", "json").out)
    assert document["cards"] == 2


def test_a_file_that_cannot_be_read_is_a_diagnostic(hubtool: Hubtool, tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    result = hubtool("validate", tmp_path)
    assert result.code == 1
    assert "gone.md:1:1: error HT101 the file cannot be read" in result.out
    assert "binary.md:1:1: error HT101 byte 0xff is not UTF-8" in result.out


def test_a_card_that_cannot_be_read_is_mentioned_by_list(hubtool: Hubtool, cards: Path) -> None:
    (cards / "broken.md").write_text("nothing")
    result = hubtool("list", "--cards", cards)
    assert result.code == 0
    assert "1 more could not be read: hubtool validate" in result.err


def test_files_that_cannot_be_read_harm_no_other_card(hubtool: Hubtool, cards: Path) -> None:
    (cards / "gone.md").symlink_to(cards / "nowhere.md")
    os.mkfifo(cards / "pipe.md")
    (cards / "folder.md").mkdir()
    for command in ("list", "show bit_digits", "pull bit_digits"):
        assert hubtool(*command.split(), "--cards", cards).code == 0
    run = hubtool("validate", cards)
    assert run.code == 1
    assert "pipe.md:1:1: error HT101 the file cannot be read" in run.out


def test_output_that_cannot_be_written_is_one_message(hubtool_process: HubtoolProcess) -> None:
    with Path("/dev/full").open("w") as full:
        process = hubtool_process.popen("show", "bit_resnet50", stdout=full)
        error = process.stderr.read()
        assert process.wait(120) != 0
    assert "Traceback" not in error
    assert "report it" not in error


def test_a_reader_that_has_enough_is_no_error(hubtool_process: HubtoolProcess) -> None:
    process = hubtool_process.popen("show", "bit_resnet50", "--json")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    assert process.wait(120) in {0, 141}


def test_the_corpus_is_validated_without_a_crash(hubtool_process: HubtoolProcess, corpus: Path) -> None:
    result = hubtool_process("validate", corpus, "--format", "json")
    assert result.code in {0, 1}
    assert json.loads(result.out)["cards"] > 0
    assert result.err == ""
