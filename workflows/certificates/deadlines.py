"""Which deadlines run on a certificate of enforcement: the debtors' objection, then the creditor's application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from chain.vocabulary import ENUMERATIONS
from indexer.projections.certificates import certificates
from indexer.projections.deeds import deed_parties
from indexer.projections.filings import filings
from workflows.calendar import Calendar
from workflows.deadlines.register import REGISTER
from workflows.deadlines.sources import AsOf, Deadline, Source, party_of

DOMAIN: Final = "certificates"
STATES: Final = list(ENUMERATIONS["CertificateState"])
NOTIFIED, ISSUED = STATES.index("NOTIFIED"), STATES.index("ISSUED")


def of_window(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The objection of one obligor, in a mirrored row of a certificate that also names it as `obligor`."""
    rule, obligor = REGISTER["verification_window"], row["obligor"]
    since, due_at = row["delivered_at"], row["window_ends_at"]
    yield Deadline(rule, DOMAIN, row["certificate"], obligor, party_of(obligor), since, due_at)


def of_limitation(row: Mapping[str, Any], calendar: Calendar) -> Iterator[Deadline]:
    """The application against one `obligor` against whom none was submitted; its end is the one certified."""
    rule, since, due_at = REGISTER["enforcement_limitation"], row["defaulted_at"], row["apply_by"]
    yield Deadline(rule, DOMAIN, row["certificate"], row["obligor"], row["creditor"], since, due_at)


def _with_obligors(as_of: AsOf) -> sa.Select[Any]:
    whole, part = certificates.table, deed_parties.table
    joined = sa.select(whole, part.c.party.label("obligor")).join(part, part.c.deed == whole.c.deed)
    return joined.where(as_of(whole), as_of(part), part.c.named)


def _windows(as_of: AsOf) -> sa.Select[Any]:
    table = certificates.table
    return _with_obligors(as_of).where(table.c.state == NOTIFIED, table.c.window_ends_at > 0)


def _limitations(as_of: AsOf) -> sa.Select[Any]:
    whole, part, filing = certificates.table, deed_parties.table, filings.table
    submitted = sa.exists().where(
        as_of(filing),
        filing.c.certificate == whole.c.certificate,
        filing.c.obligor == part.c.party,
        filing.c.submitted_at > 0,
    )
    return _with_obligors(as_of).where(whole.c.state == ISSUED, ~submitted)


SOURCES: Final = (Source(_windows, of_window), Source(_limitations, of_limitation))
