"""`chaqi up` as a user runs it: killed and whole, checked, resumed, and where somebody else is in the way."""

from __future__ import annotations

import random
import socket
import time
from pathlib import Path

from chain.signers import Keystore
from tests.e2e.installation import Chaqi, acted, end
from tests.stack import wait_for
from workflows.valuations.job import KEY

KILLS = 6


def test_a_tour_killed_at_random_moments_goes_on_is_checked_and_stops_cleanly(chaqi: Chaqi, tmp_path: Path) -> None:
    """Nothing is lost and nothing doubled. That a tour runs without being killed, the run without Node shows."""
    moments = random.Random(521000)
    for _ in range(KILLS):
        process = chaqi.start("up")
        time.sleep(moments.uniform(1, 12))
        process.kill()
        process.communicate()
    first = chaqi.start("up")
    said = "\n".join(chaqi.await_line(first, "ready"))
    assert "300 trees" in said
    states = {act["state"] for act in chaqi.get("/v1/acts?limit=100")["items"]}
    assert states <= {"mined", "final"}
    status = chaqi.get("/v1/status")
    assert status["chain"]["id"] == 521000
    assert status["mirror"]["lag_blocks"] <= 2
    assert status["jobs"]

    tree = chaqi.get("/v1/trees?title=REGISTERED&limit=1")["items"][0]
    assert tree["owner"] != tree["surveyor"]

    check_the_mirror(chaqi)
    check_a_document(chaqi, tmp_path)

    assert end(first) == 0
    executed = acted(chaqi)
    assert set(executed.values()) == {1}

    second = chaqi.start("up")
    assert "0 acts handed in now" in "\n".join(chaqi.await_line(second, "ready"))
    await_revaluation(chaqi)
    assert end(second) == 0
    again = acted(chaqi)
    assert set(again.values()) == {1} and again.keys() >= executed.keys()


def await_revaluation(chaqi: Chaqi) -> None:
    """The worker's own appraiser posts what is due, without a person."""
    (own,) = chaqi.get("/v1/parties?account=" + Keystore.derived(KEY).address)["items"]
    wait_for(lambda: chaqi.get(f"/v1/valuations?appraiser={own['id']}")["total"])


def check_the_mirror(chaqi: Chaqi) -> None:
    """It equals storage, no log is missing, and rebuilding it gives the same bytes."""
    code, reconciled = chaqi.run("mirror", "reconcile")
    assert code == 0, reconciled
    code, proved = chaqi.run("mirror", "verify")
    assert code == 0, proved
    block = str(chaqi.get("/v1/status")["mirror"]["block"])
    _, before = chaqi.run("mirror", "dump", "--to", block)
    code, rebuilt = chaqi.run("mirror", "rebuild")
    assert code == 0, rebuilt
    _, after = chaqi.run("mirror", "dump", "--to", block)
    assert before == after
    assert len(before.splitlines()) > 2_000


def check_a_document(chaqi: Chaqi, folder: Path) -> None:
    """It is anchored and verified; altered by one letter, the broken link is named."""
    document, receipts = folder / "contract.txt", folder / "receipts"
    document.write_text("茶树买卖合同 (synthetic)")
    code, said = chaqi.run("anchor", str(document), "--out", str(receipts))
    assert code == 0, said
    receipt = str(next(receipts.rglob("*.json")))
    code, said = chaqi.run("verify", str(document), receipt)
    assert code == 0, said
    document.write_text("茶树买卖合同 (Synthetic)")
    code, said = chaqi.run("verify", str(document), receipt)
    assert code == 1
    assert "sha256" in said


def test_a_taken_port_is_named_and_nothing_is_started(chaqi: Chaqi) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", int(chaqi.environment["CHAQI_API_PORT"])))
        foreign.listen()
        code, said = chaqi.run("up")
    assert code == 1
    assert "AddressTaken" in said
    assert chaqi.environment["CHAQI_API_PORT"] in said
    assert not (chaqi.var / "devnet").exists()
