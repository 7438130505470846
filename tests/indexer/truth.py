"""What the mirror must hold, worked out from the chain in the plainest way: the oracle of the tests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from web3 import Web3

from indexer.schema import LARGEST_WHOLE, blocks, logs
from indexer.store import reading
from indexer.verify import verify
from tests.indexer.devnet import LEDGER, Devnet, assets

Version = tuple[Any, ...]


def act(devnet: Devnet, rng: random.Random, most: int = 4) -> None:
    """Queues up to `most` random transactions to the ledger, some of them on the same asset."""
    for _ in range(rng.randrange(most + 1)):
        asset = rng.randrange(6)
        match rng.randrange(4):
            case 0:
                devnet.send("register", asset, rng.randrange(1, 9), rng.choice(NAMES), rng.choice(VALUES))
            case 1:
                devnet.send("transfer", asset, rng.randrange(1, 9))
            case 2:
                devnet.send("setStatus", asset, rng.randrange(256), rng.choice(VALUES))
            case 3:
                devnet.send("move", devnet.account, asset)


NAMES = ("", "凤凰单丛", 'tab\tquote"back\\slash\nline', "x" * 100, "nul\0", "{{}}%s")
VALUES = (0, 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1)


def chain_events(devnet: Devnet) -> list[tuple[int, int, str, dict[str, Any]]]:
    """Block, log index, event and arguments of every log, decoded by web3."""
    web3 = Web3()
    contract = web3.eth.contract(abi=LEDGER["abi"])
    by_topic = {
        "0x" + web3.keccak(text=event.signature).hex().removeprefix("0x"): event
        for event in (
            contract.events.Registered(),
            contract.events.Transferred(),
            contract.events.StatusChanged(),
            contract.events.Moved(),
        )
    }
    found = []
    for log in devnet.logs():
        event = by_topic[log["topics"][0]]
        arguments = dict(event.process_log(_for_web3(log))["args"])
        found.append((int(log["blockNumber"], 16), int(log["logIndex"], 16), event.event_name, arguments))
    return found


def _for_web3(log: dict[str, Any]) -> Any:
    whole = {name: int(log[name], 16) for name in ("blockNumber", "logIndex", "transactionIndex")}
    raw = {name: bytes.fromhex(log[name][2:]) for name in ("data", "blockHash", "transactionHash")}
    return {**log, **whole, **raw, "topics": [bytes.fromhex(topic[2:]) for topic in log["topics"]]}


def fold(chain: Sequence[tuple[int, int, str, dict[str, Any]]], upto: int) -> dict[str, tuple[Any, ...]]:
    """State of every asset as of a block: id → owner, status, value, name."""
    states: dict[str, list[Any]] = {}
    for block, _, event, arguments in chain:
        if block > upto or event == "Moved":
            continue
        state = states.setdefault(str(arguments["id"]), [0, 0, 0, ""])
        if "owner" in arguments:
            state[0] = arguments["owner"]
        if "status" in arguments:
            state[1] = arguments["status"]
        if "value" in arguments:
            state[2] = min(arguments["value"], LARGEST_WHOLE)
        if "name" in arguments:
            state[3] = arguments["name"].replace("\0", "\ufffd")
    return {asset: tuple(state) for asset, state in states.items()}


def expected_versions(chain: Sequence[tuple[int, int, str, dict[str, Any]]]) -> list[Version]:
    """Every version of every asset: id, since_block, until_block, owner, status, value, name."""
    touched: dict[str, list[int]] = {}
    for block, _, event, arguments in chain:
        if event != "Moved" and block not in touched.setdefault(str(arguments["id"]), []):
            touched[str(arguments["id"])].append(block)
    return sorted(
        (asset, since, until, *fold(chain, since)[asset])
        for asset, blocks in touched.items()
        for since, until in zip(blocks, [*blocks[1:], None], strict=True)
    )


def mirrored_versions(engine: sa.Engine) -> list[Version]:
    """The mirror's versions, in the same form."""
    with reading(engine) as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(assets.table)))


def assert_true(engine: sa.Engine, devnet: Devnet) -> None:
    """The mirror's headers, events and versions are exactly the chain's, and each block's receipts root says so."""
    chain = chain_events(devnet)
    with reading(engine) as connection:
        mirrored = list(
            connection.execute(
                sa.select(logs, blocks.c.hash.label("block_hash"))
                .join(blocks, blocks.c.number == logs.c.block_number)
                .order_by(logs.c.block_number, logs.c.log_index)
            )
        )
        headers = {
            number: "0x" + block_hash.hex()
            for number, block_hash in connection.execute(sa.text("SELECT number, hash FROM blocks"))
        }
    assert headers == {
        number: devnet.rpc.call("eth_getBlockByNumber", hex(number), False)["hash"]
        for number in range(devnet.deployed_at, devnet.head + 1)
    }
    assert [(one.block_number, one.log_index, one.event) for one in mirrored] == [one[:3] for one in chain]
    raw = devnet.logs()
    assert [(one.tx_hash, one.topics, one.data, one.block_hash) for one in mirrored] == [
        tuple(
            bytes.fromhex(text.replace("0x", ""))
            for text in (log["transactionHash"], "".join(log["topics"]), log["data"], log["blockHash"])
        )
        for log in raw
    ]
    assert mirrored_versions(engine) == expected_versions(chain)
    proved = verify(engine, devnet.rpc)
    assert (proved.first, proved.last, proved.logs) == (devnet.deployed_at, devnet.head, len(chain))
