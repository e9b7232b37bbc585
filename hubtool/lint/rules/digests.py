"""HT404 to HT406, HT409 and HT411: the digests of files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hubtool.card.namedigest import digest_in_name, runs_in_name
from hubtool.card.parse import ParsedCard
from hubtool.card.record import FULL_DIGEST_LENGTH, SHORTEST_DIGEST, Asset, same_digest
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import part_replacement
from hubtool.lint.rule import Facts, Finding, rule

_HEX = re.compile(r"[0-9A-Fa-f]{8,64}")


@rule("HT404", "digest-length", Severity.WARNING)
def digest_length(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest has neither 8 nor 64 digits.

    A SHA-256 has 64 hexadecimal digits, and the hub's file names carry the first 8. Any other number is
    usually a copying error, and other tools do not compare it.

    Bad:
        asset-sha256: 1e4795a4c

    Good:
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = entry.digest or ""
        length = len(digest)
        if length not in {SHORTEST_DIGEST, FULL_DIGEST_LENGTH} and _HEX.fullmatch(digest):
            message = f"asset-sha256 has {length} digits: write all 64 of the file's SHA-256, or the first 8"
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)


@rule("HT405", "digest-differs-from-name", Severity.ERROR)
def digest_differs_from_name(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest is not the one in the file's name.

    Hubs put the first digits of a file's SHA-256 into its name. When asset-sha256 begins differently, the link
    or the digest belongs to another file, and no download can pass the check.

    Bad:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
        asset-sha256: 77dcaf0f

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = (entry.digest or "").casefold()
        named = digest_in_name(entry.url) if _HEX.fullmatch(digest) else None
        if named is not None and not any(same_digest(run, digest) for run in runs_in_name(entry.url)):
            message = (
                f"asset-sha256 `{_cut(digest)}` is not the `{_cut(named)}` in the file's name: "
                "write the digest of the linked file, or link the other one"
            )
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)


def _cut(digest: str) -> str:
    return digest if len(digest) < FULL_DIGEST_LENGTH else digest[:12] + "…"


@rule("HT406", "no-digest", Severity.WARNING)
def no_digest(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file has no digest.

    Without asset-sha256 nobody can tell whether the downloaded bytes are the ones that were measured: neither
    a broken download nor a replaced file is noticed.

    Bad:
        - file-format: ckpt
          asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        - file-format: ckpt
          asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
          asset-sha256: 1e4795a4
    """
    for entry in card.files:
        if entry.link and entry.digest is None:
            named = digest_in_name(entry.url)
            advice = f"write `asset-sha256: {named}`" if named else "add `asset-sha256` with the file's SHA-256"
            message = f"asset without a digest: {advice}"
            yield Finding(card.span_of("asset", entry.number, "asset-link"), message)


@rule("HT409", "uppercase-digest", Severity.INFO, fixes="safe")
def uppercase_digest(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest has upper-case digits.

    sha256sum, the hub's file names and most tools write hexadecimal digits in lower case, and a plain
    comparison fails when a card does not.

    Bad:
        asset-sha256: 1E4795A4

    Good:
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = entry.digest or ""
        if not digest.islower() and (small := digest.lower()) != digest and _HEX.fullmatch(digest):
            span = card.span_of("asset", entry.number, "asset-sha256")
            edit = part_replacement(card, span, digest, small, safe=True)
            yield Finding(span, f"digest with upper-case digits: write `{_cut(small)}`", edit)


@rule("HT411", "lock-contradicts", Severity.ERROR)
def lock_contradicts(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """A digest is not the one that hubtool.lock pins for the same file.

    The lockfile holds the full SHA-256 of the file that was fetched when it still agreed with the card. Now one
    of the two is wrong, and `hubtool pull` refuses the file.

    Bad:
        asset-sha256: 77dcaf0f with, in hubtool.lock,
        "sha256": "1e4795a4..."

    Good:
        asset-sha256: 1e4795a4 with, in hubtool.lock,
        "sha256": "1e4795a4..."
    """
    if facts.pinned is None:
        return
    for entry in card.files:
        digest = (entry.digest or "").casefold()
        if not entry.url or not _HEX.fullmatch(digest):
            continue
        found = facts.pinned(Asset(entry.format, entry.url, None), card.path.parent)
        if found is not None and not found[0].startswith(digest):
            pinned, lockfile = found
            message = f"{lockfile.name} pins `{_cut(pinned)}` for this file: correct the digest, or remove the pin"
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)
