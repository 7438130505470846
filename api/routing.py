"""All endpoints behind one route that looks them up by the first words of the path.

Tried one after another, hundreds of patterns cost a request more than its answer does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_WORDS = 2
"""Of `/v1/trees/{id}` the first two decide: `v1` and `trees`."""


class Endpoints(BaseRoute):
    """Endpoints, each found as if all were tried in their order. A path whose first words vary is tried for every
    request, after those that begin with words of their own.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_words: dict[tuple[str, ...], list[BaseRoute]] = defaultdict(list)
        self._anywhere: list[BaseRoute] = []
        for route in routes:
            assert isinstance(route, Route)
            words = _first_words(route.path)
            (self._anywhere if "{" in "".join(words) else self._by_words[words]).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first endpoint that takes the request; else the first that takes its path with another method."""
        other_method: Scope | None = None
        for route in (*self._by_words.get(_first_words(scope["path"]), ()), *self._anywhere):
            match, found = route.matches(scope)
            if match == Match.FULL:
                return match, {**found, "route": route}
            if match == Match.PARTIAL and other_method is None:
                other_method = {**found, "route": route}
        return (Match.NONE, {}) if other_method is None else (Match.PARTIAL, other_method)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the endpoint that was found answer."""
        await scope["route"].handle(scope, receive, send)


def _first_words(path: str) -> tuple[str, ...]:
    return tuple(path.split("/", _WORDS + 1)[1 : _WORDS + 1])
