"""The mirror's loop: catches up with the node's chain, follows its head, and undoes what the chain undid.

    Mirror(engine, rpc, contracts, …)   one per database, inside `indexer.store.only_writer`
    mirror.step()                       one look at the node and everything that follows from it
    mirror.run(stopped)                 steps for ever; a fault is recorded in the cursor row and tried again

On a reorganisation the last common block is found by stored hashes, everything after it goes, and the new
blocks come in as usual. Deeper than `reorg_depth` nothing is touched: the fault says which block to rewind
to.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import orjson
import sqlalchemy as sa

from chain.errors import ChaqiError
from chain.rpc import Rpc
from indexer import ledger, rebuild
from indexer.digest import Batch
from indexer.fetch import AnswerInconsistent, Header, HeadLower, HistoryChanged, Range
from indexer.projection import Projection, discover
from indexer.rebuild import Contracts, EventTypes
from indexer.schema import cursor
from indexer.source import Source
from indexer.store import reading, writing
from indexer.writer import Writer, long_way, write_behind, writer

WRITTEN_AT_ONCE = 40_000
"""Logs, or blocks, that make a transaction while catching up: of versions that follow each other within one, only
the last has to be closed later."""

LIVE_BLOCKS = 4
"""So near to the head, blocks are mirrored in one thread: less to hand over, less delay."""


class AnotherChain(ChaqiError):
    """The node, the deployment and the mirror do not speak of the same chain."""

    status = 409
    en = (
        "The mirror holds chain {expected}, the node serves {found}. Point CHAQI_RPC_URL at the right node, "
        "or drop the mirror's database to mirror the other chain."
    )
    zh = "镜像对应的链为 {expected}，而节点提供的是 {found}。请改正 CHAQI_RPC_URL，或删除镜像数据库以镜像另一条链。"


class ReorgTooDeep(ChaqiError):
    """The chain changed further back than the mirror undoes by itself."""

    status = 503
    en = (
        "The chain changed {depth} blocks back, more than the {limit} the mirror undoes by itself; "
        "block {ancestor} is the last in common. If the new chain is right, run "
        "`chaqi mirror rewind --to {ancestor}`."
    )
    zh = (
        "链在 {depth} 个区块之前发生变更，超过镜像自动回退的 {limit} 个区块；最后的共同区块为 {ancestor}。"
        "如新链正确，请运行 `chaqi mirror rewind --to {ancestor}`。"
    )


class NodeBehind(ChaqiError):
    """The node's head is far below the mirrored block, on the same chain: it is syncing, or was restored."""

    status = 503
    en = (
        "The node is at block {head}, {depth} blocks behind the mirror. Wait until it has caught up; "
        "if its chain was restored from an older state for good, run `chaqi mirror rewind --to {head}`."
    )
    zh = (
        "节点位于区块 {head}，落后镜像 {depth} 个区块。请等待其同步；"
        "如该链已确定恢复到较早状态，请运行 `chaqi mirror rewind --to {head}`。"
    )


class Mirror:
    """Follows one chain into one database. Not for several threads."""

    def __init__(
        self,
        engine: sa.Engine,
        rpc: Rpc,
        contracts: Contracts,
        *,
        chain_id: int,
        genesis_hash: str,
        reorg_depth: int = 256,
        patience: float = 2.0,
        prove: bool = False,
        projections: Sequence[Projection] | None = None,
    ) -> None:
        """Checks that node and mirror are of one chain, makes the projections' tables, folds what is behind.

        `patience`: seconds that a node may show a lower head before the mirror goes back to it.
        `prove`: recompute the receipts root of every block, not only of doubtful ones.
        Raises `AnotherChain`, and what `Rpc` raises.
        """
        self.engine = engine
        self.rpc = rpc
        self.reorg_depth = reorg_depth
        self.patience = patience
        self.projections = discover() if projections is None else list(projections)
        self._lower_since: float | None = None
        self._told_at = 0.0
        self._recognise(chain_id, genesis_hash)
        ledger.index_logs(engine)
        self._contracts = self._adopt(chain_id, genesis_hash, contracts)
        self._source = Source(rpc, list(self._contracts), prove)
        self._digest = rebuild.new_digest(engine, self._contracts, self.projections)
        rebuild.rebuild(engine, self._contracts, self.projections)
        self._read_cursor()

    # ---- identity --------------------------------------------------------------------------------

    def _recognise(self, chain_id: int, genesis_hash: str) -> None:
        found_id, genesis = self.rpc.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
        found = f"{int(found_id, 16)} (genesis {genesis['hash']})"
        if (int(found_id, 16), genesis["hash"]) != (chain_id, genesis_hash):
            raise AnotherChain(expected=f"{chain_id} (genesis {genesis_hash})", found=found)

    def _adopt(self, chain_id: int, genesis_hash: str, contracts: Contracts) -> EventTypes:
        """Joins deployed contracts to those mirrored already; a late one moves the cursor back."""
        with writing(self.engine) as connection:
            row = connection.execute(sa.select(cursor)).one_or_none()
            known: dict[str, list[Any]] = {} if row is None else orjson.loads(row.contracts)
            if row is not None and (row.chain_id, row.genesis_hash) != (chain_id, genesis_hash):
                raise AnotherChain(
                    expected=f"{row.chain_id} (genesis {row.genesis_hash})",
                    found=f"{chain_id} (genesis {genesis_hash})",
                )
            abis = {name: abi for name, _, abi in contracts.values()}
            joined = {**known, **{address: [name, block] for address, (name, block, _) in contracts.items()}}
            first = min((block for _, block in joined.values()), default=0)
            text = orjson.dumps(joined, option=orjson.OPT_SORT_KEYS).decode()
            types = rebuild.event_types_of(text, abis)
            if row is None:
                connection.execute(
                    sa.insert(cursor).values(
                        id=1,
                        chain_id=chain_id,
                        genesis_hash=genesis_hash,
                        contracts=text,
                        first_block=first,
                        block=first - 1,
                        head=first - 1,
                        seen_at=time.time(),
                    )
                )
            else:
                connection.execute(sa.update(cursor).values(contracts=text, first_block=first))
                added = [block for address, (_, block) in joined.items() if address not in known]
                if added and min(added) <= row.block:
                    rebuild.prepare(connection, types, self.projections)
                    digest = rebuild.new_digest(self.engine, types, self.projections)
                    ledger.roll_back(connection, min(added) - 1, digest)
        return types

    def rebuild(self) -> int:
        """Empties all projections and folds them again from the stored logs. Returns the number of logs read."""
        self._digest.forget()
        return rebuild.rebuild(self.engine, self._contracts, self.projections, afresh=True)

    def _read_cursor(self) -> None:
        with reading(self.engine) as connection:
            row = connection.execute(sa.select(cursor)).one()
        self.first_block: int = row.first_block
        self.block: int = row.block
        self.hash: str | None = row.hash
        self._faulty = row.fault is not None
        if self.block < self.first_block:
            self._digest.begin()

    # ---- following -------------------------------------------------------------------------------

    def run(self, stopped: threading.Event, poll: float = 0.03) -> None:
        """Follows the chain until `stopped`, looking every `poll` seconds; after faults, every second."""
        delay = poll
        while not stopped.is_set():
            try:
                moved = self.step()
                delay = poll
                if not moved:
                    stopped.wait(poll)
            except ChaqiError as fault:
                with writing(self.engine) as connection:
                    ledger.record_fault(connection, fault)
                self._faulty = True
                delay = min(1.0, delay * 2)
                stopped.wait(delay)

    def catch_up(self) -> int:
        """Steps until the node's head is mirrored. Returns the mirrored block."""
        while self.step():
            pass
        return self.block

    def step(self) -> bool:
        """Looks at the node's head once and does what it asks for; True if the mirror moved.

        Raises `ReorgTooDeep`, `NodeBehind`, `LogsMissing`, `AnswerInconsistent`, `NodeUnreachable`,
        `NodeError`.
        """
        if self._obey_orders():
            return True
        head = self.rpc.call("eth_getBlockByNumber", "latest", False)
        if head is None:
            return False
        number = int(head["number"], 16)
        moved = False
        try:
            if number > self.block:
                self._follow(number)
                moved = True
            elif number >= self.first_block and head["hash"] != self._stored_hash(number):
                moved = self._reorganise(number)
            elif number < self.block:
                moved = self._fall_back(number)
        except HistoryChanged:
            moved = self._reorganise(number)
        except HeadLower:
            return False  # the chain became shorter while it answered: the next look shows how
        if number >= self.block:
            self._lower_since = None
        self._tell(number)
        return moved

    def _follow(self, head: int) -> None:
        near = head - self.block <= LIVE_BLOCKS
        ranges: Iterable[Range]
        if near:
            found = self._source.range(self.block + 1, head, self.hash)
            ranges, last = [found], found.last
        else:
            ranges, last = self._source.ranges(self.block + 1, head, self.hash), head
        first_time = self.block < self.first_block and long_way(head - self.block)
        try:
            with (
                ledger.indexed_afterwards(self.engine) if first_time else nullcontext(),
                writer(self.engine, head - self.block) as out,
            ):

                def write(item: tuple[Batch | None, Any]) -> None:
                    batch, part = item
                    out.write(part)
                    if batch is not None:
                        self.block, self.hash = batch.last, batch.hash
                        self._digest.written = batch.last
                        self._faulty, self._told_at = False, time.monotonic()

                prepared = self._prepared(self._batches(ranges, last), out, head)
                if near:
                    for item in prepared:
                        write(item)
                else:
                    write_behind(prepared, write)
        except BaseException:
            self._start_over()
            raise

    def _prepared(
        self, parts: Iterable[tuple[Batch, bool]], out: Writer, head: int
    ) -> Iterator[tuple[Batch | None, Any]]:
        """Parts ready to be written, with the batch where one ends."""
        dialect = self.engine.dialect
        begun = False
        for batch, last in parts:
            statements = [] if begun else ledger.opening(dialect, batch)
            statements += ledger.arrived(dialect, batch, last)
            if last:
                statements += ledger.closing(dialect, batch, head)
            begun = not last
            yield batch if last else None, out.prepare(statements, last)

    def _batches(self, ranges: Iterable[Range], last: int) -> Iterator[tuple[Batch, bool]]:
        """Batches up to the block `last`, each after every range that adds to it, and whether that was its last."""
        batch = Batch(self.block + 1)
        for found in ranges:
            self._digested(found, batch)
            full = batch.count >= WRITTEN_AT_ONCE or found.last - batch.first >= WRITTEN_AT_ONCE
            yield batch, full or found.last == last
            if full:
                batch = Batch(found.last + 1)

    def _digested(self, answer: Range, batch: Batch) -> None:
        """Adds the answer to the batch."""
        headers = [ledger.header_row(header) for header in answer.headers]
        times = {header["hash"]: (row[0], row[3]) for header, row in zip(answer.headers, headers, strict=True)}
        batch.last, batch.hash, batch.time = answer.last, answer.headers[-1]["hash"], headers[-1][3]
        batch.blocks += headers
        rows, work = self._digest.read(answer.logs, times)
        batch.logs += rows
        batch.count += len(rows)
        self._digest.fold(work, batch)

    def _start_over(self) -> None:
        self._digest.forget()
        self._read_cursor()

    def _tell(self, head: int) -> None:
        """Signs of life while nothing moves: head seen, fault gone; once a second."""
        now = time.monotonic()
        if self._faulty or now - self._told_at >= 1:
            with writing(self.engine) as connection:
                connection.execute(sa.update(cursor).values(head=head, seen_at=time.time(), fault=None))
            self._told_at, self._faulty = now, False

    # ---- going back ------------------------------------------------------------------------------

    def _stored_hash(self, number: int) -> str | None:
        if number == self.block:
            return self.hash
        with reading(self.engine) as connection:
            return ledger.stored_hash(connection, number)

    def _common_block(self, head: int) -> int:
        """The last block that node and mirror share; bisected, as after a fork all hashes differ."""
        low, high = self.first_block - 1, min(head, self.block)
        while low < high:
            middle = (low + high + 1) // 2
            header: Header | None = self.rpc.call("eth_getBlockByNumber", hex(middle), False)
            if header is not None and header["hash"] == self._stored_hash(middle):
                low = middle
            else:
                high = middle - 1
        return low

    def _reorganise(self, head: int) -> bool:
        ancestor = self._common_block(head)
        depth = self.block - ancestor
        if depth > self.reorg_depth:
            raise ReorgTooDeep(depth=depth, limit=self.reorg_depth, ancestor=ancestor)
        if depth == 0:
            raise AnswerInconsistent(block=self.block + 1, reason="it does not follow the block that the node names")
        self.roll_back(ancestor)
        return True

    def _fall_back(self, head: int) -> bool:
        """The node is lower on the same chain: waits, in case it only lags; then goes back to it."""
        now = time.monotonic()
        if self._lower_since is None:
            self._lower_since = now
        if now - self._lower_since < self.patience:
            return False
        depth = self.block - head
        if depth > self.reorg_depth:
            raise NodeBehind(head=head, depth=depth)
        self._lower_since = None
        self.roll_back(head)
        return True

    def roll_back(self, block: int) -> None:
        """Undoes everything after `block`."""
        with writing(self.engine) as connection:
            ledger.roll_back(connection, max(block, self.first_block - 1), self._digest)
        self._start_over()

    def _obey_orders(self) -> bool:
        """Does what an operator ordered through the cursor row, from another process."""
        with reading(self.engine) as connection:
            order = connection.execute(sa.select(cursor.c.rewind_to, cursor.c.refold)).one()
        if order.refold:
            self.rebuild()
            with writing(self.engine) as connection:
                connection.execute(sa.update(cursor).values(refold=False))
        if order.rewind_to is not None:
            self.roll_back(min(order.rewind_to, self.block))
        return order.refold or order.rewind_to is not None
