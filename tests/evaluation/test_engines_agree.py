"""The three engines evaluate photographs by a large network: the same counts, the same answers but for ties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.protocol import Execution, Workload
from hubtool.evaluation.gate import choose
from hubtool.evaluation.loop import evaluate
from hubtool.network.registry import find_spec
from tests.photos import write_photos
from tests.weights import random_model

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")
CLASSES = [f"n{number:08}" for number in range(1000)]
TIE = 1e-4


@pytest.mark.slow
@pytest.mark.mindspore
def test_on_512_photographs(tmp_path: Path) -> None:
    spec = find_spec("bit_resnet50")
    assert spec is not None
    model = random_model(spec, tmp_path)
    photos = write_photos(tmp_path / "photos", CLASSES[:8], 64)
    split = ImageFolder(photos, spec.num_classes, EvalRecipe(), CLASSES)
    workload = Workload(len(split), spec.input_size, 32)
    evaluations = {}
    for engine in ("mindspore", "openvino", "onnxruntime"):
        chosen = choose(engine, model, Execution(), workload, split, range(len(split)))
        with chosen.session as session:
            evaluations[engine] = evaluate(session, split)
    reference = evaluations.pop("mindspore")
    assert reference.counts.images == 512
    for engine, evaluation in evaluations.items():
        differing = (evaluation.rows["best"] != reference.rows["best"]).any(axis=1)
        logits = abs(evaluation.rows["logit"] - reference.rows["logit"])
        assert logits.max() <= TIE * max(1, abs(reference.rows["logit"]).max()), engine
        if not differing.any():
            assert evaluation.counts.correct == reference.counts.correct
        else:
            _are_ties(model, split, np.flatnonzero(differing), reference, workload)


def _are_ties(model, split, places, reference, workload) -> None:
    """The images that differ have logits among their six best that are closer than the bound."""
    with choose("mindspore", model, Execution(), workload, split, range(1)).session as session:
        (batch,) = split.batches([int(reference.rows["index"][place]) for place in places], len(places))
        best = -np.sort(-session.logits(batch.images), axis=1)[:, :6]
    assert (np.diff(-best, axis=1).min(axis=1) <= 2 * TIE * max(1, abs(best).max())).all()
