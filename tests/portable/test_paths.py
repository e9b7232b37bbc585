"""Paths as Windows writes them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from hubtool.asset.source import has_scheme, local_path
from hubtool.card.record import Asset
from hubtool.errors import CardError, NotFound
from tests.conftest import DIGITS_CHECKPOINT, Hubtool

slash_only = pytest.mark.skipif(os.sep == "\\", reason="backslashes are nothing special here")


@pytest.mark.parametrize(
    "url", [r"C:\models\net.ckpt", "C:/models/net.ckpt", "d:net.ckpt", r"z:\net.ckpt", "./a:b", "a/b"]
)
def test_a_letter_and_a_colon_are_a_drive(tmp_path: Path, url: str) -> None:
    assert not has_scheme(url)
    if url[1] == ":":
        with pytest.raises(CardError, match="has to be below its card's folder"):
            local_path(Asset("ckpt", url, None), tmp_path)


@pytest.mark.parametrize("url", ["https://a.example/b", "file:///C:/net.ckpt", "s3://bucket/net.ckpt", "hf:name"])
def test_a_word_and_a_colon_are_a_scheme(url: str) -> None:
    assert has_scheme(url)


@slash_only
def test_a_link_with_backslashes_is_told_how_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        local_path(Asset("ckpt", r"assets\net.ckpt", None), tmp_path)
    assert "write / instead" in caught.value.hint


def test_backslashes_on_the_command_line(hubtool: Hubtool, cards: Path) -> None:
    shutil.copytree(cards, hubtool.folder / "mine" / "2.5")
    for path in (r"mine\2.5\bit_digits.md", "mine\\2.5", r".\mine\2.5"):
        run = hubtool("validate", path, "--format", "json")
        assert run.code == 0, run.err
        assert all("\\" not in found["path"] for found in json.loads(run.out)["diagnostics"])
    assert hubtool("show", r"mine\2.5\bit_digits.md").code == 0
    assert hubtool("show", r"2.5\bit_digits", "--cards", "mine").code == 0
    assert hubtool("pull", r"mine\2.5\bit_digits.md").code == 0
    assert hubtool("inspect", rf"mine\2.5\assets\{DIGITS_CHECKPOINT.name}").code == 0
    assert hubtool("list", "--cards", r"mine\2.5").code == 0
    assert hubtool("validate", r"mine\2.5\nothing.md").code == 3


@slash_only
def test_a_name_with_a_backslash_is_a_name(hubtool: Hubtool, cards: Path) -> None:
    shutil.copy(cards / "bit_digits.md", hubtool.folder / r"a\b.md")
    (hubtool.folder / "a").mkdir()
    shutil.copy(cards / "bit_digits.md", hubtool.folder / "a" / "b.md")
    run = hubtool("validate", r"a\b.md", "--select", "HT4", "--format", "json")
    assert {found["path"] for found in json.loads(run.out)["diagnostics"]} <= {r"a\b.md"}


def test_cards_and_cache_on_two_drives(hubtool: Hubtool, cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_drive(path: object, start: object = None) -> str:
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    (cards / "hubtool.toml").write_text('[lint]\nper-file-ignores = {"*.md" = ["HT6"]}\n')
    for args in (["pull", "bit_digits"], ["lock", "bit_digits"], ["validate"]):
        assert hubtool(*args, "--cards", cards).code == 0
