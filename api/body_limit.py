"""No request body larger than its endpoint takes, however it is sent: refused while it streams, never held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLarge, answer

DEFAULT_LIMIT: Final = 1 << 20
DRAINED: Final = 4 << 30
"""Bytes of a refused body that are read and thrown away: a client still sending would not see the answer."""


class BodyOverflow(HTTPException):
    """Raised inside an endpoint whose body, sent in chunks, outgrows `limit`; answered as `BodyTooLarge`."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


class BodyLimit:
    """ASGI middleware; `larger` names the paths that take more than `DEFAULT_LIMIT`, in bytes."""

    def __init__(self, app: ASGIApp, larger: Mapping[str, int]) -> None:
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what arrives; answers 413 instead of calling the endpoint when the declared length says it all."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], DEFAULT_LIMIT)
        request = Request(scope)
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            if request.headers.get("expect", "").lower() != "100-continue":
                await _drain(receive)
            await answer(request, BodyTooLarge(limit=limit))(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    await _drain(receive, message)
                    raise BodyOverflow(limit)
            return message

        await self._app(scope, counted, send)


async def _drain(receive: Receive, last: Message | None = None) -> None:
    dropped, more = 0, last is None or last.get("more_body", False)
    while more and dropped < DRAINED:
        message = await receive()
        dropped += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
