"""Pages for people: server-rendered, nothing from other hosts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

SECURITY = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
MACHINES = ("/v1/", "/rpc")
"""Beginnings of the paths that programs ask for."""

_templates = Jinja2Templates(Path(__file__).parent / "templates")


def page(
    request: Request, template: str, values: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page from its template, with the headers that keep it to itself."""
    return _templates.TemplateResponse(
        request, template, values, status_code=status, headers={**SECURITY, **(headers or {})}
    )


def wants_page(request: Request) -> bool:
    """Whether a person asks, with a browser, for what is not the API's."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(MACHINES)
