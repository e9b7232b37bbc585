from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.small import SmallHubtool


@pytest.fixture
def small(here: Path, tmp_path: Path) -> SmallHubtool:
    """The command, run in the tests' process, to which bit_digits is a small network that takes colour."""
    return SmallHubtool(here, tmp_path / "cache")
