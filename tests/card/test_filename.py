"""What links and servers call a file."""

from __future__ import annotations

import pytest

from hubtool.card.filename import name_in_disposition, name_in_link
from hubtool.card.record import Asset


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
    ("link", "name"),
    [
        ("https://hub.test/api/records/5/files/a.ckpt/content", "a.ckpt"),
        ("https://hub.test/repo?FilePath=sub/b.ckpt", "b.ckpt"),
        ("https://hub.test/b.safetensors/download", "b.safetensors"),
        ("https://hub.test/files/123?x=1", "123"),
        ("https://hub.test/files/", "files"),
        ("assets/a.ckpt", "a.ckpt"),
    ],
)
def test_an_asset_is_called_what_its_link_calls_it(link: str, name: str) -> None:
    assert Asset("ckpt", link, None).file_name == name
