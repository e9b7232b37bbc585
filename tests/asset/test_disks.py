"""Caches as they are on real disks: shared by a group, read-only, in parts, full as it seems, or left by other versions."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubtool.asset import space
from hubtool.asset.cache import Cache
from hubtool.asset.notes import safe_name
from hubtool.asset.pull import pull
from hubtool.card.record import Asset, Digest
from tests.asset.server import Site, serve
from tests.conftest import DIGITS_CHECKPOINT, REPOSITORY, Hubtool, edit

BODY = DIGITS_CHECKPOINT.read_bytes()
DIGEST = DIGITS_CHECKPOINT.stem.rpartition("-")[2]
SOMEBODY_ELSE = 4242
SETPRIV = shutil.which("setpriv")
MEMORY = Path("/dev/shm")
MAY_MOUNT = (
    shutil.which("unshare")
    and subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
)
other_users = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or SETPRIV is None,
    reason="only root can make files of another user, and setpriv takes root's privileges away again",
)


@pytest.fixture
def cards(cards: Path) -> Iterator[Path]:
    """A card with 8 digits that links a file on a server; nothing pins it."""
    with serve(Site(BODY)) as site:
        card = cards / "bit_digits.md"
        edit(card, f"assets/{DIGITS_CHECKPOINT.name}>", f"{site.url}/net.ckpt>")
        (digest,) = [line for line in card.read_text().splitlines() if "asset-sha256" in line]
        edit(card, digest, f"  asset-sha256: {DIGEST}")
        (cards / "hubtool.lock").unlink()
        yield cards


@pytest.fixture
def cache(hubtool: Hubtool) -> Path:
    return Path(hubtool.environment["HUBTOOL_CACHE"])


def given_to_somebody_else(*paths: Path, mode: int) -> None:
    for path in paths:
        os.chown(path, SOMEBODY_ELSE, os.getegid())
        path.chmod(mode)


def as_a_user(*args: str | Path, cache: Path, umask: int = 0o002) -> subprocess.CompletedProcess[str]:
    """The command run by a member of the group, who has none of root's privileges."""
    privileges = "-dac_override,-dac_read_search,-fowner,-chown"
    return subprocess.run(
        [str(SETPRIV), "--bounding-set", privileges, sys.executable, "-m", "hubtool", *map(str, args)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "HUBTOOL_CACHE": str(cache)},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


@other_users
@pytest.mark.parametrize("mode", [0o664, 0o600], ids=oct)
@pytest.mark.parametrize("left", ["partial", "lock", "note", "all"])
def test_what_another_user_left_in_a_group_cache_is_taken_over(cards: Path, cache: Path, mode: int, left: str) -> None:
    parts = {
        "partial": cache / "partial" / f"{DIGEST}.part",
        "note": cache / "partial" / f"{DIGEST}.json",
        "lock": cache / "locks" / f"{DIGEST}.lock",
    }
    for folder in (cache, cache / "partial", cache / "locks"):
        folder.mkdir(exist_ok=True)
        given_to_somebody_else(folder, mode=0o2775)
    for part in parts if left == "all" else [left]:
        parts[part].write_bytes({"partial": BODY[:1000], "note": b"{}", "lock": b""}[part])
        given_to_somebody_else(parts[part], mode=mode)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache)
    assert run.returncode == 0, run.stderr
    path = Path(run.stdout.strip())
    assert path.read_bytes() == BODY
    assert path.stat().st_mode & 0o777 == 0o664
    assert as_a_user("cache", "prune", cache=cache).returncode == 0


@other_users
@pytest.mark.parametrize("umask", [0o022, 0o077], ids=oct)
def test_the_first_user_of_a_group_cache_does_not_lock_the_others_out(cards: Path, cache: Path, umask: int) -> None:
    cache.mkdir()
    given_to_somebody_else(cache, mode=0o2775)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache, umask=umask)
    assert run.returncode == 0, run.stderr
    folders = [path for path in cache.rglob("*") if path.is_dir()]
    assert len(folders) == 4
    assert {path.stat().st_mode & 0o2070 for path in folders} == {0o2070}
    Path(run.stdout.strip()).write_bytes(BODY[:-1])
    given_to_somebody_else(*cache.rglob("*"), mode=0o2775)
    for path in cache.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache, umask=umask)
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).read_bytes() == BODY


@other_users
@pytest.mark.parametrize("part", ["locks", "partial", "sha256"])
def test_a_folder_that_the_group_cannot_write_is_named(cards: Path, cache: Path, part: str) -> None:
    cache.mkdir()
    (cache / part).mkdir()
    given_to_somebody_else(cache / part, mode=0o755)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache)
    assert run.returncode == 6
    assert f"{cache / part}" in run.stderr
    assert "Permission denied" in run.stderr
    assert as_a_user("cache", "prune", cache=cache).returncode == 0


@other_users
def test_a_damaged_file_that_cannot_be_removed_is_named(hubtool: Hubtool, cards: Path, cache: Path) -> None:
    path = Path(hubtool("pull", "bit_digits", "--cards", cards).out.strip())
    path.write_bytes(b"damaged")
    given_to_somebody_else(path, path.parent, mode=0o755)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache)
    assert run.returncode == 6
    assert f"{path}: Permission denied" in run.stderr
    assert "removed" not in run.stderr


@other_users
@pytest.mark.parametrize("folder", ["cards", "cache", "both"])
def test_a_file_of_eight_digits_in_a_read_only_cache(hubtool: Hubtool, cards: Path, cache: Path, folder: str) -> None:
    assert hubtool("pull", "bit_digits", "--cards", cards).code == 0
    (cards / "hubtool.lock").unlink()
    for root in [cards] * (folder != "cache") + [cache] * (folder != "cards"):
        given_to_somebody_else(root, *root.rglob("*"), mode=0o755)
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache)
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).read_bytes() == BODY
    assert ("is not pinned" in run.stderr) == (folder == "both")
    assert as_a_user("inspect", "bit_digits", "--cards", cards, cache=cache).returncode == 0
    for command in (["ls"], ["verify"], ["prune"]):
        assert as_a_user("cache", *command, cache=cache).returncode == 0


@pytest.mark.skipif(not MAY_MOUNT, reason="needs a disk that is mounted read-only")
def test_a_cache_on_a_read_only_disk(hubtool: Hubtool, cards: Path, cache: Path) -> None:
    path = hubtool("pull", "bit_digits", "--cards", cards).out.strip()
    (cards / "hubtool.lock").unlink()
    mounts = " && ".join(f"mount --bind {root} {root} && mount -o remount,bind,ro {root}" for root in (cards, cache))
    commands = [
        ["pull", "bit_digits"],
        ["inspect", "bit_digits"],
        ["cache", "ls"],
        ["cache", "verify"],
        ["cache", "prune"],
    ]
    runs = " && ".join(
        shlex.join([sys.executable, "-m", "hubtool", *command, f"--cards={cards}"]) for command in commands
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mounts} && {runs}"],
        env=hubtool.environment | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}\n")
    assert done.stderr.count("is not pinned") == 1
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("part", ["partial", "sha256", "locks"])
@pytest.mark.skipif(not os.access(MEMORY, os.W_OK), reason="needs a second file system")
def test_a_cache_in_parts_on_two_disks(cards: Path, hubtool: Hubtool, cache: Path, part: str) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as elsewhere:
        if Path(elsewhere).stat().st_dev == cards.stat().st_dev:
            pytest.skip("no second file system")
        cache.mkdir()
        (cache / part).symlink_to(elsewhere)
        for name in ("bit_digits", "bit_digits"):
            run = hubtool("pull", name, "--cards", cards, "--no-progress")
            assert (run.code, run.err) == (0, "")
        assert Path(run.out.strip()).read_bytes() == BODY
        assert list((cache / "partial").iterdir()) == []
        assert hubtool("cache", "verify").code == 0


def test_a_file_that_changes_on_its_way_to_the_other_disk_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(source: Path, target: Path) -> None:
        if Path(source).suffix == ".part":
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, target)

    real = os.replace
    monkeypatch.setattr(os, "replace", other_disk)
    cache = Cache(tmp_path / "cache")
    partial = cache.partial_path(Digest("0" * 64))
    partial.write_bytes(BODY)
    with pytest.raises(Exception, match="was changed while it was copied"):
        cache.add(partial, "0" * 64, "net.ckpt", "", "")
    assert not list(cache.root.glob("sha256/*/*"))


@pytest.mark.parametrize("usage", [(0, 0, 0), (100, 100, 0), (100, 0, -1), None])
def test_where_no_free_space_is_reported_writing_decides(
    hubtool: Hubtool, cards: Path, monkeypatch: pytest.MonkeyPatch, usage: tuple[int, int, int] | None
) -> None:
    def report(_: object):
        if usage is None:
            raise OSError(errno.ENOSYS, "not supported")
        return shutil._ntuple_diskusage(*usage)

    monkeypatch.setattr(shutil, "disk_usage", report)
    space._say_unknown.cache_clear()
    run = hubtool("pull", "bit_digits", "--cards", cards, "--no-progress")
    assert run.code == 0
    assert run.err.count("reports no free space") == 1


@pytest.mark.parametrize("refusal", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP], ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["fsync", "chmod", "chown", "utime", "link"])
def test_a_disk_without_some_calls(
    hubtool: Hubtool, cards: Path, monkeypatch: pytest.MonkeyPatch, call: str, refusal: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(os, call, refuse)
    (cards / "hubtool.lock").write_text('{"version": 1, "assets": {}}')
    card = cards / "bit_digits.md"
    edit(card, "fine-tunable: True", "fine-tunable: True  ")
    assert hubtool("validate", card, "--fix", "--exit-zero").code == 0
    assert "fine-tunable: True\n" in card.read_text()
    assert hubtool("pull", "bit_digits", "--cards", cards).code == 0
    assert DIGEST in (cards / "hubtool.lock").read_text()


def test_a_disk_that_fails_is_told(hubtool: Hubtool, cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    run = hubtool("pull", "bit_digits", "--cards", cards)
    assert run.code == 6
    assert os.strerror(errno.EIO) in run.err


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.ENOSYS, errno.ENOTSUP], ids=errno.errorcode.get)
def test_where_no_links_can_be_made_copies_are_offered(
    hubtool: Hubtool, cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(os, "symlink", refuse)
    run = hubtool("pull", "bit_digits", "--cards", cards, "--to", tmp_path / "out", "--link")
    assert run.code == 6
    assert "without --link the file is copied" in run.err


@pytest.mark.parametrize("name", ["cards", "cache", "shared"])
def test_a_tilde_is_a_home_folder_in_every_variable(
    hubtool: Hubtool, cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert hubtool("pull", "bit_digits", "--cards", cards).code == 0
    (tmp_path / "cache").rename(tmp_path / "shared")
    hubtool.environment |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "HUBTOOL_CARDS": str(cards)}
    variable = {"shared": "HUBTOOL_SHARED_CACHE"}.get(name, f"HUBTOOL_{name.upper()}")
    hubtool.environment[variable] = f"~/{name}"
    run = hubtool("pull", "bit_digits")
    assert run.code == 0
    assert Path(run.out.strip()).is_relative_to(tmp_path / ("shared" if name == "shared" else "cache"))
    assert not (hubtool.folder / "~").exists()
    hubtool.environment[variable] = "~nobody-is-called-so/x"
    run = hubtool("pull", "bit_digits")
    assert run.code == 2
    assert f"{variable}: ~nobody-is-called-so/x: no such home folder" in run.err


@pytest.mark.parametrize(
    "args",
    [
        ["pull", "bit_digits", "--to=~/made"],
        ["pull", "bit_digits", "--cache=~/made", "--cards=~/cards"],
        ["export", "bit_digits", "--to", "safetensors", "--output=~/made"],
        ["validate", "--write-baseline=~/made"],
    ],
    ids=lambda args: args[-1],
)
def test_a_tilde_is_a_home_folder_in_every_option(
    hubtool: Hubtool, cards: Path, tmp_path: Path, args: list[str]
) -> None:
    hubtool.environment |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "HUBTOOL_CARDS": str(cards)}
    assert hubtool("pull", "bit_digits").code == 0
    assert hubtool(*args).code == 0
    assert (tmp_path / "made").exists()
    assert not (hubtool.folder / "~").exists()


@other_users
def test_a_user_without_a_home_folder(cards: Path) -> None:
    def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
        unset = {"HOME", "XDG_CACHE_HOME", "HUBTOOL_CACHE", "USERPROFILE"}
        return subprocess.run(
            [str(SETPRIV), "--reuid", "54321", "--clear-groups", sys.executable, "-m", "hubtool", *map(str, args)],
            env={key: value for key, value in os.environ.items() if key not in unset} | {"PYTHONPATH": str(REPOSITORY)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    with tempfile.TemporaryDirectory() as everybodys:  # pytest's folders are this user's alone
        root = Path(everybodys)
        root.chmod(0o777)
        at = ("--cards", shutil.copytree(cards, root / "cards"))
        assert run("list", *at).returncode == 0
        assert run("show", "bit_digits", *at).returncode == 0
        refused = run("pull", "bit_digits", *at)
        assert refused.returncode == 2
        assert "--cache, HUBTOOL_CACHE" in refused.stderr
        assert run("pull", "bit_digits", *at, "--cache", root / "made").returncode == 0


def test_a_new_cache_is_tagged_and_a_folder_with_other_things_is_not(
    hubtool: Hubtool, cards: Path, cache: Path
) -> None:
    hubtool("cache", "ls")
    assert not cache.exists()
    hubtool("pull", "bit_digits", "--cards", cards)
    tag = cache / "CACHEDIR.TAG"
    assert tag.read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    shutil.rmtree(cache)
    cache.mkdir()
    (cache / "thesis.tex").touch()  # backups must not lose it
    hubtool("pull", "bit_digits", "--cards", cards)
    assert not tag.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda note: {key: note[key] for key in ("file", "source", "stat", "boot")},  # as before links were noted
        lambda note: {key: note[key] for key in ("source", "links")},
        lambda note: note | {"boot": 7, "stat": "unknown"},
        lambda note: note | {"format": 9, "pieces": ["00"]},
    ],
    ids=["no-links", "no-stat", "odd-types", "later"],
)
def test_a_cache_of_another_version_is_used(hubtool: Hubtool, cards: Path, cache: Path, change) -> None:
    path = Path(hubtool("pull", "bit_digits", "--cards", cards).out.strip())
    note = path.parent.with_suffix(".json")
    note.write_text(json.dumps(change(json.loads(note.read_text()))))
    path.rename(path.with_name("net.ckpt"))
    for _ in range(2):
        run = hubtool("pull", "bit_digits", "--cards", cards, "--offline")
        assert (run.code, run.err) == (0, "")
    assert json.loads(hubtool("cache", "ls", "--json").out)["size"] == len(BODY)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"links": []}'])
def test_a_file_without_a_record_is_named_where_eight_digits_do_not_vouch_for_it(
    hubtool: Hubtool, cards: Path, content: str
) -> None:
    path = Path(hubtool("pull", "bit_digits", "--cards", cards).out.strip())
    (cards / "hubtool.lock").unlink()
    path.parent.with_suffix(".json").write_text(content)
    run = hubtool("pull", "bit_digits", "--cards", cards, "--offline")
    assert run.code == 4
    assert f"{path.parent}: no record of its link" in run.err
    assert hubtool("pull", "bit_digits", "--cards", cards).code == 0


def test_a_file_that_is_open_elsewhere_is_replaced_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [None] * 3

    def busy(source: Path, target: Path) -> None:
        if refusals:
            refusals.pop()
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(target))
        real(source, target)

    real = os.replace
    monkeypatch.setattr(os, "replace", busy)
    (tmp_path / "net.ckpt").write_bytes(BODY)
    found = pull(Asset("ckpt", "net.ckpt", Digest(DIGEST)), tmp_path, Cache(tmp_path / "cache"))
    assert found.path.read_bytes() == BODY


@pytest.mark.parametrize("name", ["con.ckpt", "NUL", "aux.tar.gz", "com1.ckpt", "net.ckpt.", "net..."])
def test_names_that_windows_does_not_take(name: str) -> None:
    safe = safe_name(name)
    assert safe.partition(".")[0].casefold() not in {"con", "nul", "aux", "com1"}
    assert not safe.endswith(".")
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    "name", [".DS_Store", "._net.ckpt", "Thumbs.db", "desktop.ini", "@eaDir", ".nfs0001", ".x.tmp"]
)
def test_what_systems_put_into_a_cache_is_no_file_of_it(hubtool: Hubtool, cards: Path, name: str) -> None:
    path = Path(hubtool("pull", "bit_digits", "--cards", cards).out.strip())
    for folder in (path.parent, *path.parents[1:3], path.parents[2] / "partial"):
        (folder / name).touch()
    assert json.loads(hubtool("cache", "ls", "--json").out)["unfinished"] == []
    run = hubtool("cache", "verify")
    assert (run.code, len(run.out.splitlines())) == (0, 1)
    assert hubtool("cache", "prune").out == ""
    assert hubtool("cache", "rm", "net.ckpt").code == 0
    assert not path.parent.exists()
    assert not path.parent.with_suffix(".json").exists()


@other_users
@pytest.mark.parametrize("unreadable", ["root", "folder", "file"])
def test_a_shared_cache_that_cannot_be_read_is_skipped(
    hubtool: Hubtool, cards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, unreadable: str
) -> None:
    path = Path(hubtool("pull", "bit_digits", "--cards", cards).out.strip())
    theirs = cache.rename(cache.with_name("theirs"))
    path = theirs / path.relative_to(cache)
    given_to_somebody_else({"root": theirs, "folder": path.parent, "file": path}[unreadable], mode=0o600)
    path.parent.with_suffix(".json").write_text("{}" if unreadable == "root" else json.dumps({"file": path.name}))
    monkeypatch.setenv("HUBTOOL_SHARED_CACHE", str(theirs))
    cache.mkdir()
    run = as_a_user("pull", "bit_digits", "--cards", cards, "--no-progress", cache=cache)
    assert run.returncode == 0, run.stderr
    assert f"WARNING: {theirs}" in run.stderr
    assert "Permission denied; this cache is skipped" in run.stderr
