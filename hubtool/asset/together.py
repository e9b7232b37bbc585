"""Several transfers at a time, a bounded number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
TRANSFERS_AT_A_TIME = 4
_POLL_SECONDS = 0.5


class _Outcome(Generic[T]):
    def __init__(self) -> None:
        self.done = Event()
        self.value: T | None = None
        self.error: BaseException | None = None


def together(jobs: Sequence[Callable[[], T]], workers: int = TRANSFERS_AT_A_TIME) -> Iterator[T | Exception]:
    """Run jobs in threads and give what they return, or the exception that ended them, in the order of the jobs.

    The threads end with the process, whatever they wait for: a partial file is in order at any moment.
    """
    if len(jobs) == 1:  # a single worker needs no thread, so Ctrl-C reaches it
        yield _attempt(jobs[0])
        return
    outcomes: list[_Outcome[T]] = [_Outcome() for _ in jobs]
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            outcome = outcomes[number]
            try:
                outcome.value = jobs[number]()
            except BaseException as error:  # passed on to the caller
                outcome.error = error
            outcome.done.set()

    for _ in range(min(workers, len(jobs))):
        Thread(target=work, daemon=True).start()
    for outcome in outcomes:
        while not outcome.done.wait(_POLL_SECONDS):  # a wait without end lets no Ctrl-C through on Windows
            pass
        if outcome.error is None:
            yield outcome.value  # type: ignore[misc]
        elif isinstance(outcome.error, Exception):
            yield outcome.error
        else:
            raise outcome.error


def _attempt(job: Callable[[], T]) -> T | Exception:
    try:
        return job()
    except Exception as error:  # passed on to the caller, as from the threads
        return error
