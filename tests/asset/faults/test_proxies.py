"""A proxy that does not work is named, with the variable that it is from: the link is not to blame."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.asset.faults.client import Client, resolving
from tests.asset.faults.server import Server, answer, hang_up, raw, silence
from tests.asset.faults.table import DATA, IMPATIENT

LINK = "https://hub.example/net.ckpt"
REFUSING = "http://127.0.0.1:9"


@pytest.fixture
def client(client: Client) -> Client:
    client.environment |= resolving(hub_example=[["93.184.216.34"]])
    return client.publish(LINK, DATA)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "proxy", [REFUSING, "127.0.0.1:9", "http://user:s3cret@127.0.0.1:9", "http://nowhere.example:3128"]
)
def test_one_that_cannot_be_reached_is_named(client: Client, variable: str, proxy: str) -> None:
    client.environment[variable] = proxy
    outcome = client.pull()
    assert outcome.code == 4
    assert variable in outcome.err
    assert proxy.rpartition("@")[2].removeprefix("http://") in outcome.err
    assert "s3cret" not in outcome.err
    assert len(outcome.sleeps) == 4


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "404 Not Found"])
def test_one_that_refuses_is_asked_once(client: Client, server: Server, status: str) -> None:
    server.default = answer(status)
    client.environment["HTTPS_PROXY"] = server.url
    outcome = client.pull()
    assert (outcome.code, outcome.sleeps) == (4, [])
    assert outcome.says("https_proxy", status[:3])


@pytest.mark.parametrize("step", [answer("502 Bad Gateway"), answer("429 Slow Down"), hang_up, raw(b"?")])
def test_one_that_may_recover_is_asked_again(client: Client, server: Server, step) -> None:
    server.default = step
    client.environment["HTTPS_PROXY"] = server.url
    outcome = client.pull()
    assert (outcome.code, len(outcome.sleeps)) == (4, 4)
    assert "HTTPS_PROXY" in outcome.err


def test_one_that_is_silent_is_named_with_the_setting_for_time_outs(client: Client, server: Server) -> None:
    server.default = silence()
    client.limit(**IMPATIENT, idle_attempts=1)
    client.environment["HTTPS_PROXY"] = server.url
    outcome = client.pull()
    assert outcome.code == 4
    assert outcome.says("https_proxy", "hubtool_timeout")


@pytest.mark.parametrize(
    "proxy", ["foo bar", "http://", "http://127.0.0.1:port", "ftp://127.0.0.1:9", "socks://127.0.0.1:9", "http://[::1"]
)
def test_what_cannot_be_a_proxy_is_an_error_of_the_environment(client: Client, proxy: str) -> None:
    client.environment["HTTPS_PROXY"] = proxy
    outcome = client.pull()
    assert (outcome.code, outcome.sleeps) == (6, [])
    assert "HTTPS_PROXY" in outcome.err
    assert "fix the link" not in outcome.err


@pytest.mark.skipif(find_spec("socks") is not None, reason="PySocks is installed")
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_socks_names_what_to_install(client: Client, scheme: str) -> None:
    client.environment["ALL_PROXY"] = f"{scheme}://127.0.0.1:9"
    outcome = client.pull()
    assert outcome.code == 6
    assert outcome.says("all_proxy", "pip install")


def test_no_proxy_goes_around_it(client: Client) -> None:
    client.environment |= {"HTTPS_PROXY": "foo bar", "NO_PROXY": "hub.example"}
    assert client.pull().code == 4
    assert "93.184.216.34 443" in client.attempts
