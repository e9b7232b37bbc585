"""Work that is done by several threads and handed out in order."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_POLL_SECONDS = 0.1
_SECONDS_TO_END = 2.0


def usable_cores() -> int:
    """Processor cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def in_order(work: Callable[[T], R], items: Iterable[T], *, threads: int, ahead: int) -> Generator[R, None, None]:
    """The results of `work` for the items, in their order.

    What `work` raises is raised where its result would have come. When the iterator is closed, or ends, so do the
    threads: each after the item that it is at.

    Parameters
    ----------
    work
        Called in the threads.
    threads
        How many of them.
    ahead
        At most so many items are being worked on, or done and not taken yet.
    """
    jobs: SimpleQueue[tuple[Future[R], T] | None] = SimpleQueue()
    pending: deque[Future[R]] = deque()
    # Daemons: a read that hangs, on a network file system say, must not keep a user who pressed Ctrl-C.
    workers = [Thread(target=_serve, args=(work, jobs), name="hubtool-decode", daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        for item in items:
            future: Future[R] = Future()
            pending.append(future)
            jobs.put((future, item))
            if len(pending) >= ahead:
                yield _result(pending.popleft())
        while pending:
            yield _result(pending.popleft())
    finally:
        for future in pending:
            future.cancel()
        for _ in workers:
            jobs.put(None)
        end = time.monotonic() + _SECONDS_TO_END
        for worker in workers:
            worker.join(max(0.0, end - time.monotonic()))


def _serve(work: Callable[[T], R], jobs: SimpleQueue[tuple[Future[R], T] | None]) -> None:
    while (job := jobs.get()) is not None:
        future, item = job
        if not future.set_running_or_notify_cancel():
            continue
        try:
            result = work(item)
        except BaseException as error:  # carried to whoever takes the result
            future.set_exception(error)
        else:
            future.set_result(result)


def _result(future: Future[R]) -> R:
    # Not without end: such a wait lets no KeyboardInterrupt through that another thread asks for.
    while not future.done():
        wait((future,), timeout=_POLL_SECONDS)
    return future.result()
