"""An asset of a card to the path of verified bytes."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache, CachedFile, hash_file, safe_name
from hubtool.asset.door import Door
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.lockfile import Pin, Pins
from hubtool.asset.mirrors import sources_of
from hubtool.asset.partial import Origin, Partial
from hubtool.asset.policy import redacted
from hubtool.asset.source import local_path
from hubtool.asset.transfer import SizeDiffers, Transfer
from hubtool.card.record import Asset, Digest
from hubtool.errors import CardError, DigestMismatch, HubtoolError, LinkRefused, NotPinned, Offline, TransferError
from hubtool.files import atomic_stream, environment_errors
from hubtool.progress import SILENT, Progress

_log = logging.getLogger(__name__)
_IDLE_ATTEMPTS_BEFORE_ANOTHER_SOURCE = 2
_TAG_OR_STYLE = re.compile(rb"<(script|style)\b.*?</\1>|<[^>]*>?|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class VerifiedAsset:
    """A file whose SHA-256 agrees with the card, and with the lockfile where that pins it.

    Attributes
    ----------
    sha256
        All 64 digits, whether the card publishes them or only the first ones.
    transferred
        Bytes that had to be fetched; 0 when the file was in the cache.
    """

    path: Path
    sha256: str
    size: int
    transferred: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a file has to be, and who says so."""

    digest: Digest
    size: int | None
    said_by: str

    def mismatch(self, label: str, found: str, what: str) -> DigestMismatch:
        """The error for bytes that are another file."""
        shown = found if self.digest.kind == "full" else found[: len(self.digest.hex)]
        return DigestMismatch(
            f"{label}: wrong bytes{what}: {self.said_by} sha256 {self.digest.hex}, the file has {shown}",
            hint="nothing was kept: either the file is damaged or the card names another one",
        )


def pull(
    asset: Asset,
    folder: Path,
    cache: Cache,
    *,
    access: Access = Access(),  # noqa: B008 (frozen)
    pins: Pins | None = None,
    locked: bool = False,
    rehash: bool = False,
    progress: Progress = SILENT,
) -> VerifiedAsset:
    """Fetch an asset into the cache, unless it is there, and check its digest.

    Parameters
    ----------
    folder
        Folder of the card, where relative links start.
    pins
        Lockfiles: what they pin is wanted to the last digit, unless the card publishes all digits of another file;
        and a file of which the card publishes only the first digits is pinned there.
    locked
        Refuse a file that is not pinned.
    rehash
        Read a file of the cache again instead of trusting size and times.

    Raises
    ------
    CardError
        Nobody publishes a digest, or the link is not allowed.
    NotFound
        The file beside the card is not there.
    TransferError
        The file could not be fetched; `Offline` when that was forbidden.
    DigestMismatch, NotPinned
        The bytes are not the published or pinned ones, none were kept; or nothing pins them.
    EnvironmentProblem
        The cache cannot be written.
    """
    found = pins.find(asset, folder) if pins is not None else None
    if locked and found is None:
        raise NotPinned(f"{redacted(asset.url)} is not pinned in hubtool.lock", hint="hubtool lock pins it")
    wanted = _wanted(asset, found, locked=locked)
    verified = _pull(asset, folder, cache, wanted, access, progress, rehash=rehash)
    if pins is not None and found is None and wanted.digest.kind == "prefix":
        pins.add(asset, folder, Pin(verified.sha256, verified.size, redacted(asset.url)))
    return verified


def cached(
    asset: Asset,
    folder: Path,
    cache: Cache,
    *,
    access: Access = Access(),  # noqa: B008 (frozen)
    pins: Pins | None = None,
) -> VerifiedAsset | None:
    """The asset if it takes no network to have it; None otherwise. Pins nothing; raises as `pull` does."""
    wanted = _wanted(asset, pins.find(asset, folder) if pins is not None else None, locked=False)
    try:
        return _pull(asset, folder, cache, wanted, replace(access, offline=True), SILENT, rehash=False)
    except Offline:
        return None


def place(verified: VerifiedAsset, folder: Path) -> Path:
    """Copy a verified file into a folder, under its own name, atomically; return the copy's path."""
    target = folder / verified.path.name
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_stream(target) as stream, verified.path.open("rb", buffering=0) as source:
            sha256 = hashlib.sha256()
            while chunk := source.read(DEFAULT_LIMITS.chunk_bytes):
                sha256.update(chunk)
                stream.write(chunk)
            if sha256.hexdigest() != verified.sha256:
                raise DigestMismatch(f"{verified.path} was changed while it was copied", hint="pull again")
    return target


def link(verified: VerifiedAsset, folder: Path) -> Path:
    """Make a symbolic link to a verified file in a folder, under its own name; return the link's path."""
    target = folder / verified.path.name
    fresh = folder / f".hubtool-{secrets.token_hex(8)}.tmp"
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        fresh.symlink_to(verified.path.absolute())
        fresh.replace(target)
    return target


def _wanted(asset: Asset, found: tuple[Pin, Path] | None, *, locked: bool) -> _Wanted:
    published = asset.digest
    if found is not None:
        pin, lockfile = found
        if published is not None and not published.matches(pin.sha256):
            said = f"{redacted(asset.url)}: the card says sha256 {published.hex}, {lockfile} pins {pin.sha256}"
            if published.kind == "prefix" or locked:
                hint = "one of them is wrong: if the file was meant to change, hubtool lock pins the new one"
                raise DigestMismatch(said, hint=hint)
            # All digits on the card are as good as a pin, and newer: the card was changed after it.
            _log.warning("%s; the card counts, hubtool lock pins it anew", said)
            return _Wanted(published, None, "the card says")
        return _Wanted(Digest(pin.sha256), pin.size, f"{lockfile} pins")
    if published is None:
        raise CardError(
            f"{redacted(asset.url)}: the card publishes no SHA-256, so its bytes cannot be verified",
            hint="add asset-sha256 to the card",
        )
    return _Wanted(published, None, "the card says")


def _pull(
    asset: Asset, folder: Path, cache: Cache, wanted: _Wanted, access: Access, progress: Progress, *, rehash: bool
) -> VerifiedAsset:
    name = safe_name(asset.file_name)
    beside = local_path(asset, folder)
    if beside is not None:
        wanted = replace(wanted, digest=_digest_beside(beside, wanted))
    own_link = str(beside) if beside is not None else redacted(asset.url)
    links = {own_link, *(redacted(url) for url in sources_of(asset.url, ()))}
    for store in (*(Cache(root, read_only=True) for root in access.shared), cache):
        if hit := store.find(wanted.digest, name, links=links, rehash=rehash):
            _log.info("%s is in the cache: %s", redacted(asset.url), hit.path)
            return _verified(hit, transferred=0)
    if beside is None:
        _check_may_be_fetched(asset, cache, access)
    with cache.lock(wanted.digest):
        if hit := cache.find(wanted.digest, name, links=links):  # somebody else fetched it meanwhile
            return _verified(hit, transferred=0)
        partial = Partial(cache.partial_path(wanted.digest))
        try:
            if beside is not None:
                source, sha256 = str(beside), _copy(beside, partial, wanted, progress)
            else:
                source, sha256 = _fetch(asset, name, wanted, partial, access, progress)
            file = cache.add(partial.path, sha256, name, source, own_link)
            partial.discard()
        except DigestMismatch:
            partial.discard()
            raise
        finally:
            partial.close()
    return _verified(file, transferred=file.size)


def _digest_beside(path: Path, wanted: _Wanted) -> Digest:
    """The digest of a file beside the card: it is what the card speaks of, whatever the cache holds."""
    sha256 = hash_file(path)
    if not wanted.digest.matches(sha256):
        with path.open("rb") as stream:
            raise wanted.mismatch(str(path), sha256, _what_it_is(stream.read(1024)))
    return Digest(sha256)


def _check_may_be_fetched(asset: Asset, cache: Cache, access: Access) -> None:
    if access.offline:
        raise Offline(f"{redacted(asset.url)} is not in the cache {cache.root}", hint="pull it once without --offline")
    try:
        access.policy.check(asset.url)
    except LinkRefused as error:
        raise CardError(error.message, hint=error.hint) from error


def _copy(path: Path, partial: Partial, wanted: _Wanted, progress: Progress = SILENT) -> str:
    """Copy a file into a partial; the result is its digest, which is the wanted one."""
    partial.begin(Origin(str(path)))
    task = progress.task(path.name, path.stat().st_size, "B")
    try:
        with environment_errors(path), path.open("rb", buffering=0) as stream:
            while count := stream.readinto(partial.room()):
                partial.append(partial.room()[:count])
                task.advance(count)
    finally:
        task.finish()
    return _check(wanted, partial, str(path))


def _fetch(
    asset: Asset, name: str, wanted: _Wanted, partial: Partial, access: Access, progress: Progress
) -> tuple[str, str]:
    """Fetch a file from the first source that has it; the result is that source, and the digest."""
    sources = sources_of(asset.url, access.mirrors)
    errors: dict[str, HubtoolError] = {}
    task = progress.task(name, wanted.size, "B")
    door = Door(access.policy, access.limits)
    try:
        for number, url in enumerate(sources, 1):
            _log.info("fetching %s", redacted(url))
            transfer = Transfer(url, partial, door, access.limits, task, wanted.size)
            others = number < len(sources)
            try:
                sha256 = _fetch_once_or_twice(
                    transfer, wanted, _IDLE_ATTEMPTS_BEFORE_ANOTHER_SOURCE if others else access.limits.idle_attempts
                )
            except (TransferError, DigestMismatch) as error:
                errors[url] = error
                if others:
                    _log.warning("%s; trying %s", error.message, redacted(sources[number]))
            else:
                return redacted(url), sha256
    finally:
        door.close()
        task.finish()
    # Wrong bytes say more than silence; of silences, that of the card's own link.
    raise next((error for error in errors.values() if isinstance(error, DigestMismatch)), errors[asset.url])


def _fetch_once_or_twice(transfer: Transfer, wanted: _Wanted, idle_attempts: int) -> str:
    """The digest of what came from one source; what was put together of parts and is wrong is fetched once more."""
    for last in (False, True):
        try:
            transfer.run(idle_attempts)
        except SizeDiffers as error:
            transfer.partial.restart()
            said = f"{error.announced:,} bytes are announced" if error.announced is not None else "more bytes came"
            raise DigestMismatch(
                f"{redacted(transfer.url)}: {said}, {wanted.said_by} {wanted.size:,}",
                hint="nothing was kept: the file on the server is another one",
            ) from error
        continued = transfer.continued
        try:
            return _check(wanted, transfer.partial, redacted(transfer.url))
        except DigestMismatch as error:
            transfer.partial.restart()
            if last or not continued:
                raise
            _log.info("%s; fetching it anew", error.message)
    raise AssertionError("unreachable")


def _check(wanted: _Wanted, partial: Partial, label: str) -> str:
    """The digest of a complete partial. Raises DigestMismatch when it is not the wanted one."""
    sha256 = partial.sha256()
    if not wanted.digest.matches(sha256):
        raise wanted.mismatch(label, sha256, _what_it_is(partial.head()))
    return sha256


def _what_it_is(head: bytes) -> str:
    """What bytes obviously are that are no checkpoint, in brackets."""
    if not head:
        return " (the file is empty)"
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")) or b"<html" in head[:512].lower():
        import html

        words = " ".join(html.unescape(_TAG_OR_STYLE.sub(b" ", head).decode("utf-8", "replace")).split())
        shown = "".join(character if character.isprintable() else "?" for character in words[:_SHOWN_CHARACTERS])
        return f" (it is an HTML page: {shown!r})"
    if start.startswith(b"version https://git-lfs"):
        return " (it is a Git LFS pointer, not the file)"
    if start.startswith(b"<"):
        return f" (it is XML: {start[:40].decode('utf-8', 'replace')!r})"
    if start.startswith(b"{") and head.rstrip().endswith(b"}"):
        return f" (it is JSON: {start[:40].decode('utf-8', 'replace')!r})"
    return ""


def _verified(file: CachedFile, *, transferred: int) -> VerifiedAsset:
    return VerifiedAsset(file.path, file.sha256, file.size, transferred)
