"""Contestants in processes of their own, of which one at a time works: the others are stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.race.contestants import Contestant
from benchmarks.race.runner import Task


class Failed(Exception):
    """A contestant's process ended; the message holds its last words."""


class Entry:
    """A contestant's process; stopped unless it works.

    Raises
    ------
    Failed
        The contestant could not be opened, for another reason than that something is missing here.
    """

    def __init__(self, contestant: Contestant, task: Task):
        self.contestant = contestant
        folder = task.assets.folder
        stem = contestant.name.replace(" ", "-")
        self.logits = folder / f"{stem}.npy"
        """The answers to the first batch, once it is open."""
        self._log = folder / f"{stem}.log"
        arguments = [contestant.name, task.assets.save(), task.batch_size, task.threads, self.logits]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.race.worker", *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.skipped = str(self._answer().get("skipped", ""))
        """Why it does not take part; empty if it does."""

    def round(self) -> dict[str, Any]:
        """What `benchmarks.race.worker` tells of one more round. Raises Failed."""
        self._process.send_signal(signal.SIGCONT)
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise Failed(_last_words(self._log))
        self._process.send_signal(signal.SIGSTOP)
        document: dict[str, Any] = json.loads(line)
        return document


def race(contestants: Iterable[Contestant], task: Task, rounds: int) -> Results:
    """Let them run in turn, after one round that does not count."""
    results, entries = Results(), {}
    try:
        for contestant in contestants:
            entry = _entered(contestant, task, results)
            if entry is not None:
                entries[contestant.name] = entry
        for number in range(rounds + 1):
            for name in list(entries):
                try:
                    found = entries[name].round()
                except Failed as failure:
                    results.drop(name, f"failed: {failure}")
                    del entries[name]
                    continue
                if number:
                    results.rounds.setdefault(name, []).append(found)
                _say(f"round {number or 'to warm up'}: {name}: {found['work'] / found['seconds']:.2f} a second")
        results.logits = {name: entry.logits for name, entry in entries.items() if entry.logits.exists()}
    finally:
        for entry in entries.values():
            entry.close()
    return results


class Results:
    """What happened.

    Attributes
    ----------
    rounds
        By contestant.
    skipped
        Why a contestant has none.
    logits
        Where the answers to the first batch are, by contestant.
    """

    def __init__(self) -> None:
        self.rounds: dict[str, list[dict[str, Any]]] = {}
        self.skipped: dict[str, str] = {}
        self.logits: dict[str, Path] = {}

    def drop(self, name: str, reason: str) -> None:
        self.rounds.pop(name, None)
        self.skipped[name] = reason
        _say(f"{name} is skipped: {reason}")


def _entered(contestant: Contestant, task: Task, results: Results) -> Entry | None:
    if missing := contestant.missing:
        results.drop(contestant.name, f"not installed: {', '.join(missing)}")
        return None
    try:
        entry = Entry(contestant, task)
    except Failed as failure:
        results.drop(contestant.name, f"failed: {failure}")
        return None
    if entry.skipped:
        entry.close()
        results.drop(contestant.name, entry.skipped)
        return None
    _say(f"{contestant.name} is ready")
    return entry


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
