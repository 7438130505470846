"""The limit of `scripts.bench.api`: the least that FastAPI does for a request."""

from __future__ import annotations

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def constant() -> dict[str, str]:
    """Always the same."""
    return {"answer": "constant"}
