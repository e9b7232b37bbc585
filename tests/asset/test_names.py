from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.asset.names import distinct_name, name_in_disposition, name_in_link
from hubtool.asset.source import local_path
from hubtool.card.record import Asset
from hubtool.errors import CardError, NotFound


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://hub.test/bit/net-1.ckpt?x=1#y", "net-1.ckpt"),
        ("https://hub.test/api/records/5/files/a.ckpt/content", "a.ckpt"),
        ("https://hub.test/projects/p/files/b.safetensors/download", "b.safetensors"),
        ("https://hub.test/api/v1/models/o/m/repo?Revision=master&FilePath=sub%2Fa.ckpt", "a.ckpt"),
        ("https://hub.test/get.php?file=model%20v1.ckpt", "model v1.ckpt"),
        ("https://hub.test/b/0f1e?response-content-disposition=attachment%3B%20filename%3D%22n.ckpt%22", "n.ckpt"),
        ("https://hub.test/my%20net.ckpt", "my net.ckpt"),
        ("assets/my net.ckpt", "my net.ckpt"),
        ("https://hub.test/ndownloader/files/123", None),
        ("https://hub.test/uc?export=download&id=1x.2", None),
        ("https://hub.test/releases/download/v1.0/net", None),
        ("https://hub.test/download.php?id=5", None),
        ("https://hub.test/", None),
        ("https://[::1/x", None),
    ],
)
def test_the_name_that_a_link_gives_a_file(link: str, name: str | None) -> None:
    assert name_in_link(link) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a b.ckpt"', "a b.ckpt"),
        ("attachment; filename=a.ckpt", "a.ckpt"),
        ("attachment; filename*=UTF-8''n%C3%A9t.ckpt", "nét.ckpt"),
        ("inline; filename=../../etc/passwd", "passwd"),
        ("attachment; filename=..\\..\\a.ckpt", "a.ckpt"),
        ("attachment; filename=%2e%2e%2fa.ckpt", "a.ckpt"),
        ("attachment", None),
        ("attachment; filename=", None),
        ("", None),
    ],
)
def test_the_name_that_a_server_gives_a_file(header: str, name: str | None) -> None:
    assert name_in_disposition(header) == name


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
