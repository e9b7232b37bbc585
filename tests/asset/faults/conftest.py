from __future__ import annotations

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
