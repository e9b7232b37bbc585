"""The processor of this machine, by name."""

from __future__ import annotations

import platform
import re
from pathlib import Path

from hubtool.engine.protocol import CPU

_CPUINFO = Path("/proc/cpuinfo")
_MODEL = re.compile(r"^model name[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)


def processor(cpuinfo: Path = _CPUINFO) -> str:
    """Model and instruction set, as `AMD EPYC (x86_64)`; the latter alone where the system names no model.

    Parameters
    ----------
    cpuinfo
        The system's description of its processors; the first one counts.
    """
    try:
        found = _MODEL.search(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return f"{' '.join(found[1].split())} ({platform.machine()})" if found else platform.machine()


def device_called(device: str, model: str = "") -> str:
    """A device with its model: a CPU with what `processor` says, as `CPU AMD EPYC (x86_64)`; others with what is given.

    Parameters
    ----------
    model
        Of a device that is not the CPU; empty where the engine does not tell.
    """
    return f"{device} {processor() if device == CPU else model}".rstrip()
