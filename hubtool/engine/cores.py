"""How the cores of this machine share a batch."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.data.threads import usable_cores

_IMAGES_AT_ONCE = 4
"""Feature maps of four photographs stay in the caches of a core; 8 and more of BiT-R50 took 5 to 15 % longer."""


@dataclass(frozen=True, slots=True)
class Division:
    """How a batch is divided.

    Attributes
    ----------
    chunk
        Images that one call of the network takes.
    streams
        Calls that run at the same time.
    threads
        Of all calls together.
    """

    chunk: int
    streams: int
    threads: int


def division(batch_size: int, cores: int | None = None) -> Division:
    """A call on every core, each with at most four images, as long as a batch has enough of them.

    A batch waits for its slowest call, so chunks become smaller where cores are many. Decoding runs on the same cores:
    it takes a few percent of the time that a network does.

    Parameters
    ----------
    cores
        None for those that this process may run on.
    """
    threads = usable_cores() if cores is None else cores
    chunk = max(1, min(_IMAGES_AT_ONCE, batch_size // threads))
    return Division(chunk, min(threads, max(1, -(-batch_size // chunk))), threads)
