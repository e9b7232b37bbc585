"""Reading ahead in another thread, so that the network does not wait for images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
AHEAD = 2
"""Items that are ready and not taken yet; one more is being made."""
_POLL_SECONDS = 0.1
_SECONDS_TO_END = 2.0


@contextmanager
def prefetched(make: Callable[[], Iterator[T]], ahead: int = AHEAD) -> Iterator[Iterator[T]]:
    """The items of an iterator that another thread makes and works on, in order.

    What is raised there is raised here, where its item would have come. When the block ends, the thread stops after
    the item it is at.

    Parameters
    ----------
    make
        Called in that thread.
    ahead
        At most so many items wait to be taken.
    """
    queue: Queue[T | _End] = Queue(ahead)
    gone = Event()
    thread = Thread(target=_Reader(make, queue, gone).run, name="hubtool-prefetch", daemon=True)
    thread.start()
    try:
        yield _taken(queue)
    finally:
        gone.set()
        # A reader that hangs, for example on a network file system, must not block Ctrl-C.
        thread.join(_SECONDS_TO_END)


class _End:
    """The last item: nothing follows, or an exception."""

    def __init__(self, error: BaseException | None = None):
        self.error = error


class _Reader(Generic[T]):
    """What the thread does."""

    def __init__(self, make: Callable[[], Iterator[T]], queue: Queue[T | _End], gone: Event):
        self._make, self._queue, self._gone = make, queue, gone

    def run(self) -> None:
        end = _End()
        try:
            items = self._make()
            for item in items:
                if not self._put(item):
                    break
            close = getattr(items, "close", None)  # a generator cleans up in the thread that ran it
            if close is not None:
                close()
        except BaseException as error:  # passed on to the consumer
            end = _End(error)
        self._put(end)

    def _put(self, item: T | _End) -> bool:
        """False when nobody takes items any more."""
        while not self._gone.is_set():
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
            return True
        return False


def _taken(queue: Queue[T | _End]) -> Iterator[T]:
    while True:
        try:
            # With a timeout: waiting for a lock without one blocks a KeyboardInterrupt that another
            # thread asks for.
            item = queue.get(timeout=_POLL_SECONDS)
        except Empty:
            continue
        if not isinstance(item, _End):
            yield item
        elif item.error is not None:
            raise item.error
        else:
            return
