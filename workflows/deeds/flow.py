"""Flows of notary offices as data: steps, materials, templates and checks of a product, one TOML file each.

An office that works differently brings a file of its own; no code changes.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.deeds.instrument import Kind

FLOWS = Path(__file__).parent / "flows"

Check = Literal["instrument", "deed", "assignment"]


class Step(BaseModel):
    """One step: the act that takes it, who signs that, the papers it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    act: str
    by: Literal["NOTARY", "NOTARY_OFFICE", "PARTIES"]
    materials: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    template: str | None = None


class Flow(BaseModel):
    """The way of one product from application to issue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: str
    en: str
    zh: str
    instrument: Kind
    scope: Literal["DEBT", "SECURITY", "DEBT_AND_SECURITY"]
    real_property: bool
    window_days: Annotated[int, Field(ge=1, le=60)]
    steps: tuple[Step, ...]


@cache
def flows(folder: Path = FLOWS) -> dict[str, Flow]:
    """The flows in a folder, by product. Raises `ValueError` on one that is malformed."""
    found = [Flow.model_validate(tomllib.loads(file.read_text("utf-8"))) for file in sorted(folder.glob("*.toml"))]
    return {flow.product: flow for flow in found}
