from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from filelock import FileLock, lock_descriptor

from hubtool import api
from hubtool.report.units import size
from tests.conftest import CARDS, DIGITS_CHECKPOINT, Hubtool, flip_byte

DIGEST = "5082903ca334"


@pytest.fixture
def pulled(hubtool: Hubtool) -> Path:
    """The demo checkpoint in the cache."""
    return Path(hubtool("pull", "bit_digits", "-q").out.strip())


def test_ls(hubtool: Hubtool, pulled: Path) -> None:
    run = hubtool("cache", "ls")
    assert run.code == 0
    for part in (DIGITS_CHECKPOINT.name, "1.9 MiB", DIGEST, "just now"):
        assert part in run.out
    document = json.loads(hubtool("cache", "ls", "--json").out)
    (file,) = document["files"]
    assert (file["path"], file["size"]) == (str(pulled), document["size"])
    assert document["unfinished"] == []


def test_an_empty_cache_is_no_error(hubtool: Hubtool) -> None:
    for command in (["ls"], ["verify"], ["prune"], ["prune", "--unused"]):
        run = hubtool("cache", *command)
        assert (run.code, run.out) == (0, "")
    assert json.loads(hubtool("cache", "ls", "--json").out)["files"] == []
    assert hubtool("cache", "dir").out.strip() == hubtool.environment["HUBTOOL_CACHE"]


def test_verify_reads_every_byte(hubtool: Hubtool, pulled: Path) -> None:
    run = hubtool("cache", "verify")
    assert (run.code, run.out.split()[:2]) == (0, ["ok", DIGEST])
    status = pulled.stat()
    flip_byte(pulled)
    os.utime(pulled, ns=(status.st_atime_ns, status.st_mtime_ns))
    run = hubtool("cache", "verify", "bit_digits")
    assert (run.code, run.out.split()[:2]) == (5, ["wrong", DIGEST])
    assert "hubtool pull fetches a wrong file again" in run.err


def test_rehash_reads_a_file_that_looks_unchanged(hubtool: Hubtool, pulled: Path) -> None:
    note = pulled.parent.with_suffix(".json")
    flip_byte(pulled)
    entry = json.loads(note.read_text())
    status = pulled.stat()
    entry["stat"] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    note.write_text(json.dumps(entry))
    assert hubtool("pull", "bit_digits", "-q").err == ""
    run = hubtool("pull", "bit_digits", "--rehash")
    assert "was changed since it was verified; removed" in run.err
    assert Path(run.out.strip()).read_bytes() == DIGITS_CHECKPOINT.read_bytes()


@pytest.mark.parametrize("name", ["bit_digits", "5082", "5082903CA334", DIGITS_CHECKPOINT.name])
def test_rm_by_card_digest_or_file(hubtool: Hubtool, pulled: Path, name: str) -> None:
    run = hubtool("cache", "rm", name)
    assert (run.code, run.out) == (0, f"{pulled}  1.9 MiB\n")
    assert not pulled.parent.exists()
    assert not pulled.parent.with_suffix(".json").exists()


@pytest.mark.parametrize("name", ["508", "nothing", "bit_resnet50", "ffff"])
def test_rm_of_what_is_not_there(hubtool: Hubtool, pulled: Path, name: str) -> None:
    assert hubtool("cache", "rm", name).code == 3
    assert pulled.exists()


def test_prune_by_age_and_by_use(hubtool: Hubtool, pulled: Path, tmp_path: Path) -> None:
    assert hubtool("cache", "prune").code == 0
    assert hubtool("cache", "prune", "--older-than", "1d").code == 0
    assert hubtool("cache", "prune", "--unused").code == 0
    assert pulled.exists()
    note = pulled.parent.with_suffix(".json")
    long_ago = time.time() - 40 * 86_400
    os.utime(note, (long_ago, long_ago))
    run = hubtool("cache", "prune", "--older-than", "30d", "--dry-run")
    assert "would be freed" in run.err
    assert pulled.exists()
    hubtool("pull", "bit_digits", "-q")  # used today
    hubtool("cache", "prune", "--older-than", "30d")
    assert pulled.exists()
    other = tmp_path / "other"
    other.mkdir()
    assert hubtool("cache", "prune", "--unused", "--cards", other).out.startswith(str(pulled))
    assert not pulled.exists()


@pytest.mark.parametrize("age", ["", "30", "d", "-1d", "1y", "1 d d"])
def test_an_age_that_is_none(hubtool: Hubtool, age: str) -> None:
    run = hubtool("cache", "prune", "--older-than", age)
    assert run.code == (2 if age else 0)


def test_prune_takes_what_was_left_unfinished(hubtool: Hubtool, pulled: Path) -> None:
    root = Path(hubtool.environment["HUBTOOL_CACHE"])
    (root / "partial" / "00000000.part").write_bytes(b"half")
    (root / "partial" / "00000000.json").write_text("{}")
    (root / "sha256" / ("1" * 64)).mkdir()
    (root / "sha256" / f"{'2' * 64}.json").write_text("{}")
    assert "of unfinished transfers" in hubtool("cache", "ls").err
    run = hubtool("cache", "prune")
    assert len(run.out.splitlines()) == 4
    assert sorted(path.name for path in root.rglob("*") if path.suffix not in {".lock", ".TAG"}) == sorted(
        ["locks", "partial", "sha256", pulled.parent.name, f"{pulled.parent.name}.json", pulled.name]
    )


def test_ledgers_are_told_and_pruned_by_age_but_not_under_a_process(hubtool: Hubtool) -> None:
    assert json.loads(hubtool("cache", "ls", "--json").out)["ledgers"] == []
    ledgers = Path(hubtool.environment["HUBTOOL_CACHE"]) / "ledgers"
    ledgers.mkdir(parents=True)
    new, old, busy = (ledgers / f"{digit * 64}.jsonl" for digit in "012")
    long_ago = time.time() - 40 * 86_400
    for path in (new, old, busy):
        path.write_bytes(bytes(1024))
        if path != new:
            os.utime(path, (long_ago, long_ago))
    run = hubtool("cache", "ls")
    assert (run.code, run.out) == (0, "")
    assert "and 3.0 KiB in 3 ledgers of evaluations: hubtool cache prune --older-than 30d" in run.err
    listed = json.loads(hubtool("cache", "ls", "--json", "--older-than", "30d").out)["ledgers"]
    assert [(ledger["path"], ledger["size"]) for ledger in listed] == [(str(old), 1024), (str(busy), 1024)]
    for command in (["prune"], ["prune", "--unused"], ["prune", "--older-than", "30d", "-n"]):
        hubtool("cache", *command)
    assert all(path.exists() for path in (new, old, busy))
    with busy.open("rb+") as stream:
        assert lock_descriptor(stream.fileno(), blocking=False)
        run = hubtool("cache", "prune", "--older-than", "30d")
    assert (run.code, run.out) == (0, f"{old}  1.0 KiB\n")
    assert f"{busy}: in use by a process, skipped" in run.err
    assert "1.0 KiB freed" in run.err
    assert (new.exists(), old.exists(), busy.exists()) == (True, False, True)


def test_compiled_models_are_told_and_pruned_by_age_but_not_under_a_process(hubtool: Hubtool) -> None:
    pytest.importorskip("openvino")
    cache = Path(hubtool.environment["HUBTOOL_CACHE"])
    assert json.loads(hubtool("cache", "ls", "--json").out)["compiled"] == []
    for side in (32, 40, 48):
        api.session("bit_digits", engine="openvino", image_size=side, cards=[CARDS], cache=cache).close()
    document = json.loads(hubtool("cache", "ls", "--json").out)["compiled"]
    assert {Path(model["path"]).parent for model in document} == {cache / "compiled"}
    new, old, busy = (Path(model["path"]) for model in document)
    sizes = {path: sum(file.stat().st_size for file in path.iterdir() if file.suffix != ".json") for path in (new, old)}
    assert [model["size"] for model in document[:2]] == [sizes[new], sizes[old]]
    long_ago = time.time() - 40 * 86_400
    for path in (old, busy):
        os.utime(path / "manifest.json", (long_ago, long_ago))
    run = hubtool("cache", "ls")
    assert run.code == 0
    assert " in 3 compiled models: hubtool cache prune --older-than 30d" in run.err
    assert "compiled models" not in hubtool("cache", "ls", "-q").err
    listed = json.loads(hubtool("cache", "ls", "--json", "--older-than", "30d").out)["compiled"]
    assert [Path(model["path"]) for model in listed] == [old, busy]
    for command in (["prune"], ["prune", "--unused"], ["prune", "--older-than", "30d", "-n"]):
        hubtool("cache", *command)
    assert all(path.exists() for path in (new, old, busy))
    with FileLock(busy / "lock"):
        run = hubtool("cache", "prune", "--older-than", "30d")
    assert (run.code, run.out) == (0, f"{old}  {size(sizes[old])}\n")
    assert f"{busy}: in use by a process, skipped" in run.err
    assert (new.exists(), old.exists(), busy.exists()) == (True, False, True)


def test_a_shared_cache_is_looked_through_first_and_never_written(
    hubtool: Hubtool, pulled: Path, tmp_path: Path
) -> None:
    shared = Path(hubtool.environment["HUBTOOL_CACHE"]).rename(tmp_path / "shared")
    before = sorted((path, path.stat().st_mtime_ns) for path in shared.rglob("*"))
    hubtool.environment["HUBTOOL_SHARED_CACHE"] = f"{tmp_path / 'nothing'}{os.pathsep}{shared}"
    run = hubtool("pull", "bit_digits")
    assert Path(run.out.strip()).is_relative_to(shared)
    assert not (Path(hubtool.environment["HUBTOOL_CACHE"]) / "sha256").exists()
    assert sorted((path, path.stat().st_mtime_ns) for path in shared.rglob("*")) == before
    flip_byte(shared / pulled.relative_to(hubtool.environment["HUBTOOL_CACHE"]))
    run = hubtool("pull", "bit_digits")
    assert "changed since it was verified; skipped" in run.err
    assert Path(run.out.strip()) == pulled


def test_to_a_folder_as_a_link(hubtool: Hubtool, pulled: Path, tmp_path: Path) -> None:
    for _ in range(2):
        run = hubtool("pull", "bit_digits", "--to", tmp_path / "out", "--link", "-q")
        assert (run.code, run.err) == (0, "")
    target = Path(run.out.strip())
    assert target == tmp_path / "out" / DIGITS_CHECKPOINT.name
    assert target.readlink() == pulled
    assert hubtool("pull", "bit_digits", "--link").code == 2
