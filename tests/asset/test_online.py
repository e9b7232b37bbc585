from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubtool.asset.access import Access
from hubtool.asset.online import look_up
from tests.asset.clock import RecordedClock
from tests.asset.faults.server import answer, hang_up, serving
from tests.asset.server import Site, serve

DAY = 86_400


def test_a_link_is_asked_three_times_with_growing_pauses(tmp_path: Path) -> None:
    clock = RecordedClock()
    with serving() as server:
        url = server.script("/x", hang_up)
        found = look_up([url], tmp_path / "links.json", Access(clock=clock))[url]
        assert (found.state, len(server.log)) == ("unreachable", 3)
    assert clock.sleeps == [0.5, 1.0]


@pytest.mark.parametrize(("status", "state"), [("404 x", "dead"), ("410 x", "dead"), ("401 x", "alive")])
def test_a_clear_answer_is_believed_at_once(tmp_path: Path, status: str, state: str) -> None:
    clock = RecordedClock()
    with serving() as server:
        url = server.script("/x", answer(status))
        assert look_up([url], tmp_path / "links.json", Access(clock=clock))[url].state == state
    assert clock.sleeps == []


def test_answers_are_kept_for_a_day_but_not_those_of_hosts_that_were_away(tmp_path: Path) -> None:
    clock = RecordedClock()
    access, memory = Access(clock=clock), tmp_path / "links.json"
    with serving() as server:
        urls = [server.script("/x", answer("200 OK")), server.script("/y", answer("503 x"))]
        look_up(urls, memory, access)
        asked = [len(server.requests(path)) for path in ("/x", "/y")]
        clock.now += DAY - 60
        look_up(urls, memory, access)
        assert len(server.requests("/x")) == asked[0]
        assert len(server.requests("/y")) == 2 * asked[1]
        clock.now += 120
        look_up(urls, memory, access)
        assert len(server.requests("/x")) == 2 * asked[0]


def test_answers_older_than_a_day_or_broken_are_asked_again(tmp_path: Path) -> None:
    memory = tmp_path / "links.json"
    with serve(Site(b"here")) as site:
        url = f"{site.url}/x"
        for kept in ("", "[]", '{"a": 1}', json.dumps({url: ["dead", "long ago", 1.0]})):
            memory.write_text(kept)
            assert look_up([url], memory, Access())[url].state == "alive"
