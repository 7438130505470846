"""The endpoints every domain has, from one description of it: list, one, history, events, export.

A domain's module declares its `Domain`, and adds only what no other domain has.
"""

# No `from __future__ import annotations` here: FastAPI reads the endpoints' annotations, which are values.

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, create_model

from api import exports
from api.context import context_of
from api.ids import Ids
from api.problems import documented
from api.reads import Place, View, listed
from chain.errors import ChaqiError
from indexer import queries
from indexer.projection import Key, Projection

Row = dict[str, Any]

QUICK_ITEMS = 50
"""Items of a page that are shown within a millisecond."""


class NotRecorded(ChaqiError):
    """Nothing has this id in the state that was asked for."""

    status = 404
    en = "There is no {kind} {id} as of block {block}."
    zh = "截至区块 {block}，没有编号为 {id} 的{kind_zh}。"


class IdMalformed(ChaqiError):
    """An id that none of its kind can have."""

    status = 422
    en = "The id of a {kind} is {form}; {given} is not."
    zh = "{kind_zh}的编号应为 {form_zh}，{given} 不符合。"


class AsOfQuery(BaseModel):
    """The state to answer from."""

    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[
        str | None,
        Field(description="Block number, or instant in RFC 3339; the newest mirrored block when absent."),
    ] = None


class PageQuery(AsOfQuery):
    """One page of a list, and the state to answer from."""

    cursor: Annotated[str | None, Field(description="`next` of the page before.", max_length=400)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class ExportQuery(AsOfQuery):
    """A whole list as a file."""

    format: Literal["csv", "parquet"] = "csv"


class AsOfBlock(BaseModel):
    """The block an answer is of: `time` in UTC seconds, `lag_blocks` to the newest block of the chain."""

    block: int
    hash: str
    time: int
    lag_blocks: int


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What can be listed and exported, by its key.

    `item` documents what `show` makes of a version's row, and its fields are the columns of exports.
    `where` turns a filled-in `filters` into conditions.
    """

    name: str
    projection: Projection
    item: type[BaseModel]
    filters: type[PageQuery]
    show: Callable[[Row], Row]
    where: Callable[[Any, sa.Table], list[sa.ColumnElement[bool]]]
    key_types: tuple[type, ...] = (str,)


@dataclass(frozen=True, kw_only=True)
class Domain(Listing):
    """One room of the house, as the API shows it.

    `versions` are further projections that hold parts of an entity, by their column with its id: they tell in which
    blocks it had events. `further_contracts` tell of the same entities, by the same id.
    """

    kind: str
    kind_zh: str
    contract: str
    ids: Ids
    example_id: str
    versions: Sequence[tuple[Projection, str]] = ()
    extend: Callable[[View, Key, Row], Row] | None = None
    further_contracts: Sequence[str] = ()

    def key(self, text: str) -> Key:
        """The key that an id in a path names. Raises `IdMalformed`."""
        key = self.ids.read(text)
        if key is None:
            raise IdMalformed(
                kind=self.kind,
                kind_zh=self.kind_zh,
                form=self.ids.en,
                form_zh=self.ids.zh,
                given=repr(text[:80]),
            )
        return key

    def row(self, view: View, key: Key) -> Row:
        """The version of an entity in a state. Raises `NotRecorded`."""
        row = queries.row(view.connection, self.projection, key, view.block)
        if row is None:
            raise NotRecorded(kind=self.kind, kind_zh=self.kind_zh, id=key, block=view.as_of.block)
        return row

    def event_condition(self, key: Key, logs: sa.Table) -> sa.ColumnElement[bool]:
        """Which logs are of an entity: the indexed id, in the blocks in which one of its versions began."""
        parts = [(self.projection, self.projection.key_names[0]), *self.versions]
        began = sa.union(
            *(sa.select(part.table.c.since_block).where(part.table.c[column] == key) for part, column in parts)
        )
        return sa.and_(
            logs.c.contract.in_((self.contract, *self.further_contracts)),
            logs.c.block_number.in_(began),
            sa.func.substr(logs.c.topics, 33, 32) == self.ids.topic(key),
        )


def page_of(view: View, listing: Listing, query: PageQuery, place: Place | None) -> Row:
    """One page of a list."""
    projection, names = listing.projection, listing.projection.key_names
    where = listing.where(query, projection.table)
    after = place and (place.after if len(names) > 1 else place.after[0])
    rows = queries.rows(view.connection, projection, view.block, where=where, after=after, limit=query.limit + 1)
    total = queries.count(view.connection, projection, view.block, where)
    page = listed(rows, query.limit, total, view.as_of, lambda row: tuple(row[name] for name in names))
    page["items"] = [listing.show(row) for row in page["items"]]
    return page


def versions_of(view: View, domain: Domain, key: Key) -> list[Row]:
    """Versions of an entity up to the asked-for state, oldest first."""
    known = queries.versions(view.connection, domain.projection, key)
    return [row for row in known if row["since_block"] <= view.as_of.block]


def history_of(view: View, domain: Domain, key: Key, query: PageQuery, place: Place | None) -> Row:
    """One page of the versions of an entity up to the asked-for state, oldest first."""
    domain.row(view, key)
    seen = versions_of(view, domain, key)
    start = place.after[0] if place else -1
    rows = [row for row in seen if row["since_block"] > start][: query.limit + 1]
    page = listed(rows, query.limit, len(seen), view.as_of, lambda row: (row["since_block"],))
    page["items"] = [_version(domain, row, view.as_of.block) for row in page["items"]]
    return page


def _version(domain: Domain, row: Row, block: int) -> Row:
    until = row["until_block"]
    ended = until if until is not None and until <= block else None
    return {**domain.show(row), "since_block": row["since_block"], "until_block": ended}


def every_row(view: View, listing: Listing, query: Any) -> Iterator[Row]:
    """All entities of a state, by key, never more than a portion in memory."""
    table = listing.projection.table
    keys = [table.c[name] for name in listing.projection.key_names]
    chosen = sa.select(table).where(queries.at(table, view.block), *listing.where(query, table)).order_by(*keys)
    found = view.connection.execution_options(stream_results=True, yield_per=exports.PORTION).execute(chosen)
    for row in found.mappings():
        yield listing.show(dict(row))


def pages(item: type[BaseModel], name: str) -> dict[str, Any]:
    """OpenAPI schema of a page of `item`s."""
    return {
        "title": name,
        "type": "object",
        "required": ["items", "next", "total", "as_of"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{item.__name__}"}},
            "next": {"type": ["string", "null"], "description": "cursor of the next page"},
            "total": {"type": "integer"},
            "as_of": {"$ref": "#/components/schemas/AsOfBlock"},
        },
    }


def one(item: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI schema of one `item` with the block it is of."""
    of_block = {"type": "object", "properties": {"as_of": {"$ref": "#/components/schemas/AsOfBlock"}}}
    return {"allOf": [{"$ref": f"#/components/schemas/{item.__name__}"}, of_block]}


def ok(
    schema: dict[str, Any], description: str, example: Any = None, *, status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entry for a JSON answer of this schema."""
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {status: {"description": description, "content": {"application/json": content}}}


def example_of(model: type[BaseModel]) -> Any:
    """The example a model documents itself with."""
    extra = model.model_config.get("json_schema_extra")
    return extra.get("example") if isinstance(extra, dict) else None


UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing changed since that ETag."}}
READ_PROBLEMS = UNCHANGED | documented(404, 422, 503)
LIST_PROBLEMS = UNCHANGED | documented(404, 410, 422, 503)
AS_OF_EXAMPLE = {"block": 1207, "hash": "0x" + "5c" * 32, "time": 1795363200, "lag_blocks": 0}


def own_router(name: str) -> APIRouter:
    """A router under `/v1/{name}` for what only this domain has, to be handed to `router` when it is complete."""
    return APIRouter(prefix=f"/v1/{name}", tags=[name])


def list_router(listing: Listing, own: APIRouter | None = None) -> APIRouter:
    """List and export under `/v1/{name}`, after `own`."""
    routes = own or own_router(listing.name)
    filters, item = listing.filters, listing.item
    page_example = {"items": [example_of(item)], "next": None, "total": 1, "as_of": AS_OF_EXAMPLE}
    paging = PageQuery.model_fields
    further: dict[str, Any] = {
        name: (declared.annotation, declared) for name, declared in filters.model_fields.items() if name not in paging
    }
    export_filters = create_model(f"{filters.__name__}Export", __base__=ExportQuery, **further)

    @routes.get(
        "",
        summary=f"List {listing.name}",
        responses=ok(pages(item, f"{item.__name__}Page"), f"A page of {listing.name} by id.", page_example)
        | LIST_PROBLEMS,
    )
    async def list_all(request: Request, query: Annotated[filters, Query()]) -> Response:  # type: ignore[valid-type]
        asked: Any = query
        place = Place.read(asked.cursor, *listing.key_types) if asked.cursor else None
        reads, quick = context_of(request).reads, asked.limit <= QUICK_ITEMS
        return await reads.answer(
            request, asked.as_of, lambda view: page_of(view, listing, asked, place), place=place, quick=quick
        )

    @routes.get(
        "/export",
        summary=f"All {listing.name} as a file",
        description=exports.DESCRIPTION,
        response_class=StreamingResponse,
        responses=exports.RESPONSES | READ_PROBLEMS,
    )
    def export(request: Request, query: Annotated[export_filters, Query()]) -> Response:  # type: ignore[valid-type]
        asked: Any = query
        return exports.stream(
            context_of(request).reads,
            listing.name,
            asked.format,
            asked.as_of,
            exports.columns(item),
            lambda view: every_row(view, listing, asked),
        )

    return routes


def router(domain: Domain, own: APIRouter | None = None) -> APIRouter:
    """The endpoints of a domain under `/v1/{name}`, after its `own`: a fixed path must come before `/{id}`."""
    # Imported here: events name domains' entities in their filters, and domains show their events.
    from api.events import EventRecord, entity_events

    routes = list_router(domain, own)
    item, kind = domain.item, domain.kind
    example = example_of(item)
    Id = Annotated[str, Path(description=f"{domain.ids.en}.", examples=[domain.example_id])]

    @routes.get(
        "/{id}",
        summary=f"One {kind}",
        responses=ok(one(item), f"The {kind}.", {**(example or {}), "as_of": AS_OF_EXAMPLE}) | READ_PROBLEMS,
    )
    async def read_one(request: Request, id: Id, query: Annotated[AsOfQuery, Query()]) -> Response:
        key = domain.key(id)

        def build(view: View) -> Row:
            row = domain.row(view, key)
            shown = domain.show(row)
            return domain.extend(view, key, shown) if domain.extend else shown

        return await context_of(request).reads.answer(request, query.as_of, build, quick=True)

    @routes.get(
        "/{id}/history",
        summary=f"How one {kind} came to be as it is",
        description="Every version up to `as_of`, oldest first: in force from `since_block` to before `until_block`.",
        responses=ok(pages(item, f"{item.__name__}History"), "A page of versions.") | LIST_PROBLEMS,
    )
    async def history(request: Request, id: Id, query: Annotated[PageQuery, Query()]) -> Response:
        key = domain.key(id)
        place = Place.read(query.cursor, int) if query.cursor else None
        reads = context_of(request).reads
        return await reads.answer(
            request, query.as_of, lambda view: history_of(view, domain, key, query, place), place=place
        )

    @routes.get(
        "/{id}/events",
        summary=f"Events of one {kind}",
        responses=ok(pages(EventRecord, "EventPage"), "A page of events in the chain's order.") | LIST_PROBLEMS,
    )
    async def events(request: Request, id: Id, query: Annotated[PageQuery, Query()]) -> Response:
        key = domain.key(id)
        place = Place.read(query.cursor, int, int) if query.cursor else None

        def build(view: View) -> Row:
            domain.row(view, key)
            return entity_events(view, domain, key, query.limit, place)

        return await context_of(request).reads.answer(request, query.as_of, build, place=place)

    return routes
