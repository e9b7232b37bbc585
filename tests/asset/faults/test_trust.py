"""Certificates, passwords, proxies and time-outs: the environment is honoured, and named when it is at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asset.faults.client import Client, resolving
from tests.asset.faults.server import Server, answer, file, hang_up, raw, redirect, silence
from tests.asset.faults.table import DATA, IMPATIENT, PATH

GOOD = file(DATA)
VARIABLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_certificates_that_the_environment_names_are_trusted(client: Client, secure: Server, variable: str) -> None:
    client.environment[variable] = client.environment.pop("REQUESTS_CA_BUNDLE")
    assert client.publish(secure.script(PATH, GOOD), DATA).pull().code == 0


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_certificates_that_are_not_there_are_named(
    client: Client, secure: Server, variable: str, content: str | None
) -> None:
    del client.environment["REQUESTS_CA_BUNDLE"]
    path = client.folder / "ca.pem"
    client.environment[variable] = str(path)
    if content is not None:
        path.write_text(content)
    outcome = client.publish(secure.script(PATH, GOOD), DATA).pull()
    assert outcome.code == 6
    assert outcome.says(variable.casefold(), str(path).casefold())
    assert outcome.sleeps == []


def test_missing_certificates_keep_no_file_back_that_needs_none(client: Client, server: Server, secure: Server) -> None:
    client.environment["REQUESTS_CA_BUNDLE"] = str(client.folder / "gone.pem")
    client.publish(secure.script(PATH, GOOD), DATA, name="secure")
    client.publish(server.script(PATH, file(b"other")), b"other", name="plain")
    run = client.hubtool("pull", "secure", "plain", "--cards", client.cards, "--cache", client.cache)
    assert run.code == 6
    assert len(run.out.splitlines()) == 1


@pytest.fixture
def netrc(client: Client) -> Path:
    """The user's password for every port of this machine."""
    path = client.folder / "home" / ".netrc"
    path.write_text("machine 127.0.0.1\nlogin user\npassword s3cret\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc",
        "x-amz-signature=abc",
        "AWSAccessKeyId=a&Expires=1&Signature=abc",
        "OSSAccessKeyId=a&Expires=1&Signature=abc%3D",
        "X-Goog-Signature=abc",
        "x-oss-signature=abc",
        "q-sign-algorithm=sha1&q-signature=abc",
        "se=2030-01-01&sp=r&sig=abc",
        "auth_key=1-0-0-abc",
        "e=1&token=abc",
        "authorization=bce-auth-v1%2Fabc",
    ],
)
@pytest.mark.usefixtures("netrc")
def test_a_presigned_link_gets_no_password(client: Client, server: Server, query: str) -> None:
    server.script("/signed", GOOD)
    link = server.script(PATH, redirect(f"/signed?{query}"))
    assert client.publish(link, DATA).pull().code == 0
    hub, store = server.log
    assert "authorization" in hub.headers
    assert "authorization" not in store.headers


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize("query", ["", "?download=true", "?signed=no"])
def test_other_links_get_it(client: Client, server: Server, query: str) -> None:
    server.script(PATH, GOOD)
    assert client.publish(server.url + PATH + query, DATA).pull().code == 0
    assert "authorization" in server.log[0].headers


@pytest.mark.parametrize("address", ["198.18.0.5", "198.19.255.254", "::ffff:198.18.0.5", "fc00::5"])
def test_a_made_up_address_is_named_with_the_setting(client: Client, address: str) -> None:
    client.environment |= resolving(hub_example=[[address]])
    outcome = client.publish("https://hub.example/net.ckpt", DATA).pull()
    assert outcome.code == 4
    assert outcome.says("fake-ip", "hub.example", "hubtool_allow_private", "--allow-private")
    assert client.attempts == []


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_the_environment_may_trust_it(client: Client, value: str) -> None:
    client.environment |= resolving(hub_example=[["198.18.0.5"]]) | {"HUBTOOL_ALLOW_PRIVATE": value}
    assert client.publish("https://hub.example/net.ckpt", DATA).pull().code == 4
    assert "198.18.0.5 443" in client.attempts


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_or_may_not(client: Client, value: str) -> None:
    client.environment |= resolving(hub_example=[["198.18.0.5"]]) | {"HUBTOOL_ALLOW_PRIVATE": value}
    assert client.publish("https://hub.example/net.ckpt", DATA).pull().code == 4
    assert client.attempts == []


@pytest.mark.parametrize(
    "step",
    [silence(), file(DATA, until=1000, end="stall", ranges=False), raw(b"HTTP/1.1 20", end="stall")],
    ids=["no answer", "a body that stalls", "half a head"],
)
def test_time_outs_name_the_setting_that_lengthens_them(client: Client, server: Server, step) -> None:
    client.limit(**IMPATIENT, idle_attempts=2)
    outcome = client.publish(server.script(PATH, step), DATA).pull()
    assert outcome.code == 4
    assert outcome.says("hubtool_timeout")


@pytest.mark.parametrize("step", [hang_up, answer("404 Not Found"), raw(b"garbage")])
def test_what_is_no_time_out_does_not(client: Client, server: Server, step) -> None:
    outcome = client.publish(server.script(PATH, step), DATA).pull()
    assert outcome.code == 4
    assert not outcome.says("hubtool_timeout")
