"""What is there already is found again, checked, and repaired when it is wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.asset.faults.client import Client, Outcome, content, sha256
from tests.asset.faults.server import Server, Step, answer, file
from tests.asset.faults.table import DATA, PATH, Case, Run, Table, rows
from tests.conftest import flip_byte

GOOD = file(DATA)


@pytest.fixture
def pulled(client: Client, server: Server) -> Outcome:
    outcome = client.publish(server.script(PATH, GOOD), DATA).pull()
    assert outcome.code == 0
    return outcome


def test_a_second_pull_asks_nobody(client: Client, server: Server, digits: int) -> None:
    first = client.publish(server.script(PATH, GOOD), DATA, digits=digits).pull()
    server.close()
    again = client.pull()
    assert (first.code, again.code, again.out) == (0, 0, first.out)
    assert server.connections == 1


def test_the_path_holds_the_full_digest(pulled: Outcome) -> None:
    assert sha256(DATA) in str(pulled.path)
    assert pulled.path.name == PATH.rpartition("/")[2]


def test_the_same_file_under_another_link_asks_nobody(client: Client, server: Server, pulled: Outcome) -> None:
    # content-addressed: the digest names the file, the link only says where to get it
    client.publish(server.url + "/elsewhere/net-0badc0de.ckpt", DATA, name="twin")
    assert client.pull().code == 0
    assert len(server.log) == 1


def test_a_card_with_the_short_digest_finds_what_one_with_the_full_digest_fetched(
    client: Client, server: Server
) -> None:
    client.publish(server.script(PATH, GOOD), DATA, digits=64)
    first = client.pull()
    client.publish(server.url + PATH, DATA, digits=8)
    again = client.pull()
    assert (first.code, again.code, again.out) == (0, 0, first.out)
    assert len(server.log) == 1


def test_files_of_one_name_do_not_displace_each_other(client: Client, server: Server) -> None:
    other = content(1000, seed=7)
    first = client.publish(server.script("/1/net.ckpt", GOOD), DATA, name="one").pull()
    second = client.publish(server.script("/2/net.ckpt", file(other)), other, name="two").pull()
    assert first.path != second.path
    assert (first.path.read_bytes(), second.path.read_bytes()) == (DATA, other)


def truncate(path: Path) -> None:
    os.truncate(path, 1000)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def alter(path: Path) -> None:
    path.chmod(0o644)
    flip_byte(path, 1000)


def alter_in_secret(path: Path) -> None:
    """Change a byte and nothing that `stat` shows but the change time."""
    before = path.stat()
    alter(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def make_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[3] / "elsewhere")


def make_a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone")


def make_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def make_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def remove(path: Path) -> None:
    path.unlink()


def remove_its_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def make_its_folder_a_file(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"x")


DAMAGES = [
    truncate, lengthen, empty, alter, alter_in_secret, make_a_folder, make_a_link, make_a_dangling_link, make_a_loop,
    make_a_pipe, remove, remove_its_folder, make_its_folder_a_file,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_wrong_in_the_cache_is_repaired(client: Client, server: Server, pulled: Outcome, damage) -> None:
    elsewhere = pulled.path.parents[3] / "elsewhere"
    elsewhere.write_bytes(b"of somebody else")
    damage(pulled.path)
    again = client.pull()
    assert (again.code, again.out) == (0, pulled.out)
    assert len(server.log) == 2
    assert elsewhere.read_bytes() == b"of somebody else"


@pytest.mark.parametrize("damage", [truncate, alter, make_a_folder])
def test_what_was_repaired_is_right_from_then_on(client: Client, server: Server, digits: int, damage) -> None:
    damage(client.publish(server.script(PATH, GOOD), DATA, digits=digits).pull().path)
    assert [client.pull().code for _ in range(2)] == [0, 0]
    assert len(server.log) == 2


@pytest.mark.parametrize("damage", [truncate, alter, alter_in_secret, make_a_folder, make_a_link])
def test_offline_does_not_hand_out_what_is_wrong(client: Client, server: Server, pulled: Outcome, damage) -> None:
    damage(pulled.path)
    outcome = client.pull("--offline")
    assert outcome.code in {4, 5}
    assert outcome.says("cache|sha256|wrong|altered|damaged|corrupt")
    assert len(server.log) == 1


def test_what_is_wrong_is_not_handed_out_when_the_server_fails(client: Client, server: Server, pulled: Outcome) -> None:
    alter(pulled.path)
    server.script(PATH, answer("404 Not Found"))
    assert client.pull().code == 4


@pytest.mark.parametrize("how", ["option", "environment"])
def test_offline_asks_nobody(client: Client, server: Server, how: str) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    options = ["--offline"] if how == "option" else []
    if how == "environment":
        client.environment["HUBTOOL_OFFLINE"] = "1"
    outcome = client.pull(*options)
    assert outcome.code == 4
    assert outcome.says("offline|cache")
    assert server.connections == 0


def test_offline_finds_what_is_there(client: Client, server: Server, pulled: Outcome) -> None:
    again = client.pull("--offline")
    assert (again.code, again.out) == (0, pulled.out)
    assert server.connections == 1


def test_offline_does_not_take_a_partial_for_a_file(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, until=250_000), answer("404 Not Found")), DATA)
    assert client.pull().code == 4
    assert client.pull("--offline").code == 4
    assert len(server.log) == 2


def test_a_digest_that_only_begins_like_the_published_one(client: Client, server: Server) -> None:
    # the first 8 digits agree: a card that publishes all 64 is not satisfied with them
    digest = sha256(DATA)
    lie = digest[:8] + "".join("0" if digit != "0" else "1" for digit in digest[8:])
    client.publish(server.script(PATH, GOOD), DATA, digest=lie)
    outcome = client.pull()
    assert outcome.code == 5
    assert len(server.log) == 1
    assert client.kept(DATA) == []


def test_a_card_of_64_digits_does_not_take_a_cached_file_that_only_begins_alike(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, GOOD), DATA, digits=8)
    assert client.pull().code == 0
    digest = sha256(DATA)
    lie = digest[:8] + "".join("0" if digit != "0" else "1" for digit in digest[8:])
    client.publish(server.url + PATH, DATA, digest=lie)
    assert client.pull().code == 5


def answering_everything(server: Server) -> tuple[Step, ...]:
    # whatever path the client makes of the name
    server.default = GOOD
    return (GOOD,)


def only_the_cache_grew(run: Run) -> None:
    folder = run.client.folder
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_relative_to(run.client.cache)}
    assert found <= {"cards", "cards/net.md", "here", "home", "temporary"}


@rows(
    *(
        # the card may be refused for such a name; what holds after every run is what counts
        Case(name[:40], answering_everything, (0, 1, 4), asked=0, link=f"SERVER/names/{name}", also=only_the_cache_grew)
        for name in [
            "..%2f..%2f..%2fescape.ckpt",
            "%2fetc%2fescape.ckpt",
            "..",
            "%2e%2e",
            ".",
            "",
            "?download=1",
            "net%0aoutside.ckpt",
            "net%1b[31m.ckpt",
            "net%00.ckpt",
            "net name.ckpt",
            "net%20name.ckpt",
            "n%C3%A9t.ckpt",
            "n%ff.ckpt",
            "-rf",
            ".hidden",
            "x" * 300 + ".ckpt",
            "net.ckpt.lock",
            "net.ckpt.part",
            "net.ckpt#fragment",
            "..%5c..%5cescape.ckpt",
        ]
    )
)
def test_no_name_leaves_the_cache(case: Case, table: Table) -> None:
    table.check(case)


def test_a_link_for_the_whole_cache(client: Client, server: Server) -> None:
    # people keep their cache on another disk
    real = client.folder / "real"
    real.mkdir()
    client.cache.symlink_to(real)
    client.publish(server.script(PATH, GOOD), DATA)
    assert client.pull().code == 0
    assert client.pull().code == 0
    assert len(server.log) == 1


def test_a_cache_that_a_umask_left_open(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    outcome = client.finish(client.start(umask=0))
    assert outcome.code == 0
    assert outcome.path.stat().st_mode & 0o002 == 0


def test_a_copy_that_is_wrong_is_replaced(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    target = client.folder / "out"
    process = client.hubtool("pull", "net", "--cards", client.cards, "--to", target, "--no-progress")
    assert process.code == 0
    copy = Path(process.out.strip())
    alter(copy)
    assert client.hubtool("pull", "net", "--cards", client.cards, "--to", target, "--no-progress").code == 0
    assert copy.read_bytes() == DATA
    assert len(server.log) == 1  # a copy of its own: what happens to it does not reach the cache
