from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asset.faults.client import Client
from tests.asset.faults.server import Server, serving
from tests.asset.faults.table import Case, Table


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def other() -> Iterator[Server]:
    """A second server: another port, so another origin."""
    with serving() as started:
        yield started


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path / "client")


@pytest.fixture(params=[8, 64])
def digits(request: pytest.FixtureRequest) -> int:
    """How much of the digest the card publishes: cards of the 2.x hub publish its first 8 hex digits."""
    return request.param


@pytest.fixture(scope="session")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """All cases that pytest selected, running side by side from now on."""
    specs = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    cases = [spec.params["case"] for spec in specs if isinstance(spec.params.get("case"), Case)]
    started = Table(cases, tmp_path_factory.mktemp("table"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of `localhost`, and of no other name, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("makes a certificate with openssl")
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@pytest.fixture
def secure(certificate: Path, client: Client) -> Iterator[Server]:
    """A server of https://localhost whose certificate the client trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    for variable in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        client.environment.pop(variable, None)
    client.environment["REQUESTS_CA_BUNDLE"] = str(certificate.with_name("cert.pem"))
    with serving(tls=context) as server:
        server.url = f"https://localhost:{server.port}"
        yield server
