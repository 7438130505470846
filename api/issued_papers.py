"""That paper and chain fit: a printed deed or certificate says what the chain says, and the act of issue names it."""

from __future__ import annotations

import time

from api.certificates import DOMAIN as CERTIFICATES
from api.context import Context
from api.deeds import DOMAIN as DEEDS
from api.sessions import NotYours
from api.signatures import require_signature_pages
from chain.acts import SignedAct
from chain.errors import ChaqiError
from workflows.commitment import Json
from workflows.deeds.archive import Kind, Paper
from workflows.documents.contents import Deed, Document, EnforcementCertificate


class PaperDiffers(ChaqiError):
    """What stands on paper is not what stands on chain."""

    status = 409
    en = "Paper and chain differ in {field}: the paper has {paper}, the chain {chain}."
    zh = "文书与链上记录的 {field} 不一致：文书为 {paper}，链上为 {chain}。"


def require_fitting(context: Context, content: Document, case: str, party: int) -> None:
    """Raises `PaperDiffers` unless the content fits the case, `NotYours` unless the caller is its office."""
    with context.reads.view() as view:
        of_deed = isinstance(content, Deed)
        row = {} if of_deed else CERTIFICATES.row(view, case)
        deed = DEEDS.row(view, case if of_deed else row["deed"])
    if deed["office"] != party:
        raise NotYours(party=party, what="the paper of another office's case", what_zh="其他公证处案件的文书")
    if isinstance(content, Deed):
        _same("principal", content.principal, deed["principal"])
        _same("instrument", "0x" + content.instrument.sha256, deed["instrument"])
    elif isinstance(content, EnforcementCertificate):
        _same("deed", "0x" + content.deed_sha256, deed["document"])


def keep_printed(context: Context, content: Document, case: str, pdf: bytes) -> None:
    """Keeps a signed paper in its case's file, with the total that a certificate states (fen)."""
    kind: Kind = "DEED" if isinstance(content, Deed) else "CERTIFICATE"
    about: dict[str, Json] = {"number": content.number}
    if isinstance(content, EnforcementCertificate):
        about["total"] = content.total
    context.archive.keep(case, kind, about, pdf, now=int(time.time()))


def require_paper(context: Context, signed: SignedAct) -> None:
    """Raises `PaperDiffers` when an act of issue does not name the paper that was printed for it, if one was, and
    `SignaturePageMissing` when a deed is issued that a party signed by wallet alone.
    """
    message = signed.json()["message"]
    if signed.act.type.key == "Deeds.issue":
        for deed, document in zip(message["deeds"], message["documents"], strict=False):
            papers = _papers(context, deed)
            _named(papers, "DEED", document, None)
            require_signature_pages(context, deed, papers)
    elif signed.act.type.key == "Certificates.issue":
        lists = (message[name] for name in ("principals", "interests", "penalties", "costs"))
        for certificate, document, *items in zip(message["certificates"], message["documents"], *lists, strict=False):
            _named(_papers(context, certificate), "CERTIFICATE", document, sum(map(int, items)))


def _papers(context: Context, case: str) -> list[Paper]:
    return context.archive.papers(case, "api", "comparison with the act of issue", now=int(time.time()))


def _named(papers: list[Paper], kind: Kind, document: str, total: int | None) -> None:
    printed = [one for one in papers if one.kind == kind]
    if not printed:
        return  # the office printed elsewhere
    fitting = [one for one in printed if one.sha256 == document]
    if not fitting:
        _same("document", printed[-1].sha256, document)
    if total is not None:
        _same("total", fitting[0].about["total"], total)


def _same(field: str, paper: object, chain: object) -> None:
    if paper != chain:
        raise PaperDiffers(field=field, paper=paper, chain=chain)
