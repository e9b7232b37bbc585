"""A contestant's process: it opens the contestant, then does a round for each line that it reads.

    python -m benchmarks.race.worker CONTESTANT ASSETS.json BATCH_SIZE THREADS LOGITS.npy

It answers on its standard output, a JSON document a line; what libraries print goes to its standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO, Any

from benchmarks.assets import Assets, peak_mib
from benchmarks.race.contestants import CONTESTANTS
from benchmarks.race.runner import Runner, Skip, Task
from hubtool.errors import MissingExtra

_PR_SET_PDEATHSIG = 1


def main() -> None:
    name, assets, batch_size, threads, logits = sys.argv[1:]
    # Its parent stops it while others run: without a parent it would stay so for ever, with all its memory.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.environ.setdefault("GLOG_v", "4")  # MindSpore warns a lot
    # Every library takes as many threads as it may use cores, unless it is told otherwise.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    task = Task(Assets.load(Path(assets)), int(batch_size), int(threads))
    try:
        runner = CONTESTANTS[name].open(task)
        _save(runner, Path(logits))
    except (Skip, MissingExtra) as reason:
        _tell(answers, {"skipped": str(reason)})
    else:
        _tell(answers, {"ready": True})
        for _ in sys.stdin:
            _tell(answers, _round(runner))
    sys.stderr.flush()
    os._exit(0)  # not every library survives the end of the interpreter


def _save(runner: Runner, path: Path) -> None:
    import numpy as np

    found = runner.first_logits()
    if found is not None:
        np.save(path, found)


def _round(runner: Runner) -> dict[str, Any]:
    before = time.process_time()
    lap = runner.lap()
    return {**lap._asdict(), "processor_seconds": time.process_time() - before, "peak_mib": peak_mib()}


def _tell(answers: IO[str], document: dict[str, Any]) -> None:
    answers.write(json.dumps(document) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
