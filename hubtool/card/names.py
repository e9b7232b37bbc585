"""When two names of a network, a key or a dataset mean the same, and which texts name nothing."""

from __future__ import annotations

import re
from functools import lru_cache

_NOT_IN_KEY = re.compile(r"[\W_]+")
_LONGEST_NONE = 32
_NONE = re.compile(
    r"[-~/\\\u2013\u2014\u2212]*|\.{3}|\u2026|n[\W_]*a[\W_]*"
    r"|nan|no|nil|none|null|not (?:available|applicable)|tb[ad]|无|暂无"
)


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """A name's letters and digits, of any script, in lower case: `BiT_resnet50` and `bit-resnet50` are one."""
    return _NOT_IN_KEY.sub("", name.casefold())


def says_none(text: str) -> bool:
    """Whether a value says that there is none: empty, a dash, `N/A`, `N·A`, `none`, `null`, `TBD`."""
    word = text.strip().casefold()
    return len(word) < _LONGEST_NONE and _NONE.fullmatch(word) is not None
