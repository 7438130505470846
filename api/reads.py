"""Reading the mirror: which block an answer is of, and answers that are made once per block.

as_of       nothing, a block number, or an instant (RFC 3339): the state that is asked for
cursor      a page's token: the block of the first page and the last key of the page before, so that a list
            walked by `next` is the state at one block, whatever the mirror does meanwhile
ETag        the block hash; a caller that holds it is answered 304 without a query
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.answers import Answers, Made, address, respond
from api.problems import plain
from chain.errors import ChaqiError
from indexer import queries
from indexer.queries import AsOf

FRESH_SECONDS: Final = 0.02
"""How long the newest block is believed on PostgreSQL; SQLite tells at no cost whether anything was committed."""
QUICK_STEPS: Final = 50_000
"""Instructions of SQLite, about a millisecond, for an answer made in the event loop; what takes more has a thread."""
STEPS_AT_ONCE: Final = 1_000
LARGEST_BLOCK: Final = 2**63 - 1


class MirrorUnavailable(ChaqiError):
    """The mirror's database cannot be read."""

    status = 503
    en = "The mirror cannot be read ({reason}). Start it with `make up`."
    zh = "无法读取镜像（{reason}）。请运行 `make up` 启动。"


class AsOfMalformed(ChaqiError):
    """`as_of` is neither a block number nor an instant."""

    status = 422
    en = "as_of must be a block number or an instant such as 2026-11-22T10:00:00+08:00; it is {given}."
    zh = "as_of 应为区块号或时刻（如 2026-11-22T10:00:00+08:00），实际为 {given}。"


class CursorMalformed(ChaqiError):
    """The token of a page is not one that was given out for this list."""

    status = 422
    en = "cursor {given} is not one that this list gave out. Start again without it."
    zh = "游标 {given} 不是本列表给出的，请去掉后重新开始。"


class CursorOvertaken(ChaqiError):
    """The chain was reorganised below the block that the pages are of."""

    status = 410
    en = "Block {block} that these pages are of is no longer in the chain. Start again without cursor."
    zh = "这些分页所依据的区块 {block} 已不在链上，请去掉游标后重新开始。"


@dataclass(frozen=True)
class View:
    """One state of the mirror, inside one read transaction. `block` is None for the newest state."""

    connection: sa.Connection
    as_of: AsOf
    block: int | None


@dataclass(frozen=True)
class Place:
    """Where a page starts: the block it is of and the key after which it goes on."""

    block: int
    hash: str
    after: tuple[Any, ...]

    def token(self) -> str:
        """As it travels."""
        raw = orjson.dumps([self.block, self.hash[2:18], *self.after])
        return urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, token: str, *kinds: type) -> Place:
        """The place that a token names, whose key has members of these types. Raises `CursorMalformed`."""
        try:
            block, start, *after = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            fits = len(after) == len(kinds) and all(type(one) is kind for one, kind in zip(after, kinds, strict=True))
            if not (
                fits and type(block) is int and 0 <= block <= LARGEST_BLOCK and re.fullmatch("[0-9a-f]{16}", start)
            ):
                raise ValueError
            if any(type(one) is int and abs(one) > LARGEST_BLOCK for one in after):
                raise ValueError
        except (ValueError, TypeError):
            raise CursorMalformed(given=token[:80]) from None
        return cls(block, "0x" + start, tuple(after))


class Reads:
    """A read-only way into the mirror, for all threads."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._file = self._url.database if self._url.get_backend_name() == "sqlite" else None
        self._engine = _read_only(self._url)
        self._watch: _Watch | None = None
        self._newest: tuple[float, AsOf] | None = None
        self._lock = threading.Lock()
        self._answers = Answers()

    def close(self) -> None:
        """Lets go of the database."""
        with self._lock:
            if self._watch:
                self._watch.close()
            self._watch = None
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One read transaction. Raises `MirrorUnavailable`."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as failure:
            raise MirrorUnavailable(reason=type(failure.orig).__name__) from failure

    @contextmanager
    def view(self, as_of: str | None = None, place: Place | None = None) -> Iterator[View]:
        """The state that is asked for. Raises `AsOfMalformed`, `UnknownBlock`, `CursorOvertaken`,
        `MirrorUnavailable`, `MirrorEmpty`.
        """
        asked = read_as_of(as_of) if as_of is not None else {}
        with self.transaction() as connection:
            if place is None:
                found = queries.as_of(connection, **asked)
            else:
                found = self._pinned(connection, place)
                if asked and queries.as_of(connection, **asked).block != found.block:
                    raise CursorMalformed(given="(of another as_of)")
            yield View(connection, found, found.block if asked or place else None)

    @staticmethod
    def _pinned(connection: sa.Connection, place: Place) -> AsOf:
        try:
            found = queries.as_of(connection, block=place.block)
        except queries.UnknownBlock:
            raise CursorOvertaken(block=place.block) from None
        if not found.hash.startswith(place.hash):
            raise CursorOvertaken(block=place.block)
        return found

    def newest(self) -> AsOf:
        """The newest mirrored block. Raises `MirrorUnavailable`, `MirrorEmpty`."""
        with self._lock:
            if self._file is not None:
                return self._watched(self._file)
            now = time.monotonic()
            if self._newest is None or now - self._newest[0] > FRESH_SECONDS:
                with self.transaction() as connection:
                    self._newest = (now, queries.as_of(connection))
            return self._newest[1]

    async def answer(
        self, request: Request, as_of: str | None, build: Callable[[View], Any], *, place: Place | None = None,
        quick: bool = False,
    ) -> Response:  # fmt: skip
        """The answer to a read; `build` gives its members, `as_of` is added. `quick`: little to make once it is found.

        Raises what `view` and `build` raise.
        """
        newest = self.newest() if self._file is not None else await run_in_threadpool(self.newest)
        latest = as_of is None and place is None
        known = request.headers.get("if-none-match")
        if latest and known == _etag(newest):
            return respond(known, None)
        asked = address(request.scope)
        kept = self._answers.kept(newest, asked) if latest else None
        if kept is not None:
            return respond(_etag(newest), kept)

        def make() -> Made:
            with self.view(as_of, place) as view:
                return view.as_of, dumps({**build(view), "as_of": shown(view.as_of)})

        made = self._quickly(newest, build) if quick and latest else None
        if made is None and latest:
            made = await self._answers.made(newest, asked, lambda: run_in_threadpool(make))
        elif made is None:
            made = await run_in_threadpool(make)
        found, body = made
        if latest and found == newest:
            self._answers.keep(newest, asked, body)
        return respond(_etag(found), None if known == _etag(found) else body)

    def again(self, address: str) -> tuple[str, bytes] | None:
        """ETag and body of what was answered at this address, if nothing was committed since; never on PostgreSQL,
        which would have to be asked.
        """
        if self._file is None:
            return None
        try:
            newest = self.newest()
        except ChaqiError:
            return None
        kept = self._answers.kept(newest, address)
        return None if kept is None else (_etag(newest), kept)

    def _quickly(self, newest: AsOf, build: Callable[[View], Any]) -> Made | None:
        """The answer without a transaction or a thread; None when somebody committed meanwhile, when it takes SQLite
        more than `QUICK_STEPS`, or on PostgreSQL.

        A few rows take SQLite less time than either, and threads that make answers keep the event loop waiting. The
        answer is of one state if nothing was committed between the reading of the newest block and the end.
        """
        with self._lock:
            watch = self._watch
            if watch is None or watch.version() != watch.seen:
                return None
            try:
                with watch.briefly() as connection:
                    body = dumps({**build(View(connection, newest, None)), "as_of": shown(newest)})
            except sa.exc.OperationalError:
                return None
            return (newest, body) if watch.version() == watch.seen else None

    def _watched(self, file: str) -> AsOf:
        try:
            inode = os.stat(file).st_ino
            if self._watch is None or self._watch.inode != inode:
                if self._watch is not None:  # the mirror was dropped and begun again
                    self._watch.close()
                    self._engine.dispose()
                self._watch = _Watch(file, inode)
            return self._watch.newest()
        except (OSError, sqlite3.Error) as failure:
            raise MirrorUnavailable(reason=type(failure).__name__) from failure


class _Watch:
    """The cursor row of a SQLite mirror, read again only after somebody committed; and a connection for quick reads."""

    def __init__(self, file: str, inode: int) -> None:
        self.inode = inode
        self.seen = -1
        self._steps_left: int | None = None
        self._connection = _open(file)
        self._connection.set_progress_handler(self._too_long, STEPS_AT_ONCE)
        self._row: tuple[Any, ...] | None = None
        self._engine = sa.create_engine("sqlite://", creator=lambda: self._connection, poolclass=sa.pool.StaticPool)
        self._quick = self._engine.connect()

    def version(self) -> int:
        """Changes with every commit of somebody else."""
        found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def newest(self) -> AsOf:
        version = self.version()
        if version != self.seen or self._row is None:
            self._row = self._connection.execute("SELECT block, hash, time, head FROM cursor").fetchone()
            self.seen = version
        if self._row is None or self._row[1] is None:
            raise queries.MirrorEmpty
        block, hash_, instant, head = self._row
        return AsOf(block, hash_, instant, max(0, head - block))

    @contextmanager
    def briefly(self) -> Iterator[sa.Connection]:
        """For quick reads: what takes more than `QUICK_STEPS` is interrupted."""
        self._steps_left = QUICK_STEPS
        try:
            yield self._quick
        finally:
            self._steps_left = None

    def _too_long(self) -> bool:
        if self._steps_left is None:
            return False
        self._steps_left -= STEPS_AT_ONCE
        return self._steps_left < 0

    def close(self) -> None:
        self._quick.close()
        self._engine.dispose()
        self._connection.close()


def read_as_of(text: str) -> dict[str, int]:
    """Which block or instant (UTC seconds) `as_of` names. Raises `AsOfMalformed`, `UnknownBlock`."""
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        return {"block": int(text)}
    try:
        # an unencoded "+" of a time zone arrives as a space
        instant = datetime.fromisoformat(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
        if instant.tzinfo is None or "T" not in text.upper():
            raise ValueError
        return {"instant": int(instant.timestamp())}
    except (ValueError, OverflowError):
        raise AsOfMalformed(given=text[:80]) from None


def shown(as_of: AsOf) -> dict[str, Any]:
    """The block an answer is of, as every answer carries it; `time` in UTC seconds."""
    return {"block": as_of.block, "hash": as_of.hash, "time": as_of.time, "lag_blocks": as_of.lag}


def dumps(answer: Any) -> bytes:
    """JSON; an integer that JSON readers would round is written as a decimal string."""
    try:
        return orjson.dumps(answer, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return orjson.dumps(plain(answer))


def listed(
    items: Sequence[Any], page: int, total: int, as_of: AsOf, key: Callable[[Any], tuple[Any, ...]]
) -> dict[str, Any]:
    """A page of a list, of whose `page + 1` rows asked for these came; `key` is what the next page starts after."""
    more = len(items) > page
    kept = list(items[:page])
    following = Place(as_of.block, as_of.hash, key(kept[-1])).token() if more else None
    return {"items": kept, "next": following, "total": total}


def _etag(as_of: AsOf) -> str:
    return f'W/"{as_of.hash}"'


def _open(file: str) -> sqlite3.Connection:
    address = f"file:{file.replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=30)


def _read_only(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url,
            pool_pre_ping=True,
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        )
    file = url.database or ""

    # transactions begin at once, so that a whole answer is of one state
    engine = sa.create_engine("sqlite://", creator=lambda: _open(file), poolclass=sa.pool.QueuePool, pool_size=16)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
