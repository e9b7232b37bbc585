"""How fast `hubtool validate` is, against loops that say much less, all in one run.

    python benchmarks/validate.py CORPUS [--cards 5000] [--rounds 3]

CORPUS is a folder of real cards; it is repeated, with other names, until there are as many as asked for. Each
contender is a process of its own, cold, on one core; the figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAIVE = """
import json, re, sys
from pathlib import Path
import yaml
from jsonschema import Draft202012Validator
from hubtool.card.schema import card_schema
validator = Draft202012Validator(card_schema())
block = re.compile(r"^---\\s*$(.*?)^---\\s*$", re.MULTILINE | re.DOTALL)
for path in Path(sys.argv[1]).rglob("*.md"):
    match = block.search(path.read_text(encoding="utf-8"))
    try:
        values = yaml.load(match[1], Loader=yaml.CBaseLoader) if match else {}
    except yaml.YAMLError:
        continue
    list(validator.iter_errors(values))
"""
SAFE_LOAD = """
import re, sys
from pathlib import Path
import yaml
block = re.compile(r"^---\\s*$(.*?)^---\\s*$", re.MULTILINE | re.DOTALL)
for path in Path(sys.argv[1]).rglob("*.md"):
    match = block.search(path.read_text(encoding="utf-8"))
    try:
        yaml.safe_load(match[1]) if match else {}
    except yaml.YAMLError:
        continue
"""


def repeat(corpus: Path, folder: Path, count: int) -> None:
    """Copy the corpus under new owners until there are `count` cards."""
    cards = sorted(corpus.rglob("*.md"))
    for number in range(count):
        card = cards[number % len(cards)]
        target = folder / f"owner{number // len(cards):04}" / card.relative_to(corpus)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(card.read_bytes())


def seconds(command: list[str], rounds: int, cores: set[int]) -> float:
    """Median wall time of a command on the given cores."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run(
            command, stdout=subprocess.DEVNULL, check=False, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        )
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def peak_mib(command: list[str]) -> float:
    """Largest resident memory of a command, in MiB."""
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    run = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    return int(run.stdout) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--cards", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    hubtool = [sys.executable, "-m", "hubtool", "validate"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repeat(options.corpus, folder, options.cards)
        one = next(path for path in folder.rglob("*.md"))
        every = sorted(os.sched_getaffinity(0))
        first = {every[0]}
        figures = {
            "hubtool, one core": seconds([*hubtool, "--jobs", "1", name], options.rounds, first),
            "hubtool, two cores": seconds([*hubtool, "--jobs", "2", name], options.rounds, set(every[:2])),
            "C loader + jsonschema": seconds([sys.executable, "-c", NAIVE, name], options.rounds, first),
            "yaml.safe_load": seconds([sys.executable, "-c", SAFE_LOAD, name], options.rounds, first),
        }
        report = {
            "cards": options.cards,
            "cards_per_second": {who: round(options.cards / took) for who, took in figures.items()},
            "two_cores_speed_up": round(figures["hubtool, one core"] / figures["hubtool, two cores"], 2),
            "one_card_seconds": round(seconds([*hubtool, str(one)], 5, first), 3),
            "peak_mib": round(peak_mib([*hubtool, "--jobs", "1", name]), 1),
            "this_process_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
