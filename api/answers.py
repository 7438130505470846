"""Answers of the newest block, made once and kept until the next: given out again before a request is even parsed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from indexer.queries import AsOf

KEPT_ANSWERS: Final = 4096
KEPT_BYTES: Final = 1 << 16

Made = tuple[AsOf, bytes]


class Answers:
    """Bodies of one block, by address; used in the event loop only."""

    def __init__(self) -> None:
        self._of: AsOf | None = None
        self._bodies: dict[str, bytes] = {}
        self._making: dict[str, asyncio.Task[Made]] = {}

    def kept(self, newest: AsOf, address: str) -> bytes | None:
        """The body that this address was answered with in this state."""
        return self._bodies.get(address) if newest == self._of else None

    def keep(self, newest: AsOf, address: str, body: bytes) -> None:
        """Keeps a body until another state is the newest."""
        if newest != self._of:
            self._of, self._bodies = newest, {}
        if len(body) <= KEPT_BYTES:
            if len(self._bodies) >= KEPT_ANSWERS:
                self._bodies.clear()
            self._bodies[address] = body

    async def made(self, newest: AsOf, address: str, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """What `make` makes; whoever asks the same meanwhile gets the same, as all at once would keep each other
        waiting. Raises what `make` raises.
        """
        asked = f"{newest} {address}"
        making = self._making.get(asked)
        if making is None:
            making = self._making[asked] = asyncio.create_task(make())
            making.add_done_callback(lambda _: self._making.pop(asked))
        return await asyncio.shield(making)


class Keeper(Protocol):
    """Who keeps answers."""

    def again(self, address: str) -> tuple[str, bytes] | None:
        """ETag and body of what was answered at this address, if nothing was committed since."""


class AnswerAgain:
    """ASGI middleware, outermost: what a keeper still has needs no routing, no parameters and no database."""

    def __init__(self, app: ASGIApp, keeper: Keeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or leaves the request to the application."""
        kept = self._keeper.again(address(scope)) if scope["type"] == "http" and scope["method"] == "GET" else None
        if kept is None:
            await self._app(scope, receive, send)
            return
        etag, body = kept
        known = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        await respond(etag, None if known == etag.encode() else body)(scope, receive, send)


def address(scope: Scope) -> str:
    """What is asked for: path and query."""
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"


def respond(etag: str, body: bytes | None) -> Response:
    """An answer with the block it is of, or without a body that it is the one already held."""
    if body is None:
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, media_type="application/json", headers={"etag": etag, "cache-control": "no-cache"})
