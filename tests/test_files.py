from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.files import atomic_stream


def interrupted(target: Path) -> None:
    with atomic_stream(target) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with atomic_stream(target) as stream:
        stream.write(b"new")
        stream.flush()
        assert not target.exists()
    assert target.read_bytes() == b"new"
    with pytest.raises(KeyboardInterrupt):
        interrupted(target)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("has_links", [True, False])
def test_a_name_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = tmp_path / "a"
    for content in (b"first", b"second"):
        try:
            with atomic_stream(target, replace=False) as stream:
                stream.write(content)
        except FileExistsError:
            assert content == b"second"
    assert target.read_bytes() == b"first"
    with atomic_stream(target) as stream:
        stream.write(b"third")
    assert target.read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [target]
