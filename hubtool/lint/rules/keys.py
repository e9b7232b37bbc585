"""HT110 and HT111: keys of the front matter that are not fields."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import quoted, replacement
from hubtool.lint.keys import can_be_renamed, misspelt_keys, strange_keys
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT110", "misspelt-key", Severity.WARNING, fixes="safe")
def misspelt_key(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A key is nearly the name of a field.

    Nothing reads a misspelt key, so the field counts as missing. Keys are in lower case with hyphens. The fix
    renames a key that differs only in case, underscores or blanks.

    Bad:
        model_name: bit_resnet50

    Good:
        model-name: bit_resnet50
    """
    misspelt = misspelt_keys(card)
    for path, meant in misspelt.items():
        key = str(path[-1])
        span = card.span_of_key(*path)
        edit = replacement(card, span, key, meant) if can_be_renamed(card, path, misspelt) else None
        yield Finding(span, f"{quoted(key)} is not a field: did you mean `{meant}`?", edit)


@rule("HT111", "unknown-key", Severity.INFO)
def unknown_key(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A key is not a field of a card.

    Nothing reads it. Put what it says into a field that is read, or into the text.

    Bad:
        mAP: 0.241

    Good:
        evaluation: mAP24.1
    """
    misspelt = misspelt_keys(card)
    for path in strange_keys(card):
        if path not in misspelt:
            yield Finding(
                card.span_of_key(*path), f"{quoted(str(path[-1]))} is not a field of a card, nothing reads it"
            )
