"""The linter's command as people use it: fixes, ignores, baseline, formats, jobs, and the commands around it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.asset.server import Site, serve
from tests.command import ctrl_c_works
from tests.conftest import CARDS, DIGITS_CHECKPOINT, REPOSITORY, Hubtool, HubtoolProcess, edit

SLOPPY = {
    "update-time: 2026-11-23": "update-time: 2026-11-3",
    "license: Apache-2.0": "license: Apache2.0",
    "model-version: 1.0": "model-version: 1.10",
}


@pytest.fixture
def sloppy(cards: Path, hubtool: Hubtool) -> Path:
    """A folder `hub` in the working directory whose card has three problems that can be fixed."""
    for old, new in SLOPPY.items():
        edit(cards / "bit_digits.md", old, new)
    return cards.rename(hubtool.folder / "hub")


def codes(out: str) -> list[str]:
    return sorted(diagnostic["code"] for diagnostic in json.loads(out)["diagnostics"])


def test_twelve_planted_problems_are_found_in_one_run(hubtool: Hubtool, cards: Path) -> None:
    card = cards / "bit_digits.md"
    checks = [
        ("# bit_digits\n\n---", "# other_model\n\n---", "HT301"),
        ("backbone-name: bit_digits\n", "backbone_name: bit_digits\n", "HT110"),
        ("module-type: cv\n", "module-type: cvtmodel\n", "HT206"),
        ("fine-tunable: True\n", "fine-tunable: perhaps\n", "HT202"),
        ("model-version: 1.0\n", "model-version: 1.10\n", "HT210"),
        ("update-time: 2026-11-23\n", "update-time: 2026-2-30\n", "HT204"),
        ("evaluation: top1acc98.33 | top5acc100.00\n", "evaluation: -\n", "HT108"),
        ("author: hubtool developers\n", "author: hubtool developers\nauthor: someone\n", "HT106"),
        ("license: Apache-2.0\n", "license: Apache2.0\n", "HT205"),
        ("## Introduction\n", "## Introduction:\n", "HT603"),
        ("[weights](assets/bit_digits", "[weights](assets/gone", "HT605"),
        ("### Notes\n", "##### Notes\n", "HT602"),
    ]
    for old, new, _ in checks:
        edit(card, old, new)
    run = hubtool("validate", card, "--format", "json")
    assert run.code == 1
    found = {diagnostic["code"]: diagnostic for diagnostic in json.loads(run.out)["diagnostics"]}
    lines = card.read_text().split("\n")
    for _, new, code in checks:
        diagnostic = found[code]
        planted = new.strip().split("\n")[-1].split("\n")[0]
        # The title is reported where it stands: three lines above the block that `new` ends with.
        line = 1 if code == "HT301" else next(n for n, text in enumerate(lines, 1) if planted in text)
        assert diagnostic["line"] == line, code
        assert 1 <= diagnostic["column"] <= len(lines[line - 1]) + 1


def test_diff_shows_and_fix_fixes(hubtool: Hubtool, sloppy: Path) -> None:
    card = sloppy / "bit_digits.md"
    before = card.read_text()
    shown = hubtool("validate", "hub", "--diff")
    assert shown.code == 1
    assert "--- a/hub/bit_digits.md\n+++ b/hub/bit_digits.md\n" in shown.out
    assert "+update-time: 2026-11-03\n" in shown.out
    assert card.read_text() == before

    fixed = hubtool("validate", "hub", "--fix")
    assert fixed.code == 0
    assert "fixed 3 problems in 1 card\n" in fixed.err
    after = card.read_text()
    for old, new in {"2026-11-3\n": "2026-11-03\n", "Apache2.0": "Apache-2.0", "1.10": '"1.10"'}.items():
        before = before.replace(old, new)
    assert after == before
    again = hubtool("validate", "hub", "--fix")
    assert "fixed 0 problems in 0 cards" in again.err
    assert hubtool("validate", "hub", "--diff").code == 0


def test_select_ignore_and_settings(hubtool: Hubtool, sloppy: Path) -> None:
    assert codes(hubtool("validate", "hub", "--format", "json", "--select", "HT2").out) == ["HT203", "HT205", "HT210"]
    assert codes(hubtool("validate", "hub", "--format", "json", "--select", "HT2", "--ignore", "HT205,HT210").out) == [
        "HT203"
    ]
    (hubtool.folder / "hubtool.toml").write_text(
        '[lint]\nignore = ["HT203"]\n[lint.per-file-ignores]\n"hub/*" = ["HT205"]\n'
    )
    assert codes(hubtool("validate", "hub", "--format", "json", "--select", "HT2").out) == ["HT210"]
    (hubtool.folder / "hubtool.toml").write_text('[lint]\nignore = ["HT999"]\n')
    wrong = hubtool("validate", "hub")
    assert (wrong.code, wrong.out) == (2, "")
    assert "HT999" in wrong.err
    assert hubtool("validate", "hub", "--select", "HTX").code == 2


def test_ignore_comments(hubtool: Hubtool, sloppy: Path) -> None:
    card = sloppy / "bit_digits.md"
    edit(card, "license: Apache2.0", "license: Apache2.0 # hubtool: ignore[HT205]")
    edit(card, "summary:", "# hubtool: ignore[HT209]\nsummary:")
    assert codes(hubtool("validate", "hub", "--format", "json").out) == ["HT203", "HT210", "HT901"]


def test_a_baseline_forgives_what_it_knows(hubtool: Hubtool, sloppy: Path) -> None:
    edit(sloppy / "bit_digits.md", "fine-tunable: True", "fine-tunable: perhaps")
    assert hubtool("validate", "hub").code == 1
    noted = hubtool("validate", "hub", "--write-baseline", "known.json")
    assert noted.code == 0
    assert hubtool("validate", "hub", "--baseline", "known.json").code == 0
    edit(sloppy / "bit_digits.md", "# bit_digits\n", "\n\n# bit_digits\n")  # lines move
    assert hubtool("validate", "hub", "--baseline", "known.json").code == 0
    edit(sloppy / "bit_digits.md", "user-id: hubtool", "user-id:")
    new = hubtool("validate", "hub", "--baseline", "known.json", "--format", "json")
    assert (new.code, codes(new.out)) == (1, ["HT202"])
    assert hubtool("validate", "hub", "--baseline", "none.json").code == 3


def test_statistics_and_exit_zero(hubtool: Hubtool, sloppy: Path) -> None:
    edit(sloppy / "bit_digits.md", "fine-tunable: True", "fine-tunable: perhaps")
    run = hubtool("validate", "hub", "--statistics", "--exit-zero")
    assert run.code == 0
    assert "1  HT203  warning  date-format" in run.out
    assert "2 cards, 1 with errors" in run.out
    document = json.loads(hubtool("validate", "hub", "--statistics", "--format", "json").out)
    assert {"code": "HT205", "name": "licence", "count": 1} in document["statistics"]


def test_every_format_says_the_same(hubtool: Hubtool, sloppy: Path) -> None:
    runs = {
        name: hubtool("validate", "hub", "--format", name).out for name in ("json", "github", "sarif", "junit", "text")
    }
    found = codes(runs["json"])
    assert found == ["HT203", "HT205", "HT210"]
    assert [line.partition(" ")[0] for line in runs["github"].splitlines()] == ["::notice", "::warning", "::warning"]
    sarif = json.loads(runs["sarif"])
    assert sarif["version"] == "2.1.0"
    assert sorted(result["ruleId"] for result in sarif["runs"][0]["results"]) == found
    suites = ET.fromstring(runs["junit"])
    assert (suites.tag, suites.get("failures")) == ("testsuites", "0")
    assert [line.split()[2] for line in runs["text"].splitlines() if line.startswith("hub/")] == [
        "HT210",
        "HT203",
        "HT205",
    ]


def test_several_processes_say_what_one_says(hubtool_process: HubtoolProcess, corpus: Path) -> None:
    one = hubtool_process("validate", corpus, "--format", "json", "--jobs", "1")
    two = hubtool_process("validate", corpus, "--format", "json", "--jobs", "2")
    assert one.out == two.out
    assert one.code == two.code == 1


def test_fixing_real_cards_settles_and_harms_none(hubtool_process: HubtoolProcess, corpus: Path) -> None:
    hub = shutil.copytree(corpus, hubtool_process.folder / "hub")
    before = {
        d["path"]: 0 for d in json.loads(hubtool_process("validate", "hub", "--format", "json").out)["diagnostics"]
    }
    errors = json.loads(hubtool_process("validate", "hub", "--statistics", "--format", "json").out)["statistics"]
    hubtool_process("validate", "hub", "--fix", timeout=300)
    once = {path: path.read_bytes() for path in hub.rglob("*.md")}
    assert any(path.read_bytes() != (corpus / path.relative_to(hub)).read_bytes() for path in once)
    again = hubtool_process("validate", "hub", "--fix", timeout=300)
    assert "fixed 0 problems in 0 cards" in again.err
    assert all(path.read_bytes() == data for path, data in once.items())
    counts = {row["code"]: row["count"] for row in errors}
    after = json.loads(hubtool_process("validate", "hub", "--statistics", "--format", "json").out)["statistics"]
    assert before
    assert all(row["count"] <= counts.get(row["code"], 0) for row in after)


def test_rule_explains(hubtool: Hubtool) -> None:
    every = hubtool("rule")
    assert every.code == 0
    assert "HT301  warning  title-differs" in every.out
    one = hubtool("rule", "ht301")
    assert "HT301 title-differs" in one.out
    assert "Bad" in one.out
    assert hubtool("rule", "title-differs").out == one.out
    (document,) = json.loads(hubtool("rule", "HT205", "--json").out)
    assert (document["code"], document["fixes"]) == ("HT205", "safe")
    unknown = hubtool("rule", "HT3O1")
    assert unknown.code == 3
    assert "did you mean" in unknown.err


def test_the_page_of_rules_is_up_to_date() -> None:
    import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
    from hubtool.lint.docs import rules_document
    from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES

    page = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == rules_document((*CARD_RULES, *CATALOGUE_RULES)), "make docs writes it anew"


def test_a_new_card_is_valid_and_verified(hubtool: Hubtool, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    run = hubtool(
        "new", "bit_digits", "--ckpt", DIGITS_CHECKPOINT, "--dataset", "digits", "--cards", hub, "--author", "a: b"
    )
    assert run.code == 0
    card = Path(run.out.strip())
    assert card == hub / "bit_digits.md"
    checked = hubtool("validate", card, "--format", "json")
    assert checked.code == 0
    assert {d["severity"] for d in json.loads(checked.out)["diagnostics"]} <= {"info"}
    record = json.loads(hubtool("show", card, "--json").out)
    assert record["author"] == "a: b"
    assert record["assets"][0]["sha256"][:8] in record["assets"][0]["url"]
    assert record["variants"][0]["params_m"] == 0.5
    verified = json.loads(hubtool("verify", "bit_digits", "--json", "--cards", hub).out)["results"][0]
    assert {c["level"]: c["status"] for c in verified["checks"]}["checkpoint"] == "ok"
    again = hubtool("new", "bit_digits", "--cards", hub)
    assert again.code == 2
    assert "already exists" in again.err


def test_a_new_card_without_a_file(hubtool: Hubtool, tmp_path: Path) -> None:
    card = Path(hubtool("new", "bit_resnet101", "--cards", tmp_path / "hub").out.strip())
    run = hubtool("validate", card, "--format", "json")
    assert run.code == 0
    assert {"HT406", "HT410"} <= set(codes(run.out))
    assert "44.54" in card.read_text()
    assert hubtool("new", "a/b", "--cards", tmp_path / "hub").code == 2
    assert hubtool("new", "x", "--ckpt", tmp_path / "none.ckpt", "--cards", tmp_path / "hub").code == 3


def test_links_are_looked_up_when_asked(hubtool: Hubtool, cards: Path) -> None:
    card = cards / "bit_digits.md"
    text = card.read_text().replace("https://", "").replace("repo-link: <", "repo-link: <http://127.0.0.1:9/")
    with serve(Site(b"here")) as alive, serve(Site(b"", status=404)) as dead:
        card.write_text(f"{text}\n[a]({alive.url}/x), [b]({dead.url}/y)\n")
        run = hubtool("validate", card, "--online", "--format", "json", "--select", "HT8")
        assert run.code == 1
        found = json.loads(run.out)["diagnostics"]
        assert [d["message"] for d in found if d["code"] == "HT801"] == [f"{dead.url}/y: the server answered 404"]
        assert [d["message"].endswith(": Connection refused") for d in found if d["code"] == "HT802"] == [True]
        asked = len(alive.requests) + len(dead.requests)
        assert asked > 0
        hubtool("validate", card, "--online", "--select", "HT8")
        assert len(alive.requests) + len(dead.requests) == asked, "answers are kept for a day"
    assert hubtool("validate", card, "--online", "--offline").code == 2
    assert codes(hubtool("validate", card, "--format", "json", "--select", "HT8").out) == []


def test_our_own_cards_are_clean(hubtool: Hubtool) -> None:
    run = hubtool("validate", CARDS, "--format", "json")
    assert json.loads(run.out)["diagnostics"] == []


def _many(folder: Path) -> Path:
    """So many cards that checking them takes a while."""
    text = (CARDS / "bit_digits.md").read_text()
    (folder / "many").mkdir()
    for number in range(4000):
        (folder / "many" / f"bit_digits_{number}.md").write_text(text)
    return folder / "many"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("victim", ["all", "worker"])
def test_processes_that_end_early(hubtool_process: HubtoolProcess, tmp_path: Path, victim: str) -> None:
    process = hubtool_process.popen(
        "validate", "--jobs", "2", _many(tmp_path), start_new_session=True, preexec_fn=ctrl_c_works
    )
    try:
        deadline = time.monotonic() + 120
        while not (children := _children(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        if victim == "all":
            os.killpg(process.pid, signal.SIGINT)
        else:
            os.kill(children[0], signal.SIGKILL)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert "Traceback" not in err
    assert process.returncode == (130 if victim == "all" else 6)


def test_a_device_is_not_replaced_by_a_baseline(hubtool: Hubtool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    run = hubtool("validate", CARDS, "--write-baseline", tmp_path / "pipe")
    assert run.code == 6
    assert "not a regular file" in run.err
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_new_card_goes_into_the_working_folder_and_is_valid_or_not_written(hubtool: Hubtool) -> None:
    run = hubtool("new", "net")
    assert (run.code, run.out) == (0, "cards/net.md\n")
    assert (hubtool.folder / "cards" / "net.md").is_file()
    for args in (["--version", "nonsense"], ["--link", "http://a b"]):
        run = hubtool("new", "other", *args)
        assert run.code == 2
        assert "would not be valid" in run.err
    assert not (hubtool.folder / "cards" / "other.md").exists()


def test_output_of_an_odd_encoding(hubtool_process: HubtoolProcess, cards: Path) -> None:
    edit(cards / "bit_digits.md", "license: Apache-2.0", "license: 许可")
    hubtool_process.environment["PYTHONIOENCODING"] = "ascii"
    run = hubtool_process("validate", cards)
    assert "\\u8bb8\\u53ef" in run.out
    assert run.err == ""
