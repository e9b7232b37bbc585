"""Looks for bytes that the readers neither read nor refuse as they should.

    python -m tests.checkpoint.fuzz_reader [--cases 1000000] [--seed 0]
    python -m tests.checkpoint.fuzz_reader --coverage [--cases 1000000]     # needs atheris: follows the code's branches

Sound files of both formats are built, then damaged with their structure in mind. Each must be listed, with every
tensor's bytes inside of the file, or refused as CorruptCheckpoint with an offset; one in a thousand also goes through
a real file, arrays, statistics and conversion. Any other exception, a case of more than a second, or memory beyond
MOST_MIB ends the run with the seed that repeats the case.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from hubtool.checkpoint.convert import WRITERS, convert
from hubtool.checkpoint.dtypes import BY_MINDSPORE, DTYPES, foreign_bits, is_decoded
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.reader import list_checkpoint
from hubtool.checkpoint.safetensors import encode_header, list_safetensors
from hubtool.checkpoint.tensors import Extent, Listing, TensorInfo
from hubtool.errors import CorruptCheckpoint, UsageProblem
from tests.checkpoint.proto import entry, field, text, varint

MOST_MIB = 1024  # of address space beyond what there is at the start
MOST_SECONDS = 1.0
WHOLE_WAY_EVERY = 1000
PATH = Path("fuzzed")
NASTY = (0, 1, -1, 2, 31, 32, 33, 127, 128, 255, 2**31 - 1, 2**31, 2**32, 10**12, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
NAMES = ("a", "a", "b", "conv1.weight", "", "ünï", "\x1b[2J", "__metadata__", "x" * 600)


def random_entry(chance: random.Random) -> bytes:
    """One entry of a checkpoint, usually sound."""
    name = chance.choice(NAMES) if chance.random() < 0.2 else f"t{chance.randrange(1000)}"
    if chance.random() < 0.1:
        return entry(name, [0], "str", text(chance.choice(("", "note", "\0"))))
    dtype = chance.choice(list(BY_MINDSPORE.values()))
    dims = [chance.choice((0, 1, 1, 2, 3)) for _ in range(chance.randrange(4))]
    count = 1
    for dim in dims:
        count *= dim
    content = chance.randbytes(count * dtype.item_bytes)
    if chance.random() < 0.05:
        dims = [chance.choice(NASTY) for _ in range(chance.choice((1, 2, 3, 40)))]
    if chance.random() < 0.2:  # packed dimensions, unknown fields
        inner = field(1, b"".join(map(varint, dims))) + field(2, dtype.mindspore.encode()) + field(3, content)
        return field(1, field(1, name.encode()) + field(2, inner + field(chance.randrange(1, 20), b"?")))
    if chance.random() < 0.1:  # in parts
        cut = chance.randrange(len(content) + 1)
        return entry(name, dims, dtype.mindspore, content[:cut]) + entry(name, dims, dtype.mindspore, content[cut:])
    return entry(name, dims, dtype.mindspore, content)


def random_checkpoint(chance: random.Random) -> bytes:
    data = b"".join(random_entry(chance) for _ in range(chance.randrange(1, 5)))
    return data + b"crc_num" + chance.randbytes(10) if chance.random() < 0.1 else data


def random_safetensors(chance: random.Random) -> bytes:
    tensors = []
    for number in range(chance.randrange(1, 4)):
        dtype = chance.choice([dtype for dtype in DTYPES.values() if dtype.safetensors])
        shape = tuple(chance.choice((0, 1, 2, 3)) for _ in range(chance.randrange(4)))
        size = dtype.item_bytes
        for dim in shape:
            size *= dim
        tensors.append(TensorInfo(f"t{number}", dtype.name, shape, (Extent(0, size),)))
    header = encode_header(tensors, {"format": "ms", "t0": "Int4"} if chance.random() < 0.3 else {})
    return header + chance.randbytes(sum(tensor.nbytes for tensor in tensors))


def damage(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one thing changed."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64)))
    kind = chance.randrange(8)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[end:]
    if kind == 2:
        return data[:end] + data[at:]
    if kind == 3:
        return data[:at] + varint(chance.choice(NASTY)) + data[at + chance.randrange(3) :]
    if kind == 4:
        return data[:at] + chance.randbytes(end - at) + data[end:]
    if kind == 5:  # a number in a header
        numbers = list(re.finditer(rb"\d+", data))
        if numbers:
            start, stop = chance.choice(numbers).span()
            new = chance.choice(numbers)[0] if chance.random() < 0.5 else str(chance.choice(NASTY)).encode()
            return data[:start] + new + data[stop:]
    if kind == 6:  # a sign of a header
        return (
            data[:at] + chance.choice((b"{", b"}", b'"', b",", b":", b"[", b"]", b"\\u0000", b" ", b"1e9")) + data[end:]
        )
    bits = bytearray(data)
    if bits:
        bits[at % len(bits)] ^= 1 << chance.randrange(8)
    return bytes(bits)


def mended_length(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file whose length fits its damaged header again, so that reading goes on."""
    end = data.rfind(b"}") + 1
    if end > 8 and chance.random() < 0.7:
        return (end - 8).to_bytes(8, "little") + data[8:]
    return data


def check(data: bytes, listing: Listing) -> None:
    """Everything that is promised about what was listed."""
    taken: list[Extent] = []
    for name, tensor in listing.tensors.items():
        assert name == tensor.name
        known = DTYPES.get(tensor.dtype)
        bits = 8 * known.item_bytes if known else foreign_bits(tensor.dtype)
        assert bits
        assert tensor.nbytes == (tensor.count * bits + 7) // 8
        assert len(tensor.shape) <= 32
        assert all(dim >= 0 for dim in tensor.shape)
        taken += tensor.extents
    position = 0
    for start, end in sorted(taken):
        assert position <= start <= end <= len(data)
        position = end
    json.dumps([listing.texts, listing.metadata, list(listing.tensors)]).encode()
    "".join([*listing.texts.values(), *listing.metadata.values(), *listing.tensors]).encode()


def attempt(data: bytes) -> bool:
    """List the bytes in both formats; whether one of them takes them."""
    sound = False
    for read in (list_checkpoint, list_safetensors):
        try:
            check(data, read(PATH, data))
        except CorruptCheckpoint as error:
            assert re.match(r"fuzzed: byte \d+: ", error.message), error.message
            assert error.message.isprintable(), error.message
        else:
            sound = True
    return sound


def whole_way(data: bytes, folder: Path) -> None:
    """The same bytes as a file: values, statistics, both conversions."""
    import numpy as np

    from hubtool.checkpoint.inspect import inspect

    path = folder / "fuzzed"
    path.write_bytes(data)
    try:
        weights = open_weights(path)
        for name, tensor in weights.tensors.items():
            if is_decoded(tensor.dtype):
                assert weights.array(name).shape == tensor.shape
            assert sum(map(len, weights.chunks(name))) == tensor.nbytes
        with np.errstate(all="raise"):
            json.dumps(inspect(weights, with_statistics=True).to_json(), allow_nan=False)
        for to in WRITERS:
            target = folder / f"out.{to}"
            try:
                convert(weights, target, to, replace=True)
            except UsageProblem:
                continue
            assert open_weights(target).tensors.keys() == weights.tensors.keys()
    except CorruptCheckpoint as error:
        assert str(path) in error.message
    assert {file.name for file in folder.iterdir()} <= {"fuzzed", "out.ckpt", "out.safetensors"}


def case(seed: str) -> bytes:
    """The bytes of one case."""
    chance = random.Random(seed)
    is_safetensors = chance.random() < 0.4
    data = random_safetensors(chance) if is_safetensors else random_checkpoint(chance)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        data = damage(data, chance)
    return mended_length(data, chance) if is_safetensors else data


def run(cases: int, seed: int) -> dict[str, object]:
    """Try that many cases; the figures of the run."""
    sound = 0
    slowest = 0.0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(cases):
            name = f"{seed}/{number}"
            data = case(name)
            started = time.process_time()
            try:
                sound += attempt(data)
                if number % WHOLE_WAY_EVERY == 0:
                    whole_way(data, Path(folder))
            except BaseException:
                sys.stderr.write(f"case {name}: {data!r}\n")
                raise
            took = time.process_time() - started
            assert took < MOST_SECONDS, f"case {name} took {took:.1f} s"
            slowest = max(slowest, took)
    return {
        "cases": cases,
        "sound": sound,
        "refused": cases - sound,
        "slowest_case_ms": round(slowest * 1000, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def run_with_coverage(cases: int) -> None:
    """Let atheris look for cases; it prints how far it got and the bytes of a failure."""
    import atheris

    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as corpus:
        for number in range(200):
            (Path(corpus) / str(number)).write_bytes(case(f"corpus/{number}"))
        atheris.Setup([sys.argv[0], f"-runs={cases}", "-max_len=4096", corpus], attempt)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", action="store_true")
    options = parser.parse_args()
    if options.coverage:
        run_with_coverage(options.cases)
        return
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + (MOST_MIB << 20), resource.RLIM_INFINITY))
    sys.stdout.write(f"{json.dumps(run(options.cases, options.seed), indent=2)}\n")


if __name__ == "__main__":
    main()
