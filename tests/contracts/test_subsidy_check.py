"""The automatic check and the contract agree: no points, and the act is accepted; any point, and it is refused."""

from __future__ import annotations

import random
from typing import Any

from chain.refusals import ActRefused
from chain.vocabulary import role_bits
from tests.contracts.claims import PLOT, RATE, YEAR, asset_of, claim_at, opened, submission
from tests.contracts.groves import tree_at
from tests.contracts.ledger import DAY, NO_HASH, Ledger
from workflows.subsidies.check import AREA, TREE, Application, Known, PlotFacts, Subject, Terms, TreeFacts, check

TRIED = 60


def test_they_agree_on_every_kind_of_claim(ledger: Ledger) -> None:
    dice = random.Random(25)
    trees = [
        tree_at(ledger, "NOTICE", tag="A-1"),
        tree_at(ledger, "REGISTERED", tag="A-2", owner="neighbour"),
        tree_at(ledger, "REGISTERED", "REPORTED_DEAD", tag="A-3"),
        tree_at(ledger, "REGISTERED", tag="A-4"),
        tree_at(ledger, "REGISTERED", tag="A-5"),
        tree_at(ledger, "REGISTERED", tag="A-6"),
        7,
    ]
    ledger.act("Trees.restrain", "regulator", tree=trees[4], kind="COMPLIANCE", expiresAt=0)
    ledger.act("Subsidies.registerPlot", "village", plot=PLOT, holder=ledger.ids["farmer"], areaCmu=500)
    programmes = [opened(ledger), opened(ledger, measure="ORGANIC"), opened(ledger, closesAt=ledger.now + DAY)]
    programmes.append(opened(ledger, basis="AREA", measure="ECO_GARDEN", rateFen=10))
    claim_at(ledger, "SUBMITTED", tag="A-7", programme=programmes[0])
    funded = int(ledger.view("Subsidies.claim", claim_at(ledger, "PAID", tag="A-8"))["asset"], 16)
    mandate = ledger.anchor("farmer", "0x" + "4d" * 32)
    ledger.enrol("idle", "LAWYER")
    seen = set()
    for _ in range(TRIED):
        area = dice.random() < 0.25
        fields = submission(
            ledger,
            programmes[3] if area else dice.choice(programmes[:3]),
            PLOT if area else asset_of(dice.choice([*trees, trees[5], trees[3], funded])),
            subject=ledger.ids[dice.choice(["farmer", "farmer", "farmer", "neighbour", "idle"])],
            quantity=dice.choice([1, 500, 501, 0]) if area else dice.choice([1, 1, 1, 2]),
            mandate=dice.choice([NO_HASH, mandate, mandate]),
        )
        if dice.random() < 0.1:
            fields["evidence"] = NO_HASH
        points = check(application(ledger, "village", fields), ledger.now)
        mark = ledger.snapshot()
        try:
            ledger.act("Subsidies.submit", "village", **fields)
            refused = None
        except ActRefused as found:
            refused = found.code
        ledger.revert(mark)
        assert (points == []) == (refused is None), (refused, points)
        seen |= {point.code for point in points} | ({"NONE"} if not points else set())
    assert len(seen) > 10, "claims that are all alike prove nothing"


def application(ledger: Ledger, who: str, fields: dict[str, Any]) -> Application:
    """What the ledger says of the claim, read from its views."""
    programme = ledger.view("Subsidies.programme", fields["programme"])
    party = ledger.view("Parties.party", fields["subject"])
    number = int(fields["asset"], 16)
    plot = ledger.view("Subsidies.plot", fields["asset"])
    left = programme["budgetFen"] + programme["returnedFen"] - programme["paidFen"] - programme["approvedFen"]
    assert left >= 3 * RATE or programme["rateFen"] < RATE, "of what is left the contract asks only at the approval"
    terms = Terms(
        str(fields["programme"]),
        programme["measure"],
        programme["basis"],
        programme["year"],
        programme["rateFen"],
        programme["budgetFen"],
        left,
        programme["closesAt"],
    )
    try:
        twin = ledger.view("Trees.tree", number)
    except ActRefused:
        twin = None
    hold = ledger.view("Trees.hold", number, 2)
    assert programme["basis"] in (TREE, AREA)
    return Application(
        terms=terms,
        subject_id=fields["subject"],
        subject=Subject(fields["subject"], party["status"], bool(party["roles"] & role_bits("FARMER"))),
        asset=fields["asset"],
        tree=TreeFacts(twin["owner"], twin["title"], twin["life"], hold["issuer"] != 0) if twin else None,
        plot=PlotFacts(plot["holder"], plot["areaCmu"]) if plot["holder"] else None,
        quantity=fields["quantity"],
        mandate=_mandated(ledger, fields) if fields["subject"] != ledger.ids[who] else None,
        evidence=fields.get("evidence", ledger.evidence) != NO_HASH,
        known=known(ledger, fields["asset"]),
    )


def _mandated(ledger: Ledger, fields: dict[str, Any]) -> bool:
    record = ledger.view("Evidence.record", fields["mandate"])
    return bool(record["attester"] == fields["subject"] and record["revokedAt"] == 0)


def known(ledger: Ledger, asset: str) -> list[Known]:
    """The claim that funds the asset for one measure or another."""
    found = []
    for place, measure in enumerate(("NONE", "ANCIENT_TREE", "ECO_GARDEN", "ORGANIC", "DISASTER")):
        funding = ledger.view("Subsidies.fundingId", place, asset, YEAR)
        claim = ledger.view("Subsidies.liveClaim", funding)
        if claim != NO_HASH:
            record = ledger.view("Subsidies.claim", claim)
            about = (str(record["programme"]), record["subject"], asset)
            found.append(Known(claim, *about, measure, YEAR, record["state"]))
    return found
