from __future__ import annotations

import pytest

from hubtool.card.namedigest import digest_in_name
from hubtool.card.record import Asset, Digest, digest_in_link, same_file

HUB = "https://download.mindspore.cn/toolkits"
FULL = "1e4795a4" * 8


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("BiT_resnet50-1e4795a4.ckpt", "1e4795a4"),
        ("BiT_resnet50-1e4795a4-910v2.ckpt", "1e4795a4"),
        ("BiT_resnet50-20210305-1e4795a4.ckpt?download=1", "1e4795a4"),
        ("convit_tiny-1961717e-910v2.ckpt", "1961717e"),  # a real one of a single letter
        ("yolov8-n_500e_mAP372-0e737186-910v2.ckpt", "0e737186"),
        (f"net-{FULL}.ckpt", FULL),
    ],
)
def test_a_digest_in_a_file_name(name: str, digest: str) -> None:
    assert digest_in_name(f"{HUB}/{name}") == digest


@pytest.mark.parametrize(
    "name",
    [
        *(f"net-{run}.ckpt" for run in ["20230101", "20230101a", "2021dec05", "05feb2021", "19991231", "2024010112"]),
        *(f"net-{run}.ckpt" for run in ["00300000", "4096d128", "deadbeef", "1e4795a", "1e4795a4" * 5]),
        "net-550e8400-e29b-41d4-a716-446655440000.ckpt",
        "net_1e4795a4.ckpt",
        "net-1e4795a4/content",
        "net.ckpt?of=-1e4795a4.",
        "",
    ],
)
def test_what_is_no_digest(name: str) -> None:
    assert digest_in_name(f"{HUB}/{name}") is None


def test_files_of_one_date_are_not_one_file() -> None:
    one, other = (Asset("ckpt", f"{HUB}/{name}-20230101.ckpt", None) for name in "ab")
    assert not same_file(one, other)
    assert digest_in_link(one.url) is None
    assert digest_in_link(f"{HUB}/net-1e4795a4.ckpt") == Digest("1e4795a4")
