"""Which links of a card are followed at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.asset.faults.client import Client, Outcome, resolving
from tests.asset.faults.server import Server, file
from tests.asset.faults.table import DATA, PATH, Case, Table, rows

GOOD = file(DATA)
PRIVATE = "allow-private|private|not public|non-public|link-local|reserved|multicast|not a public"
PUBLIC = "8.8.8.8"  # never reached: the guard stops what is not loopback
INSIDE = "10.255.255.1"


def is_refused(client: Client, outcome: Outcome, *words: str) -> None:
    assert outcome.code in {1, 4}, outcome
    assert outcome.says(*words), outcome.err
    assert outcome.sleeps == []
    assert client.attempts == []


def refused(link: str, *words: str, **hosts: list[list[str]]) -> Case:
    """A card's link that is not followed: at once, and without a connection."""
    environment = resolving(**hosts)
    return Case(link, (GOOD,), (1, 4), words, asked=0, sleeps=(), link=link, environment=environment)


@rows(
    refused("ftp://127.0.0.1/net.ckpt", "ftp:|scheme"),
    refused("file:///etc/hostname", "file:|scheme"),
    refused("FILE:///etc/hostname", "file:|scheme"),
    refused("file://localhost/etc/hostname", "file:|scheme"),
    refused("data:text/plain,net", "data:|scheme"),
    refused("gopher://127.0.0.1/net.ckpt", "gopher:|scheme"),
    refused("javascript:net", "javascript:|scheme"),
    refused("s3://bucket/net.ckpt", "s3:|scheme"),
    # plain http beyond this machine
    refused(f"http://{INSIDE}/net.ckpt", "https|allow-http|private"),
    refused("http://169.254.169.254/net.ckpt", "https|allow-http|private"),
    refused("http://[fd00::1]/net.ckpt", "https|allow-http|private"),
    refused("http://assets.example/net.ckpt", "https|allow-http", assets_example=[[PUBLIC]]),
    # addresses that no public file is behind, and names of them
    *(
        refused(f"https://{host}/net.ckpt", PRIVATE)
        for host in (
            INSIDE,
            "169.254.169.254",
            "192.168.255.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "184549121",
            "0x0a.0xff.0xff.1",
            "[::ffff:10.255.255.1]",
            "[fe80::1]",
            "[fd00::1]",
            "[::]",
            "[64:ff9b::a9fe:a9fe]",
        )
    ),
    *(
        refused(f"https://{name}.example/net.ckpt", PRIVATE, **{f"{name}_example": [[address]]})
        for name, address in {
            "ten": INSIDE,
            "metadata": "169.254.169.254",
            "mapped": "::ffff:10.255.255.1",
            "local": "fd00::1",
        }.items()
    ),
    # links that are none
    refused("http://"),
    refused("https://"),
    refused("http:///net.ckpt"),
    refused("https://[::1/net.ckpt"),
    refused("http://127.0.0.1:99999/net.ckpt"),
    refused("http://127.0.0.1:x/net.ckpt"),
    # a name may be known a moment later
    replace(refused("https://no-such.example/net.ckpt", "no-such.example"), sleeps=None),
)
def test_refused_at_once(case: Case, table: Table) -> None:
    table.check(case)


def test_http_is_allowed_to_the_public_only(client: Client) -> None:
    is_refused(client, client.publish(f"http://{INSIDE}/net.ckpt", DATA).pull("--allow-http"), PRIVATE)


def test_private_is_allowed_over_https_only(client: Client) -> None:
    is_refused(client, client.publish(f"http://{INSIDE}/net.ckpt", DATA).pull("--allow-private"), "allow-http|https")


def test_what_is_allowed_is_tried(client: Client) -> None:
    client.environment |= resolving(assets_example=[[PUBLIC]])
    allowed = [
        (f"http://{INSIDE}/net.ckpt", "--allow-http", "--allow-private"),
        ("http://assets.example/net.ckpt", "--allow-http"),
        (f"https://{INSIDE}/net.ckpt", "--allow-private"),
        ("https://assets.example/net.ckpt",),
    ]
    for link, *options in allowed:
        assert client.publish(link, DATA).pull(*options).code == 4
    tried = {(INSIDE, "80"), (PUBLIC, "80"), (INSIDE, "443"), (PUBLIC, "443")}
    assert {tuple(attempt.split()) for attempt in client.attempts} == tried


def test_a_name_of_a_public_and_a_private_address(client: Client) -> None:
    client.environment |= resolving(assets_example=[[PUBLIC, INSIDE]])
    assert client.publish("https://assets.example/net.ckpt", DATA).pull().code in {1, 4}
    assert f"{INSIDE} 443" not in client.attempts


def test_a_name_that_changes_its_address_after_the_check(client: Client) -> None:
    client.environment |= resolving(assets_example=[[PUBLIC], [INSIDE]])
    assert client.publish("https://assets.example/net.ckpt", DATA).pull().code in {1, 4}
    assert f"{INSIDE} 443" not in client.attempts


def test_localhost_needs_no_flag(client: Client, server: Server) -> None:
    server.script(PATH, GOOD)
    assert client.publish(f"http://localhost:{server.port}{PATH}", DATA).pull().code == 0


# Files beside the card


def test_a_file_beside_the_card(client: Client) -> None:
    (client.cards / "assets").mkdir()
    (client.cards / "assets" / "net.ckpt").write_bytes(DATA)
    assert client.publish("assets/net.ckpt", DATA).pull().code == 0


def test_a_link_within_the_folder(client: Client) -> None:
    (client.cards / "real.ckpt").write_bytes(DATA)
    (client.cards / "net.ckpt").symlink_to("real.ckpt")
    assert client.publish("net.ckpt", DATA).pull().code == 0


@pytest.mark.parametrize(
    "link",
    [
        "../secret",
        "assets/../../secret",
        "./../secret",
        "%2e%2e/secret",
        "assets/%2e%2e/../../secret",
        "..%2fsecret",
        "ABSOLUTE",
        "file:../secret",
        "//secret",
    ],
)
def test_files_outside_of_the_cards_folder_are_out_of_reach(client: Client, link: str) -> None:
    secret = client.folder / "secret"
    secret.write_bytes(DATA)  # its digest is the card's: only the policy keeps it out
    (client.cards / "assets").mkdir()
    outcome = client.publish(link.replace("ABSOLUTE", str(secret)), DATA).pull()
    assert outcome.code in {1, 3, 4}
    assert client.kept(DATA) == []


@pytest.mark.parametrize("kind", ["file", "folder", "chain", "absolute"])
def test_links_out_of_the_cards_folder_are_not_followed(client: Client, kind: str) -> None:
    outside = client.folder / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(DATA)
    link = "net.ckpt"
    match kind:
        case "file":
            (client.cards / "net.ckpt").symlink_to("../outside/secret")
        case "absolute":
            (client.cards / "net.ckpt").symlink_to(outside / "secret")
        case "folder":
            (client.cards / "assets").symlink_to("../outside")
            link = "assets/secret"
        case "chain":
            (client.cards / "step").symlink_to("../outside/secret")
            (client.cards / "net.ckpt").symlink_to("step")
    outcome = client.publish(link, DATA).pull()
    assert outcome.code in {1, 3, 4}
    assert client.kept(DATA) == []


@pytest.mark.parametrize("kind", ["folder", "loop", "dangling", "pipe", "device"])
def test_what_is_not_a_file_is_not_read(client: Client, kind: str) -> None:
    path: Path = client.cards / "net.ckpt"
    match kind:
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to("net.ckpt")
        case "dangling":
            path.symlink_to("gone")
        case "pipe":
            os.mkfifo(path)  # opening it would wait forever for a writer
        case "device":
            path.symlink_to("/dev/zero")
    outcome = client.publish("net.ckpt", DATA).pull()
    assert outcome.code in {1, 3, 4, 5, 6}
    assert outcome.sleeps == []
