"""Events in the chain's order: lists, files, and a stream that is resumed where it broke off."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import exports
from api.context import context_of
from api.problems import documented
from api.reads import LARGEST_BLOCK, CursorMalformed, Place, Reads, View, listed, shown
from chain.errors import ChaqiError
from indexer import queries
from indexer.schema import blocks, logs

if TYPE_CHECKING:
    from api.domain import Domain

Row = dict[str, Any]

WATCH_SECONDS: Final = 0.025
"""How often a listener looks whether the mirror moved; nobody listening, nobody looks."""
HEARTBEAT_SECONDS: Final = 15.0
STREAM_PORTION: Final = 500
REMEMBERED_BLOCKS: Final = 256


class EventRecord(BaseModel):
    """One event. `id` is `block:log_index`, `time` UTC seconds, `args` null when no contract of ours emits it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "1207:1",
                "block": 1207,
                "log_index": 1,
                "time": 1795363200,
                "block_hash": "0x" + "5c" * 32,
                "tx_hash": "0x" + "77" * 32,
                "tx_index": 0,
                "address": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
                "contract": "Trees",
                "event": "LifeChanged",
                "args": {"tree": "7", "actor": 3, "life": 2, "evidence": "0x" + "9a" * 32},
            }
        }
    )

    id: str
    block: int
    log_index: int
    time: int
    block_hash: str
    tx_hash: str
    tx_index: int
    address: str
    contract: str
    event: str | None
    args: dict[str, Any] | None


class EventScope(BaseModel):
    """Which events."""

    model_config = ConfigDict(extra="forbid")

    contract: Annotated[str | None, Field(description="Parties, Evidence, Trees, Directory ...", max_length=64)] = None
    event: Annotated[str | None, Field(description="Name of the event, such as TreeFiled.", max_length=64)] = None
    party: Annotated[str | None, Field(description="Only events of this party.")] = None
    tree: Annotated[str | None, Field(description="Only events of this tree; decimal or 0x hex.")] = None
    evidence: Annotated[str | None, Field(description="Only events of this evidence.")] = None
    batch: Annotated[str | None, Field(description="Only events of this batch; decimal or 0x hex.")] = None
    loan: Annotated[str | None, Field(description="Only events of this loan; decimal or 0x hex.")] = None
    lien: Annotated[str | None, Field(description="Only events of this lien; decimal or 0x hex.")] = None
    agreement: Annotated[str | None, Field(description="Only events of this agreement; decimal or 0x hex.")] = None
    deed: Annotated[str | None, Field(description="Only events of this deed; 0x hex.")] = None
    certificate: Annotated[str | None, Field(description="Only events of this certificate; 0x hex.")] = None
    filing: Annotated[str | None, Field(description="Only events of this filing; 0x hex.")] = None
    from_block: Annotated[int | None, Field(ge=0, le=2**63 - 1)] = None
    to_block: Annotated[int | None, Field(ge=0, le=2**63 - 1)] = None
    as_of: Annotated[str | None, Field(description="Block number or instant; no later events.")] = None


class EventFilters(EventScope):
    """Which events, and which page of them."""

    order: Literal["oldest", "newest"] = "oldest"
    cursor: Annotated[str | None, Field(description="`next` of the page before.", max_length=400)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class EventExport(EventScope):
    """Which events, as which file."""

    format: Literal["csv", "parquet"] = "csv"


def entity_events(view: View, domain: Domain, key: Any, limit: int, place: Place | None) -> Row:
    """A page of one entity's events."""
    return _page(view, [domain.event_condition(key, logs)], limit, place, newest_first=False)


def act_events(connection: sa.Connection, block: int, transaction: str, log_index: int) -> list[Row]:
    """The events of the act whose `Acted` has this place: that, and what follows up to the transaction's next act."""
    where = [logs.c.block_number == block, logs.c.tx_hash == bytes.fromhex(transaction[2:])]
    where.append(logs.c.log_index >= log_index)
    acted, *rest = (_event(row) for row in connection.execute(_chosen(where)).mappings())
    return [acted, *takewhile(lambda one: one["event"] != "Acted", rest)]


def told(view: View, domain: Domain, key: int | str, event: str) -> Iterator[tuple[Row, int]]:
    """What each event of this name said of an entity up to the view's block, and its block's time, in order."""
    chosen = (
        sa.select(logs.c.args, blocks.c.timestamp)
        .join(blocks, blocks.c.number == logs.c.block_number)
        .where(domain.event_condition(key, logs), logs.c.event == event, logs.c.block_number <= view.as_of.block)
        .order_by(logs.c.block_number, logs.c.log_index)
    )
    for row in view.connection.execute(chosen):
        yield orjson.loads(row.args), row.timestamp


def _conditions(view: View, scope: EventScope) -> list[sa.ColumnElement[bool]]:
    from api import (  # they show events, events name them
        agreements,
        batches,
        certificates,
        deeds,
        evidence,
        filings,
        liens,
        loans,
        parties,
        trees,
    )

    where = [logs.c.block_number <= view.as_of.block]
    if scope.contract is not None:
        where.append(logs.c.contract == scope.contract)
    if scope.event is not None:
        where.append(logs.c.event == scope.event)
    if scope.from_block is not None:
        where.append(logs.c.block_number >= scope.from_block)
    if scope.to_block is not None:
        where.append(logs.c.block_number <= scope.to_block)
    for domain, text in (
        (parties.DOMAIN, scope.party),
        (trees.DOMAIN, scope.tree),
        (evidence.DOMAIN, scope.evidence),
        (batches.DOMAIN, scope.batch),
        (liens.DOMAIN, scope.lien),
        (agreements.DOMAIN, scope.agreement),
        (loans.DOMAIN, scope.loan),
        (deeds.DOMAIN, scope.deed),
        (certificates.DOMAIN, scope.certificate),
        (filings.DOMAIN, scope.filing),
    ):
        if text is not None:
            where.append(domain.event_condition(domain.key(text), logs))
    return where


def _chosen(where: list[sa.ColumnElement[bool]], *, newest_first: bool = False) -> sa.Select[Any]:
    order = [logs.c.block_number, logs.c.log_index]
    return (
        sa.select(logs, blocks.c.timestamp, blocks.c.hash)
        .join(blocks, blocks.c.number == logs.c.block_number)
        .where(*where)
        .order_by(*(column.desc() if newest_first else column for column in order))
    )


def _page(
    view: View, where: list[sa.ColumnElement[bool]], limit: int, place: Place | None, *, newest_first: bool
) -> Row:
    where = [*where, logs.c.block_number <= view.as_of.block]
    chosen = _chosen(where, newest_first=newest_first).limit(limit + 1)
    if place is not None:
        here, there = sa.tuple_(logs.c.block_number, logs.c.log_index), sa.tuple_(*place.after)
        chosen = chosen.where(here < there if newest_first else here > there)
    items = [_event(row) for row in view.connection.execute(chosen).mappings()]
    total = view.connection.scalar(sa.select(sa.func.count()).select_from(logs).where(*where)) or 0
    return listed(items, limit, total, view.as_of, lambda event: (event["block"], event["log_index"]))


def _event(row: Mapping[Any, Any]) -> Row:
    args = row["args"]
    return {
        "id": f"{row['block_number']}:{row['log_index']}",
        "block": row["block_number"],
        "log_index": row["log_index"],
        "time": row["timestamp"],
        "block_hash": "0x" + row["hash"].hex(),
        "tx_hash": "0x" + row["tx_hash"].hex(),
        "tx_index": row["tx_index"],
        "address": "0x" + row["address"].hex(),
        "contract": row["contract"],
        "event": row["event"],
        "args": None if args is None else orjson.loads(args),
    }


class Follower:
    """One listener's place in the chain of events: what it was sent, and what comes next."""

    def __init__(self, reads: Reads, scope: EventScope, position: queries.Position) -> None:
        self._reads = reads
        self._scope = scope
        self._position = position
        self._sent: deque[tuple[int, str]] = deque(maxlen=REMEMBERED_BLOCKS)

    def catch_up(self) -> tuple[int | None, list[Row]]:
        """The block gone back to, if blocks that were sent have left the chain; then a portion of new events."""
        with self._reads.view() as view:
            back = self._go_back(view.connection)
            position = sa.tuple_(logs.c.block_number, logs.c.log_index) > sa.tuple_(*self._position)
            chosen = _chosen([*_conditions(view, self._scope), position]).limit(STREAM_PORTION)
            found = [_event(row) for row in view.connection.execute(chosen).mappings()]
        for event in found:
            if not self._sent or self._sent[-1][0] != event["block"]:
                self._sent.append((event["block"], event["block_hash"]))
        if found:
            self._position = (found[-1]["block"], found[-1]["log_index"])
        return back, found

    def _go_back(self, connection: sa.Connection) -> int | None:
        gone = None
        while self._sent:
            number, sent = self._sent[-1]
            stored = connection.scalar(sa.select(blocks.c.hash).where(blocks.c.number == number))
            if stored is not None and "0x" + stored.hex() == sent:
                break
            self._sent.pop()
            gone = number - 1
        if gone is not None:
            self._position = (gone, 2**62)
        return gone


async def _stream(request: Request, follower: Follower, reads: Reads) -> AsyncIterator[bytes]:
    seen, beat = None, 0.0
    yield b"retry: 1000\n\n"
    while not await request.is_disconnected():
        try:
            newest = await run_in_threadpool(reads.newest)
            if newest.hash != seen:
                back, found = await run_in_threadpool(follower.catch_up)
                if back is not None:
                    yield b'event: reorg\nid: %d:%d\ndata: {"block":%d}\n\n' % (back, 2**62, back)
                for event in found:
                    yield b"id: %s\nevent: %s\ndata: %s\n\n" % (
                        event["id"].encode(),
                        (event["event"] or "unknown").encode(),
                        orjson.dumps(event),
                    )
                if len(found) < STREAM_PORTION:
                    seen = newest.hash
                if found:
                    beat = time.monotonic()
                    continue
        except ChaqiError:
            pass  # the mirror is away for a while; the listener stays
        if time.monotonic() - beat > HEARTBEAT_SECONDS:
            yield b": still here\n\n"
            beat = time.monotonic()
        await asyncio.sleep(WATCH_SECONDS)


def _position(text: str) -> queries.Position:
    found = re.fullmatch(r"([0-9]{1,19}):([0-9]{1,19})", text, re.ASCII)
    block, index = (int(part) for part in found.groups()) if found else (-1, -1)
    if found is None or max(block, index) > LARGEST_BLOCK:
        raise CursorMalformed(given=text[:80])
    return block, index


def _every_event(view: View, scope: EventScope) -> Iterator[Row]:
    portioned = view.connection.execution_options(stream_results=True, yield_per=exports.PORTION)
    for row in portioned.execute(_chosen(_conditions(view, scope))).mappings():
        yield {**_event(row), "args": row["args"]}


def _file_columns() -> dict[str, Any]:
    plain = {name: declared for name, declared in EventRecord.model_fields.items() if name != "args"}
    kinds = {name: exports.arrow(declared.annotation) for name, declared in plain.items()}
    return {**kinds, "args": exports.arrow(str)}


def _pages() -> dict[str, Any]:
    from api.domain import pages

    return pages(EventRecord, "EventPage")


ROUTER = APIRouter(prefix="/v1/events", tags=["events"])
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page of events.", "content": {"application/json": {"schema": _pages()}}}
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events as they come.", "content": {"text/event-stream": {}}}
}


@ROUTER.get("", summary="List events", responses=_PAGE | documented(404, 410, 422, 503))
async def list_events(request: Request, query: Annotated[EventFilters, Query()]) -> Response:
    """Events in the chain's order, or the newest first; by contract, name, entity and range of blocks."""
    place = Place.read(query.cursor, int, int) if query.cursor else None

    def build(view: View) -> Row:
        where = _conditions(view, query)
        return _page(view, where, query.limit, place, newest_first=query.order == "newest")

    return await context_of(request).reads.answer(request, query.as_of, build, place=place)


@ROUTER.get(
    "/export",
    summary="All events as a file",
    description=exports.DESCRIPTION,
    response_class=StreamingResponse,
    responses=exports.RESPONSES | documented(404, 422, 503),
)
def export_events(request: Request, query: Annotated[EventExport, Query()]) -> Response:
    """See `exports.DESCRIPTION`."""
    reads = context_of(request).reads
    return exports.stream(
        reads, "events", query.format, query.as_of, _file_columns(), lambda view: _every_event(view, query)
    )


@ROUTER.get(
    "/stream",
    summary="Follow events as they are mirrored (server-sent events)",
    response_class=StreamingResponse,
    responses=_STREAM | documented(422, 503),
)
async def stream_events(
    request: Request,
    query: Annotated[EventScope, Query()],
    last_event_id: Annotated[str | None, Header(description="`block:log_index` of the last event received.")] = None,
) -> Response:
    """Each event has its id `block:log_index`; a client that reconnects with Last-Event-ID misses and repeats nothing.

    Without it the stream starts after the newest block, or at `from_block`. When blocks leave the chain an event
    `reorg` names the last block that stays; what came after it is void, and the new events follow.
    """
    reads = context_of(request).reads
    newest = await run_in_threadpool(reads.newest)

    def refuse_malformed() -> None:
        with reads.view(query.as_of) as view:
            _conditions(view, query)

    await run_in_threadpool(refuse_malformed)  # before the stream begins
    if last_event_id is not None:
        position = _position(last_event_id)
    elif query.from_block is not None:
        position = (query.from_block, -1)
    else:
        position = (newest.block, 2**62)
    follower = Follower(reads, query, position)
    return StreamingResponse(
        _stream(request, follower, reads),
        media_type="text/event-stream",
        headers={"cache-control": "no-cache", "x-accel-buffering": "no", "chaqi-block": str(shown(newest)["block"])},
    )
