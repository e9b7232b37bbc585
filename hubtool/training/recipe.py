"""Reading a training recipe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.errors import NotFound, UsageProblem
from hubtool.network.registry import find_spec, suggestion
from hubtool.network.spec import ModelSpec
from hubtool.resources import packaged

_INTEGERS = {"seed", "epochs", "batch_size", "warmup_epochs", "shift"}


@dataclass(frozen=True, slots=True)
class TrainRecipe:
    """A training run, completely: the same recipe gives the same run, up to the order of floating-point sums.

    Attributes
    ----------
    learning_rate
        At the end of the warm-up; it falls along half a cosine to 0 at the last step.
    warmup_epochs
        Epochs of linear growth from 0.
    shift
        Largest random shift of a training image, in pixels, in each direction.
    """

    network: ModelSpec
    dataset: str
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_epochs: int = 0
    momentum: float = 0.9
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    shift: int = 0


def read_recipe(path: Path) -> TrainRecipe:
    """Read a recipe file (YAML).

    Raises
    ------
    NotFound
        There is no such file.
    UsageProblem
        It is not a recipe; the message names file, key and what is wrong.
    """
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"{path}: no such recipe", hint="cards/recipes/ holds the recipes of the cards") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageProblem(f"{path}: not a readable YAML file: {' '.join(str(error).split())}") from error
    _validate(path, values)
    name = values.pop("network")
    network = find_spec(name)
    if network is None:
        raise UsageProblem(f"{path}: network: hubtool cannot build it", hint=suggestion(name))
    # JSON Schema counts 14.0 as an integer.
    exact: dict[str, Any] = {key: int(value) if key in _INTEGERS else value for key, value in values.items()}
    return TrainRecipe(network=network, **exact)


def _validate(path: Path, values: Any) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((packaged("schemas") / "recipe.schema.json").read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(values), key=lambda error: list(error.path))
    if errors:
        said = "; ".join(": ".join([*map(str, error.path), error.message]) for error in errors)
        raise UsageProblem(f"{path}: {said}")
