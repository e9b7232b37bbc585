"""Work is measured in the machine's own counting: seconds differ by machine, and by what else it does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def little_effort(counts: float = 500) -> Iterator[None]:
    """Fail if the block takes more processor time than counting to a million takes `counts` times.

    Even the default, some twenty seconds of a slow processor, is soon passed by what is quadratic in its input.
    """
    started = time.process_time()
    for _ in range(1_000_000):
        pass
    counted = time.process_time()
    yield
    assert time.process_time() - counted < counts * (counted - started)
