from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.asset.names import distinct_name
from hubtool.asset.source import local_path
from hubtool.card.record import Asset
from hubtool.errors import CardError, NotFound


@pytest.mark.parametrize(
    ("link", "other", "name"),
    [
        ("https://h.test/o/one/resolve/main/net.ckpt", "https://h.test/o/two/resolve/main/net.ckpt", "one-net.ckpt"),
        ("https://h.test/1/net.ckpt", "https://h.test/2/net.ckpt", "1-net.ckpt"),
        ("https://h.test/my%20nets/net.ckpt", "https://h.test/net/net.ckpt", "my_nets-net.ckpt"),
        ("https://h.test/get?id=1", "https://h.test/get?id=2", "net-1e4795a4.ckpt"),
    ],
)
def test_a_second_file_of_one_name_is_told_apart(link: str, other: str, name: str) -> None:
    assert distinct_name("net.ckpt", link, other, "1e4795a4" * 8) == name


@pytest.mark.parametrize("link", ["my nets/net 1.ckpt", "my%20nets/net%201.ckpt", "./my nets/net%201.ckpt"])
def test_blanks_in_a_path_work_in_either_spelling(tmp_path: Path, link: str) -> None:
    path = tmp_path / "my nets" / "net 1.ckpt"
    path.parent.mkdir()
    path.touch()
    assert local_path(Asset("ckpt", link, None), tmp_path) == path.resolve()


def test_a_path_is_first_what_it_is_literally(tmp_path: Path) -> None:
    for name in ("a%20b.ckpt", "a b.ckpt"):
        (tmp_path / name).touch()
    assert local_path(Asset("ckpt", "a%20b.ckpt", None), tmp_path) == (tmp_path / "a%20b.ckpt").resolve()


@pytest.mark.parametrize("link", ["%2e%2e/net.ckpt", "..%2fnet.ckpt", "%2fetc%2fhostname", "a%00b.ckpt"])
def test_no_spelling_leads_out_of_the_folder(tmp_path: Path, link: str) -> None:
    (tmp_path / "net.ckpt").touch()
    folder = tmp_path / "cards"
    folder.mkdir()
    with pytest.raises((CardError, NotFound)):
        local_path(Asset("ckpt", link, None), folder)
