"""Where tea comes from, read from the mirror as of a block: the graph behind a batch, and its trace in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.reads import View
from chain.vocabulary import ENUMERATIONS, role_names
from indexer import queries
from indexer.projection import Projection
from indexer.projections.batches import batch_inputs, batches, holdings, sales
from indexer.projections.indications import indications
from indexer.projections.parties import parties
from indexer.projections.trees import trees
from workflows import packs
from workflows.batches.balance import Batch, ancestry, by_tree, shares
from workflows.batches.claims import Claim, Finding, Notice, Origin, check, grafts

Row = dict[str, Any]

YIELDS = packs.load(packs.OURS).yields
STATES, QUALITIES = (list(ENUMERATIONS[name]) for name in ("BatchState", "BatchQuality"))
RESTRAINTS, INDICATIONS = (list(ENUMERATIONS[name]) for name in ("Restraint", "IndicationState"))
COUNTING = {STATES.index("LEAF"), STATES.index("TEA")}
FAILED = QUALITIES.index("FAILED")
GRANTED = INDICATIONS.index("GRANTED")
CONFIRMED = list(ENUMERATIONS["SaleState"]).index("CONFIRMED")
ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Provenance:
    """Everything behind one batch. `order`: the batch, then what it was made of; `ppm` its shares by tree."""

    batch: str
    order: list[str]
    rows: dict[str, Row]
    graph: dict[str, Batch]
    ppm: dict[str, int]
    trees: dict[str, Row]
    indications: dict[str, Row]
    sales: list[Row]
    roles: dict[int, list[str]]
    now: int

    @property
    def season(self) -> int:
        """The newest season of its leaf."""
        newest: int = max(self.rows[one]["season"] for one in self.order if self.rows[one]["tree"])
        return newest

    @property
    def recalled(self) -> bool:
        """Whether it or anything it was made of was recalled."""
        return any(self.rows[one]["recalled"] for one in self.order)

    @property
    def failed(self) -> bool:
        """Whether it or anything it was made of stands as failed."""
        return any(self.rows[one]["quality"] == FAILED for one in self.order)

    @property
    def restrained(self) -> bool:
        """Whether leaf of it was picked under restraint."""
        return bool(self.rows[self.batch]["restraints"])

    @property
    def indicated(self) -> bool:
        """Whether all its trees have the indication at the block asked for."""
        return all(self._granted(tree) for tree in self.ppm)

    def origins(self) -> list[Origin]:
        """Its trees, the largest share first."""
        found = [
            Origin(
                tag=self.trees[tree]["tag"],
                cultivar=self.trees[tree]["cultivar"],
                age_years=self.trees[tree]["age_years"],
                graft_year=self.trees[tree]["graft_year"],
                protection=self.trees[tree]["protection"],
                indicated=self._granted(tree),
                share_ppm=ppm,
            )
            for tree, ppm in self.ppm.items()
        ]
        return sorted(found, key=lambda origin: (-origin.share_ppm, origin.tag))

    def findings(self, years: int = 0) -> list[Finding]:
        """Every claim checked; that of age only when `years` are claimed."""
        claims = [claim for claim in Claim if years or claim is not Claim.AGED]
        return [check(claim, self.origins(), self.season, years) for claim in claims]

    def grafted(self) -> list[Notice]:
        """What must be told of grafted trees."""
        return grafts(self.origins(), self.season)

    def json(self) -> Row:
        """The trace as the API shows it."""
        return {
            "batch": self.batch,
            "season": self.season,
            "trees": self._cards(),
            "picks": [self._pick(self.rows[one]) for one in reversed(self.order) if self.rows[one]["tree"]],
            "makings": [self._making(one) for one in reversed(self.order) if not self.rows[one]["tree"]],
            "sales": [self._sale(row) for row in self.sales],
        }

    def _granted(self, tree: str) -> bool:
        found = self.indications.get(tree)
        return found is not None and found["state"] == GRANTED and self.now <= found["review_due"]

    def _cards(self) -> list[Row]:
        cards = []
        for tree, ppm in sorted(self.ppm.items(), key=lambda one: (-one[1], one[0])):
            card = {name: self.trees[tree][name] for name in ("tag", "village", "cultivar", "geo_cell", "protection")}
            ages = {name: self.trees[tree][name] for name in ("age_years", "graft_year")}
            state = self.indications[tree]["state"] if tree in self.indications else 0
            (origin,) = (one for one in self.origins() if one.tag == card["tag"])
            cards.append(
                {
                    "id": tree,
                    "share_ppm": ppm,
                    **card,
                    **ages,
                    "cultivar_years": origin.cultivar_years(self.season),
                    "life": list(ENUMERATIONS["Life"])[self.trees[tree]["life"]],
                    "indication": INDICATIONS[state],
                    "indicated": origin.indicated,
                }
            )
        return cards

    def _who(self, party: int) -> Row:
        return {"party": party, "roles": self.roles.get(party, [])}

    def _pick(self, row: Row) -> Row:
        return {
            "batch": row["batch"],
            "tree": row["tree"],
            "season": row["season"],
            "weight": row["weight"],
            "picked_at": row["made_at"],
            "by": self._who(row["maker"]),
            "restraints": restraints_in(row["restraints"]),
            "evidence": row["evidence"],
        }

    def _making(self, one: str) -> Row:
        row = self.rows[one]
        return {
            "batch": one,
            "weight": row["weight"],
            "made_at": row["made_at"],
            "by": self._who(row["maker"]),
            "inputs": [{"batch": parent, "weight": grams} for parent, grams in sorted(self.graph[one].inputs.items())],
            "quality": QUALITIES[row["quality"]],
            "report": row["report"],
            "recalled": row["recalled"],
            "evidence": row["evidence"],
        }

    def _sale(self, row: Row) -> Row:
        return {
            "sale": row["sale"],
            "batch": row["batch"],
            "seller": self._who(row["seller"]),
            "buyer": self._who(row["buyer"]),
            "weight": row["weight"],
            "ordinary_course": row["ordinary_course"],
            "confirmed_at": row["concluded_at"],
        }


def provenance(view: View, batch: str) -> Provenance:
    """Everything behind a batch that the mirror holds at a block."""
    found, edges = _above(view, batch)
    graph = _graph(view, found, edges)
    order = ancestry(graph, batch)
    ppm = by_tree(graph, shares(graph, batch, YIELDS))
    sold = _where_in(view, sales, "batch", order, sales.table.c.state == CONFIRMED)
    people = {row["maker"] for row in found.values()}
    people |= {row[side] for row in sold for side in ("seller", "buyer")}
    return Provenance(
        batch=batch,
        order=order,
        rows=found,
        graph=graph,
        ppm=ppm,
        trees={row["tree"]: row for row in _where_in(view, trees, "tree", ppm)},
        indications={row["tree"]: row for row in _where_in(view, indications, "tree", ppm)},
        sales=sorted(sold, key=lambda row: (row["concluded_at"], row["sale"])),
        roles={row["party"]: role_names(row["roles"]) for row in _where_in(view, parties, "party", people)},
        now=view.as_of.time,
    )


def below(view: View, batch: str) -> list[str]:
    """A batch and all that was made of it: what a recall must reach."""
    found, portion = [batch], [batch]
    while portion:
        made = {row["batch"] for row in _where_in(view, batch_inputs, "parent", portion)}
        portion = sorted(made - set(found))
        found += portion
    return found


def restraints_in(bits: int) -> list[str]:
    """The restraints in a bit set."""
    return [name for place, name in enumerate(RESTRAINTS) if bits >> place & 1]


def _above(view: View, batch: str) -> tuple[dict[str, Row], dict[str, dict[str, int]]]:
    found: dict[str, Row] = {}
    edges: dict[str, dict[str, int]] = {}
    portion = [batch]
    while portion:
        found |= {row["batch"]: row for row in _where_in(view, batches, "batch", portion)}
        for row in _where_in(view, batch_inputs, "batch", portion):
            edges.setdefault(row["batch"], {})[row["parent"]] = row["weight"]
        portion = sorted({parent for one in portion for parent in edges.get(one, ())} - found.keys())
    return found, edges


def _graph(view: View, found: dict[str, Row], edges: dict[str, dict[str, int]]) -> dict[str, Batch]:
    held: dict[str, int] = {}
    for row in _where_in(view, holdings, "batch", found):
        held[row["batch"]] = held.get(row["batch"], 0) + row["weight"]
    return {
        one: Batch(
            one,
            row["weight"],
            row["tree"],
            edges.get(one, {}),
            held.get(one, 0),
            row["processed"],
            row["coded"],
            row["consumed"],
            row["state"] in COUNTING,
        )
        for one, row in found.items()
    }


def _where_in(
    view: View, projection: Projection, column: str, values: Iterable[Any], *where: sa.ColumnElement[bool]
) -> list[Row]:
    table, wanted, found = projection.table, list(values), []
    for part in _parts(wanted):
        chosen = sa.select(table).where(table.c[column].in_(part), queries.at(table, view.block), *where)
        found += [dict(row) for row in view.connection.execute(chosen).mappings()]
    return found


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + ASKED_AT_ONCE] for start in range(0, len(values), ASKED_AT_ONCE)]
