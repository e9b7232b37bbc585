"""Settings in files: hubtool.toml, and `[tool.hubtool]` of pyproject.toml, in a folder and in those above it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.errors import UsageProblem


@dataclass(frozen=True, slots=True)
class OwnTables:
    """What one file says to hubtool.

    Attributes
    ----------
    prefix
        What the names of its tables begin with: empty, or `tool.hubtool.`.
    tables
        As TOML has it; not necessarily a table.
    """

    path: Path
    prefix: str
    tables: object


def own_tables(start: Path) -> Iterator[OwnTables]:
    """What the settings files for a folder say, the nearest first; files that say nothing are skipped.

    Raises
    ------
    UsageProblem
        A file cannot be read; the next ones are read only when asked for.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 (resolve() would leave the path that the user sees)
    for folder in (start, *start.parents):
        for path in (folder / "hubtool.toml", folder / "pyproject.toml"):
            # Path.is_file raises where a folder may not be searched.
            if os.path.isfile(path) and (own := _own_tables(path)) is not None:  # noqa: PTH113
                yield own


def _own_tables(path: Path) -> OwnTables | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{path}: byte 0x{error.object[error.start]:02x} is not UTF-8") from error
    if path.name == "hubtool.toml":
        return OwnTables(path, "", _parsed_toml(path, text))
    if "hubtool" not in text:
        return None  # not about hubtool, so ignored even if it is broken
    tool = _parsed_toml(path, text).get("tool")
    if isinstance(tool, dict) and "hubtool" in tool:
        return OwnTables(path, "tool.hubtool.", tool["hubtool"])
    return None


def _parsed_toml(path: Path, text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        said = "values are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise UsageProblem(f"{path}: not valid TOML: {said}") from error
    return document
