"""hubtool.lock: the full digest and the size of every file that was once fetched.

A card publishes 8 digits of a digest: 32 bits, enough against damage and not against malice. What the first pull found
is therefore written down, beside the cards, and from then on anything else is an error.
Schema: schemas/lock.schema.json.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.pieces import PIECE_BYTES
from hubtool.asset.policy import redacted, without_password
from hubtool.asset.source import has_scheme
from hubtool.card.record import Asset
from hubtool.errors import DigestMismatch, EnvironmentProblem, UsageProblem
from hubtool.files import environment_errors, find_upwards, path_from, read_regular, write_atomically
from hubtool.locks import Lock
from hubtool.resources import LOCKFILE

_log = logging.getLogger(__name__)
VERSION = 1
_LARGEST_BYTES = 256 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pin:
    """What a file has to be.

    Attributes
    ----------
    sha256
        All 64 digits, in lower case.
    size
        In bytes.
    source
        The link, or the path, by which it was pulled when it was pinned.
    pieces
        Digests of its pieces of 4 MiB, with which a damaged file can be repaired; empty for a file of one piece.
    """

    sha256: str
    size: int
    source: str
    pieces: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Keys `sha256`, `size`, `source`; `pieces`, in one line, where there are any."""
        entry: dict[str, object] = {"sha256": self.sha256, "size": self.size, "source": self.source}
        return entry | ({"pieces": " ".join(self.pieces)} if self.pieces else {})


def find_lockfile(folder: Path) -> Path | None:
    """The lockfile that governs a folder of cards: the nearest one, upwards from it."""
    return find_upwards(folder, LOCKFILE)


def pin_key(asset: Asset, folder: Path, lockfile: Path) -> str:
    """What a file is called in a lockfile: its link, or its path from the lockfile's folder."""
    if has_scheme(asset.url):
        return without_password(asset.url)
    return path_from(lockfile.parent, folder / asset.url)


def read_lockfile(path: Path) -> dict[str, Pin]:
    """The pins of a lockfile, by key; none when there is no such file.

    Raises
    ------
    UsageProblem
        It is not a lockfile; the message names the place.
    EnvironmentProblem
        It cannot be read.
    """
    try:
        text = read_regular(path, _LARGEST_BYTES).decode("utf-8-sig")  # editors of Windows write a mark
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise EnvironmentProblem(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _broken(path, f"byte {error.start} is not UTF-8") from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(f"{path}:{error.lineno}:{error.colno}", error.msg) from error
    except RecursionError as error:
        raise _broken(path, "nested too deep") from error
    if not isinstance(document, dict) or not isinstance(document.get("assets"), dict):
        raise _broken(path, "it has to be an object with `assets`")
    if document.get("version") != VERSION:
        raise _broken(path, f"version {document.get('version')!r}, this hubtool reads {VERSION}")
    return {key: _pin(path, key, entry) for key, entry in document["assets"].items()}


def _pin(path: Path, key: str, entry: object) -> Pin:
    if isinstance(entry, dict):
        sha256, size, source = entry.get("sha256"), entry.get("size"), entry.get("source", "")
        if isinstance(sha256, str) and _DIGEST.fullmatch(sha256) and type(size) is int and isinstance(source, str):
            return Pin(sha256, size, source, _pieces(entry.get("pieces"), size))
    raise _broken(path, f"{key}: a pin has `sha256` (64 digits in lower case), `size` and `source`")


def _pieces(written: object, size: int) -> tuple[str, ...]:
    """The digests of a file's pieces; none where they do not fit it: they only save work, the whole digest decides."""
    digests = tuple(written.split()) if isinstance(written, str) else ()
    return digests if len(digests) == -(-size // PIECE_BYTES) and all(map(_DIGEST.fullmatch, digests)) else ()


def _broken(place: object, reason: str) -> UsageProblem:
    return UsageProblem(f"{place}: not a lockfile: {reason}", hint="fix it, or remove it and run hubtool lock")


def update_lockfile(
    path: Path, pins: Mapping[str, Pin], *, drop: Iterable[str] = (), first_wins: bool = False
) -> dict[str, Pin]:
    """Add pins to a lockfile, safely while other processes do the same; returns what it holds afterwards.

    Parameters
    ----------
    first_wins
        Whether an existing pin stays; if not, a new one replaces it.

    Raises
    ------
    UsageProblem
        What is there is not a lockfile.
    EnvironmentProblem
        It cannot be written.
    """
    with environment_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The folder, so that no lock file lies among the cards.
        with Lock(path.parent, marker=path.with_name(f".{path.name}.owner")):
            before = read_lockfile(path)
            left = {key: pin for key, pin in before.items() if key not in set(drop)}
            after = dict(pins) | left if first_wins else left | dict(pins)
            if after == before and path.exists():
                return after
            assets = {key: pin.to_json() for key, pin in sorted(after.items())}
            text = json.dumps({"version": VERSION, "assets": assets}, indent=2, ensure_ascii=False)
            write_atomically(path, f"{text}\n".encode())
            return after


class Pins:
    """The pins of one folder of cards, and where a new one goes.

    Parameters
    ----------
    lockfile
        The lockfile of the cards; None where cards belong to an installation and nothing is written beside them.
    personal
        The user's own lockfile, in the cache: for what cannot be written beside the cards.
    """

    def __init__(self, lockfile: Path | None, personal: Path):
        self.files = [path for path in (lockfile, personal) if path is not None]
        self._read: dict[Path, dict[str, Pin]] = {}

    def find(self, asset: Asset, folder: Path) -> tuple[Pin, Path] | None:
        """The pin of a file and the lockfile that holds it."""
        for path in self.files:
            pins = self._read.get(path)
            if pins is None:
                pins = self._read[path] = read_lockfile(path)
            if pin := pins.get(pin_key(asset, folder, path)):
                return pin, path
        return None

    def add(self, asset: Asset, folder: Path, pin: Pin) -> None:
        """Pin a file in the first lockfile that can be written; a warning says so where there is none.

        Raises
        ------
        DigestMismatch
            Another process has pinned a different file under the same link.
        """
        refusals: list[str] = []
        for path in self.files:
            key = pin_key(asset, folder, path)
            try:
                first = update_lockfile(path, {key: pin}, first_wins=True)[key]
            except EnvironmentProblem as error:
                refusals.append(error.message)
                continue
            self._read[path] = {**self._read.get(path, {}), key: first}
            if first.sha256 != pin.sha256:
                shown = redacted(asset.url)
                raise DigestMismatch(
                    f"{shown}: this pull brought sha256 {pin.sha256}, another pinned {first.sha256} meanwhile",
                    hint="the server does not always give the same file",
                )
            return
        _log.warning(
            "%s is not pinned: its bytes fit the %d digits of the card, but no lockfile can be written (%s)",
            redacted(asset.url),
            len(asset.digest.hex) if asset.digest is not None else 0,
            "; ".join(refusals),
        )


class Locks:
    """The lockfiles of many folders, each read once: what the linter asks."""

    def __init__(self) -> None:
        self._of_folder: dict[Path, tuple[Path, dict[str, Pin]]] = {}
        self._without: set[Path] = set()

    def read(self, folder: Path) -> bool:
        """Read the lockfile that governs a folder, once; False where there is none. Raises as `read_lockfile` does."""
        if folder not in self._of_folder and folder not in self._without:
            path = find_lockfile(folder)
            if path is None:
                self._without.add(folder)
            else:
                self._of_folder[folder] = (path, read_lockfile(path))
        return folder in self._of_folder

    def __call__(self, asset: Asset, folder: Path) -> tuple[str, Path] | None:
        """The pinned digest of a file of a card in `folder`, and the lockfile that pins it."""
        if not self.read(folder):
            return None
        path, pins = self._of_folder[folder]
        pin = pins.get(pin_key(asset, folder.absolute(), path))
        return (pin.sha256, path) if pin is not None else None
