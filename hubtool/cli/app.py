"""The `hubtool` command: finds the subcommand, and turns every error into a message and an exit code."""

from __future__ import annotations

import difflib
import gc
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from hubtool import __version__
from hubtool.cli.containment import INTERRUPTED
from hubtool.cli.errors import show_any
from hubtool.cli.settings import global_options

_BROKEN_PIPE = 141
COMMANDS = {
    "list": "List the cards.",
    "show": "Show the validated record of a card.",
    "validate": "Check cards; report every problem with line and column.",
    "rule": "Explain a rule of validate, with examples.",
    "new": "Write a card for a new model, with digest and parameter count filled in.",
    "pull": "Fetch checkpoints, check their SHA-256, print their paths.",
    "lock": "Pin the full digest and size of every file in hubtool.lock.",
    "cache": "List, check and remove the files in the cache.",
    "inspect": "List the tensors of a checkpoint, with statistics.",
    "export": "Write a network as ONNX or MindIR, or its weights in another format.",
    "verify": "Check what cards claim; --reproduce-eval re-runs the evaluation.",
    "report": "Write an HTML page from the cards and the evidence beside them.",
    "diff": "Compare two files of predictions, image by image.",
    "train": "Train a network from a recipe.",
    "doctor": "Show what works on this machine, and how to fix the rest.",
}


class LazyGroup(click.Group):
    """Imports a subcommand's module when it is called; `--help` and `--version` import none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None; close names are offered by `resolve_command`."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"hubtool.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The commands with one line each, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="hubtool %(version)s")
@global_options
def app() -> None:
    """Check what model-hub cards claim.

    Every number on a card is either reproduced by one command, or flagged. NAME is a model name, a file stem,
    a uid, the path of a card, or the model name of a row of a card's results table.

    Exit codes: 0 success, 1 a problem was found, 2 wrong usage, 3 not found, 4 transfer failed, 5 integrity
    failed, 6 a needed part is missing or broken, 130 interrupted.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    code = run(args)
    if code == INTERRUPTED:
        # What was opened is closed by now. Libraries whose import was cut short fail in their exit callbacks:
        # MindSpore's imports it once more, and may abort the process.
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()  # the end of the process frees the rest: a garbage collection first would take 15 ms
    sys.exit(code)


def run(args: list[str] | None = None) -> int:
    """Run the command line in this process; never shows a traceback without -vv.

    Parameters
    ----------
    args
        The words after the command's name; those of this process by default.

    Returns
    -------
    int
        The exit code; 130 after Ctrl-C.
    """
    options: dict[str, Any] = {}
    sys.stdout = _usable(sys.stdout)
    sys.stderr = _usable(sys.stderr)
    code = _code_of(args, options)
    try:
        sys.stdout.flush()
    except OSError:
        # The reader of the output has stopped, or the disk is full; the interpreter must not fail again on flushing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _BROKEN_PIPE
    return code


def _usable(stream: Any) -> Any:
    """A stream that takes any text: one that the caller closed is replaced, odd characters are written as escapes."""
    if stream is None:
        stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open until the process ends)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _code_of(args: list[str] | None, options: dict[str, Any]) -> int:
    try:
        result = app.main(args, prog_name="hubtool", standalone_mode=False, obj=options)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(error.__cause__, EOFError):  # click takes a file that ends too early for a user who gave up
            return show_any(error.__cause__, options)
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except SystemExit:  # click's answer to a reader that closed the pipe
        return _BROKEN_PIPE
    except Exception as error:  # the last resort, so that a bug is one line and not a screenful
        return show_any(error, options)
    return result if isinstance(result, int) else 0
