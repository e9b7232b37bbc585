"""When two names of a network or a dataset mean the same."""

from __future__ import annotations

import re

_NOT_IN_KEY = re.compile(r"[^a-z0-9]")


def name_key(name: str) -> str:
    """A name, case and punctuation aside: `BiT_resnet50` and `bit-resnet50` are one."""
    return _NOT_IN_KEY.sub("", name.casefold())
