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
    ("hubtool mindspore", "MindSpore", "#b8dbe8"),
)
_HEIGHT = 0.27


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
    figure, axes = plt.subplots(figsize=(9, 1.9 + 0.6 * len(networks)), dpi=200)
    for number, (engine, label, colour) in enumerate(_BARS):
        drawn = [(place, found) for place, (_, found) in enumerate(networks) if _counts(engine, found)]
        places = [place + (1 - number) * _HEIGHT for place, _ in drawn]
        lengths = [found["times_mindcv"][engine] for _, found in drawn]
        axes.barh(places, lengths, height=0.92 * _HEIGHT, color=colour, label=label)
        for place, length, (_, found) in zip(places, lengths, drawn, strict=True):
            rate = found["images_per_second"][engine]
            style = {"va": "center", "fontsize": 7.5, "color": _INK, "bbox": {"color": "white", "pad": 0.5}}
            axes.annotate(
                f"{length:.1f}x   {rate:.1f}/s", (length, place), xytext=(4, 0), textcoords="offset points", **style
            )
    axes.axvline(1, color=_MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    names = [f"{name}\nMindCV {_mindcv(found):.1f}/s" for name, found in networks]
    axes.set_yticks(range(len(networks)), names, color=_INK, fontsize=8.5)
    axes.set_xlim(0, 1.12 * max(max(found["times_mindcv"].values(), default=1) for _, found in networks))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=_MUTED, labelsize=8)
    label = "times the images a second of MindCV's own validation (dashed line), decoding included"
    axes.set_xlabel(label, color=_MUTED, fontsize=9)
    title = f"Evaluating MindCV's networks on {result['task']['threads']} cores"
    axes.set_title(title, loc="left", color=_INK, fontweight="bold")
    axes.legend(loc="lower right", fontsize=8.5, frameon=False)
    figure.text(0.01, 0.01, _small_print(result), fontsize=6.5, color=_MUTED, va="bottom")
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def _counts(engine: str, found: Mapping[str, Any]) -> bool:
    """Whether hubtool would evaluate a network with an engine."""
    return engine in found["times_mindcv"] and bool(found["answers"].get(engine, {}).get("passes"))


def _mindcv(found: Mapping[str, Any]) -> float:
    """Images a second of the faster of its two modes."""
    return max((found["images_per_second"][mode] for mode in MINDCV if mode in found["images_per_second"]), default=0.0)


def _small_print(result: Mapping[str, Any]) -> str:
    task, machine = result["task"], result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['date']}, {machine['processor']}. {task['images']} photographs, batches of {task['batch_size']}. "
        f"Medians of {task['rounds']} rounds.\n{versions}.\n{machine['command']}"
    )
