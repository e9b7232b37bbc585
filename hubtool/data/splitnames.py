"""Which split of a dataset the name of a folder or a file means."""

from __future__ import annotations

import re

VALIDATION, TEST, TRAINING = "validation", "test", "training"
_WORDS = {
    **dict.fromkeys(("val", "valid", "validation", "vali", "dev", "eval", "evaluation"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst"), TEST),
    **dict.fromkeys(("train", "training", "trn"), TRAINING),
}
PLAIN_NAMES = frozenset(_WORDS)
"""Names of splits without other words, in lower case."""
_BESIDE = frozenset(str.split("cls data dataset ilsvrc image imagenet images img imgs in k loc set split splits"))
"""Words that may stand beside the one that names the split."""
_WORD = re.compile("[a-z]+")


def split_named(name: str) -> str:
    """The split that a folder is called by: `val`, `Validation`, `ILSVRC2012_img_val`, `test_set`; empty if by none.

    A name with other words in it, such as `crash_test`, means none: a class may be called so.
    """
    words = _WORD.findall(name.casefold())
    splits = {_WORDS[word] for word in words if word in _WORDS}
    others = [word for word in words if word not in _WORDS and word not in _BESIDE]
    return splits.pop() if len(splits) == 1 and not others else ""


def split_in(name: str) -> str:
    """The split that a file's name speaks of, among other words: `imagenet-val-00000-of-00014`; empty if none."""
    found = {_WORDS[word] for word in re.findall("[a-z]+", name.casefold()) if word in _WORDS}
    return found.pop() if len(found) == 1 else ""
