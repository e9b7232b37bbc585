"""Known problems: a file that lets a hub with thousands of old cards forbid every new problem from today on.

A problem is known by its card, its code and the text of its line, so it stays known when lines above it come and go,
and becomes new when its own line is touched::

    {"version": 1, "problems": {"mindspore/2.5/resnet50.md": {"HT203": {"5f1c8a0b9d3e": 1}}}}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.errors import EnvironmentProblem, NotFound, UsageProblem
from hubtool.files import write_atomically
from hubtool.lint.config import relative_path
from hubtool.lint.diagnostic import Diagnostic

VERSION = 1
_HASH_DIGITS = 12
_QUOTED = re.compile(r"`([^`]*)`")
_WORD = re.compile(r"\w")
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The problems of a baseline file.

    Attributes
    ----------
    folder
        Where the file is; paths are relative to it, whatever the working directory.
    known
        How often each problem was there, by path and then by code and hash.
    """

    folder: Path
    known: Mapping[str, Mapping[_Key, int]]

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read a baseline file.

        Raises
        ------
        NotFound
            There is no such file.
        UsageProblem
            It cannot be read as a baseline; the message names the place.
        """
        document = _document(path)
        problems = document.get("problems")
        if not isinstance(problems, dict):
            raise _broken(path, "problems", "has to be an object of paths")
        return cls(path.parent.absolute(), {card: _counts(path, card, codes) for card, codes in problems.items()})

    @staticmethod
    def write(path: Path, cards: Iterable[tuple[str, Sequence[str], Sequence[Diagnostic]]]) -> int:
        """Write the problems of cards as the known ones, and return how many they are.

        Parameters
        ----------
        cards
            Path as shown, lines and diagnostics of each; the same card may come more than once.

        Raises
        ------
        EnvironmentProblem
            The file cannot be written.
        """
        folder = path.parent.absolute()
        problems: dict[str, dict[str, Counter[str]]] = {}
        for shown, lines, diagnostics in cards:
            for diagnostic in diagnostics:
                code, line_hash = _key(lines, diagnostic)
                card = problems.setdefault(relative_path(shown, folder), {})
                card.setdefault(code, Counter())[line_hash] += 1
        text = json.dumps({"version": VERSION, "problems": problems}, indent=1, sort_keys=True, ensure_ascii=False)
        try:
            # A file name may hold bytes that are not text; JSON's escapes bring them back as they were.
            write_atomically(path, (text + "\n").encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise EnvironmentProblem(f"{path}: cannot be written: {error.strerror or error}") from error
        return sum(sum(counts.values()) for codes in problems.values() for counts in codes.values())

    def split(
        self, shown: str, lines: Sequence[str], diagnostics: Iterable[Diagnostic]
    ) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """The new and the known ones among the diagnostics of a card, each in the order given.

        Parameters
        ----------
        shown
            Path of the card, absolute or relative to the working directory.
        lines
            Of the card, without their ends.
        """
        left = Counter(self.known.get(relative_path(shown, self.folder), {}))
        new: list[Diagnostic] = []
        known: list[Diagnostic] = []
        for diagnostic in diagnostics:
            key = _key(lines, diagnostic)
            (known if left[key] > 0 else new).append(diagnostic)
            left[key] -= 1
        return new, known


def _key(lines: Sequence[str], diagnostic: Diagnostic) -> _Key:
    """Code, and hash of what tells the problem from others of its code.

    That is the text of its line. Where the line says nothing, as the `---` at which missing fields are reported, it is
    what the message quotes; not the whole message, which a later version may word better.
    """
    line = diagnostic.span.line
    text = lines[line - 1].strip() if 1 <= line <= len(lines) else ""
    if not _WORD.search(text):
        text = "\n".join([text, *_QUOTED.findall(diagnostic.message)])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return diagnostic.code, digest[:_HASH_DIGITS]


def _document(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise NotFound(f"{path}: no such baseline") from error
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{path}: not a baseline: byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise UsageProblem(f"{place}: not valid JSON: {error.msg}", hint="write the baseline again") from error
    except (RecursionError, ValueError) as error:
        raise UsageProblem(f"{path}: not a baseline: {error}") from error
    if not isinstance(document, dict):
        raise _broken(path, "the file", "has to be an object")
    if document.get("version") != VERSION:
        raise _broken(path, "version", f"has to be {VERSION}, the one that this hubtool reads")
    return document


def _counts(path: Path, card: str, codes: object) -> dict[_Key, int]:
    if not isinstance(codes, dict):
        raise _broken(path, f"problems[{card!r}]", "has to be an object of codes")
    counts: dict[_Key, int] = {}
    for code, hashes in codes.items():
        if not isinstance(hashes, dict):
            raise _broken(path, f"problems[{card!r}].{code}", "has to be an object of hashes")
        for line_hash, count in hashes.items():
            if type(count) is not int or count < 1:
                raise _broken(path, f"problems[{card!r}].{code}.{line_hash}", "has to be a positive whole number")
            counts[code, line_hash] = count
    return counts


def _broken(path: Path, place: str, expected: str) -> UsageProblem:
    return UsageProblem(f"{path}: not a baseline: {place}: {expected}", hint="write the baseline again")
