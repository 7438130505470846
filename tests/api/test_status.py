"""What the API says when parts of the house are down, and that it says so itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from api.app import create_app
from api.problems import REFUSAL_STATUS, status_of
from chain.refusals import ActRefused, facts
from chain.settings import Settings
from indexer.schema import cursor
from indexer.store import migrate, open_mirror, writing
from tests.stack import Stack, free_port
from workflows import jobs


def test_status_tells_of_chain_mirror_and_jobs(stack: Stack) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    jobs.record_run(stack.outbox.store, "trial", at=at, fault="it failed")
    jobs.record_run(stack.outbox.store, "trial", at=at, next_run=at)
    status = stack.client.get("/v1/status").json()
    assert status["chain"]["id"] == stack.settings.chain_id
    assert status["chain"]["head"] >= status["mirror"]["block"] > 0
    assert {"lag_blocks", "lag_seconds", "hash", "time"} <= set(status["mirror"])
    assert status["mirror"]["fault"] is None
    trial = next(job for job in status["jobs"] if job["name"] == "trial")
    assert trial == {
        "name": "trial",
        "last_run": int(at.timestamp()),
        "next_run": int(at.timestamp()),
        "ok": True,
        "fault": None,
    }
    [run] = [run for run in jobs.runs(stack.outbox.store) if run.name == "trial"]
    assert (run.runs, run.failures) == (2, 1)


def test_ready_while_the_mirror_follows(stack: Stack) -> None:
    assert stack.client.get("/ready").json() == {"ready": True}
    assert stack.client.get("/health").json() == {"alive": True}


def test_with_nothing_running_every_part_says_that_it_is_down(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, rpc_url=f"http://127.0.0.1:{free_port()}")
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.get("/health").status_code == 200
        status = client.get("/v1/status").json()
        assert (status["chain"]["head"], status["chain"]["fault"]["code"]) == (None, "NodeUnreachable")
        assert (status["mirror"]["block"], status["mirror"]["fault"]["code"]) == (None, "MirrorUnavailable")
        assert status["jobs"] == []
        for path, code in (
            ("/ready", "MirrorUnavailable"),
            ("/v1/parties", "MirrorUnavailable"),
            ("/v1/trees/7", "MirrorUnavailable"),
            ("/v1/events/export", "MirrorUnavailable"),
            ("/v1/events/stream", "MirrorUnavailable"),
            ("/v1/acts/types", "NotDeployed"),
        ):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, code), path
            assert answer.headers["retry-after"] == "1"
        assert client.get("/").status_code == 200
        rpc = client.post("/rpc", json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).json()
        assert rpc["error"]["code"] == -32000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seen_at": time.time() - 60}, "MirrorStopped"),
        ({"genesis_hash": "0x" + "11" * 32}, "MirrorOfAnotherChain"),
        ({"chain_id": 1}, "MirrorOfAnotherChain"),
        ({"fault": '{"code":"X","en":"gone","zh":"无","values":{},"since":1}'}, "MirrorFaulty"),
        ({"head": 5000}, "MirrorLagging"),
    ],
)
def test_a_mirror_that_cannot_be_relied_on_is_not_ready(
    stack: Stack, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    settings = stack.settings.model_copy(update={"mirror": f"sqlite:///{tmp_path / 'other.db'}"})
    engine = open_mirror(settings.mirror_url)
    migrate(engine)
    row: dict[str, object] = {
        "id": 1,
        "chain_id": settings.chain_id,
        "genesis_hash": stack.deployment.genesis_hash,
        "contracts": "{}",
        "first_block": 1,
        "block": 7,
        "hash": "0x" + "22" * 32,
        "time": 1,
        "head": 7,
        "seen_at": time.time() + 60,
    }
    with writing(engine) as connection:
        connection.execute(sa.insert(cursor).values(row | change))
    engine.dispose()
    client = TestClient(create_app(settings), raise_server_exceptions=False)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    client.app.state.context.close()  # type: ignore[attr-defined]


def test_a_mirror_that_was_dropped_and_begun_again_is_noticed(tmp_path: Path) -> None:
    from api.reads import Reads

    def begin(block: int) -> None:
        engine = open_mirror(url)
        migrate(engine)
        with writing(engine) as connection:
            connection.execute(
                sa.insert(cursor).values(
                    id=1,
                    chain_id=1,
                    genesis_hash="0x",
                    contracts="{}",
                    first_block=1,
                    block=block,
                    hash="0x" + "22" * 32,
                    time=1,
                    head=block,
                    seen_at=0.0,
                )
            )
        engine.dispose()

    file = tmp_path / "mirror.db"
    url = f"sqlite:///{file}"
    begin(5)
    reads = Reads(url)
    assert reads.newest().block == 5
    for left in tmp_path.iterdir():
        left.unlink()
    begin(2)
    assert reads.newest().block == 2
    reads.close()


def test_a_defect_is_a_problem_with_a_number_and_without_its_details(stack: Stack) -> None:
    app = create_app(stack.settings)

    @app.get("/defect")
    def defect() -> None:
        raise RuntimeError("secret detail")

    answer = TestClient(app, raise_server_exceptions=False).get("/defect")
    assert (answer.status_code, answer.json()["code"]) == (500, "Unexpected")
    assert "secret" not in answer.text
    assert answer.json()["values"]["id"] in answer.json()["detail"]
    app.state.context.close()


def test_every_named_status_is_of_a_refusal_that_exists() -> None:
    known = {fact.name: fact for fact in facts().values()}
    assert set(REFUSAL_STATUS) - set(known) == {"ActMalformed"}
    assert status_of(ActRefused(known["TagTaken"], {})) == 409
    assert status_of(ActRefused(known["SignatureInvalid"], {})) == 401
