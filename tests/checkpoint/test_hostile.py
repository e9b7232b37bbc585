"""Files made to exhaust memory or time: each is read in a process of its own, whose memory and time are taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkpoint.proto import entry, field, varint
from tests.checkpoint.test_safetensors import container

MOST_MIB = 350
MOST_COUNTS = 250
"""Processor time, in the time that the same process takes to count to two million: no seconds, machines differ."""

READ = r"""
import re, sys, time
from pathlib import Path
from hubtool.checkpoint.formats import open_weights
from hubtool.errors import CorruptCheckpoint
started = time.process_time()
for _ in range(2_000_000):
    pass
started, unit = time.process_time(), time.process_time() - started
try:
    said = f"{len(open_weights(Path(sys.argv[1])).tensors)} tensors"
except CorruptCheckpoint as error:
    said = error.message
# Unlike ru_maxrss, this does not count the memory of the process that started this one.
peak = re.search("VmHWM:[^0-9]+([0-9]+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024, (time.process_time() - started) / unit, said, sep="\n")
"""


def many_tensors(count: int, name_bytes: int) -> bytes:
    return b"".join(entry(f"{number:0{name_bytes}}", [0], "Int8", b"") for number in range(count))


def one_tensor(content: bytes) -> bytes:
    return field(1, field(1, b"a") + field(2, field(2, b"Int8") + field(3, b"1") + content))


def many_in_header(count: int) -> bytes:
    empty = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    return container("{" + ",".join(f'"{number:06}":{empty}' for number in range(count)) + "}", b"")


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "as many tensors as are read, with the longest names": (lambda: many_tensors(200_000, 512), "200000 tensors"),
    "more tensors": (lambda: many_tensors(200_001, 6), "more than 200,000 entries"),
    "endless parts of one tensor": (lambda: entry("a", [0], "Int8", b"") * 200_001, "more than 200,000 entries"),
    "endless dimensions": (lambda: one_tensor(field(1, bytes(20 << 20))), "more than 32 dimensions"),
    "endless fields": (lambda: one_tensor(varint(9 << 3) + bytes(1) + b"\x48\x00" * (10 << 20)), "4,000,000 fields"),
    "an endless name": (lambda: entry("a" * (20 << 20), [0], "Int8", b""), "a name of 20,971,520 bytes"),
    "as many tensors in a header": (lambda: many_in_header(200_000), "200000 tensors"),
    "more tensors in a header": (lambda: many_in_header(200_001), "more than 200,000 tensors"),
    "a deep header": (lambda: container('{"a":' + "[" * (20 << 20)), "no dtype"),
    "a wide header": (lambda: container('{"a":[' + "{}," * (7 << 20)), "no dtype"),
    "endless metadata": (
        lambda: container('{"__metadata__":{' + ",".join(f'"{n}":""' for n in range(2_000_000)) + "}}"),
        "more than 200,000 entries of metadata",
    ),
    "endless space": (lambda: container("{" + " " * (20 << 20) + "}", b""), "no tensor in it"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_and_time_are_bounded(tmp_path: Path, name: str) -> None:
    make, said = HOSTILE[name]
    path = tmp_path / "hostile"
    path.write_bytes(make())
    run = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    mib, counts, message = run.stdout.split("\n", 2)
    path.unlink()
    assert said in message
    assert int(mib) < MOST_MIB
    assert float(counts) < MOST_COUNTS
