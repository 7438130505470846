"""What `scripts.bench.api` asks: each case a script for wrk, with requests drawn from the mirror itself."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from indexer.projection import Projection
from indexer.projections.deeds import deeds
from indexer.projections.liens import liens
from indexer.projections.trees import trees
from indexer.queries import at
from indexer.store import open_mirror
from scripts.bench.api_served import Served

WANTED = "2,000 /s"

MOST = 20_000
"""Requests of one case: Lua takes no more than 65,536 constants in a script."""

IN_TURN = """local requests, turn = {{
{requests}
}}, 0
init = function() for i, one in ipairs(requests) do requests[i] = wrk.format(unpack(one)) end end
request = function() turn = turn % #requests + 1; return requests[turn] end
"""

UNCHANGED = """local etag = ""
request = function() return wrk.format("GET", "{path}", {{["If-None-Match"] = etag}}) end
response = function(status, headers) etag = headers["etag"] end
"""
"""Holds the newest answer's ETag, as a caller does: after a block one answer is whole, the others are not."""


@dataclass(frozen=True)
class Case:
    """One kind of request; `wanted` is the least rate."""

    subject: str
    script: Path
    wanted: str = WANTED


def cases(served: Served, folder: Path) -> list[Case]:
    """The cases, their scripts written in `folder`."""
    engine = open_mirror(served.settings.mirror_url)
    of_deeds, of_trees = _shuffled(engine, deeds, "deed"), _shuffled(engine, trees, "tree")
    villages, burdened = _shuffled(engine, trees, "village"), _shuffled(engine, liens, "asset")
    engine.dispose()
    tree, assets = f"/v1/trees/{of_trees[0]}", [*burdened, *of_trees]

    def case(subject: str, requests: Sequence[Sequence[object]], wanted: str = WANTED) -> Case:
        asked = requests[:MOST]
        script = folder / f"{len(list(folder.iterdir()))}.lua"
        lines = (f"  {{{', '.join(map(_lua, one))}}}" for one in asked)
        script.write_text(IN_TURN.format(requests=",\n".join(lines)))
        return Case(subject.format(len(asked)), script, wanted)

    unchanged = folder / "unchanged.lua"
    unchanged.write_text(UNCHANGED.format(path=tree))
    verdicts = [_post("/v1/evidence/verify", {"receipt": json.loads(one.to_json())}) for one in served.receipts]
    searches = [
        f"/v1/liens/search?asset={one}&money={1_000_000 + each}"
        for each in range(1 + 10_000 // len(assets))
        for one in assets
    ]
    lists = [
        f"/v1/trees?village={quote(village)}&limit={most}{further}"
        for further in ("", "&life=ALIVE", "&title=REGISTERED", "&life=ALIVE&title=REGISTERED")
        for most in range(26, 51)
        for village in villages
    ]
    return [
        case("one of {:,} deeds", [_get(f"/v1/deeds/{one}") for one in of_deeds]),
        case("one tree, again", [_get(tree)]),
        Case("one tree, unchanged (304)", unchanged),
        case("one of {:,} searches for liens on a tree", [_get(one) for one in searches]),
        *([case("verdict on one of {:,} receipts", verdicts)] if verdicts else []),
        case("one of {:,} lists of up to 50 trees of a village", [_get(one) for one in lists], ""),
        case("50 trees of a village, again", [_get(f"/v1/trees?village={quote(villages[0])}")]),
    ]


def _get(path: str) -> Sequence[object]:
    return ("GET", path)


def _post(path: str, body: object) -> Sequence[object]:
    return ("POST", path, {"Content-Type": "application/json"}, json.dumps(body))


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[ {_lua(name)} ] = {_lua(one)}" for name, one in value.items()) + "}"
    return f"[==[{value}]==]"


def _shuffled(engine: sa.Engine, projection: Projection, column: str) -> list[str]:
    """What stands in a column now, in an order that no index has."""
    table = projection.table
    with engine.connect() as connection:
        found = connection.scalars(sa.select(table.c[column]).where(at(table, None)).distinct()).all()
    return random.Random(1).sample(sorted(found), len(found))
