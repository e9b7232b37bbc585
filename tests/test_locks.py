"""Locks hold on file systems that refuse them, or grant them to nobody, and end with their holder."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubtool import locks
from hubtool.locks import Lock
from tests.conftest import REPOSITORY, Hubtool

fcntl = pytest.importorskip("fcntl")
REFUSALS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO, errno.EAGAIN, errno.EACCES]
"""What file systems without locks say; the last two as if somebody else had the lock."""
HOLD = """
import errno, os, sys
from pathlib import Path
from hubtool.locks import Lock
if sys.argv[2]:
    import fcntl
    def refuse(*_):
        raise OSError(int(sys.argv[2]), os.strerror(int(sys.argv[2])))
    fcntl.flock = refuse
lock = Lock(Path(sys.argv[1]))
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    yield
    for known in (locks._said, locks._grants_nothing):
        known.cache_clear()


def refuse(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refusing(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refusing)


def holder(path: Path, refusal: int | None = None) -> subprocess.Popen:
    """Another process, which holds a lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(refusal or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


@pytest.mark.parametrize("refusal", [None, *REFUSALS], ids=lambda code: errno.errorcode.get(code, "granted"))
def test_one_holds_it_at_a_time_and_the_next_one_when_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, refusal: int | None
) -> None:
    if refusal is not None:
        refuse(monkeypatch, refusal)
    path = tmp_path / "a.lock"
    first, second = Lock(path), Lock(path)
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()
    with Lock(path), Lock(tmp_path / "b.lock"):
        assert not first.try_acquire()
    assert {name.name for name in tmp_path.iterdir()} == {"a.lock", "b.lock"}
    assert len(caplog.records) == (refusal is not None)  # said once
    if refusal is not None:
        assert "this file system grants no locks" in caplog.text


@pytest.mark.parametrize("refusal", [None, errno.ENOLCK, errno.EAGAIN])
def test_the_lock_of_a_process_that_was_killed_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int | None
) -> None:
    if refusal is not None:
        refuse(monkeypatch, refusal)
    path = tmp_path / "a.lock"
    process = holder(path, refusal)
    lock = Lock(path)
    try:
        assert not lock.try_acquire()
        if refusal is not None:
            written = (tmp_path / "a.lock.owner").read_text()
            assert str(process.pid) in written
            assert socket.gethostname() in written
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with lock:
        assert not Lock(path).try_acquire()


def test_an_owner_on_another_host_that_gives_no_sign_of_life_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, errno.ENOLCK)
    monkeypatch.setattr(locks, "LEASE_SECONDS", 0.3)
    path, marker = tmp_path / "a.lock", tmp_path / "a.lock.owner"
    with Lock(path):
        written = marker.read_text()
    marker.write_text(written.replace(socket.gethostname(), "elsewhere").replace(str(os.getpid()), "4242"))
    lock, said = Lock(path), []
    assert not lock.try_acquire()
    assert "process 4242 on elsewhere" in lock._holder()
    lock.acquire(said.append)
    assert "pid=4242" not in marker.read_text()
    lock.release()
    assert not marker.exists()


def test_who_waits_long_is_told_once_who_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.ENOSYS)
    monkeypatch.setattr(locks, "_SECONDS_OF_SILENCE", 0.0)
    path, said = tmp_path / "a.lock", []
    process = holder(path, errno.ENOSYS)

    def say(holder: str) -> None:
        said.append(holder)
        threading.Timer(0.1, end, (process,)).start()

    lock = Lock(path)
    lock.acquire(say)
    lock.release()
    assert len(said) == 1
    assert f"process {process.pid} on {socket.gethostname()}" in said[0]


def test_a_file_system_that_grants_some_locks_and_not_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For want of memory, say: who has the exclusive file is heeded by those whom the kernel gives the lock."""
    process = holder(tmp_path / "a.lock", errno.ENOLCK)
    try:
        assert not Lock(tmp_path / "a.lock").try_acquire()
    finally:
        end(process)
    assert Lock(tmp_path / "a.lock").try_acquire()


def test_a_lock_file_that_was_removed_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = Lock(path)
    assert first.try_acquire()
    path.unlink()
    with Lock(path):
        assert not Lock(path).try_acquire()
    first.release()


def test_a_folder_is_locked_without_a_file_in_it(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    with Lock(link):
        assert not Lock(folder).try_acquire()
        assert list(folder.iterdir()) == []


def test_an_open_file_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in (None, errno.ENOTSUP):
        if code:
            refuse(monkeypatch, code)
        with (tmp_path / "a").open("ab+", buffering=0) as stream, (tmp_path / "a").open("rb+", buffering=0) as other:
            lock = Lock(tmp_path / "a", descriptor=stream.fileno())
            assert lock.try_acquire()
            assert not Lock(tmp_path / "a", descriptor=other.fileno()).try_acquire()
            lock.release()
            stream.write(b"x")
            assert Lock(tmp_path / "a", descriptor=other.fileno()).try_acquire()


@pytest.mark.parametrize("refusal", REFUSALS, ids=errno.errorcode.get)
def test_commands_work_in_a_cache_without_locks(
    hubtool: Hubtool, cards: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    refuse(monkeypatch, refusal)
    run = hubtool("pull", "bit_digits", "--cards", cards, "--no-progress")
    assert run.code == 0
    assert run.err.count("grants no locks") == 1
    assert [hubtool(*command).code for command in (["cache", "ls"], ["cache", "prune"])] == [0, 0]
    assert hubtool("lock", "bit_digits", "--cards", cards).code == 0
    assert hubtool("cache", "rm", "bit_digits", "--cards", cards).out != ""
    found = [*cards.rglob("*"), *Path(hubtool.environment["HUBTOOL_CACHE"]).rglob("*")]
    assert not [path for path in found if path.name.endswith(".owner")]


@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.EAGAIN], ids=errno.errorcode.get)
def test_where_no_exclusive_file_can_be_written_either_that_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    refuse(monkeypatch, refusal)
    real = os.open

    def full(where, flags, *args, **options):
        if str(where).endswith(".owner") and flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(where))
        return real(where, flags, *args, **options)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Read-only"):
        Lock(path).try_acquire()
