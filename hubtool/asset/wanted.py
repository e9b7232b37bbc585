"""What a file has to be, who says so, and what to tell the user when it is another file."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.lockfile import Pin
from hubtool.asset.policy import redacted
from hubtool.card.record import Asset, Digest
from hubtool.errors import CardError, DigestMismatch
from hubtool.signatures.sample import Sample
from hubtool.signatures.table import what_it_is

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file has to be, and who says so.

    Attributes
    ----------
    size
        In bytes; None where only the card speaks of the file.
    said_by
        For messages: "the card says", or which lockfile pins it.
    pieces
        Digests of its pieces, as `PieceHasher.digests`; empty where they are not known.
    """

    digest: Digest
    size: int | None
    said_by: str
    pieces: tuple[str, ...] = ()

    def check(self, label: str, found: str, head: bytes) -> None:
        """Compare a file's digest with the wanted one.

        Parameters
        ----------
        label
            What the file is called in the message: its path, or its link without a password.
        found
            The file's SHA-256, 64 digits in lower case.
        head
            Its first bytes, which often show what it is instead.

        Raises
        ------
        DigestMismatch
            It is another file.
        """
        if self.digest.matches(found):
            return
        shown = found if self.digest.kind == "full" else found[: len(self.digest.hex)]
        raise DigestMismatch(
            f"{label}: wrong bytes{_what_it_is(head)}: {self.said_by} sha256 {self.digest.hex}, the file has {shown}",
            hint="nothing was kept: either the file is damaged or the card names another one",
        )


def wanted_of(asset: Asset, found: tuple[Pin, Path] | None, *, locked: bool = False) -> Wanted:
    """What an asset's file has to be, by its card and by the lockfile that pins it.

    Parameters
    ----------
    found
        The pin and its lockfile; None where nothing pins the file.
    locked
        Whether the pin counts even if the card publishes all digits of another file.

    Raises
    ------
    CardError
        Neither the card nor a lockfile has a digest.
    DigestMismatch
        Card and lockfile contradict each other.
    """
    published = asset.digest
    if found is not None:
        pin, lockfile = found
        if published is not None and not published.matches(pin.sha256):
            said = f"{redacted(asset.url)}: the card says sha256 {published.hex}, {lockfile} pins {pin.sha256}"
            if published.kind == "prefix" or locked:
                hint = "one of them is wrong: if the file was meant to change, hubtool lock pins the new one"
                raise DigestMismatch(said, hint=hint)
            # All digits on the card are as good as a pin, and newer: the card was changed after it.
            _log.warning("%s; the card counts, hubtool lock pins the new one", said)
            return Wanted(published, None, "the card says")
        return Wanted(Digest(pin.sha256), pin.size, f"{lockfile} pins", pin.pieces)
    if published is None:
        raise CardError(
            f"{redacted(asset.url)}: the card publishes no SHA-256, so its bytes cannot be verified",
            hint="add asset-sha256 to the card",
        )
    return Wanted(published, None, "the card says")


def _what_it_is(head: bytes) -> str:
    """What the bytes are instead of a checkpoint, in brackets, if that is obvious."""
    if not head:
        return " (the file is empty)"
    kind = what_it_is(Sample(head))
    return f" (it is {kind.what})" if kind is not None and not kind.format else ""
