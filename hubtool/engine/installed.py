"""Whether the libraries that run networks are installed, whether they load, and what they can do here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from hubtool.card.catalogue import version_key
from hubtool.engine.choose import BACKENDS, REFERENCE, backend_named
from hubtool.errors import EnvironmentProblem
from hubtool.extras import installed_versions

_EXTRAS = {"openvino": "eval", "onnxruntime": "onnxruntime", "mindspore": "mindspore"}
_PURPOSES = {"mindspore": "it builds, runs and trains networks"}
_PURPOSE = "it runs networks"
_MINDSPORE = ((2, 7), (2, 9))
_NUMPY_TOO_NEW = (2,)
_SECONDS_TO_LOAD = 60
_TELL = "from hubtool.engine.installed import tell_devices; tell_devices({engine!r})"


@dataclass(frozen=True, slots=True)
class State:
    """The state of a library.

    Attributes
    ----------
    status
        `ok`, `missing`, `slow`, or `broken`.
    detail
        Its version and what it can do here, or what is wrong with it.
    hint
        The command that fixes it; empty when all is well.
    version
        Empty when it is not installed.
    devices
        Those that it finds here, each with the precisions it computes in; empty when it was not loaded.
    """

    status: Literal["ok", "missing", "slow", "broken"]
    detail: str
    hint: str = ""
    version: str = ""
    devices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Keys `status`, `version` (null when it is not installed) and `devices`."""
        return {
            "status": self.status,
            "version": self.version or None,
            "devices": {device: list(precisions) for device, precisions in self.devices.items()},
        }


def engine_states(versions: Mapping[str, str] | None = None) -> dict[str, State]:
    """The state of each engine by its name, the fastest first; each is loaded in a process of its own, all at once.

    Parameters
    ----------
    versions
        Of the installed packages, by name; None to ask the system.
    """
    found = installed_versions((*BACKENDS, "numpy")) if versions is None else versions
    with ThreadPoolExecutor(len(BACKENDS)) as pool:
        return dict(zip(BACKENDS, pool.map(lambda name: engine_state(name, found), BACKENDS), strict=True))


def engine_state(name: str, versions: Mapping[str, str]) -> State:
    """The state of one engine.

    Parameters
    ----------
    versions
        Of the installed packages, by name.
    """
    install = f"pip install 'hubtool[{_EXTRAS[name]}]'"
    if name not in versions:
        return State("missing", f"not installed; {_PURPOSES.get(name, _PURPOSE)}", install)
    version = versions[name]
    if name == REFERENCE and (known := _known_trouble(version, versions, install)):
        return known
    devices = _devices_of(name)
    if isinstance(devices, str):
        return State("broken", f"{version} does not load: {devices}", install, version)
    able = "; ".join(f"{device} computes in {' and '.join(precisions)}" for device, precisions in devices.items())
    return State("ok", f"{version}, {able}" if able else version, version=version, devices=devices)


def tell_devices(engine: str) -> None:
    """Load an engine, and write as the last line of stdout, as JSON, what `Backend.devices` says.

    Raises
    ------
    Exception
        What the library raises when it does not load.
    """
    try:
        devices = backend_named(engine).devices()
    except EnvironmentProblem as problem:
        raise problem.__cause__ or problem from None
    sys.stdout.write(f"\n{json.dumps({device: list(names) for device, names in devices.items()})}\n")


def _known_trouble(version: str, versions: Mapping[str, str], install: str) -> State | None:
    """What is wrong with a version of MindSpore before it is loaded; None where nothing is known to be."""
    lowest, too_new = _MINDSPORE
    if version_key(version)[:2] >= too_new:
        detail = f"{version} runs 3x3 convolutions on CPU 60 to 100 times slower than 2.8"
        return State("slow", detail, install, version)
    if version_key(version)[:2] < lowest:
        return State("broken", f"{version} is older than the 2.7 hubtool needs", install, version)
    if version_key(versions.get("numpy", "")) >= _NUMPY_TOO_NEW:
        detail = f"{version} needs numpy 1, but numpy {versions['numpy']} is installed"
        return State("broken", detail, "pip install 'numpy<2'", version)
    return None


def _devices_of(engine: str) -> dict[str, list[str]] | str:
    """What an engine says of its devices in a process of its own, or the last line of what it says when it fails."""
    try:
        run = subprocess.run(  # noqa: S603 (our own interpreter, an engine of ours)
            [sys.executable, "-c", _TELL.format(engine=engine)],
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_LOAD,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it takes more than {_SECONDS_TO_LOAD} seconds"
    if run.returncode != 0:
        return (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
    devices: dict[str, list[str]] = json.loads(run.stdout.splitlines()[-1])
    return devices
