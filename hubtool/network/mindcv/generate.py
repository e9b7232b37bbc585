"""Makes the table of MindCV's networks: `python -m hubtool.network.mindcv.generate`, with the extra `zoo`.

Every network is built twice, with two numbers of classes: what differs is the head. No weight is computed or run.
`recipes.csv` and `runs.csv` are read, `models.json` and `tensors.zip` are written, the same bytes for the same
versions.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hubtool.extras import installed_versions
from hubtool.network.mindcv.remedies import classes_of, create, spare_outputs, without_values
from hubtool.network.mindcv.table import MODELS, TENSORS, Tensor, digest, written
from hubtool.network.mindspore import require_mindspore
from hubtool.words import first_line

RECIPES = Path(__file__).with_name("recipes.csv")
RUNS = Path(__file__).with_name("runs.csv")
_OTHER_CLASSES = 10
_SETTINGS = ("image_size", "crop_pct", "interpolation", "mean", "std")
_CHANNELS = 3  # what create_model takes by default
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold
_SIZE_IN_NAME = re.compile(r"_(96|128|160|192|224|256|384|448)\b")
_BUILT_FOR = {"swinv2": 256}  # what the default of the network's class says, where no config and no name does
_DEFAULT_SIZE = 224

_log = logging.getLogger(__name__)


def main() -> None:
    """Write the table beside this script."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    names = registered()
    described = {name: describe(name) for name in names}
    write(described, MODELS, TENSORS)
    failed = [name for name, (entry, _) in described.items() if "fails" in entry]
    _log.info("%d networks, %d of which cannot be built or run: %s", len(names), len(failed), ", ".join(failed))


def registered() -> list[str]:
    """The names in MindCV's registry, in alphabetical order."""
    require_mindspore("make the table of networks")
    from mindcv.models.registry import list_models

    return sorted(list_models())


def describe(name: str) -> tuple[dict[str, Any], bytes]:
    """The entry of a network, and the text of its tensors; that is empty for one that cannot be built."""
    _log.info("%s", name)
    classes = classes_of(name)
    recipe = _recipes().get(name, {})
    size, source = _size(name, recipe)
    entry: dict[str, Any] = {
        "size": size,
        "size_from": source,
        "channels": _CHANNELS,
        "classes": classes,
        "spare": spare_outputs(name),
        "recipe": recipe,
    }
    try:
        found, others = (list(_tensors(name, count)) for count in (classes, _OTHER_CLASSES))
    except Exception as error:  # whatever a constructor raises is the reason
        return entry | {"fails": f"MindCV cannot build it: {type(error).__name__}: {first_line(error)}"}, b""
    text = written(found)
    entry |= {
        "parameters": _count(found),
        "frozen": _count(one for one in found if not one.trained),
        "heads": heads(found, others),
        "class_size": (_count(found) - _count(others)) // (classes - _OTHER_CLASSES),
        "tensors": len(found),
        "digest": digest(text),
    }
    run = _runs().get(name)
    if run is not None:
        entry |= {"fails": run["reason"]} if run["reason"] else {"other_sizes": run["other_sizes"] == "yes"}
    return entry, text


def heads(found: list[Tensor], others: list[Tensor]) -> dict[str, int]:
    """The tensors whose shape follows the number of classes, each with the axis that does."""
    axes = {}
    for one, other in zip(found, others, strict=True):
        differing = [axis for axis, sizes in enumerate(zip(one.shape, other.shape, strict=True)) if len(set(sizes)) > 1]
        if differing:
            (axes[one.name],) = differing
    return axes


def write(described: Mapping[str, tuple[dict[str, Any], bytes]], models: Path, tensors: Path) -> None:
    """Write both files of the table; what the bytes depend on is the argument and the versions alone."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, (entry, _) in described.items())
    versions = json.dumps(installed_versions(["mindcv", "mindspore"]))
    models.write_text(f'{{"versions": {versions},\n"networks": {{\n{lines}\n}}}}\n', encoding="utf-8")
    with zipfile.ZipFile(tensors, "w") as archive:
        for name, (_, text) in described.items():
            if text:
                member = zipfile.ZipInfo(name, _EARLIEST)
                archive.writestr(member, text, zipfile.ZIP_DEFLATED, compresslevel=9)


def _tensors(name: str, classes: int) -> Iterator[Tensor]:
    with without_values():
        cell = create(name, classes)
    for parameter in cell.get_parameters():
        yield Tensor(
            parameter.name, str(parameter.dtype).lower(), tuple(parameter.shape), bool(parameter.requires_grad)
        )


def _count(tensors: Iterable[Tensor]) -> int:
    return sum(math.prod(one.shape) for one in tensors)


def _size(name: str, recipe: Mapping[str, str]) -> tuple[int, str]:
    """Side of the input, and who says so: MindCV's evaluation, the network's own configuration, its name, or nobody."""
    if "image_size" in recipe:
        return int(recipe["image_size"]), "config"
    if own := _own_size(name):
        return own, "network"
    if in_name := _SIZE_IN_NAME.search(name):
        return int(in_name[1]), "name"
    built_for = next((size for start, size in _BUILT_FOR.items() if name.startswith(start)), None)
    return (_DEFAULT_SIZE, "default") if built_for is None else (built_for, "network")


def _own_size(name: str) -> int:
    from mindcv.models.registry import model_entrypoint

    configured = getattr(sys.modules[model_entrypoint(name).__module__], "default_cfgs", {}).get(name, {})
    shape = configured.get("input_size")
    return int(shape[-1]) if shape else 0


def _recipes() -> dict[str, dict[str, str]]:
    """What MindCV's configurations say of the evaluation, by network and key; keys that are empty are skipped."""
    settings = {row["network"]: row for row in recipe_rows()}
    return {name: {key: row[key] for key in _SETTINGS if row[key]} for name, row in settings.items()}


def recipe_rows() -> list[dict[str, str]]:
    """The rows of `recipes.csv`: a network, what MindCV calls its configuration, and its evaluation."""
    with RECIPES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _runs() -> dict[str, dict[str, str]]:
    """What `runs.csv` says, by network."""
    if not RUNS.exists():
        return {}
    with RUNS.open(encoding="utf-8", newline="") as file:
        return {row["network"]: row for row in csv.DictReader(file)}


if __name__ == "__main__":
    main()
