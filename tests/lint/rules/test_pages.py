"""HT413: links to pages about a file."""

from __future__ import annotations

import pytest

from hubtool.lint.rules.pages import page_of
from tests.lint.rules.test_claims import OTHER, card, found, row

PAGES = [
    "https://github.com/owner/repo/blob/main/net.ckpt",
    "https://github.com/owner/repo/tree/main/weights",
    "https://github.com/owner/repo",
    "https://github.com/owner/repo/releases/tag/v1.0",
    "https://gitee.com/owner/repo/blob/master/net.ckpt",
    "https://gitlab.com/owner/repo/-/blob/main/net.ckpt",
    "https://gitlab.example.org/owner/repo/-/tree/main/weights",
    "https://huggingface.co/owner/repo/blob/main/net.ckpt",
    "https://huggingface.co/owner/repo/tree/main",
    "https://hf-mirror.com/owner/repo/blob/main/net.ckpt",
    "https://modelscope.cn/models/owner/repo/file/view/master/net.ckpt",
    "https://www.modelscope.cn/models/owner/repo/summary",
    "https://drive.google.com/file/d/1AbC/view?usp=sharing",
    "https://drive.google.com/drive/folders/1AbC",
    "https://pan.baidu.com/s/1AbC",
    "https://www.dropbox.com/s/abc/net.ckpt?dl=0",
    "https://zenodo.org/records/1234567",
    "https://git.example.org/owner/repo/src/branch/main/net.ckpt",
    "https://openi.pcl.ac.cn/owner/repo",
    "https://huggingface.co/datasets/owner/repo",
]
FILES = [
    "https://github.com/owner/repo/raw/main/net.ckpt",
    "https://github.com/owner/repo/blob/main/net.ckpt?raw=true",
    "https://github.com/owner/repo/releases/download/v1.0/net.ckpt",
    "https://raw.githubusercontent.com/owner/repo/main/net.ckpt",
    "https://gitee.com/owner/repo/raw/master/net.ckpt",
    "https://huggingface.co/owner/repo/resolve/main/net.ckpt?download=true",
    "https://modelscope.cn/models/owner/repo/resolve/master/net.ckpt",
    "https://modelscope.cn/api/v1/models/owner/repo/repo?FilePath=net.ckpt",
    "https://drive.google.com/uc?export=download&id=1AbC",
    "https://www.dropbox.com/s/abc/net.ckpt?dl=1",
    "https://zenodo.org/records/1234567/files/net.ckpt?download=1",
    "https://download.mindspore.cn/blob/tree/net.ckpt",
    "https://openi.pcl.ac.cn/attachments/1f2e3d?type=0",
    "https://owner.github.io/models/net.ckpt",
    "https://objects.githubusercontent.com/production/1234",
    "https://digital.example.org/models/net.ckpt",
    "https://nyc3.digitaloceanspaces.com/weights/net.ckpt",
    "https://[bad/net.ckpt",
    "assets/blob/main/net.ckpt",
]


@pytest.mark.parametrize("url", PAGES)
def test_pages(url: str) -> None:
    assert found(card(link=url), "HT413") == [(19, 15, "HT413")]
    assert found(card(table=row("76.81", url)), "HT413") == [(29, 3, "HT413")]


@pytest.mark.parametrize("url", [*FILES, OTHER])
def test_files(url: str) -> None:
    assert found(card(link=url, table=row("76.81", url)), "HT413") == []


@pytest.mark.parametrize(
    ("url", "better"),
    [(PAGES[0], "/raw/"), (PAGES[4], "/raw/"), (PAGES[7], "/resolve/"), (PAGES[1], ""), (PAGES[12], "")],
)
def test_what_to_write_instead(url: str, better: str) -> None:
    page = page_of(url)
    assert page is not None
    assert page.new == better
