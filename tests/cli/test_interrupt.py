"""Ctrl-C, at moments at which libraries do not expect it; and what must not be taken for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hubtool.network.registry import spec_named
from tests.conftest import HubtoolProcess
from tests.network.zoo import saved

EVALUATE = ("verify", "bit_digits", "--reproduce-eval", "--no-progress")
SLOWLY = (*EVALUATE, "--limit", "90", "--batch-size", "4")


def started(hubtool_process: HubtoolProcess, *args: str, handler: object = signal.SIG_DFL) -> subprocess.Popen[str]:
    """The command, with a SIGINT of its own, whatever the tests' parent did to it."""
    return hubtool_process.popen(*args, preexec_fn=lambda: signal.signal(signal.SIGINT, handler))


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def loads_mindspore(process: subprocess.Popen[str]) -> Callable[[], bool]:
    return lambda: "/mindspore/" in Path(f"/proc/{process.pid}/maps").read_text()


def evaluates(cache: Path) -> Callable[[], bool]:
    return lambda: any(ledger.read_bytes().count(b"\n") > 2 for ledger in cache.glob("ledgers/*.jsonl"))


def is_not_interrupted_by(
    signals: Sequence[tuple[signal.Signals, float]], process: subprocess.Popen[str], cache: Path
) -> None:
    """Send signals to an evaluation by `SLOWLY`, each with the seconds to wait after it: it comes to its end."""
    try:
        wait_until(evaluates(cache), process)
        for number, seconds in signals:
            process.send_signal(number)
            time.sleep(seconds)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert "2 consistent" in out


@pytest.mark.mindspore
@pytest.mark.parametrize("seconds", [0, 0.1, 0.25, 0.5, 0.8])
def test_while_mindspore_is_being_imported(hubtool_process: HubtoolProcess, seconds: float) -> None:
    process = started(hubtool_process, *EVALUATE)
    try:
        wait_until(loads_mindspore(process), process)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, out, err.strip()) == (130, "", "interrupted")


@pytest.mark.mindspore
def test_while_mindspore_exports_in_a_process_of_its_own(hubtool_process: HubtoolProcess, tmp_path: Path) -> None:
    pytest.importorskip("mindcv")
    weights = saved(tmp_path, spec_named("swin_tiny")).path  # takes long to export
    process = started(hubtool_process, "export", str(weights), "--to", "onnx")
    try:
        wait_until(lambda: bool(exporting(process.pid)), process)
        (other,) = exporting(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, out, err.strip()) == (130, "", "interrupted")
    assert list(hubtool_process.folder.iterdir()) == []
    assert not Path(f"/proc/{other}").exists()


def exporting(parent: int) -> list[int]:
    """The processes that a process started and that have loaded MindSpore."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if "/mindspore/" in Path(f"/proc/{child}/maps").read_text()]


def test_while_another_process_is_waited_for(hubtool_process: HubtoolProcess) -> None:
    script = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from hubtool.apart import Apart
from hubtool.cli.containment import contained
with contained():
    apart = Apart("one who sleeps", "signal", "pause")
    try:
        print("asked", flush=True)
        apart.ask("something")
    except KeyboardInterrupt:
        apart.close()
        print("KeyboardInterrupt", apart.process.returncode)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=hubtool_process.environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr.readline() == "asked\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, f"KeyboardInterrupt -{signal.SIGKILL:d}\n")


@pytest.mark.mindspore
def test_a_process_that_was_stopped_and_goes_on_was_not_interrupted(
    hubtool_process: HubtoolProcess, tmp_path: Path
) -> None:
    process = started(hubtool_process, *SLOWLY)
    is_not_interrupted_by([(signal.SIGSTOP, 0.5), (signal.SIGCONT, 0)], process, tmp_path / "cache")


@pytest.mark.mindspore
def test_where_ctrl_c_is_ignored_it_stays_ignored(hubtool_process: HubtoolProcess, tmp_path: Path) -> None:
    process = started(hubtool_process, *SLOWLY, handler=signal.SIG_IGN)
    is_not_interrupted_by([(signal.SIGINT, 0.3)] * 2, process, tmp_path / "cache")


@pytest.mark.mindspore
def test_after_mindspore_ran_ctrl_c_is_python_s_again(hubtool_process: HubtoolProcess) -> None:
    script = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from hubtool.cli.containment import contained
with contained():
    import hubtool
    network = hubtool.load("bit_digits")
    import mindspore
    network(mindspore.Tensor([[[[0.0] * 32] * 32]], mindspore.float32)).asnumpy()
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
except KeyboardInterrupt:
    print("KeyboardInterrupt")
"""
    run = subprocess.run(
        [sys.executable, "-c", script], env=hubtool_process.environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "KeyboardInterrupt\n")


def test_a_file_that_ends_too_soon_is_not_an_interrupt(hubtool_process: HubtoolProcess) -> None:
    script = """
import sys, types, click
def read():
    raise EOFError("Compressed file ended before the end-of-stream marker was reached")
sys.modules["hubtool.cli.list_command"] = types.SimpleNamespace(command=click.Command("list", callback=read))
from hubtool.cli import main
main(["list"])
"""
    run = subprocess.run(
        [sys.executable, "-c", script], env=hubtool_process.environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (6, "")
    assert "internal error: EOFError: Compressed file ended" in run.stderr
    assert "interrupted" not in run.stderr
