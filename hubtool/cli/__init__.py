"""The command line: parse options, call one function, print."""

from hubtool.cli.app import main

__all__ = ["main"]
