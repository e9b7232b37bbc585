"""Rounds to medians, ratios, and what was wanted of them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.race.contestants import CONTESTANTS, HUBTOOL

Rounds = Mapping[str, Sequence[Mapping[str, Any]]]
MINDCV = ("mindcv pynative", "mindcv graph")
GFLOP_AN_IMAGE = 8.2
"""BiT-R50 at 224 x 224: 4.1 G multiplications with an addition each."""
MOST_OUTSIDE_NETWORK = 5.0
"""Percent of the wall time of an evaluation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many times as fast as the fastest of some others a contestant should be.

    Attributes
    ----------
    scale
        What a unit of its work is in those of the others.
    """

    name: str
    others: tuple[str, ...]
    ratio: float
    scale: float = 1.0


WANTED = (
    Wanted("hubtool openvino", MINDCV, 5.0),
    Wanted("hubtool openvino", ("openvino plain",), 1.1),
    Wanted("hubtool openvino", ("torch eager",), 1.3),
    Wanted("hubtool openvino", ("matmul f32",), 0.9, GFLOP_AN_IMAGE),
    Wanted("hubtool onnxruntime", MINDCV, 4.0),
    Wanted("hubtool openvino bf16", MINDCV, 12.0),
    Wanted("hubtool mindspore", MINDCV, 1.8),
)


def summary(rounds: Rounds) -> dict[str, Any]:
    """Medians and ratios of each contestant, and whether the wanted ones were reached.

    A ratio is the median of those within each round, so that a slow phase of the machine, which hits all that ran in
    it, does not count.
    """
    contestants = {name: _contestant(name, rounds) for name in rounds}
    return {"contestants": contestants, "wanted": [*_speeds(rounds), *_shares(contestants)]}


def fastest(names: Sequence[str], rounds: Rounds) -> str | None:
    """The one of these with the highest median; None if none of them ran."""
    ran = [name for name in names if name in rounds]
    return max(ran, key=lambda name: statistics.median(_rates(rounds[name])), default=None)


def ratio(name: str, other: str, rounds: Rounds, scale: float = 1.0) -> float:
    """Median over the rounds of how many times as fast as the other it was."""
    pairs = zip(_rates(rounds[name]), _rates(rounds[other]), strict=True)
    return statistics.median(scale * mine / theirs for mine, theirs in pairs)


def _rates(rounds: Sequence[Mapping[str, Any]]) -> list[float]:
    return [found["work"] / found["seconds"] for found in rounds]


def _contestant(name: str, rounds: Rounds) -> dict[str, Any]:
    mine = rounds[name]
    rates = _rates(mine)
    unit = "gflop_per_second" if name.startswith("matmul") else "images_per_second"
    result: dict[str, Any] = {
        unit: [round(rate, 3) for rate in rates],
        "median": round(statistics.median(rates), 3),
        "peak_mib": max(found["peak_mib"] for found in mine),
    }
    if unit == "images_per_second":
        peer = fastest(MINDCV, rounds)
        result["times_mindcv"] = round(ratio(name, peer, rounds), 3) if peer else None
        per_image = [1000 * found["processor_seconds"] / found["work"] for found in mine]
        result["processor_ms_per_image"] = round(statistics.median(per_image), 1)
        result["outside_network_percent"] = _outside(mine)
    return result


def _outside(rounds: Sequence[Mapping[str, Any]]) -> float | None:
    shares = [100 * found["outside"] / found["seconds"] for found in rounds if found["outside"] is not None]
    return round(statistics.median(shares), 2) if shares else None


def _speeds(rounds: Rounds) -> list[dict[str, Any]]:
    found = []
    for wanted in WANTED:
        other = fastest(wanted.others, rounds)
        measured = ratio(wanted.name, other, rounds, wanted.scale) if other and wanted.name in rounds else None
        against = other or " or ".join(wanted.others)
        unit = " in GFLOP/s" if wanted.scale != 1 else ""
        found.append(
            {
                "what": f"{wanted.name} / {against}{unit}",
                "at_least": wanted.ratio,
                "measured": None if measured is None else round(measured, 3),
                "met": None if measured is None else measured >= wanted.ratio,
            }
        )
    return found


def _shares(contestants: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, contestant in CONTESTANTS.items():
        if contestant.kind == HUBTOOL:
            share = contestants[name]["outside_network_percent"] if name in contestants else None
            found.append(
                {
                    "what": f"{name}: percent of the time outside the network",
                    "below": MOST_OUTSIDE_NETWORK,
                    "measured": share,
                    "met": None if share is None else share < MOST_OUTSIDE_NETWORK,
                }
            )
    return found
