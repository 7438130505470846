"""Mass balance and descent over the graph of batches: what went into what, and of which trees it is by weight.

Batches are nodes, inputs are edges from tea to what it was made of. Weights in grams, shares in parts per million.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from chain.errors import ChaqiError
from workflows.packs import MILLION, Yields

PPM = 1_000_000


class DescentCircular(ChaqiError):
    """A batch descends from itself: no ledger says so, only a forged or torn copy of one."""

    en = "Batch {batch} is said to be made of itself."
    zh = "批次 {batch} 被记载为由其自身制成。"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the ledger tells it. `tree` names the tree of leaf, and is None of tea.

    `held` is what all parties hold of it together; `inputs` the grams that each parent gave.
    A batch that does not count was held back or rejected: nobody has any of it.
    """

    id: str
    weight: int
    tree: str | None = None
    inputs: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    processed: int = 0
    coded: int = 0
    consumed: int = 0
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """A figure that does not fit: `said` is what the batch says, `found` what the others say."""

    batch: str
    rule: str
    said: int
    found: int


def faults(batches: Mapping[str, Batch], yields: Yields) -> list[Fault]:
    """Every breach of the balance among batches all of whose relatives are there.

    BALANCE   weight = held + processed + coded + consumed
    INPUTS    processed = Σ of what its children took
    YIELD     tea weighs at most what its leaf can leave when dry, and its tea
    """
    taken: dict[str, int] = dict.fromkeys(batches, 0)
    for batch in batches.values():
        for parent, weight in batch.inputs.items():
            taken[parent] = taken.get(parent, 0) + weight
    found: list[Fault] = []
    for batch in batches.values():
        parts = batch.held + batch.processed + batch.coded + batch.consumed
        if parts != (batch.weight if batch.counts else 0):
            found.append(Fault(batch.id, "BALANCE", batch.weight if batch.counts else 0, parts))
        if batch.processed != taken[batch.id]:
            found.append(Fault(batch.id, "INPUTS", batch.processed, taken[batch.id]))
        if batch.tree is None:
            leaf = sum(weight for parent, weight in batch.inputs.items() if batches[parent].tree is not None)
            most = yields.most_dry_g(leaf) + sum(batch.inputs.values()) - leaf
            if batch.weight > most:
                found.append(Fault(batch.id, "YIELD", batch.weight, most))
    return found


def ancestry(batches: Mapping[str, Batch], batch: str) -> list[str]:
    """The batch and all it was made of, each after what was made of it. Raises `DescentCircular`."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False while its ancestors are being visited
    stack: list[tuple[str, Iterator[str]]] = [(batch, iter(batches[batch].inputs))]
    state[batch] = False
    while stack:
        one, parents = stack[-1]
        parent = next(parents, None)
        if parent is None:
            state[one] = True
            order.append(one)
            stack.pop()
        elif parent not in state:
            state[parent] = False
            stack.append((parent, iter(batches[parent].inputs)))
        elif not state[parent]:
            raise DescentCircular(batch=parent)
    return order[::-1]


def descendants(batches: Collection[Batch], batch: str) -> list[str]:
    """The batch and all that was made of it, in no order but that of finding: what a recall must reach."""
    children: dict[str, list[str]] = {}
    for one in batches:
        for parent in one.inputs:
            children.setdefault(parent, []).append(one.id)
    found = [batch]
    seen = {batch}
    for parent in found:
        for child in children.get(parent, ()):
            if child not in seen:
                seen.add(child)
                found.append(child)
    return found


def shares(batches: Mapping[str, Batch], batch: str, yields: Yields) -> dict[str, int]:
    """Of which picks a batch is, in ppm by weight; exactly 1,000,000 together.

    Leaf that is blended with tea counts at the most tea it can make. What rounding leaves over goes to the picks with
    the largest remainders.
    """
    exact: dict[str, Fraction] = {batch: Fraction(1)}
    for one in ancestry(batches, batch):
        inputs = batches[one].inputs
        if not inputs:
            continue
        as_tea = {parent: _as_tea(batches[parent], weight, yields) for parent, weight in inputs.items()}
        whole, share = sum(as_tea.values()), exact.pop(one)
        for parent, weight in as_tea.items():
            part = share * weight / whole
            exact[parent] = exact.get(parent, Fraction(0)) + part
    return _rounded(exact)


def by_tree(batches: Mapping[str, Batch], picks: Mapping[str, int]) -> dict[str, int]:
    """Shares of picks, summed for each tree."""
    found: dict[str, int] = {}
    for pick, ppm in picks.items():
        tree = batches[pick].tree
        if tree is not None:
            found[tree] = found.get(tree, 0) + ppm
    return found


def _as_tea(batch: Batch, weight: int, yields: Yields) -> Fraction:
    return Fraction(weight * MILLION, yields.least_fresh_per_dry_ppm) if batch.tree is not None else Fraction(weight)


def _rounded(exact: Mapping[str, Fraction]) -> dict[str, int]:
    floors = {one: int(share * PPM) for one, share in exact.items()}
    left = PPM - sum(floors.values())
    largest = sorted(exact, key=lambda one: (floors[one] - exact[one] * PPM, one))
    for one in largest[:left]:
        floors[one] += 1
    return floors
