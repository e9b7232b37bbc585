"""Networks by engine as a picture: a group of bars for each network, the largest speed-up at the top."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.race.outcome import MINDCV

_INK, _MUTED = "#1c2226", "#5d686f"
_BARS = (
    ("hubtool openvino", "OpenVINO", "#0b6e99"),
    ("hubtool onnxruntime", "onnxruntime", "#5aa9c9"),
    ("hubtool mindspore", "MindSpore, compiled", "#b8dbe8"),
    ("mindcv", "MindCV's own validation", "#b4bcc2"),
)
_HEIGHT = 0.2


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Write a PNG of 1,800 pixels in width.

    Parameters
    ----------
    result
        The JSON document of benchmarks/networks.py.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    networks = sorted(result["networks"].items(), key=lambda item: item[1]["speed_up"] or 0)
    figure, axes = plt.subplots(figsize=(9, 1.9 + 0.66 * len(networks)), dpi=200)
    rates = {name: _rates(found) for name, found in networks}
    for number, (key, label, colour) in enumerate(_BARS):
        places = [place + (1.5 - number) * _HEIGHT for place in range(len(networks))]
        lengths = [rates[name].get(key, 0) for name, _ in networks]
        axes.barh(places, lengths, height=0.92 * _HEIGHT, color=colour, label=label)
    for place, (name, found) in enumerate(networks):
        if found["speed_up"] and found["fastest"]:
            number = [key for key, *_ in _BARS].index(found["fastest"])
            axes.annotate(
                f"{rates[name][found['fastest']]:.1f}   {found['speed_up']:.1f}x",
                (rates[name][found["fastest"]], place + (1.5 - number) * _HEIGHT),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=_INK,
            )
    axes.set_yticks(range(len(networks)), [name for name, _ in networks], color=_INK)
    axes.set_xscale("log")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=_MUTED, labelsize=8)
    axes.set_xlabel(
        "images a second, decoding included, on a logarithmic scale (x: times MindCV's own validation)",
        color=_MUTED,
        fontsize=9,
    )
    axes.set_title(
        f"Evaluating MindCV's networks on {result['task']['threads']} cores", loc="left", color=_INK, fontweight="bold"
    )
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    figure.text(0.01, 0.01, _small_print(result), fontsize=6.5, color=_MUTED, va="bottom")
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def _rates(found: Mapping[str, Any]) -> dict[str, float]:
    """Of the engines whose answers count, and of the faster of MindCV's modes."""
    all_rates = found["images_per_second"]
    rates = {key: all_rates[key] for key in all_rates if found["answers"].get(key, {}).get("passes")}
    mindcv = [all_rates[mode] for mode in MINDCV if mode in all_rates]
    return rates | ({"mindcv": max(mindcv)} if mindcv else {})


def _small_print(result: Mapping[str, Any]) -> str:
    task, machine = result["task"], result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['date']}, {machine['processor']}. {task['images']} photographs, batches of {task['batch_size']}. "
        f"Medians of {task['rounds']} rounds. {versions}.\n{machine['command']}"
    )
