from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Iterator

import pytest

from hubtool.evaluation.prefetch import prefetched

HANGS = 120.0
"""Seconds after which something certainly hangs, however busy the machine is."""


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "hubtool-prefetch"]


def test_all_items_in_order_and_no_thread_is_left() -> None:
    with prefetched(lambda: iter(range(1000))) as items:
        assert list(items) == list(range(1000))
    assert not readers()


def test_no_more_is_made_than_may_wait() -> None:
    made = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with prefetched(numbers, ahead=2) as items:
        for taken, _ in enumerate(items, start=1):
            if taken < 20:
                time.sleep(0.002)
            assert len(made) <= taken + 3
    assert len(made) == 100


def test_making_and_using_overlap() -> None:
    making = [threading.Event() for _ in range(11)]

    def numbers() -> Iterator[int]:
        for number in range(10):
            making[number].set()
            yield number
        making[10].set()

    with prefetched(numbers) as items:
        for number in items:  # the next item is being made while this one is used
            assert making[number + 1].wait(HANGS)


def test_what_is_raised_comes_in_its_place_with_its_traceback() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("in the reader")

    taken = []
    with pytest.raises(ZeroDivisionError, match="in the reader") as caught, prefetched(broken) as items:
        taken.extend(items)
    assert taken == [1]
    assert caught.traceback[-1].name == "broken"


def test_what_is_raised_before_the_first_item() -> None:
    def fails() -> Iterator[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), prefetched(fails) as items:
        next(items)


def test_leaving_early_closes_the_generator_in_its_thread() -> None:
    closed_in = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed_in.append(threading.current_thread().name)

    with prefetched(endless) as items:
        next(items)
    assert closed_in == ["hubtool-prefetch"]
    assert not readers()


def test_an_interrupt_gets_through_while_a_reader_hangs() -> None:
    release = threading.Event()

    def hangs() -> Iterator[int]:
        release.wait(HANGS)
        yield 1

    threading.Timer(0.1, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt), prefetched(hangs) as items:
        next(items)
    assert readers()  # it hangs still: nobody waited for it to end
    release.set()
