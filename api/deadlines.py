"""Deadlines of all domains: what is due, from whom, by when, and by which rule."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import context_of
from api.domain import AS_OF_EXAMPLE, LIST_PROBLEMS, PageQuery, Row, example_of, ok, pages
from api.reads import Place, View, listed
from chain.errors import ChaqiError
from workflows.deadlines import Deadline, domains, state_of
from workflows.deadlines.watch import running


class DeadlineDomainUnknown(ChaqiError):
    """A list of deadlines was asked for of a domain that has none."""

    status = 422
    en = "No deadlines run in the domain {domain}. Those that have deadlines: {known}."
    zh = "领域 {domain} 没有期限。有期限的领域：{known}。"


class DeadlineRecord(BaseModel):
    """A deadline that runs against `party`. Instants in UTC seconds; `seconds_left` is negative once it passed.

    `id` is the entity of `domain` it is about; `part` tells apart several of one rule, such as milestones. `party` is 0
    for who has no party's id, such as a court that has not answered yet. Nothing happens by itself when it passes: a
    person decides.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "rule": "inspection",
                "domain": "agreements",
                "id": "69053470632142356349478571331083923145071832180421283106371238310735163926014",
                "part": "0",
                "party": 31,
                "since": 1795363200,
                "due_at": 1796313599,
                "seconds_left": 604800,
                "state": "running",
                "kind": "contract",
                "basis": "CC 621 [A]",
                "en": "inspect; silence is acceptance",
                "zh": "检验（逾期未提异议视为合格）",
            }
        }
    )

    rule: str
    domain: str
    id: str
    part: str
    party: int
    since: int
    due_at: int
    seconds_left: int
    state: str
    kind: str
    basis: str
    en: str
    zh: str


class DeadlineFilters(PageQuery):
    """Which deadlines."""

    party: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Against whom it runs.")] = None
    domain: Annotated[str | None, Field(max_length=64)] = None
    rule: Annotated[str | None, Field(max_length=64)] = None
    state: Literal["running", "near", "passed"] | None = None
    within_days: Annotated[int | None, Field(ge=0, le=36_500, description="Due in at most so many days.")] = None


def shown_deadline(deadline: Deadline, now: int) -> Row:
    """A deadline as answers carry it, at `now` (UTC seconds)."""
    return {
        "rule": deadline.rule.id,
        "domain": deadline.domain,
        "id": deadline.id,
        "part": deadline.part,
        "party": deadline.party,
        "since": deadline.since,
        "due_at": deadline.due_at,
        "seconds_left": deadline.due_at - now,
        "state": state_of(deadline, now),
        "kind": deadline.rule.kind,
        "basis": deadline.rule.basis,
        "en": deadline.rule.en,
        "zh": deadline.rule.zh,
    }


def _asked(deadline: Deadline, query: DeadlineFilters, now: int) -> bool:
    wanted = ((query.party, deadline.party), (query.domain, deadline.domain), (query.rule, deadline.rule.id))
    if any(asked is not None and asked != found for asked, found in wanted):
        return False
    if query.state is not None and state_of(deadline, now) != query.state:
        return False
    return query.within_days is None or deadline.due_at <= now + query.within_days * 86_400


ROUTER = APIRouter(prefix="/v1/deadlines", tags=["deadlines"])
_EXAMPLE = {"items": [example_of(DeadlineRecord)], "next": None, "total": 1, "as_of": AS_OF_EXAMPLE}


@ROUTER.get(
    "",
    summary="List deadlines",
    responses=ok(pages(DeadlineRecord, "DeadlinePage"), "A page of deadlines, the next one first.", _EXAMPLE)
    | LIST_PROBLEMS,
)
async def read_deadlines(request: Request, query: Annotated[DeadlineFilters, Query()]) -> Response:
    """Derived from the mirror, so right as of any block; lengths are the register's or what the parties agreed."""
    if query.domain is not None and query.domain not in domains():
        raise DeadlineDomainUnknown(domain=query.domain, known=", ".join(domains()))
    place = Place.read(query.cursor, int, str) if query.cursor else None

    def build(view: View) -> dict[str, Any]:
        now = view.as_of.time
        found = sorted(
            (one for one in running(view.connection, view.block) if _asked(one, query, now)), key=lambda one: one.key
        )
        after = [one for one in found if place is None or one.key > place.after][: query.limit + 1]
        page = listed(after, query.limit, len(found), view.as_of, lambda one: one.key)
        page["items"] = [shown_deadline(one, now) for one in page["items"]]
        return page

    return await context_of(request).reads.answer(request, query.as_of, build, place=place)
