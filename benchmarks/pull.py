"""How fast `hubtool pull` fetches a file, against others that fetch the same one, all in one run on loopback.

    pip install '.[bench]'     # pooch and huggingface_hub, which hubtool itself does not need
    python benchmarks/pull.py [--mib 512] [--rounds 5] [--memory-mib 2048] [--folder DIR]

Contenders:

- requests to nowhere: chunks of 1 MiB, thrown away, nothing hashed. The reference: what reading costs at least.
- requests to a file: the same, written.
- requests to a file, hashed: the same, hashed in line by the thread that reads.
- pooch: `pooch.retrieve` with the SHA-256.
- huggingface_hub: `hf_hub_download` over plain http, which hashes nothing.
- hubtool: `hubtool pull` of a card that publishes all 64 digits.
- hubtool, hit: the same when the file is in the cache.
- hashlib alone: no network, the same number of bytes from memory in pieces of 1 MiB.

Rules: each contender is a process of its own and cold, timed from its start to its end, its byte code compiled and
the server's file in the page cache; all write to the same file system, into a cache that is new in each round and
removed after it; a round runs all, each round another one first. The figures are medians of the rounds, and beside
them the best round, which says more on a machine that others use as well. The server is one more process on the same
cores: with two of them, server, receiver and hasher share two.

A virtual machine may give free memory back to its host within seconds, and touching it again takes several times as
long as writing to it. So before each contender a file of twice the size is written and removed: all find their memory
warm.

Memory is the largest resident set of a process beyond that of an interpreter that does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

MIB = 1024**2
PATH = "/owner/name/resolve/main/net.ckpt"
REQUESTS = """
import sys, requests
with requests.get(sys.argv[1], stream=True) as response:
    response.raise_for_status()
    for chunk in response.iter_content(1 << 20):
        pass
"""
REQUESTS_TO_FILE = """
import sys, requests
with requests.get(sys.argv[1], stream=True) as response, open(sys.argv[3] + "/file", "wb") as stream:
    response.raise_for_status()
    for chunk in response.iter_content(1 << 20):
        stream.write(chunk)
"""
REQUESTS_HASHED = """
import sys, hashlib, requests
sha256 = hashlib.sha256()
with requests.get(sys.argv[1], stream=True) as response, open(sys.argv[3] + "/file", "wb") as stream:
    response.raise_for_status()
    for chunk in response.iter_content(1 << 20):
        stream.write(chunk)
        sha256.update(chunk)
sys.exit(sha256.hexdigest() != sys.argv[2])
"""
POOCH = """
import sys, pooch
pooch.retrieve(sys.argv[1], known_hash="sha256:" + sys.argv[2], path=sys.argv[3])
"""
HUGGINGFACE_HUB = """
import sys
from huggingface_hub import hf_hub_download
hf_hub_download("owner/name", "net.ckpt", cache_dir=sys.argv[3])
"""
HASHLIB = """
import sys, hashlib
sha256, piece = hashlib.sha256(), bytes(1 << 20)
for _ in range(int(sys.argv[4])):
    sha256.update(piece)
"""
# A process inherits the peak of the one that started it, so this one has to be smaller than all that is measured.
PEAK = """
import os, sys
process = os.posix_spawn(sys.executable, sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
CARD = """# net

---

model-name: net
backbone-name: net
module-type: cv
fine-tunable: True
model-version: 1.0
train-dataset: none
evaluation: top1acc90.0
author: benchmark
update-time: 2026-01-01
repo-link: <https://example.org>
user-id: benchmark
used-for: inference
mindspore-version: 2.8
asset:
- file-format: ckpt
  asset-link: <{url}>
  asset-sha256: {sha256}
license: Apache-2.0
summary: a file to fetch

---

## Introduction
"""


class Server:
    """One file, HTTP/1.1, in a process of its own.

    Parameters
    ----------
    file
        What is served, straight from the page cache.
    sha256
        Its digest, and so its ETag.
    """

    def __init__(self, file: Path, sha256: str):
        self.sent: Any = multiprocessing.Value("q", 0)
        ports: Any = multiprocessing.SimpleQueue()
        self._process = multiprocessing.Process(target=_serve, args=(file, sha256, self.sent, ports), daemon=True)
        self._process.start()
        self.host = f"http://127.0.0.1:{ports.get()}"
        self.url = f"{self.host}{PATH}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(file: Path, sha256: str, sent: Any, ports: Any) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    size = os.fstat(descriptor).st_size

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._head()

        def do_GET(self) -> None:
            offset = self._head()
            with suppress(ConnectionError):
                while offset < size and (count := os.sendfile(self.wfile.fileno(), descriptor, offset, size - offset)):
                    offset += count
                    with sent.get_lock():
                        sent.value += count

        def _head(self) -> int:
            if self.path != PATH:  # huggingface_hub asks for more than the file
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return size
            offset = int(self.headers.get("Range", "bytes=0-")[len("bytes=") :].partition("-")[0])
            self.send_response(206 if "Range" in self.headers else 200)
            if "Range" in self.headers:
                self.send_header("Content-Range", f"bytes {offset}-{size - 1}/{size}")
            self.send_header("Content-Length", str(size - offset))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{sha256}"')
            self.send_header("X-Repo-Commit", "0" * 40)  # this and the next two are what huggingface_hub asks for
            self.send_header("X-Linked-ETag", f'"{sha256}"')
            self.send_header("X-Linked-Size", str(size))
            self.end_headers()
            return offset

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ports.put(server.server_port)
    server.serve_forever()


class Race:
    """The contenders and what they fetch.

    Parameters
    ----------
    folder
        Where all of them write.
    """

    def __init__(self, folder: Path, server: Server, sha256: str, size: int):
        self._folder = folder
        self._server = server
        self._size = size
        cards = folder / "cards"
        cards.mkdir(exist_ok=True)
        (cards / "net.md").write_text(CARD.format(url=server.url, sha256=sha256), encoding="utf-8")
        self._pull = ["-m", "hubtool", "--cards", str(cards), "pull", "net", "--cache"]
        self._arguments = [server.url, sha256]
        self._scripts = {
            "requests to nowhere": REQUESTS,
            "requests to a file": REQUESTS_TO_FILE,
            "requests to a file, hashed": REQUESTS_HASHED,
            "pooch": POOCH,
            "huggingface_hub": HUGGINGFACE_HUB,
            "hashlib alone": HASHLIB,
        }
        self.contenders = [*self._scripts, "hubtool"]

    def seconds(self, contender: str) -> dict[str, float]:
        """Wall time of a contender from nothing; of hubtool also that of a hit right after it."""
        output = self._fresh()
        times = {contender: self._timed(contender, output)}
        if contender == "hubtool":
            before = self._server.sent.value
            times["hubtool, hit"] = self._timed(contender, output)
            if self._server.sent.value != before:
                sys.exit("a hit fetched something")
        shutil.rmtree(output)
        return times

    def peak_kib(self, contender: str) -> int:
        """Largest resident set of a contender."""
        output = self._fresh()
        found = self._run([sys.executable, "-ISc", PEAK, *self._command(contender, output)], output)
        shutil.rmtree(output)
        return int(found.split()[-1])

    def _fresh(self) -> Path:
        warm = self._folder / "warm"
        with warm.open("wb") as stream:
            for _ in range(2 * self._size // MIB):
                stream.write(bytes(MIB))
        warm.unlink()
        output = self._folder / "output"
        output.mkdir()
        return output

    def _timed(self, contender: str, output: Path) -> float:
        command = self._command(contender, output)
        started = time.perf_counter()
        self._run(command, output)
        return time.perf_counter() - started

    def _command(self, contender: str, output: Path) -> list[str]:
        if contender == "hubtool":
            return [sys.executable, *self._pull, str(output)]
        pieces = str(self._size // MIB)
        return [sys.executable, "-c", self._scripts[contender], *self._arguments, str(output), pieces]

    def _run(self, command: list[str], output: Path) -> bytes:
        environment = os.environ | {
            "HF_ENDPOINT": self._server.host,
            "HF_HOME": str(output),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))),
        }
        return subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        ).stdout


def random_file(path: Path, mib: int) -> str:
    """Write random bytes; the result is their SHA-256."""
    sha256 = hashlib.sha256()
    with path.open("wb") as stream:
        for _ in range(mib):
            piece = os.urandom(MIB)
            stream.write(piece)
            sha256.update(piece)
    return sha256.hexdigest()


def read_once(path: Path) -> None:
    """Bring a file into the page cache."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for offset in range(0, len(mapped), mmap.PAGESIZE):
            mapped[offset]


def bare_kib() -> int:
    """Largest resident set of an interpreter that does nothing."""
    command = [sys.executable, "-ISc", PEAK, sys.executable, "-c", "pass"]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def race(folder: Path, mib: int, rounds: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """The seconds of all rounds, and the memory in KiB, of each contender; no rounds for memory alone."""
    file = folder / "served"
    sha256 = random_file(file, mib)
    times: dict[str, list[float]] = defaultdict(list)
    with Server(file, sha256) as server:
        arena = Race(folder, server, sha256, mib * MIB)
        peaks = {contender: arena.peak_kib(contender) for contender in arena.contenders}  # and compiles byte code
        for number in range(rounds):
            first = number % len(arena.contenders)
            read_once(file)
            for contender in arena.contenders[first:] + arena.contenders[:first]:
                for who, took in arena.seconds(contender).items():
                    times[who].append(took)
    file.unlink()
    return times, peaks


def compared(seconds: dict[str, float], mib: int) -> dict[str, Any]:
    """Seconds to figures; `hubtool_to` is how many times as fast as each of the others hubtool is."""
    hubtool = seconds["hubtool"]
    return {
        "seconds": {who: round(took, 3) for who, took in seconds.items()},
        "mib_per_second": {who: round(mib / took) for who, took in seconds.items() if who != "hubtool, hit"},
        "hubtool_to": {who: round(took / hubtool, 2) for who, took in seconds.items() if "hubtool" not in who},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-mib", type=int, default=2048, help="a larger file, for memory; 0 for none")
    parser.add_argument("--folder", type=Path, help="where everything is written; default the system's for such")
    options = parser.parse_args()
    bare = bare_kib()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        times, peaks = race(Path(name), options.mib, options.rounds)
        memory = {options.mib: peaks}
        if options.memory_mib:
            memory[options.memory_mib] = race(Path(name), options.memory_mib, 0)[1]
    report = {
        "mib": options.mib,
        "rounds": options.rounds,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(load, 2),
        "versions": {name: metadata.version(name) for name in ("requests", "pooch", "huggingface_hub")},
        "median": compared({who: statistics.median(took) for who, took in times.items()}, options.mib),
        "best": compared({who: min(took) for who, took in times.items()}, options.mib),
        "memory_mib": {
            mib: {who: round((kib - bare) / 1024, 1) for who, kib in sizes.items()} for mib, sizes in memory.items()
        },
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
