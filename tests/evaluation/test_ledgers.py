from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubtool import locks
from hubtool.evaluation.ledger import Resume, forget_ledger, kept_ledgers, ledgers_of, opened
from tests.evaluation.test_ledger import INPUTS, read, rows, write

pytest.importorskip("numpy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = ledgers_of(tmp_path)
    made.mkdir()
    return made


def age(path: Path, days: float) -> None:
    then = path.stat().st_mtime - days * 86_400
    os.utime(path, (then, then))


def test_ledgers_are_listed_by_age_and_nothing_else_is(tmp_path: Path, folder: Path) -> None:
    assert kept_ledgers(tmp_path / "none") == []
    path = write(folder, rows(1, 2), finished=True)
    (folder / "notes.jsonl").write_text("mine")
    (folder / ("0" * 64 + ".jsonl")).symlink_to(path)
    (ledger,) = kept_ledgers(tmp_path)
    assert (ledger.path, ledger.size) == (path, path.stat().st_size)
    assert kept_ledgers(tmp_path, older_than=86_400) == []
    age(path, 2)
    (old,) = kept_ledgers(tmp_path, older_than=86_400)
    assert forget_ledger(old)
    assert not forget_ledger(old)
    assert not path.exists()
    assert kept_ledgers(tmp_path) == []


def test_one_that_is_written_to_stays_however_old_it_is(tmp_path: Path, folder: Path) -> None:
    path = write(folder, rows(1))
    with opened(folder, INPUTS) as ledger:
        age(path, 40)
        (listed,) = kept_ledgers(tmp_path, older_than=86_400)
        assert not forget_ledger(listed)
        ledger.append(rows(2))
    assert not forget_ledger(listed)  # it was used since
    assert read(folder) == [1, 2]


def test_one_that_is_removed_while_it_is_opened_is_begun_anew(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers must not go to a file without a name, where no later run finds them."""
    path = write(folder, rows(1))
    real, removed = locks.Lock.try_acquire, []

    def removing_first(lock: locks.Lock) -> bool:
        if not removed:
            removed.append(path.unlink())
        return real(lock)

    monkeypatch.setattr(locks.Lock, "try_acquire", removing_first)
    with opened(folder, INPUTS, Resume.UNFINISHED) as ledger:
        assert ledger.batches == []
        ledger.append(rows(3))
    assert read(folder) == [3]
