"""Who sees what: the role × data matrix of `domain.md` section 9, for the data that exists so far.

A right is a condition on rows: what a caller may not see is not selected.

    FULL   every row                          OWN    rows of the caller's own party
    NONE   no row. Rights by consent or duty ("C" in the matrix) need the consents and duties that give them;
           until those domains exist they give nothing.

The public card of a tree, parties, evidence, events and acts are on chain and open to everybody.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from chain.vocabulary import ROLES, role_names


class Right(StrEnum):
    """How much of one kind of data a role may see."""

    FULL = "full"
    OWN = "own"
    NONE = "none"


GOVERNMENT: Final = ("FORESTRY", "AGRI", "REGISTRY", "GI_AUTH")
"""The roles that the matrix calls "Gov"."""

TREE_RECORD: Final = "tree_record"
AGREEMENT_TERMS: Final = "agreement_terms"

VALUATION_INPUTS: Final = "valuation_inputs"

MATRIX: Final[dict[str, dict[str, Right]]] = {
    # exact coordinates: Farmer P, Gov F; Bank, Notary, Court, Lawyer, Auditor, Regulator C; Firm, Telecom, Public none.
    # "P" holds for whoever owns the tree, a village or firm as well as a farmer: the owner states these facts.
    TREE_RECORD: {role: Right.FULL if role in GOVERNMENT else Right.OWN for role in ROLES},
    # valuation: Farmer P, Bank and Court C, Gov A. Whoever lends or is asked to lend, and whoever has to look again,
    # reads what a value rests on; the figures themselves are on chain.
    VALUATION_INPUTS: {role: Right.FULL if role in ("BANK", "APPRAISER") else Right.OWN for role in ROLES},
    # agreement terms, price: Farmer P, Firm P; Bank, Notary, Court, Lawyer, Auditor C; Gov, Regulator, Public
    # only what is reckoned over many (履约率).
    AGREEMENT_TERMS: dict.fromkeys(ROLES, Right.OWN),
}


def right(data: str, roles: int) -> Right:
    """The widest right that any of the roles (a bit set) gives over a kind of data."""
    given = {MATRIX[data][role] for role in role_names(roles)}
    return Right.FULL if Right.FULL in given else Right.OWN if Right.OWN in given else Right.NONE


def visible(data: str, roles: int, party: int, owner: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The condition on rows, whose owning party is `owner`, that a party with these roles may see."""
    match right(data, roles):
        case Right.FULL:
            return sa.true()
        case Right.OWN:
            return owner == party
        case Right.NONE:
            return sa.false()
