"""Headers and logs of a range of blocks from the node, in one round trip, and never believed unchecked.

Checked for every block: the header is there and follows the one before it; every log names its block's hash;
the indexes of the logs have no gap; every transaction has logs; and the header's bloom has no bit that the
received logs do not explain, and none less. What does not fit is settled by the block's receipts, recomputed up
to the header's receipts root: so a node that leaves logs out (a pruned one answers `[]` with HTTP 200) is
refused, and foreign logs cost one more request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import groupby
from operator import attrgetter, or_
from typing import Any

import msgspec

from chain.errors import ChaqiError
from chain.proofs import bloom_mask, header_hash, receipts_root
from chain.rpc import NodeError, Rpc

Header = dict[str, Any]


class Log(msgspec.Struct, rename="camel", gc=False):
    """What is used of a log, as the node gives it. Half as dear to read as a dictionary, and nothing to collect."""

    address: str
    topics: list[str]
    data: str
    block_hash: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    removed: bool | None = None


ANSWER = list[Log] | Header | None
"""What the node answers to each of the `calls`."""


class AnswerInconsistent(ChaqiError):
    """The node's answer contradicts itself, as when the chain changed while it answered."""

    status = 503
    en = "The node's answer about block {block} contradicts itself: {reason}. It is asked again."
    zh = "节点关于区块 {block} 的应答自相矛盾：{reason}。将重新查询。"


class LogsMissing(ChaqiError):
    """The node holds back logs that the block's header vouches for."""

    status = 503
    en = (
        "The node does not give all logs of block {block}: {reason}. Nothing is mirrored until it does; "
        "ask a node that keeps all receipts."
    )
    zh = "节点未给出区块 {block} 的全部日志：{reason}。在其补全之前不会写入镜像；请改用保留全部收据的节点。"


class HistoryChanged(Exception):
    """The chain no longer continues from the block we stand on; a matter for the mirror, not for people."""


class HeadLower(Exception):
    """The node does not have the last block asked for (any more)."""


@dataclass
class Range:
    """Blocks `first..last`: their headers, and all logs of the followed contracts, in order."""

    first: int
    last: int
    headers: list[Header]
    logs: list[Log]


def calls(addresses: Sequence[str], first: int, last: int) -> list[tuple[str, Sequence[Any]]]:
    """What to ask for the logs of `addresses` (lower-case) in the blocks `first..last`, and for their headers."""
    wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": list(addresses)}
    headers = [("eth_getBlockByNumber", [hex(number), False]) for number in range(first, last + 1)]
    return [("eth_getLogs", [wanted]), *headers]


def check(
    rpc: Rpc, addresses: Sequence[str], first: int, answers: Sequence[Any], parent: str | None, prove: bool = False
) -> Range:
    """The answers to `calls`, found to be all that the chain has there, from block `first` on.

    `parent` is the hash that block `first` must follow, None when nothing before it is known. With `prove` the
    receipts of every block are asked for, not only of doubtful ones.
    Raises `HistoryChanged`, `HeadLower`, `AnswerInconsistent`, `LogsMissing`, and what `Rpc` raises.
    """
    logs, *headers = answers
    for header in headers:
        if isinstance(header, NodeError):
            raise header
        if header is None:
            raise HeadLower
    if isinstance(logs, NodeError):
        raise logs
    try:
        check_chain(headers, first, parent)
        logs = complete_logs(rpc, addresses, headers, logs, prove)
    except (KeyError, TypeError, ValueError, IndexError) as failure:
        raise AnswerInconsistent(block=first, reason=f"malformed answer ({failure!r})") from failure
    return Range(first, first + len(headers) - 1, headers, logs)


def fetch(rpc: Rpc, addresses: Sequence[str], first: int, last: int, parent: str | None, prove: bool = False) -> Range:
    """The blocks `first..last` and the logs of `addresses` (lower-case) in them, checked by `check`."""
    return check(rpc, addresses, first, rpc.try_batch(calls(addresses, first, last), ANSWER), parent, prove)


def check_chain(headers: Sequence[Header], first: int, parent: str | None) -> None:
    """Raises unless the headers follow each other from `first` on, and block `parent` where that is known.

    Raises `HistoryChanged`, `AnswerInconsistent`.
    """
    before = parent
    for number, header in enumerate(headers, start=first):
        if int(header["number"], 16) != number:
            raise AnswerInconsistent(block=number, reason=f"header of block {header['number']}")
        if before is not None and header["parentHash"] != before:
            if number == first:
                raise HistoryChanged
            raise AnswerInconsistent(block=number, reason="it does not follow the block before it")
        before = header["hash"]


def complete_logs(
    rpc: Rpc, addresses: Collection[str], headers: Sequence[Header], logs: Iterable[Log], prove: bool
) -> list[Log]:
    """The logs in the chain's order; raises unless they are exactly what the headers vouch for."""
    of_block: dict[str, list[Log]] = {header["hash"]: [] for header in headers}
    if len(of_block) != len(headers):
        raise AnswerInconsistent(block=int(headers[0]["number"], 16), reason="two headers of one hash")
    for block_hash, run in groupby(logs, _block_hash):
        if block_hash not in of_block:
            raise AnswerInconsistent(block=int(headers[0]["number"], 16), reason=f"a log of block {block_hash}")
        of_block[block_hash].extend(run)
    doubtful = []
    for header in headers:  # by columns: a pass over one field of all logs costs less than a look at each log
        received = of_block[header["hash"]]
        if any(map(_removed, received)):
            raise AnswerInconsistent(block=int(header["number"], 16), reason="a log that was removed")
        gapless = [*map(_log_index, received)] == _indexes(len(received))
        if not gapless:
            received.sort(key=lambda log: int(log.log_index, 16))
        silent = len({*map(_transaction_hash, received)}) != len(header["transactions"])
        values = {*map(_address, received)}.union(*map(_topics, received))
        bloom = reduce(or_, map(bloom_mask, values), 0)
        if prove or silent or not gapless or bloom != int(header["logsBloom"], 16):
            doubtful.append((header, received))
    if doubtful:
        _settle(rpc, frozenset(addresses), doubtful)
    return [log for header in headers for log in of_block[header["hash"]]]


_block_hash, _removed, _log_index, _transaction_hash, _address, _topics = map(
    attrgetter, ("block_hash", "removed", "log_index", "transaction_hash", "address", "topics")
)


@lru_cache(maxsize=64)
def _indexes(count: int) -> list[str]:
    """The log indexes of a block whose logs are all ours."""
    return [hex(index) for index in range(count)]


def _settle(rpc: Rpc, addresses: frozenset[str], doubtful: Sequence[tuple[Header, list[Log]]]) -> None:
    answers = rpc.try_batch([("eth_getBlockReceipts", [header["number"]]) for header, _ in doubtful])
    for (header, received), receipts in zip(doubtful, answers, strict=True):
        number = int(header["number"], 16)
        if isinstance(receipts, NodeError):
            raise LogsMissing(block=number, reason=f"its receipts are refused ({receipts.message})")
        check_receipts(header, receipts)
        vouched = [
            log
            for receipt in receipts
            for log in msgspec.convert(receipt["logs"], list[Log])
            if log.address in addresses
        ]
        if [_gist(log) for log in vouched] != [_gist(log) for log in received]:
            raise LogsMissing(block=number, reason=f"{len(received)} given, {len(vouched)} in its receipts")


def check_receipts(header: Header, receipts: Any) -> None:
    """Raises unless the header has its hash, and the receipts hash to its receipts root: they are all there."""
    number = int(header["number"], 16)
    if header_hash(header) != header["hash"]:
        raise AnswerInconsistent(block=number, reason="its header does not have its hash")
    if not isinstance(receipts, list):
        raise LogsMissing(block=number, reason="its receipts are gone")
    if receipts_root(receipts) != header["receiptsRoot"]:
        raise LogsMissing(block=number, reason="its receipts do not hash to the header's receipts root")


def _gist(log: Log) -> tuple[int, str, tuple[str, ...], str]:
    return int(log.log_index, 16), log.address, tuple(log.topics), log.data
