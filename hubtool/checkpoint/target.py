"""The file that an export writes: never half of one, and never over another one unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hubtool.errors import EnvironmentProblem, UsageProblem
from hubtool.files import atomic_stream, check_writable


def check_target(target: Path, *, replace: bool) -> None:
    """Check that a file of that name may and can be written, before the work that makes its content.

    Parameters
    ----------
    replace
        Whether an existing file may be replaced.

    Raises
    ------
    UsageProblem
        The target already exists.
    EnvironmentProblem
        It cannot be written.
    """
    if target.exists() and not (replace and target.is_file()):
        raise UsageProblem(f"{target} already exists", hint="name another file with --output, or use --force")
    with _environment_errors(target):
        check_writable(target)


@contextmanager
def written(target: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A stream whose bytes become the target's content when the block ends, and never do when it raises.

    Parameters
    ----------
    replace
        Whether an existing file may be replaced.

    Raises
    ------
    UsageProblem
        Another process created the target meanwhile.
    EnvironmentProblem
        The target cannot be written.
    """
    try:
        with _environment_errors(target), atomic_stream(target, replace=replace) as stream:
            yield stream
    except FileExistsError:
        raise UsageProblem(f"{target} was created by another process", hint="name another file with --output") from None


@contextmanager
def _environment_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise EnvironmentProblem(
            f"{target}: {error.strerror}", hint="free space, fix the permissions, or name another place with --output"
        ) from error
