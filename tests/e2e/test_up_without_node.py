"""`chaqi up` without Node: the pure-Python chain plays the same tour."""

from __future__ import annotations

from tests.e2e.installation import Chaqi, end


def test_without_node_the_python_chain_plays_the_same_tour(chaqi: Chaqi) -> None:
    process = chaqi.start("up", CHAQI_ENGINE="python")
    said = "\n".join(chaqi.await_line(process, "ready"))
    assert ", python" in said
    assert "300 trees" in said
    assert end(process) == 0
