"""The same road on PostgreSQL: both stores, from a filing with its record to lists, events, files and rights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chain.devnet import anvil_program
from chain.settings import Settings
from tests.api.test_trees import filed, filing, fresh_record, hand_in, record_of
from tests.stack import CAST, Stack, free_port, running
from tests.stores import new_database


@pytest.fixture(scope="module")
def on_postgres(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if anvil_program() is None:
        pytest.skip("anvil is not installed (make setup, with Node): what needs a running chain was not tested")
    settings = Settings(
        var_dir=tmp_path_factory.mktemp("on-postgres"),
        rpc_url=f"http://127.0.0.1:{free_port()}",
        confirmations=3,
        mirror=new_database(postgres),
        offchain=new_database(postgres),
    )
    with running(settings) as whole:
        yield whole


def test_the_road_is_the_same(on_postgres: Stack) -> None:
    stack, client = on_postgres, on_postgres.client
    record = fresh_record()
    tree = filed(stack, record)
    card = client.get(f"/v1/trees/{tree}").json()
    assert (card["tag"], card["village"]) == (record.tag, "凤西村")
    again = client.get(f"/v1/trees/{tree}", params={"as_of": card["as_of"]["block"]}).json()
    assert again["as_of"]["hash"] == card["as_of"]["hash"]

    walked, cursor = [], {"limit": "4"}
    while True:
        page = client.get("/v1/parties", params=cursor).json()
        walked += [party["id"] for party in page["items"]]
        if page["next"] is None:
            break
        cursor = {"limit": "4", "cursor": page["next"]}
    assert walked == list(range(1, page["total"] + 1))
    notaries = sum("NOTARY" in roles for roles in CAST.values())
    assert client.get("/v1/parties", params={"role": "NOTARY"}).json()["total"] == notaries

    events = client.get("/v1/events", params={"tree": tree}).json()["items"]
    assert [event["event"] for event in events] == ["TreeFiled"]
    assert len(client.get("/v1/events/export").content.splitlines()) > 20
    assert client.get("/v1/trees/export", params={"format": "parquet"}).content.startswith(b"PAR1")

    near = record_of(f"{record.tag}-2", lat_e7=record.position.lat_e7 + 50)
    salt = bytes(range(32))
    refused = hand_in(stack, filing(stack, "neighbour", near, salt), near, salt)
    assert refused.json()["code"] == "DuplicateTree"
    read = client.get(f"/v1/trees/{tree}/record", params={"purpose": "own use"}, headers=stack.sign_in("farmer"))
    assert read.json()["record"]["tag"] == record.tag
    status = client.get("/v1/status").json()
    assert status["mirror"]["fault"] is None
    assert client.get("/ready").status_code == 200
