"""The API as one application: `create_app(settings)`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from api import (
    act_pages,
    acts,
    advice,
    agreements,
    batches,
    calendar,
    certificates,
    codes,
    collateral,
    deadlines,
    deed_files,
    deeds,
    documents,
    enforcement,
    events,
    evidence,
    filing_packages,
    filings,
    fulfilment,
    gateway,
    indications,
    lien_search,
    liens,
    loans,
    matches,
    overview,
    packages,
    pages,
    papers,
    parties,
    pki,
    portfolio,
    problems,
    recoveries,
    rooms,
    sessions,
    signatures,
    signing,
    status,
    subsidies,
    subsidy_check,
    trees,
    valuations,
)
from api.answers import AnswerAgain
from api.body_limit import BodyLimit
from api.context import Context
from api.domain import AsOfBlock
from api.routing import Endpoints
from chain.settings import Settings
from workflows.certificates import amount
from workflows.deeds import points
from workflows.filings import courts, preflight

VERSION = "1"
DESCRIPTION = """
茶契：许可制茶资产账本的接口。 The API of a permissioned ledger for tea assets.

* Every read of what the ledger records takes `as_of` (block number or RFC 3339 instant) and says which block it is of.
* Lists are `{items, next, total, as_of}`; hand `next` back as `cursor` and the whole walk is of one block.
* Whoever wants to change something signs an act (`/v1/acts/types`, `eth_signTypedData_v4`) and posts it to `/v1/acts`.
* Every error is a problem (RFC 9457) with a stable `code`, in English and Chinese.
* Nothing has to be believed: `/rpc` is the chain itself, read-only.
"""

DOCUMENTED: tuple[type[BaseModel], ...] = (
    problems.Problem,
    AsOfBlock,
    parties.PartyRecord,
    trees.TreeCard,
    calendar.CalendarYear,
    indications.IndicationRecord,
    indications.OriginRecord,
    batches.BatchRecord,
    batches.SaleRecord,
    batches.HoldingRecord,
    batches.SeasonRecord,
    codes.LotRecord,
    subsidies.ProgrammeRecord,
    subsidies.PlotRecord,
    subsidies.SubsidyRecord,
    valuations.TreeValuation,
    agreements.AgreementRecord,
    fulfilment.FulfilmentRecord,
    deadlines.DeadlineRecord,
    deeds.DeedRecord,
    points.Report,
    certificates.CertificateRecord,
    amount.Recomputed,
    filings.FilingRecord,
    preflight.Preflight,
    courts.Court,
    evidence.EvidenceRecord,
    liens.LienRecord,
    liens.LienFiling,
    lien_search.LienSearchResult,
    lien_search.LienCertificate,
    loans.LoanRecord,
    events.EventRecord,
    acts.ActRecord,
    documents.DocumentBody,
    gateway.RpcRequest,
)
"""Models that answers follow and that no endpoint names as its parameter."""

ROUTERS = (
    parties.ROUTER,
    trees.ROUTER,
    lien_search.ROUTER,
    liens.FILINGS_ROUTER,
    portfolio.ROUTER,
    recoveries.ROUTER,
    loans.ROUTER,
    collateral.ROUTER,
    calendar.ROUTER,
    indications.ROUTER,
    indications.ORIGINS_ROUTER,
    batches.ROUTER,
    batches.SALES_ROUTER,
    batches.HOLDINGS_ROUTER,
    batches.SEASONS_ROUTER,
    codes.LOTS_ROUTER,
    codes.ROUTER,
    codes.PAGE_ROUTER,
    subsidy_check.ROUTER,
    subsidies.ROUTER,
    subsidies.PROGRAMMES_ROUTER,
    subsidies.PLOTS_ROUTER,
    matches.ROUTER,
    advice.ROUTER,
    valuations.ROUTER,
    agreements.ROUTER,
    fulfilment.ROUTER,
    deadlines.ROUTER,
    papers.DEEDS,
    papers.CERTIFICATES,
    signatures.AGREEMENTS_ROUTER,
    signatures.DEEDS_ROUTER,
    deeds.ROUTER,
    deeds.FLOWS,
    deed_files.ROUTER,
    filing_packages.PAPERS,
    filing_packages.ROUTER,
    certificates.ROUTER,
    filings.ROUTER,
    filings.COURTS,
    enforcement.ROUTER,
    documents.ROUTER,
    packages.ROUTER,
    evidence.ROUTER,
    pki.ROUTER,
    acts.ROUTER,
    events.ROUTER,
    sessions.ROUTER,
    status.ROUTER,
    gateway.ROUTER,
    pages.ROUTER,
    act_pages.ROUTER,
    rooms.ROUTER,
    signing.ROUTER,
    overview.ROUTER,
)
"""A new domain adds its router here."""


def create_app(settings: Settings) -> FastAPI:
    """The application. It starts whatever is down; what is down says so when it is asked for."""
    context = Context(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        context.open()
        yield
        context.close()

    app = FastAPI(
        title="Chaqi 茶契",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.context = context
    larger = {"/v1/evidence/documents": settings.upload_limit, "/v1/matches": matches.BODY_LIMIT}
    app.add_middleware(BodyLimit, larger=larger)
    app.add_middleware(AnswerAgain, keeper=context.reads)
    problems.install(app)
    endpoints = [route for router in ROUTERS for route in router.routes]
    app.router.routes.append(Endpoints(endpoints))
    app.mount("/static/docs", StaticFiles(directory=str(files(fastapi_offline) / "static")), name="docs")
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    _document(app, endpoints)
    return app


def _document(app: FastAPI, endpoints: Sequence[BaseRoute]) -> None:
    @app.get("/docs", include_in_schema=False)
    async def read_docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=app.openapi_url or "",
            title="Chaqi 茶契 API",
            swagger_js_url="/static/docs/swagger-ui-bundle.js",
            swagger_css_url="/static/docs/swagger-ui.css",
            swagger_favicon_url="/static/leaf.svg",
        )

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=endpoints)
            _, models = models_json_schema(
                [(model, "serialization") for model in DOCUMENTED], ref_template="#/components/schemas/{model}"
            )
            made.setdefault("components", {}).setdefault("schemas", {}).update(models["$defs"])
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]
