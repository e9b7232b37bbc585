"""hubtool: every number on a model card is either reproduced by one command, or flagged.

`find_card`, `pull`, `load` and `session` find things by the names that cards use; `errors` holds what they raise;
`HubHandler` makes python-frontmatter read hub cards.
Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubtool import errors
    from hubtool.api import find_card, load, pull, session
    from hubtool.card.handler import HubHandler

__version__ = "0.1.0"
__all__ = ["HubHandler", "__version__", "errors", "find_card", "load", "pull", "session"]


def __getattr__(name: str) -> Any:
    if name == "HubHandler":
        return importlib.import_module("hubtool.card.handler").HubHandler
    if name == "errors":
        return importlib.import_module("hubtool.errors")
    if name in __all__:
        return getattr(importlib.import_module("hubtool.api"), name)
    raise AttributeError(f"module 'hubtool' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
