"""Which rules apply to which cards: hubtool.toml, `[tool.hubtool.lint]` of pyproject.toml, and the command line.

A rule is named by its code (HT301), by the beginning of it (HT3, HT: all that start so) or by its name
(title-differs). Where a selection and an exclusion both fit a rule the longer one wins, so that
`select = ["HT"]`, `ignore = ["HT6"]` and `select = ["HT601"]`, `ignore = ["HT6"]` say what they seem to say.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import hubtool.lint.rules.control  # noqa: F401 (with its package: fills the tables of rules)
from hubtool.configfile import OwnTables, own_tables
from hubtool.errors import UsageProblem
from hubtool.files import path_from
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES

EVERY_RULE = "HT"
_CODE_LENGTH = 5
_CLOSE_MATCHES = 3
_LOOK_ALIKES = str.maketrans("oil_", "011-")
_TABLES = ("lint", "data")
_KEYS = ("select", "ignore", "per-file-ignores", "baseline")
_GLOB_PART = re.compile(r"(?<![^/])\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LintConfig:
    """What a configuration file says; without arguments, what holds when there is none.

    Attributes
    ----------
    per_file_ignores
        Codes by glob. A glob is relative to `folder`; one without a slash fits a file or folder of that
        name anywhere; one that fits a folder covers all below it.
    baseline
        File of known problems.
    folder
        Where the configuration file is.
    """

    select: tuple[str, ...] = (EVERY_RULE,)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: Path | None = None
    folder: Path = field(default_factory=Path.cwd)


def load_config(start: Path) -> LintConfig:
    """The configuration that governs a folder: the nearest one, upwards from it.

    Raises
    ------
    UsageProblem
        A file cannot be read, or says something that hubtool does not know.
    """
    for own in own_tables(start):
        if (config := _config_in(own)) is not None:
            return config
    return LintConfig(folder=Path(os.path.abspath(start)))  # noqa: PTH100 (resolve() would leave the path that the user sees)


def enabled_codes(config: LintConfig, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> frozenset[str]:
    """Codes of the rules to run.

    Parameters
    ----------
    select
        From the command line: takes the place of the file's selection when not empty.
    ignore
        From the command line: in addition to the file's.

    Raises
    ------
    UsageProblem
        There is no such rule.
    """
    for option, selectors in (("--select", select), ("--ignore", ignore)):
        _require_known(selectors, option)
    if select:
        return _chosen(select, (*config.ignore, *ignore))
    return _chosen(config.select, config.ignore) - _all_codes(ignore)


def ignored_for(config: LintConfig, shown: str) -> frozenset[str]:
    """Codes that the configuration ignores in one card.

    Parameters
    ----------
    shown
        Path of the card, absolute or relative to the working directory.
    """
    if not config.per_file_ignores:
        return frozenset()
    relative = relative_path(shown, config.folder)
    return frozenset().union(
        *(
            _all_codes(selectors)
            for glob, selectors in config.per_file_ignores.items()
            if _glob_regex(glob).fullmatch(relative)
        )
    )


def relative_path(shown: str, folder: Path) -> str:
    """Path of a card seen from a folder, joined with `/`; it does not matter from where hubtool was started."""
    path = os.path.abspath(shown)  # noqa: PTH100 (resolve() reads the disk, and this runs for every card)
    prefix = os.path.join(folder, "")  # noqa: PTH118
    return path.removeprefix(prefix).replace(os.sep, "/") if path.startswith(prefix) else path_from(folder, path)


def codes_of(selector: str) -> frozenset[str]:
    """Codes of the rules that a code, the beginning of one or a rule's name stands for; empty when unknown."""
    return _selectors().get(selector, frozenset())


def did_you_mean(written: str, choices: Iterable[str] | None = None) -> str:
    """`did you mean ...?` with the choices, by default codes and names of rules, close to a word; else empty."""
    if choices is None:
        choices = [selector for selector in _selectors() if len(selector) != len("HT30")]
    by_plain = {_plain(choice): choice for choice in choices}
    plain = _plain(written)
    close = [plain] if plain in by_plain else difflib.get_close_matches(plain, by_plain, _CLOSE_MATCHES)
    return f"did you mean {' or '.join(f'`{by_plain[match]}`' for match in close)}?" if close else ""


def _plain(word: str) -> str:
    """A word in which what is easily mistyped is the same: case, underscores, letters that look like digits."""
    return word.casefold().translate(_LOOK_ALIKES)


@cache
def _selectors() -> dict[str, frozenset[str]]:
    """The codes of each way to name rules."""
    by_selector: dict[str, set[str]] = {}
    for rule in (*CARD_RULES, *CATALOGUE_RULES):
        for end in range(len(EVERY_RULE), len(rule.code) + 1):
            by_selector.setdefault(rule.code[:end], set()).add(rule.code)
        by_selector[rule.name] = {rule.code}
    return {selector: frozenset(codes) for selector, codes in by_selector.items()}


def _all_codes(selectors: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(codes_of, selectors))


def _chosen(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    wanted, unwanted = _closeness(select), _closeness(ignore)
    return frozenset(code for code, closeness in wanted.items() if closeness > unwanted.get(code, 0))


def _closeness(selectors: Iterable[str]) -> dict[str, int]:
    """How closely the selectors name each of their codes: the length of the longest that fits."""
    closeness: dict[str, int] = {}
    for selector in selectors:
        for code in codes_of(selector):
            length = len(selector) if code.startswith(selector) else _CODE_LENGTH
            closeness[code] = max(length, closeness.get(code, 0))
    return closeness


def _require_known(selectors: Iterable[str], place: str) -> None:
    for selector in selectors:
        if not codes_of(selector):
            hint = did_you_mean(selector) or "`hubtool rule` lists all rules"
            raise UsageProblem(f"{place}: there is no rule `{selector}`, and no family of that name", hint=hint)


def _config_in(own: OwnTables) -> LintConfig | None:
    """The configuration in a file; None when it leaves the matter to the folders above."""
    path, prefix, tables = own.path, own.prefix, own.tables
    lint = _table(tables, f"{path}: {prefix.rstrip('.') or 'the file'}", _TABLES).get("lint")
    if lint is None:
        return LintConfig(folder=path.parent) if path.name == "hubtool.toml" else None
    place = f"{path}: {prefix}lint"
    table = _table(lint, place, _KEYS)
    globs = _table(table.get("per-file-ignores", {}), f"{place}.per-file-ignores")
    for glob in globs:
        _require_glob(glob, f"{place}.per-file-ignores")
    return LintConfig(
        select=_selector_list(table.get("select", [EVERY_RULE]), f"{place}.select"),
        ignore=_selector_list(table.get("ignore", []), f"{place}.ignore"),
        per_file_ignores={
            glob: _selector_list(selectors, f'{place}.per-file-ignores."{glob}"') for glob, selectors in globs.items()
        },
        baseline=_file(table.get("baseline"), f"{place}.baseline", path.parent),
        folder=path.parent,
    )


def _table(value: object, place: str, keys: Sequence[str] = ()) -> dict[str, Any]:
    """A TOML table whose keys, when some are given, are all among them."""
    if not isinstance(value, dict):
        raise UsageProblem(f"{place}: has to be a table")
    for key in value:
        if keys and key not in keys:
            hint = did_you_mean(key, keys)
            if not hint and key in _KEYS:
                hint = "it belongs under `[lint]`"
            raise UsageProblem(f"{place}: unknown key `{key}`", hint=hint or f"known: {', '.join(keys)}")
    return value


def _selector_list(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(selector, str) for selector in value):
        raise UsageProblem(f"{place}: has to be a list of rules", hint='such as ["HT1", "HT301"]')
    _require_known(value, place)
    return tuple(value)


def _file(value: object, place: str, folder: Path) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise UsageProblem(f"{place}: has to be the path of a file, in quotes")
    return folder / value


def _require_glob(glob: str, place: str) -> None:
    try:
        _glob_regex(glob)
    except re.error as error:
        raise UsageProblem(f"{place}: `{glob}` is not a glob: {error.msg}") from error


@cache
def _glob_regex(glob: str) -> re.Pattern[str]:
    plain = glob.removeprefix("./").rstrip("/")
    anywhere = "" if "/" in plain else "(?:.*/)?"
    return re.compile(anywhere + _GLOB_PART.sub(_glob_part, plain.lstrip("/")) + "(?:/.*)?", re.DOTALL)


def _glob_part(match: re.Match[str]) -> str:
    match match[0]:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case part if len(part) > 1:
            inner = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
            return f"(?!/)[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
        case part:
            return re.escape(part)
