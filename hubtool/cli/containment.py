"""Running MindSpore without letting it take over the process."""

from __future__ import annotations

import _thread
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, get_ident

_POLL_SECONDS = 0.1
INTERRUPTED = 130


@contextmanager
def contained() -> Iterator[None]:
    """Keep stdout for results and Ctrl-C for Python while a library runs.

    What is printed on file descriptor 1, from Python or C++, goes to stderr. Ctrl-C raises KeyboardInterrupt
    in the main thread; a second one ends the process at once. Where Ctrl-C is ignored, as by a job in the
    background of a script, it stays ignored.
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
    if not hasattr(signal, "pthread_sigmask"):  # on Windows, the handlers of a library reach no other thread
        yield
        return
    # MindSpore sets its own handler for SIGINT, again and again as its parts start, which ends the process
    # with SIGTERM. A signal that is blocked never reaches a handler: a thread looks for it instead.
    handler = signal.getsignal(signal.SIGINT) or signal.default_int_handler  # None: one that is not Python's
    done = Event()
    # A blocking system call of the main thread ends when a signal comes that has a handler: then Python notices that it
    # was interrupted. This one is ignored by default, so it does no harm when it comes late.
    urgent = signal.signal(signal.SIGURG, lambda *_: None)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    watcher = Thread(target=_watch, args=(done, get_ident()), daemon=True)
    if handler is not signal.SIG_IGN:
        watcher.start()
    try:
        yield
    finally:
        done.set()
        signal.signal(signal.SIGINT, handler)
        signal.signal(signal.SIGURG, urgent or signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(done: Event, main: int) -> None:
    # Not sigtimedwait: when the process was stopped and resumes (Ctrl-Z and fg, a frozen container), Python's
    # returns as though the signal had come.
    interrupted = False
    while not done.wait(_POLL_SECONDS):
        if signal.SIGINT in signal.sigpending():
            if interrupted:
                os._exit(INTERRUPTED)
            signal.sigwait({signal.SIGINT})
            interrupted = True
            _thread.interrupt_main()
        if interrupted:  # every time: the main thread may have begun to wait, for another process say, just now
            signal.pthread_kill(main, signal.SIGURG)
