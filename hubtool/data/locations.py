"""Where the user keeps datasets: `--data`, HUBTOOL_DATA_<DATASET>, or a settings file, in this order.

In hubtool.toml the table is `[data]`, in pyproject.toml `[tool.hubtool.data]`; the nearest file that has one counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubtool.card.datasets import DIGITS, dataset_key, keys_of
from hubtool.configfile import own_tables
from hubtool.data.clutter import shown
from hubtool.data.readers.texts import decoded, lines_of, not_utf8
from hubtool.errors import BrokenDataset, NotFound, UsageProblem

BUILT_IN = frozenset({DIGITS.key})
WHAT_TO_NAME = "name the folder that holds val/, or another layout that docs/datasets.md lists"
"""What to do about a path where nothing is."""
ENVIRONMENT = "HUBTOOL_DATA_"
"""Before a dataset's key, or that of another of its names, in upper case: HUBTOOL_DATA_IMAGENET2012."""


@dataclass(frozen=True, slots=True)
class DataLocations:
    """Where the user keeps datasets.

    Attributes
    ----------
    folders
        Path, of a folder or a file, by dataset key (see `hubtool.card.datasets.dataset_key`).
    class_names
        Class names in the order of the network's outputs, or None to sort them.
    sources
        Who said so, by dataset key, for messages.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    class_names: Sequence[str] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def knows(self, dataset: str) -> bool:
        """Whether a dataset is built in or was given."""
        key = dataset_key(dataset)
        return key in BUILT_IN or key in self.folders

    def path_of(self, dataset: str) -> Path | None:
        """Where a dataset is; None for one that is built in.

        Raises
        ------
        NotFound
            There is nothing.
        """
        key = dataset_key(dataset)
        path = self.folders.get(key)
        if path is not None and not path.exists():
            said = self.sources.get(key)
            raise NotFound(
                f"{said}: {path} does not exist" if said else f"{path}: does not exist",
                hint=WHAT_TO_NAME,
            )
        return path


def locations_from(
    given: Sequence[str],
    classes: Path | None,
    claimed: Iterable[str],
    *,
    environment: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> DataLocations:
    """Locations from `DATASET=PATH` words, the environment, settings files, and a file of class names.

    Parameters
    ----------
    claimed
        The datasets that the cards in question name: a word about any other is a mistake.
    folder
        Where the search for settings files begins; None for the working directory.

    Raises
    ------
    UsageProblem
        A word is not of that form or names another dataset, or the same one as an earlier word; a settings file is
        wrong; the file of classes is not a list of names, or there is no dataset that it could be about.
    NotFound
        A path of a word, or the file of classes, does not exist.
    """
    known = {dataset_key(name): name for name in claimed}
    options = _from_options(given, known)
    variables = {
        key: (_path(path), variable)
        for key, name in known.items()
        for variable in (f"{ENVIRONMENT}{spelling.upper()}" for spelling in reversed(keys_of(name)))
        if (path := environment.get(variable, ""))
    }
    found = _from_file(folder or Path.cwd()) | variables | options
    class_names = _class_names(classes) if classes else None
    if class_names is not None and not known.keys() & found.keys():
        raise UsageProblem(
            f"--classes {classes}: no dataset is given whose classes it could order",
            hint="--data DATASET=PATH gives one; the built-in digits have an order of their own",
        )
    return DataLocations(
        {key: path for key, (path, _) in found.items()},
        class_names,
        {key: source for key, (_, source) in found.items()},
    )


def _from_options(given: Sequence[str], known: Mapping[str, str]) -> dict[str, tuple[Path, str]]:
    found = {}
    for word in given:
        name, equals, path = word.partition("=")
        if not (name and equals and path):
            raise UsageProblem(f"--data {word}: not DATASET=PATH", hint="such as --data imagenet2012=/data/imagenet")
        if dataset_key(name) not in known:
            named = ", ".join(known.values()) or "no dataset"
            raise UsageProblem(f"--data {word}: no card asked for is about {name}", hint=f"they name {named}")
        if dataset_key(name) in found:
            raise UsageProblem(f"--data {word}: another --data names {name}, too", hint="give each dataset once")
        place = _path(path)
        if not place.exists():
            raise NotFound(f"--data {word}: {place} does not exist", hint="name the folder that holds val/")
        found[dataset_key(name)] = (place, f"--data {word}")
    return found


def _from_file(folder: Path) -> dict[str, tuple[Path, str]]:
    for own in own_tables(folder):
        table = own.tables.get("data") if isinstance(own.tables, dict) else None
        if table is None:
            continue
        place = f"{own.path}: {own.prefix}data"
        if not isinstance(table, dict):
            raise UsageProblem(f"{place}: has to be a table", hint='such as imagenet2012 = "/data/imagenet"')
        found: dict[str, tuple[Path, str]] = {}
        for name, path in table.items():
            if not isinstance(path, str) or not path:
                raise UsageProblem(f"{place}.{name}: has to be a path, in quotes")
            if dataset_key(name) in found:
                raise UsageProblem(f"{place}.{name}: the same dataset appears twice")
            found[dataset_key(name)] = (own.path.parent / _path(path), f"{place}.{name}")
        return found
    return {}


def _path(written: str) -> Path:
    """The path that a user means: shells leave the ~ of DATASET=~/PATH as it is."""
    return Path(os.path.expanduser(written))  # noqa: PTH111 (Path.expanduser raises where there is no such user)


def _class_names(path: Path) -> list[str]:
    hint = "one class name per line, in the order of the outputs, UTF-8"
    try:
        lines = lines_of(decoded(path.read_bytes(), path))
    except FileNotFoundError:
        raise NotFound(f"--classes {path}: no such file", hint="one class name per line") from None
    except OSError as error:
        raise UsageProblem(f"--classes {path}: {error.strerror or error}", hint=hint) from error
    except BrokenDataset as error:
        raise UsageProblem(f"--classes {error.message}", hint=hint) from error
    if (byte := not_utf8("".join(lines))) is not None:
        raise UsageProblem(f"--classes {path}: byte 0x{byte:02x} is not UTF-8", hint=hint)
    twice = [name for name, count in Counter(lines).items() if count > 1]
    if twice:
        raise UsageProblem(f"--classes {path}: {shown(twice)[0]} appears twice", hint=hint)
    return lines
