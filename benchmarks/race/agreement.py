"""Whether the contestants run the same network: their answers to the same first batch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

REFERENCES = ("mindcv pynative", "mindcv graph", "hubtool mindspore", "torch eager", "onnxruntime plain")
"""What the others are compared with: the first one that ran."""


def agreement(logits: Mapping[str, Path]) -> dict[str, Any]:
    """The reference, and for each contestant how far its logits are off and how many images have the same top-5."""
    import numpy as np

    from hubtool.evaluation.topk import best_classes

    reference = next((name for name in (*REFERENCES, *logits) if name in logits), None)
    if reference is None:
        return {}
    expected = np.load(logits[reference])
    best = best_classes(expected)
    found = {}
    for name, path in logits.items():
        answers = np.load(path)
        found[name] = {
            "max_abs_difference": float(np.abs(answers - expected).max()),
            "same_top5": int((best_classes(answers) == best).all(axis=1).sum()),
        }
    return {"reference": reference, "images": len(expected), "logits_std": float(expected.std()), "found": found}
