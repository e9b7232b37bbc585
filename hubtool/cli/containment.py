"""Running MindSpore without letting it take over the process."""

from __future__ import annotations

import _thread
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

_POLL_SECONDS = 0.1
INTERRUPTED = 130


@contextmanager
def contained() -> Iterator[None]:
    """Keep stdout for results and Ctrl-C for Python while a library does as it likes.

    What is printed on file descriptor 1, from Python or C++, goes to stderr. Ctrl-C raises KeyboardInterrupt
    in the main thread; a second one ends the process at once.
    """
    with _stdout_to_stderr(), _interrupts():
        yield


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)


@contextmanager
def _interrupts() -> Iterator[None]:
    # MindSpore puts a handler of its own on SIGINT, again and again as its parts start, that ends the process
    # with SIGTERM. A signal that is blocked never reaches a handler: a thread waits for it instead.
    done = Event()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    watcher = Thread(target=_watch, args=(done,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(done: Event) -> None:
    interrupted = False
    while not done.is_set():
        if signal.sigtimedwait({signal.SIGINT}, _POLL_SECONDS) is None:
            continue
        if interrupted:
            os._exit(INTERRUPTED)
        interrupted = True
        _thread.interrupt_main()
