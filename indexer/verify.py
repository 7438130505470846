"""Completeness on demand: every block of a range against its header's hash and receipts root.

What following checks by bloom and only settles on doubt, this does for every block, and against the stored
rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from chain.errors import ChaqiError
from chain.rpc import Rpc
from indexer.fetch import AnswerInconsistent, check_receipts
from indexer.schema import blocks, cursor, logs
from indexer.store import reading

BLOCKS_AT_ONCE = 50


class MirrorDiffers(ChaqiError):
    """A mirrored block is not what the chain proves."""

    status = 500
    en = "Block {block} of the mirror is not the chain's: {reason}. Run `chaqi mirror rewind --to {before}`."
    zh = "镜像中的区块 {block} 与链不一致：{reason}。请运行 `chaqi mirror rewind --to {before}`。"


@dataclass(frozen=True)
class Verified:
    """What was proved: numbers of blocks and logs from block `first` to `last`."""

    first: int
    last: int
    blocks: int
    logs: int


def verify(engine: sa.Engine, rpc: Rpc, first: int | None = None, last: int | None = None) -> Verified:
    """Proves that the mirrored blocks `first..last` (default: all) hold exactly the followed contracts' logs.

    Raises `MirrorDiffers`, `LogsMissing`, `AnswerInconsistent`, and what `Rpc` raises.
    """
    with reading(engine) as connection:
        row = connection.execute(sa.select(cursor)).one()
    addresses = frozenset(orjson.loads(row.contracts))
    start = row.first_block if first is None else max(first, row.first_block)
    end = row.block if last is None else min(last, row.block)
    count = 0
    for low in range(start, end + 1, BLOCKS_AT_ONCE):
        numbers = range(low, min(low + BLOCKS_AT_ONCE, end + 1))
        answers = rpc.batch(
            [
                (method, [hex(number), *rest])
                for number in numbers
                for method, rest in (("eth_getBlockByNumber", [False]), ("eth_getBlockReceipts", []))
            ]
        )
        with reading(engine) as connection:
            for place, number in enumerate(numbers):
                count += _verify_block(connection, number, answers[2 * place], answers[2 * place + 1], addresses)
    return Verified(start, end, max(0, end - start + 1), count)


def _verify_block(
    connection: sa.Connection,
    number: int,
    header: Mapping[str, Any] | None,
    receipts: Any,
    addresses: frozenset[str],
) -> int:
    if header is None:
        raise AnswerInconsistent(block=number, reason="the node does not have it")
    check_receipts(dict(header), receipts)
    stored = connection.execute(sa.select(blocks).where(blocks.c.number == number)).one_or_none()
    if stored is None or "0x" + stored.hash.hex() != header["hash"]:
        raise MirrorDiffers(block=number, reason="another hash", before=number - 1)
    proved = [
        (
            int(log["logIndex"], 16),
            log["address"],
            "".join(topic[2:] for topic in log["topics"]),
            log["data"][2:],
        )
        for receipt in receipts
        for log in receipt["logs"]
        if log["address"] in addresses
    ]
    mirrored = [
        (row.log_index, "0x" + row.address.hex(), row.topics.hex(), row.data.hex())
        for row in connection.execute(sa.select(logs).where(logs.c.block_number == number).order_by(logs.c.log_index))
    ]
    if proved != mirrored:
        raise MirrorDiffers(block=number, reason=f"{len(mirrored)} logs instead of {len(proved)}", before=number - 1)
    return len(proved)
