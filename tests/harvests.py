"""Trees, leaf, tea and codes on a running Chaqi, by the acts that lead there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from tests.stack import Stack

YEAR = 2026
PRODUCT, TOWN = "凤凰单丛茶", "凤凰镇"
NOTICE_SECONDS = 15 * 86_400
SURVEY = {
    "girthCm": 182,
    "heightCm": 590,
    "crownACm": 640,
    "crownBCm": 610,
    "health": "A",
    "accuracyCm": 50,
    "attributes": "0x" + "c4" * 32,
}


def made(stack: Stack, who: str, key: str, **message: Any) -> str:
    """Takes an act that creates something; returns its id in decimal: the act's digest."""
    signed = stack.sign(who, key, **message)
    stack.carry(signed)
    return str(int(signed.id, 16))


@dataclass
class Farm:
    """A stack, one live evidence, and acts on it."""

    stack: Stack
    evidence: str

    def trees(self, *kinds: dict[str, Any]) -> list[str]:
        """Registered trees of the farmer whose season has begun; `potential` in grams, other fields of a filing."""
        stack, ids = self.stack, []
        for kind in kinds:
            tag = f"T-{secrets.token_hex(6).upper()}"
            fields = {
                "tag": tag,
                "village": "凤西村",
                "cultivar": "宋种",
                "geoCell": "23.93N116.68E",
                "titleClass": "A",
                "ageYears": 610,
                "ageMethod": "CORE",
                "graftYear": 0,
                "attributes": "0x" + "c4" * 32,
                **{name: value for name, value in kind.items() if name != "potential"},
            }
            self.act("farmer", "Trees.file", **fields)
            ids.append(str(stack.client.get("/v1/trees", params={"tag": tag}).json()["items"][0]["id"]))
        for tree in ids:
            self.act("surveyor", "Trees.survey", tree=int(tree), **SURVEY)
            self.act("village", "Trees.postNotice", tree=int(tree))
        stack.pass_time(NOTICE_SECONDS + 1)
        for tree, kind in zip(ids, kinds, strict=True):
            stack.act("agri", "Trees.register", tree=int(tree), certificate="0x" + "ce" * 32)
            window = {"opensAt": stack.now(), "closesAt": stack.now() + 300 * 86_400}
            potential = kind.get("potential", 2_300)
            self.act("agri", "Batches.statePotential", tree=int(tree), season=YEAR, potential=potential, **window)
        return ids

    def act(self, who: str, key: str, **message: Any) -> None:
        """An act on this evidence."""
        self.stack.act(who, key, **{"evidence": self.evidence} | message)

    def made(self, who: str, key: str, **message: Any) -> str:
        """An act on this evidence that creates something; returns its id."""
        return made(self.stack, who, key, **{"evidence": self.evidence} | message)

    def pick(self, tree: str, weight: int) -> str:
        """Leaf picked by the farmer."""
        return self.made("farmer", "Batches.pick", tree=int(tree), season=YEAR, weight=weight)

    def tea(self, parts: dict[str, int], weight: int, who: str = "farmer") -> str:
        """Tea of so much of each batch."""
        parents = sorted(map(int, parts))
        weights = [parts[str(parent)] for parent in parents]
        return self.made(who, "Batches.make", parents=parents, weights=weights, weight=weight)

    def sell(self, batch: str, weight: int, seller: str = "farmer", buyer: str = "firm") -> str:
        """A confirmed sale."""
        party = self.stack.party_ids[buyer]
        fields = {"batch": int(batch), "buyer": party, "weight": weight, "ordinaryCourse": True}
        sale = self.made(seller, "Batches.offerSale", **fields)
        self.act(buyer, "Batches.confirmSale", sale=int(sale))
        return sale

    def approved(self, batch: str, count: int, unit: int, *, indicated: bool = False) -> str:
        """A lot of codes of the firm that is approved."""
        fields = {"batch": int(batch), "count": count, "unitWeight": unit, "indicated": indicated}
        lot = self.made("firm", "Batches.requestCodes", **fields)
        self.act("operator", "Batches.reviewCodes", lot=int(lot), approved=True)
        if indicated:
            self.act("indications", "Batches.reviewCodes", lot=int(lot), approved=True)
        return lot

    def codes(self, lot: str) -> dict[str, Any]:
        """The codes of an approved lot, made by the firm that is signed in."""
        answer = self.stack.client.post(f"/v1/lots/{lot}/codes", headers=self.stack.sign_in("firm"))
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def issue(self, lot: str) -> dict[str, Any]:
        """The codes of an approved lot, made and issued."""
        body = self.codes(lot)
        self.act("firm", "Batches.issueCodes", lot=int(lot), root=body["root"])
        return body


def farm(stack: Stack) -> Farm:
    """A farm on a stack."""
    return Farm(stack, stack.anchor())
