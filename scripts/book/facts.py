"""Counts and sums of the book: what was drawn, what SQL holds, and what the contracts hold, entity by entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from chain.errors import ChaqiError
from chain.vocabulary import enumeration
from indexer.projection import Projection, discover
from indexer.queries import at
from indexer.reconcile import Storage
from scripts.world.chapters.deeds import BOOK_FEN
from scripts.world.chapters.enforcement import BOOK_CERTIFIED_FEN, Enforcement
from scripts.world.sizes import SIZES
from scripts.world.steps import Single, Step, Value
from scripts.world.story import Story

READ_AT_ONCE = 500
ITEMS = ("principal", "interest", "penalty", "costs")
GRAMS_PER_KILOGRAM = 1_000


class BookDiffers(ChaqiError):
    """A count or a sum of the book is not what was drawn."""

    en = "The book differs from what was drawn: {facts}."
    zh = "整本账与生成目标不一致：{facts}。"


class Fact(NamedTuple):
    """One count or sum: what was wanted, what SQL holds and what the contracts hold."""

    subject: str
    wanted: int
    sql: int
    chain: int

    @property
    def holds(self) -> bool:
        """All three agree."""
        return self.wanted == self.sql == self.chain


class Ledger:
    """Both sides of the book: the mirror's rows in SQL and the contracts' storage."""

    def __init__(self, engine: sa.Engine, storage: Storage) -> None:
        self.engine = engine
        self.storage = storage
        self.read = 0
        """Entities read from storage so far."""
        self._known: dict[str, Projection] = {projection.name: projection for projection in discover()}

    def rows(self, name: str, *columns: str) -> list[Sequence[Any]]:
        """Current rows: their id, and these columns."""
        table = self._known[name].table
        (key,) = self._known[name].key_names
        query = sa.select(table.c[key], *(table.c[column] for column in columns)).where(at(table, None))
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def stored(self, function: str, arguments: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
        """What a view function answers to each of many lists of arguments. Raises `BookDiffers` where it refuses."""
        for start in range(0, len(arguments), READ_AT_ONCE):
            part = arguments[start : start + READ_AT_ONCE]
            for answer in self.storage.read([(function, one) for one in part])[1]:
                if answer is None:
                    raise BookDiffers(facts=f"{function} refused an id that the mirror has")
                self.read += 1
                yield answer

    def counted(self, name: str, wanted: int) -> Fact:
        """How many there are by the mirror's rows, and by the contract's own counter."""
        function = self._known[name].count
        assert function is not None
        (answer,) = self.stored(function, [()])
        return Fact(name, wanted, len(self.rows(name)), int(next(iter(answer.values()))))


def facts(story: Story, ledger: Ledger) -> Iterator[Fact]:
    """Every fact of the book; what was wanted is read from the story's acts, and for the seed's sums from the seed."""
    enforcement = Enforcement(story)
    steps = [step for wave in story.waves() for step in wave.steps]
    yield from _counts(story, steps, enforcement, ledger)
    yield from _trees(steps, ledger)
    yield from _valuations(steps, ledger)
    yield from _agreements(steps, ledger)
    yield from _loans(steps, ledger)
    yield from _deeds(story, ledger)
    yield from _certificates(story, ledger)
    yield from _filings(enforcement, ledger)


def _counts(story: Story, steps: Sequence[Step], enforcement: Enforcement, ledger: Ledger) -> Iterator[Fact]:
    size, acts = story.world.size, Counter(step.act for step in steps)
    yield ledger.counted("parties", len(story.parties) + 1)  # the deployment enrols an attester of its own
    yield ledger.counted("trees", size.trees)
    yield ledger.counted("agreements", acts["Agreements.offer"])
    yield ledger.counted("loans", acts["LoanApplications.submit"])
    yield ledger.counted("deeds", size.deeds)
    yield ledger.counted("certificates", len(enforcement.claims))
    yield ledger.counted("filings", size.certificates)


def _trees(steps: Sequence[Step], ledger: Ledger) -> Iterator[Fact]:
    registered = _member("Title", "REGISTERED")
    rows = ledger.rows("trees", "title", "age_years")
    stored = [(int(one["title"]), int(one["ageYears"])) for one in ledger.stored("Trees.tree", _ids(rows))]
    wanted = sum(step.act == "Trees.register" for step in steps)
    mirrored = sum(int(row[1]) == registered for row in rows)
    yield Fact("trees registered", wanted, mirrored, sum(title == registered for title, _ in stored))
    wanted = sum(_whole(step, "ageYears") for step in steps if step.act == "Trees.file")
    yield Fact("trees, years of age", wanted, sum(int(row[2]) for row in rows), sum(age for _, age in stored))


def _valuations(steps: Sequence[Step], ledger: Ledger) -> Iterator[Fact]:
    """Every tree is asked whether it was valued, so that a valuation that the mirror has not would show."""
    wanted: dict[int, int] = {}
    for step in steps:
        if step.act == "Valuations.postMany":
            trees, values = step.message["trees"], step.message["values"]
            wanted |= {int(str(tree)): int(str(fen)) for tree, fen in zip(_list(trees), _list(values), strict=True)}
        elif step.act in ("Valuations.post", "Valuations.appraiseAgain"):
            wanted[_whole(step, "tree")] = _whole(step, "value")
    rows = ledger.rows("valuations", "value")
    trees_asked = _ids(ledger.rows("trees"))
    stored = [int(one["value"]) for one in ledger.stored("Valuations.valuation", trees_asked) if int(one["state"])]
    yield Fact("trees valued", len(wanted), len(rows), len(stored))
    yield Fact("trees valued, fen", sum(wanted.values()), sum(int(row[1]) for row in rows), sum(stored))


def _agreements(steps: Sequence[Step], ledger: Ledger) -> Iterator[Fact]:
    wanted = sum(_whole(step, "total") for step in steps if step.act == "Agreements.offer")
    rows = ledger.rows("agreements", "total")
    stored = ledger.stored("Agreements.agreement", _ids(rows))
    priced = sum(int(one["quantity"]) * int(one["unitPrice"]) // GRAMS_PER_KILOGRAM for one in stored)
    yield Fact("agreements, fen", wanted, sum(int(row[1]) for row in rows), priced)


def _loans(steps: Sequence[Step], ledger: Ledger) -> Iterator[Fact]:
    rows = ledger.rows("loans", "requested_fen", "agreed_fen")
    wanted = sum(_whole(step, "amountFen") for step in steps if step.act == "LoanApplications.submit")
    asked = sum(int(one["requestedFen"]) for one in ledger.stored("LoanApplications.application", _ids(rows)))
    yield Fact("loans, fen applied for", wanted, sum(int(row[1]) for row in rows), asked)
    # Both sides sign the same terms, of which the chain holds one.
    agreed = {step.entity: _whole(step, "principalFen") for step in steps if step.act == "Loans.agree"}
    terms = sum(int(one["principalFen"]) for one in ledger.stored("Loans.terms", _ids(rows)))
    yield Fact("loans, fen agreed", sum(agreed.values()), sum(int(row[2]) for row in rows), terms)


def _deeds(story: Story, ledger: Ledger) -> Iterator[Fact]:
    wanted = BOOK_FEN * story.world.size.deeds // SIZES["book"].deeds
    rows = ledger.rows("deeds", "principal")
    stored = sum(int(one["principal"]) for one in ledger.stored("Deeds.deed", _ids(rows)))
    yield Fact("deeds, fen", wanted, sum(int(row[1]) for row in rows), stored)


def _certificates(story: Story, ledger: Ledger) -> Iterator[Fact]:
    size, certified = story.world.size, _member("CertificateState", "ISSUED")
    rows = ledger.rows("certificates", "deed", "applied_at", "state", *ITEMS)
    claims = list(ledger.stored("Certificates.certificate", _ids(rows)))
    issued = [row for row in rows if row[3] == certified]
    valid = [one for one in claims if int(one["state"]) == certified]
    yield Fact("certificates issued", size.certificates, len(issued), len(valid))
    wanted = BOOK_CERTIFIED_FEN * size.certificates // SIZES["book"].certificates
    summed = sum(sum(map(int, row[4:])) for row in issued)
    yield Fact("certificates issued, fen", wanted, summed, sum(map(_total, valid)))

    entitled = ledger.stored("Deeds.entitlement", [(row[1], row[2]) for row in rows])
    within = sum(_total(one) <= int(most[""]) for one, most in zip(claims, entitled, strict=True))
    principals = {row[0]: int(row[1]) for row in ledger.rows("deeds", "principal")}
    mirrored = sum(int(row[4]) <= principals[row[1]] for row in rows)
    yield Fact("certificates within their deeds", len(rows), mirrored, within)


def _filings(enforcement: Enforcement, ledger: Ledger) -> Iterator[Fact]:
    rows = ledger.rows("filings", "court", "claimed", "recovered")
    filed = list(ledger.stored("Filings.filing", _ids(rows)))
    courts = len(set(enforcement.court_of.values()))
    yield Fact("courts", courts, len({row[1] for row in rows}), len({int(one["court"]) for one in filed}))
    owed = sum(map(enforcement.owed, enforcement.filed))
    claimed = sum(int(one["claimed"]) for one in filed)
    yield Fact("filings, fen claimed", owed, sum(int(row[2]) for row in rows), claimed)
    recovered = sum(int(one["recovered"]) for one in filed)
    wanted = sum(enforcement.recovered.values())
    yield Fact("filings, fen recovered", wanted, sum(int(row[3]) for row in rows), recovered)


def _ids(rows: Sequence[Sequence[Any]]) -> list[tuple[Any]]:
    return [(row[0],) for row in rows]


def _member(name: str, member: str) -> int:
    return (enumeration(f"enum {name}") or []).index(member)


def _whole(step: Step, name: str) -> int:
    return int(str(step.message[name]))


def _list(value: Value) -> list[Single]:
    assert isinstance(value, list)
    return value


def _total(certificate: dict[str, Any]) -> int:
    return sum(int(certificate[item]) for item in ITEMS)
