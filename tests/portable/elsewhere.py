"""Runs commands as on a system that is no POSIX: its modules and calls are taken away, and open files stay where they are.

Standard input is a JSON list of commands; standard output is a JSON list of [exit code, output, messages].
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import warnings
from pathlib import Path

MODULES = ("fcntl", "grp", "posix_ipc", "pty", "pwd", "resource", "syslog", "termios", "tty")
CALLS = [
    "chown",
    "chroot",
    "fchmod",
    "fchown",
    "fork",
    "forkpty",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getloadavg",
    "getpgid",
    "getpgrp",
    "getresuid",
    "getsid",
    "getuid",
    "killpg",
    "lchown",
    "mkfifo",
    "mknod",
    "nice",
    "openpty",
    "posix_fadvise",
    "posix_fallocate",
    "pread",
    "preadv",
    "pwrite",
    "pwritev",
    "sched_getaffinity",
    "sched_setaffinity",
    "sendfile",
    "setsid",
    "setuid",
    "statvfs",
    "sync",
    "O_CLOEXEC",
    "O_DIRECTORY",
    "O_NOCTTY",
    "O_NOFOLLOW",
    "O_NONBLOCK",
    "O_PATH",
    "O_TMPFILE",
]
SIGNALS = [
    "SIGALRM",
    "SIGCHLD",
    "SIGHUP",
    "SIGKILL",
    "SIGPIPE",
    "SIGQUIT",
    "SIGUSR1",
    "SIGUSR2",
    "SIG_BLOCK",
    "SIG_SETMASK",
    "SIG_UNBLOCK",
    "alarm",
    "pthread_kill",
    "pthread_sigmask",
    "setitimer",
    "sigpending",
    "sigtimedwait",
    "sigwait",
]
OPEN = Path("/proc/self/fd")


def take_away() -> None:
    for name in MODULES:
        sys.modules[name] = None
    for module, names in ((os, CALLS), (signal, SIGNALS), (shutil, ["disk_usage"])):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    warnings.simplefilter("error")  # a library says that something is missing: users would see it, too
    if OPEN.is_dir():
        for name in ("replace", "rename", "unlink", "remove"):
            setattr(os, name, refusing_open_files(getattr(os, name)))


def refusing_open_files(call):
    """As Windows does: a file that is open is not renamed, replaced or removed."""

    def checked(*paths, **options):
        for path in paths:
            real = os.path.realpath(path)
            if any(os.path.realpath(number) == real for number in OPEN.iterdir()):
                raise PermissionError(13, "The process cannot access the file because it is being used", str(path))
        return call(*paths, **options)

    return checked


def run(args: list[str]) -> tuple[int, str, str]:
    from hubtool.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(args)
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    commands = json.load(sys.stdin)
    take_away()
    sys.stdout.write(json.dumps([run(command) for command in commands]))
