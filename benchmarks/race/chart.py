"""The result as a picture: a bar for each contestant, the fastest at the top."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.race.contestants import CONTESTANTS, HUBTOOL

_OURS, _OTHERS, _INK, _MUTED = "#0b6e99", "#b4bcc2", "#1c2226", "#5d686f"
_PALE = 0.55
"""Opacity of bars in bfloat16, whose answers are not the same."""


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Write a PNG of 1,800 pixels in width.

    Parameters
    ----------
    result
        The JSON document of the benchmark.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = sorted(
        ((name, found) for name, found in result["contestants"].items() if "images_per_second" in found),
        key=lambda row: row[1]["median"],
    )
    figure, axes = plt.subplots(figsize=(9, 1.7 + 0.36 * len(rows)), dpi=200)
    medians = [found["median"] for _, found in rows]
    low = [found["median"] - min(found["images_per_second"]) for _, found in rows]
    high = [max(found["images_per_second"]) - found["median"] for _, found in rows]
    ours = [CONTESTANTS[name].kind == HUBTOOL for name, _ in rows]
    bars = axes.barh(
        [name for name, _ in rows],
        medians,
        height=0.68,
        color=[_OURS if mine else _OTHERS for mine in ours],
        xerr=[low, high],
        error_kw={"ecolor": _MUTED, "elinewidth": 1, "capsize": 2},
    )
    for place, (name, found) in enumerate(rows):
        if name.endswith("bf16"):
            bars[place].set_alpha(_PALE)
        times = found["times_mindcv"]
        label = f"{found['median']:.1f}" + (f"   {times:.1f}x" if times is not None else "")
        axes.annotate(
            label,
            (max(found["images_per_second"]), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=_INK,
        )
    for text, mine in zip(axes.get_yticklabels(), ours, strict=True):
        text.set(fontweight="bold" if mine else "normal", color=_INK)
    axes.set_xlim(0, 1.15 * max(map(max, (found["images_per_second"] for _, found in rows))))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=_MUTED, labelsize=8)
    axes.set_xlabel("images a second, decoding included (x: times MindCV's own validation)", color=_MUTED, fontsize=9)
    title = f"Evaluating {result['task']['network']} on {result['task']['threads']} cores"
    axes.set_title(title, loc="left", color=_INK, fontweight="bold")
    figure.text(0.01, 0.012, _small_print(result), fontsize=6.5, color=_MUTED, va="bottom")
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def _small_print(result: Mapping[str, Any]) -> str:
    task, machine = result["task"], result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name in _NAMED)
    return (
        f"{machine['date']}, {machine['processor']}. {task['images']} photographs, batches of {task['batch_size']}. "
        f"Medians of {task['rounds']} rounds, whiskers from the slowest to the fastest. Pale: bf16 answers differently."
        f"\n{versions}.\n{machine['command']}"
    )


_NAMED = ("mindspore", "mindcv", "torch", "timm", "onnxruntime", "openvino")
