"""When two names of a network, a key or a dataset mean the same."""

from __future__ import annotations

import re
from functools import lru_cache

_NOT_IN_KEY = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """A name's letters and digits, of any script, in lower case: `BiT_resnet50` and `bit-resnet50` are one."""
    return _NOT_IN_KEY.sub("", name.casefold())
