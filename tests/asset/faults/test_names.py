"""What fetched files are called, and files of one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asset.faults.client import Client, content
from tests.asset.faults.server import Server, file

ONE, TWO = content(1000), content(1000, seed=2)


@pytest.mark.parametrize(
    ("links", "names"),
    [
        (("/records/a.ckpt/content", "/records/b.safetensors/content"), ["a.ckpt", "b.safetensors"]),
        (("/repo?FilePath=a.ckpt", "/repo?FilePath=sub/b.ckpt"), ["a.ckpt", "b.ckpt"]),
        (("/one/net.ckpt", "/two/net.ckpt"), ["net.ckpt", "two-net.ckpt"]),
        (("/one/net.ckpt", "/two/NET.ckpt"), ["net.ckpt", "two-NET.ckpt"]),
        (("/files/123", "/files/124"), ["first.ckpt", "second.ckpt"]),
    ],
)
def test_two_files_are_both_placed(client: Client, server: Server, links: tuple[str, str], names: list[str]) -> None:
    for link, data, shown in zip(links, (ONE, TWO), ("first", "second"), strict=True):
        headers: dict[str, object] = {"Content-Disposition": f'attachment; filename="{shown}.ckpt"'}
        client.publish(server.script(link, file(data, headers=headers)), data, name=shown)
    target = client.folder / "out"
    run = client.hubtool("pull", "first", "second", "--cards", client.cards, "--to", target, "--no-progress")
    assert run.code == 0
    placed = [Path(line) for line in run.out.splitlines()]
    assert [path.name for path in placed] == names
    assert [path.read_bytes() for path in placed] == [ONE, TWO]


def test_a_file_that_the_server_named_is_found_again(client: Client, server: Server) -> None:
    headers: dict[str, object] = {"Content-Disposition": "attachment; filename*=UTF-8''my%20net.ckpt"}
    client.publish(server.script("/download", file(ONE, headers=headers)), ONE, digits=8)
    assert [client.pull().path.name for _ in range(2)] == ["my_net.ckpt"] * 2
    assert len(server.log) == 1


def test_one_bad_file_never_ends_the_pulls_of_others(client: Client, server: Server) -> None:
    client.publish(server.script("/two.ckpt", file(TWO)), TWO, name="good")
    client.publish(server.url + "/gone.ckpt", b"no other pull brings these", name="gone")
    client.publish("net\x01.ckpt".replace("\x01", "%00"), ONE, name="odd")
    blocked = client.folder / "out" / "one.ckpt"
    blocked.mkdir(parents=True)  # a folder where the copy should be
    client.publish(server.script("/one.ckpt", file(ONE)), ONE, name="blocked")
    run = client.hubtool("pull", "gone", "odd", "blocked", "good", "--cards", client.cards, "--to", blocked.parent)
    assert run.code == 6
    assert [Path(line).name for line in run.out.splitlines()] == ["two.ckpt"]
    assert "404" in run.err
    assert str(blocked) in run.err or "one.ckpt" in run.err


def test_one_bad_card_or_name_never_ends_the_pulls_of_others(client: Client, server: Server) -> None:
    client.publish(server.script("/two.ckpt", file(TWO)), TWO, name="good")
    (client.cards / "bad.md").write_text("# bad\n---\nmodel-name: bad\n---\n")
    run = client.hubtool("pull", "bad", "nothing", "good", "--cards", client.cards)
    assert run.code == 3
    assert [Path(line).name for line in run.out.splitlines()] == ["two.ckpt"]
    assert run.err.count("error: ") == 2
