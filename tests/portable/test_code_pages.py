"""What cards say is shown on terminals that lack the characters, and what programs read stays readable for them."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hubtool.cli.app import run
from tests.conftest import DIGITS_CARD, edit

CODE_PAGES = ["cp1252", "cp936", "cp437", "ascii"]
ODD = "图像 naïve 😀 “q” ──"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card with characters that no code page has all of, an error, and something to fix."""
    card = Path(shutil.copy(DIGITS_CARD, tmp_path / "bit_digits.md"))
    text = card.read_text(encoding="utf-8")
    (summary,) = [line for line in text.splitlines() if line.startswith("summary: ")]
    edit(card, summary, f"summary: {ODD}\n\nlicence: {ODD}  ")
    edit(card, "used-for: inference", f"used-for: {ODD}")
    return card


def written(monkeypatch: pytest.MonkeyPatch, encoding: str, *args: str | Path) -> tuple[int, bytes]:
    """The exit code, and the bytes that a command writes where standard output has a code page."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\r\n"))
    code = run([str(arg) for arg in args])
    sys.stdout.flush()
    return code, sys.stdout.buffer.getvalue()


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_text_is_shown_with_escapes(monkeypatch: pytest.MonkeyPatch, card: Path, encoding: str) -> None:
    for args in (["list"], ["show", "bit_digits"], ["rule", "HT112"], ["rule"]):
        code, out = written(monkeypatch, encoding, *args, "--cards", card.parent)
        assert code in {0, 1}, sys.stderr.buffer.getvalue()
        assert out.decode(encoding)
    code, out = written(monkeypatch, encoding, "validate", card)
    assert code in {0, 1}
    assert rb"\U0001f600" in out


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_reports_for_programs(monkeypatch: pytest.MonkeyPatch, card: Path, encoding: str) -> None:
    reports = {}
    for name in ("json", "sarif", "junit", "github"):
        code, out = written(monkeypatch, encoding, "validate", card, "--format", name)
        assert code in {0, 1}
        reports[name] = out.decode("utf-8")
    assert any("😀" in found["message"] for found in json.loads(reports["json"])["diagnostics"])
    assert "😀" in str(json.loads(reports["sarif"]))
    assert "😀" in ET.tostring(ET.fromstring(reports["junit"]), "unicode")
    assert "😀" in reports["github"]


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_json_documents(monkeypatch: pytest.MonkeyPatch, card: Path, encoding: str) -> None:
    for args in (["show", "bit_digits", "--json"], ["list", "--json"]):
        code, out = written(monkeypatch, encoding, *args, "--cards", card.parent)
        assert code == 0
        assert json.loads(out.decode(encoding)) == json.loads(out.decode("ascii"))
    assert ODD in str(
        json.loads(written(monkeypatch, encoding, "show", "bit_digits", "--json", "--cards", card.parent)[1])
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_diff_can_be_applied(monkeypatch: pytest.MonkeyPatch, card: Path, end: str) -> None:
    card.write_bytes(card.read_text(encoding="utf-8").replace("\n", end).encode())
    monkeypatch.chdir(card.parent)
    _, diff = written(monkeypatch, "cp1252", "validate", card.name, "--diff")
    done = subprocess.run(["git", "apply", "-"], cwd=card.parent, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    applied = card.read_bytes()
    written(monkeypatch, "cp1252", "validate", card.name, "--fix")
    assert card.read_bytes() == applied
