"""Redirects: where they may lead, how far, and what may travel along."""

from __future__ import annotations

import pytest

from tests.asset.faults.client import MIB, Client
from tests.asset.faults.server import Server, answer, endless, file, raw, redirect
from tests.asset.faults.table import DATA, PATH, Case, Run, Table, rows

GOOD = file(DATA)
REFUSED = "allow-private|private|not public|non-public|link-local|reserved|multicast|loopback|not a public"


def to(path: str, *more: tuple[str, object], status: str = "302 Found"):
    """Lead there from the card's link, and serve the other paths too."""

    def steps(server: Server):
        for name, step in more:
            server.script(name, step)
        return (redirect(path.replace("HERE", server.host).replace("PORT", str(server.port)), status),)

    return steps


def refused(location: str, *words: str) -> Case:
    """A redirect that is not followed: at once, and without a connection."""
    return Case(f"to {location}", to(location), (4,), words, asked=range(1, 3), sleeps=())


def chain(hops: int):
    def steps(server: Server):
        for hop in range(1, hops):
            server.script(f"/hop/{hop}", redirect(f"/hop/{hop + 1}"))
        server.script(f"/hop/{hops}", GOOD)
        return (redirect("/hop/1"),)

    return steps


def the_body_was_not_read(run: Run) -> None:
    assert run.server.body_sent < 8 * MIB


def ends_soon(run: Run) -> None:
    assert len(run.server.log) <= 60


@rows(
    *(
        Case(f"a {status} is followed", to("/file", ("/file", GOOD), status=f"{status} Moved"), asked=1)
        for status in (301, 302, 303, 307, 308)
    ),
    Case("a path beside", to("file", ("/files/file", GOOD)), asked=1),
    Case("a path above", to("../file", ("/file", GOOD)), asked=1),
    Case("a query only", to("?token=1", (PATH + "?token=1", GOOD))),
    Case("a host without a scheme", to("//HERE/file", ("/file", GOOD)), asked=1),
    Case("a path with spaces and UTF-8", to("/a b/\xc3\xbc", ("/a%20b/%C3%BC", GOOD)), asked=1),
    Case("a path in Latin-1", to("/a/\xfc", ("/a/%C3%BC", GOOD), ("/a/%FC", GOOD)), (0, 4), sleeps=()),
    Case("a fragment", to("/file#part", ("/file", GOOD)), asked=1),
    Case("another name of loopback", to("http://localhost:PORT/file", ("/file", GOOD)), asked=1),
    Case("five hops", chain(5), asked=1),
    Case("a hundred hops", chain(100), (4,), ("redirect",), sleeps=(), also=ends_soon),
    Case("a loop of one", to(PATH), (4,), ("redirect",), asked=range(1, 60), sleeps=()),
    Case("a loop of two", to("/back", ("/back", redirect(PATH))), (4,), ("redirect",), asked=range(1, 60), sleeps=()),
    Case(
        "a loop that grows",
        lambda server: ((lambda exchange: redirect(exchange.request.target + "?x=1&")(exchange)),),
        (4,),
        ("redirect",),
        asked=range(1, 60),
        sleeps=(),
    ),
    Case(
        "to an endless body",
        (endless("302 Found", {"Location": "/file"}),),
        (4,),
        ("404",),
        sleeps=(),
        also=the_body_was_not_read,
    ),
    Case("no location", (answer("302 Found"),), (4,), ("302|redirect|location",), asked=range(1, 3), sleeps=()),
    Case(
        "a 300 without a location",
        (answer("300 Multiple Choices", body=b"choose"),),
        (4,),
        ("300|redirect",),
        sleeps=(),
    ),
    Case(
        "two locations",
        (raw(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),),
        (4,),
        sleeps=(),
    ),
    refused("", "redirect|location|302"),
    refused("ftp://127.0.0.1/file", "ftp:|scheme"),
    refused("file:///etc/hostname", "file:|scheme"),
    refused("FILE:///etc/hostname", "file:|scheme"),
    refused("data:application/octet-stream;base64,AAAA", "data:|scheme"),
    refused("javascript:alert(1)", "javascript:|scheme"),
    refused("gopher://127.0.0.1/", "gopher:|scheme"),
    Case("to a scheme alone", to("http://"), (4,), asked=range(1, 60), sleeps=()),
    refused("http:///file"),
    refused("http://[::1"),
    refused("http://[nonsense]/file"),
    refused("http://127.0.0.1:99999/file"),
    refused("http://127.0.0.1:abc/file"),
    refused("http://127.0.0.1:-1/file"),
    refused("https://" + "a" * 70 + ".example/file"),
    refused("https://xn--/file"),
    refused("http://\x1b[31m/file"),
    refused("https://" + "a." * 130 + "example/file"),
    # plain http beyond this machine
    refused("http://10.255.255.1/file", "https|allow-http|private"),
    refused("http://169.254.169.254/latest/meta-data/", "https|allow-http|private|link-local"),
    # addresses that no public file is behind
    refused("https://10.255.255.1/file", REFUSED),
    refused("https://192.168.255.254/file", REFUSED),
    refused("https://172.31.255.254/file", REFUSED),
    refused("https://169.254.169.254/latest/meta-data/", REFUSED),
    refused("https://100.64.0.1/file", REFUSED),
    refused("https://0.0.0.0/file", REFUSED),
    refused("https://0/file", REFUSED),
    refused("https://224.0.0.1/file", REFUSED),
    refused("https://240.0.0.1/file", REFUSED),
    refused("https://255.255.255.255/file", REFUSED),
    refused("https://192.0.2.1/file", REFUSED),
    refused("https://184549121/file", REFUSED),  # 10.255.255.1 in one number
    refused("https://0x0a.0xff.0xff.1/file", REFUSED),
    refused("https://012.0377.0377.1/file", REFUSED),
    refused("https://10.16776961/file", REFUSED),
    refused("https://[::]/file", REFUSED),
    refused("https://[fe80::1]/file", REFUSED),
    refused("https://[fe80::1%25lo]/file"),
    refused("https://[fc00::1]/file", REFUSED),
    refused("https://[::ffff:10.255.255.1]/file", REFUSED),
    refused("https://[::ffff:a9fe:a9fe]/file", REFUSED),
    refused("https://[64:ff9b::a9fe:a9fe]/file", REFUSED),
    refused("https://[2002:a9fe:a9fe::1]/file", REFUSED),
)
def test_redirects(case: Case, table: Table) -> None:
    table.check(case)


def test_the_file_is_named_after_the_cards_link(client: Client, server: Server) -> None:
    server.script("/store/blob?name=evil.ckpt", GOOD)
    outcome = client.publish(server.script(PATH, redirect("/store/blob?name=evil.ckpt")), DATA).pull()
    assert outcome.path.name == PATH.rpartition("/")[2]


def test_zero_is_not_loopback(client: Client, server: Server) -> None:
    # Linux connects 0.0.0.0 to this machine: a filter by name lets it through
    server.script("/file", GOOD)
    for host in ("0.0.0.0", "[::]", "0"):
        client.publish(server.script(PATH, redirect(f"http://{host}:{server.port}/file")), DATA)
        assert client.pull().code == 4
    assert server.requests("/file") == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.1", "127.1", "[::ffff:127.0.0.1]", "127.0.0.1.", "LOCALHOST"]
)
def test_an_odd_spelling_of_loopback_is_loopback_or_refused(client: Client, server: Server, host: str) -> None:
    server.script("/file", GOOD)
    outcome = client.publish(server.script(PATH, redirect(f"http://{host}:{server.port}/file")), DATA).pull()
    assert outcome.code in {0, 4}
    assert (outcome.code == 0) == bool(server.requests("/file"))
    assert outcome.sleeps == []


# What travels along


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_password_stays_with_its_host(client: Client, server: Server, other: Server, status: int) -> None:
    other.script("/file", GOOD)
    link = server.script(PATH, redirect(other.url + "/file", f"{status} Moved"))
    outcome = client.publish(link.replace("://", "://user:s3cret@"), DATA).pull()
    # such a link may be refused altogether
    assert outcome.code in {0, 1, 4}
    for request in other.log:
        assert "authorization" not in request.headers
        assert "s3cret" not in str(request.headers)
    assert "s3cret" not in outcome.err


def test_a_password_is_not_shown(client: Client, server: Server) -> None:
    link = server.script(PATH, answer("403 Forbidden")).replace("://", "://user:s3cret@")
    outcome = client.publish(link, DATA).pull()
    assert outcome.code in {1, 4}
    assert "s3cret" not in outcome.err


def test_a_password_in_a_redirect_is_not_shown(client: Client, server: Server) -> None:
    server.script("/file", answer("403 Forbidden"))
    link = server.script(PATH, redirect(f"http://user:s3cret@{server.host}/file"))
    outcome = client.publish(link, DATA).pull()
    assert outcome.code == 4
    assert "s3cret" not in outcome.err


def test_a_password_for_a_host_does_not_reach_its_other_ports(client: Client, server: Server, other: Server) -> None:
    # requests looks a host up in .netrc, whatever the port
    netrc = client.folder / "home" / ".netrc"
    netrc.write_text("machine 127.0.0.1\nlogin user\npassword s3cret\n")
    netrc.chmod(0o600)
    other.script("/file", GOOD)
    client.publish(server.script(PATH, redirect(other.url + "/file")), DATA)
    assert client.pull().code == 0
    assert "authorization" not in other.log[0].headers


def test_a_cookie_stays_with_its_host(client: Client, server: Server, other: Server) -> None:
    # a cookie jar tells hosts apart, but not ports
    other.script("/file", GOOD)
    client.publish(
        server.script(PATH, redirect(other.url + "/file", headers={"Set-Cookie": "id=s3cret; Path=/"})), DATA
    )
    assert client.pull().code == 0
    assert "cookie" not in other.log[0].headers


def test_the_first_link_is_not_told_to_the_next_host(client: Client, server: Server, other: Server) -> None:
    other.script("/file", GOOD)
    server.script(PATH, redirect(other.url + "/file"))
    assert client.publish(server.url + PATH + "?token=s3cret", DATA).pull().code == 0
    assert "s3cret" not in str(other.log[0].headers)


# TLS


def test_https(client: Client, secure: Server) -> None:
    assert client.publish(secure.script(PATH, GOOD), DATA).pull().code == 0


def test_from_http_to_https(client: Client, server: Server, secure: Server) -> None:
    client.publish(server.script(PATH, redirect(secure.script("/file", GOOD))), DATA)
    assert client.pull().code == 0


def test_from_https_to_https(client: Client, secure: Server) -> None:
    secure.script("/file", GOOD)
    assert client.publish(secure.script(PATH, redirect("/file")), DATA).pull().code == 0


@pytest.mark.parametrize("options", [(), ("--allow-http",)])
def test_from_https_to_http_is_refused(
    client: Client, server: Server, secure: Server, options: tuple[str, ...]
) -> None:
    client.publish(secure.script(PATH, redirect(server.script("/file", GOOD))), DATA)
    outcome = client.pull(*options)
    assert outcome.code == 4
    assert outcome.says("http")
    assert server.connections == 0
    assert len(secure.requests(PATH)) == 1


def test_from_https_through_http_and_back_is_refused(client: Client, server: Server, secure: Server) -> None:
    client.publish(secure.script(PATH, redirect(server.script("/file", redirect(secure.url + "/b")))), DATA)
    secure.script("/b", GOOD)
    assert client.pull().code == 4
    assert server.connections == 0


def test_a_certificate_that_nobody_vouches_for(client: Client, secure: Server) -> None:
    del client.environment["REQUESTS_CA_BUNDLE"]
    outcome = client.publish(secure.script(PATH, GOOD), DATA).pull()
    assert outcome.code == 4
    assert outcome.says("certificate")
    assert secure.log == []
    assert outcome.sleeps == []  # it will not become right by waiting


def test_a_certificate_of_another_name(client: Client, secure: Server) -> None:
    secure.script(PATH, GOOD)
    outcome = client.publish(f"https://127.0.0.1:{secure.port}{PATH}", DATA).pull()
    assert outcome.code == 4
    assert outcome.says("certificate")
    assert secure.log == []


def test_https_to_a_server_of_plain_http(client: Client, server: Server) -> None:
    server.script(PATH, GOOD)
    outcome = client.publish(server.url.replace("http", "https") + PATH, DATA).pull()
    assert outcome.code == 4
