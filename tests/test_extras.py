from __future__ import annotations

import sys

import pytest

from hubtool.extras import is_installed


class Hides:
    """An import hook that says of a module that there is none."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "hidden":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_what_an_import_hook_hides_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [Hides(), *sys.meta_path])
    assert not is_installed("hidden")
    assert not is_installed("no_such_module")
    assert is_installed("json")
