"""Every error that hubtool raises on purpose, by who has to act.

Each class fixes the exit code of the command line; each instance says what is wrong and where in its
message, and what to do next in its hint. Codes: 1 a problem was found, 2 wrong usage, 3 not found,
4 transfer failed, 5 integrity failed, 6 a needed part is missing or broken.
"""

from __future__ import annotations

from collections.abc import Sequence


class HubtoolError(Exception):
    """Base of all errors below.

    Parameters
    ----------
    message
        What is wrong and where, in one line.
    hint
        What to do next; empty when the message leaves no doubt.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint


# The card's author has to act.


class CardError(HubtoolError):
    """A card cannot be used as it stands."""


# The user has to act.


class UsageProblem(HubtoolError):
    """An argument or a recipe says something that cannot be done."""

    exit_code = 2


class AmbiguousName(UsageProblem):
    """A name fits several cards; the hint lists them."""


class NotFound(HubtoolError):
    """A card, a row of a results table, a dataset or a file does not exist."""

    exit_code = 3


class BrokenDataset(NotFound):
    """A dataset, or the file with its labels, exists but cannot be read."""


class UnreadableImages(NotFound):
    """Images of a dataset cannot be decoded.

    Attributes
    ----------
    indices
        Their places in what was asked for; as `Dataset.batches` raises it, in the dataset.
    """

    def __init__(self, message: str, indices: Sequence[int], *, hint: str = ""):
        super().__init__(message, hint=hint)
        self.indices = tuple(indices)


# The network, or the owner of the server, has to act.


class TransferError(HubtoolError):
    """A file could not be fetched; nothing was left under its final name."""

    exit_code = 4


class LinkRefused(TransferError):
    """A link, or what it redirects to, is not one that hubtool asks for files."""


class Offline(TransferError):
    """A file is not in the cache, and hubtool must not use the network."""


# Bytes are not what the card promises.


class IntegrityError(HubtoolError):
    """An asset is not what its card says it is."""

    exit_code = 5


class DigestMismatch(IntegrityError):
    """The SHA-256 of a file differs from the published one."""


class NotPinned(IntegrityError):
    """A file is not in the lockfile, and only pinned files were asked for."""


class CorruptCheckpoint(IntegrityError):
    """A file cannot be read as a checkpoint; the message names the byte offset."""


class CheckpointMismatch(IntegrityError):
    """A sound checkpoint that belongs to another network, or holds values that are not finite."""


# The machine has to be fixed.


class EnvironmentProblem(HubtoolError):
    """A needed part of the machine is missing or broken."""

    exit_code = 6


class MissingExtra(EnvironmentProblem):
    """An optional dependency is not installed; the hint is the command that installs it."""
