from __future__ import annotations

import pytest

from tests.checkpoint.fuzz_reader import run

pytest.importorskip("numpy")


def test_some_thousand_damaged_files_are_read_or_refused() -> None:
    figures = run(cases=5_000, seed=1)
    assert figures["sound"] > 500
    assert figures["refused"] > 2_000
