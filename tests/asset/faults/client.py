"""Makes a card for a link, pulls it, and checks what holds after every run, however it ended."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from tests.asset.faults.forks import run_forked
from tests.conftest import Hubtool

MIB = 2**20
GUARD = Path(__file__).parent / "guard"
HANGS = 120.0
"""Seconds after which a run certainly hangs, however busy the machine is."""

CARD = """\
# {name}

---

model-name: {name}

backbone-name: {name}

module-type: cv

fine-tunable: True

model-version: 1.0

train-dataset: digits

evaluation: top1acc98.33 | top5acc100.00

author: hubtool developers

update-time: 2026-11-23

repo-link: <https://github.com/google-research/big_transfer>

user-id: hubtool

used-for: inference

mindspore-version: 2.8

asset:

- file-format: ckpt
  asset-link: <{link}>
  asset-sha256: {digest}

license: Apache-2.0

summary: a network that is only there to be pulled

---

# {name}
"""


def content(size: int, seed: int = 1) -> bytes:
    """Bytes that no compression shrinks and no other seed shares."""
    return random.Random(seed).randbytes(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def resolving(**hosts: list[list[str]]) -> dict[str, str]:
    """The environment that makes up what names resolve to; `_` in a name stands for a dot."""
    return {"FAULTS_HOSTS": json.dumps({name.replace("_", "."): found for name, found in hosts.items()})}


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    sleeps
        Seconds that it waited, or would have, before each further request; empty for a run that `start` began.
    """

    code: int
    out: str
    err: str
    sleeps: list[float] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return Path(self.out.rstrip("\n"))

    def says(self, *words: str) -> bool:
        """Whether the message holds each of the words; `a|b` stands for either."""
        return all(any(word in self.err.lower() for word in choice.split("|")) for choice in words)


class Client:
    """`hubtool pull` of one card, with a cache, a home and a temporary folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.cache = folder / "cache"
        self.cards = folder / "cards"
        self.temporary = folder / "temporary"
        for each in (folder / "here", self.cards, self.temporary, folder / "home"):
            each.mkdir(parents=True)
        self.hubtool = Hubtool(folder / "here", self.cache)
        self.environment = self.hubtool.environment
        for key in [key for key in self.environment if key.lower().endswith("_proxy")]:
            del self.environment[key]
        path = [str(GUARD), self.environment.get("PYTHONPATH", "")]
        self.environment |= {
            "FAULTS_ATTEMPTS": str(folder / "attempts"),
            "HOME": str(folder / "home"),
            "HUBTOOL_TIMEOUT": "30",
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "TMPDIR": str(self.temporary),
        }
        self.link = ""
        self.data = b""
        self.name = ""
        self._there_before: list[Path] = []

    def publish(self, link: str, data: bytes, *, digits: int = 64, name: str = "net", digest: str = "") -> Client:
        """Write a card that says: these bytes are to be had there."""
        self.link, self.data, self.name = link, data, name
        text = CARD.format(name=name, link=link, digest=digest or sha256(data)[:digits])
        (self.cards / f"{name}.md").write_text(text, encoding="utf-8")
        return self

    @property
    def attempts(self) -> list[str]:
        """Connections to other machines that were tried, and stopped: `address port`."""
        noted = self.folder / "attempts"
        return noted.read_text().splitlines() if noted.exists() else []

    def limit(self, **limits: float) -> None:
        """Set limits of transfers for `pull`; what has seconds is short where the test waits for it to pass."""
        self.environment["FAULTS_LIMITS"] = json.dumps(limits)

    def pull(self, *options: str | Path) -> Outcome:
        """Pull the card's file, with no pauses between requests but notes of them."""
        self._there_before = self.final()
        noted = self.folder / "sleeps"
        noted.unlink(missing_ok=True)
        argv = ["pull", self.name, "--cards", str(self.cards), "--no-progress", *map(str, options)]
        environment = self.environment | {"FAULTS_SLEEPS": str(noted)}
        code, out, err = run_forked(argv, environment, self.hubtool.folder, HANGS)
        sleeps = [float(line) for line in noted.read_text().splitlines()] if noted.exists() else []
        outcome = Outcome(code, out, err, sleeps)
        self.check(outcome)
        return outcome

    def start(self, *options: str | Path, **popen) -> subprocess.Popen[str]:
        """Begin a pull in a process of its own that waits as long as a user's would; `finish` it."""
        self._there_before = self.final()
        return self.hubtool.popen("pull", self.name, "--cards", self.cards, "--no-progress", *options, **popen)

    def finish(self, process: subprocess.Popen[str]) -> Outcome:
        try:
            out, err = process.communicate(timeout=HANGS)
        finally:
            process.kill()
        outcome = Outcome(process.returncode, out, err)
        self.check(outcome)
        return outcome

    def check(self, outcome: Outcome) -> None:
        """What is true after every run."""
        assert "Traceback" not in outcome.err, outcome.err
        assert outcome.code in {0, 1, 2, 3, 4, 5, 6, 130}, outcome
        # what a server says may not steer the terminal
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", outcome.err), outcome
        if outcome.code == 0:
            assert outcome.out == f"{outcome.path}\n", outcome
            assert len(outcome.out.splitlines()) == 1, outcome
            assert outcome.path.is_file(), outcome
            assert not outcome.path.is_symlink(), outcome
            assert outcome.path.resolve().is_relative_to(self.cache.resolve()), outcome
            assert sha256(outcome.path.read_bytes()) == sha256(self.data), outcome
        else:
            assert outcome.out == "", outcome
            assert outcome.err.strip() or outcome.code == 130, outcome
            assert set(self.final()) <= set(self._there_before)

    def files(self) -> list[Path]:
        """All files under the cache and the temporary folder."""
        found = [*self.cache.rglob("*"), *self.temporary.rglob("*")]
        return [path for path in found if path.is_file() and not path.is_symlink()]

    def final(self) -> list[Path]:
        """Files of the asset under its final name."""
        name = unquote(re.split("[?#]", self.link)[0]).rpartition("/")[2]
        return [path for path in self.files() if path.name == name]

    def kept(self, data: bytes) -> list[Path]:
        """Files that begin as these bytes do, as a partial does."""
        assert data
        return [path for path in self.files() if path.stat().st_size and data.startswith(_beginning(path))]

    def wrote(self, size: int) -> bool:
        """Whether a partial has come to that size, in bytes."""
        return any(path.stat().st_size == size for path in self.cache.glob("partial/*.part"))

    def partial(self) -> Path:
        """The one partial that a broken transfer left."""
        (path,) = self.kept(self.data)
        return path


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)
