"""Checking many cards: in order, in a stream, on several cores, in memory that does not grow with their number.

Only the summaries that catalogue rules need are kept; cards and diagnostics are handed on and forgotten.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hubtool.card.cardtext import BOM, read_text
from hubtool.card.parse import ParsedCard, parse_card, read_card
from hubtool.errors import EnvironmentProblem
from hubtool.lint.comments import MARK
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card, check_catalogue, named_cards
from hubtool.lint.rule import Facts
from hubtool.lint.summary import Summary, summarise
from hubtool.lint.suppress import drop_ignored, suppress

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_CARDS_WORTH_A_PROCESS = 400
_CHUNK = 32
_PIPE_BYTES = 1024 * 1024
_Outcome = TypeVar("_Outcome")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Checks:
    """What to check.

    Attributes
    ----------
    codes
        The rules that are switched on.
    ignored
        Codes to skip for single cards, by the name the user gave them.
    facts
        What rules know beyond the card.
    """

    codes: frozenset[str]
    facts: Facts
    ignored: Mapping[str, frozenset[str]]

    def of(self, parsed: ParsedCard) -> list[Diagnostic]:
        """Diagnostics of one card, without what its comments or the configuration ignore."""
        codes = self.codes - self.ignored.get(parsed.shown, frozenset())
        return suppress(parsed, check_card(parsed, self.facts, codes), codes)


class CardFile(NamedTuple):
    """A card to check: what the user calls it, and the folder it was found in; None for a card named alone.

    Of a hundred thousand cards all are kept: a string takes a quarter of what a Path does.
    """

    shown: str
    root: str | None

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.shown)

    @property
    def uid(self) -> str | None:
        """Its uid, where folders give one."""
        if self.root is None:
            return None
        below = self.shown if self.root == "." else self.shown[len(self.root.rstrip("/")) + 1 :]
        return below.rpartition(".")[0] if "/" in below else None


class Checked(NamedTuple):
    """A checked card.

    Attributes
    ----------
    lines
        Its source lines, empty when nothing was found.
    again
        Whether it was there before, with other diagnostics.
    is_card
        Not so for a file beside cards, nor for a folder.
    """

    shown: str
    lines: Sequence[str]
    diagnostics: Sequence[Diagnostic]
    summary: Summary | None
    again: bool = False
    is_card: bool = True


def find_cards(paths: Iterable[str]) -> list[CardFile]:
    """Every card at and below the given paths, once. Raises NotFound for a path that does not exist."""
    return [CardFile(shown, root) for shown, root in named_cards(paths)]


def check_one(card: CardFile, checks: Checks) -> Checked:
    """Read and check one card."""
    parsed = read_card(card.path, uid=card.uid, shown=card.shown)
    diagnostics = checks.of(parsed)
    is_card = not parsed.problems or parsed.outline is not None or not card.path.is_dir()
    return Checked(card.shown, parsed.lines if diagnostics else (), diagnostics, summarise(parsed), is_card=is_card)


def check_cards(
    cards: Sequence[CardFile], checks: Checks, jobs: int, present: Callable[[Checked], _Outcome]
) -> Iterator[_Outcome]:
    """Check cards one by one, in their order, and at the end what only all of them show.

    A card with findings of catalogue rules comes a second time, with these; so may files beside cards.

    Parameters
    ----------
    present
        Makes of a checked card what is wanted of it, in the process that checked it.
    """
    summaries: list[Summary] = []
    results = _map(partial(_check_and_present, checks=checks, present=present), cards, jobs)
    for card, (outcome, summary) in zip(cards, results, strict=True):
        if summary is not None:
            if summary.shown is not card.shown:  # it came from another process: one copy of the name is enough
                summary = summary._replace(shown=card.shown)  # noqa: PLW2901
            summaries.append(summary)
        yield outcome
    found = sorted(check_catalogue(summaries, checks.codes), key=lambda d: (d.path, d.span, d.code))
    summaries.clear()
    concerned = {diagnostic.path for diagnostic in found}
    by_name = {card.shown: card for card in cards if card.shown in concerned}
    for shown, group in groupby(found, key=lambda diagnostic: diagnostic.path):
        if shown not in by_name:
            yield present(Checked(shown, read_text(Path(shown))[0].splitlines(), [*group], None, is_card=False))
            continue
        parsed = _read_again(by_name[shown])
        wanted = [d for d in group if d.code not in checks.ignored.get(shown, frozenset())]
        kept = drop_ignored(parsed, wanted)
        if kept:
            yield present(Checked(shown, parsed.lines, kept, None, again=True))


def _read_again(card: CardFile) -> ParsedCard:
    """The text of a card once more; read as a card only where a comment in it may speak of the findings."""
    text, problem = read_text(card.path)
    if problem is None and MARK in text:
        return parse_card(text, card.path, uid=card.uid, shown=card.shown)
    return ParsedCard(card.shown, card.path, text.removeprefix(BOM))


def _check_and_present(
    card: CardFile, checks: Checks, present: Callable[[Checked], _Outcome]
) -> tuple[_Outcome, Summary | None]:
    checked = check_one(card, checks)
    return present(checked), checked.summary


def default_jobs(cards: int) -> int:
    """As many processes as there are cores, but none that would do less than it costs."""
    return max(1, min(os.cpu_count() or 1, cards // _CARDS_WORTH_A_PROCESS))


def _map(check: Callable[[CardFile], _Result], cards: Sequence[CardFile], jobs: int) -> Iterator[_Result]:
    jobs = min(jobs, -(-len(cards) // _CHUNK))
    if jobs <= 1 or not hasattr(os, "fork"):  # a process that starts from nothing costs more than most checks
        yield from map(check, cards)
    else:
        yield from _map_in_processes(check, cards, jobs)


def _map_in_processes(check: Callable[[CardFile], _Result], cards: Sequence[CardFile], jobs: int) -> Iterator[_Result]:
    """As `map`, chunk by chunk in turn by forked processes, which inherit the cards and send results.

    Not a pool of the standard library: multiprocessing's waits forever for a process that was killed, and neither
    ends at Ctrl-C without a message from every process.
    """
    import multiprocessing

    gc.freeze()  # what already exists stays in pages that the processes share
    context = multiprocessing.get_context("fork")
    workers = []
    # Ctrl-C reaches every process, and the first one ends the others: they are born with the signal blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for first in range(jobs):
            results, sender = context.Pipe(duplex=False)
            _widen(sender)
            worker = context.Process(target=_work, args=(check, cards, first, jobs, sender), daemon=True)
            worker.start()
            sender.close()  # so that the end of the process is the end of what there is to read
            workers.append((worker, results))
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number in range(-(-len(cards) // _CHUNK)):
            outcome = workers[number % jobs][1].recv()
            if isinstance(outcome, Exception):
                raise outcome
            yield from outcome
    except EOFError as error:
        raise EnvironmentProblem(
            "a process that checked cards was killed", hint="the machine may lack memory: try --jobs 1"
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for worker, _ in workers:
            worker.kill()
            worker.join()
        gc.unfreeze()


def _widen(sender: Connection) -> None:
    """Let a pipe hold more, so that a process need not wait for the reader; only Linux can, up to a limit."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(sender.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _work(
    check: Callable[[CardFile], Any], cards: Sequence[CardFile], first: int, jobs: int, sender: Connection
) -> None:
    """Check every chunk that is this process's turn."""
    for start in range(first * _CHUNK, len(cards), jobs * _CHUNK):
        outcome: object
        try:
            outcome = [check(card) for card in cards[start : start + _CHUNK]]
        except Exception as error:  # passed on to where it can be shown
            outcome = error
        try:
            sender.send(outcome)
        except BrokenPipeError:  # nobody reads any longer
            return
