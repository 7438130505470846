"""The book made small, on a real chain: every count and sum is read back from SQL and from storage.

That the whole draw sums to the fen is tested without a chain, in `world/chapters/test_deeds.py` and beside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chain.devnet import anvil_program
from scripts.book import __main__ as command
from scripts.book import making
from scripts.book.facts import BookDiffers, Fact
from scripts.book.making import Book
from scripts.world.sizes import SIZES, SMALLEST_SHARE


@pytest.mark.skipif(anvil_program() is None, reason="anvil is not installed: the book was not made")
def test_a_small_book_is_what_was_drawn(tmp_path: Path) -> None:
    lines: list[str] = []
    made = making.make(tmp_path, SMALLEST_SHARE, 1, lines.append)
    facts = {fact.subject: fact for fact in made.facts}
    assert [fact for fact in made.facts if not fact.holds] == []
    assert facts["deeds"].chain == 2_329 and facts["trees"].chain == SIZES["tour"].trees
    assert {"deeds, fen", "certificates issued, fen", "loans, fen agreed", "trees valued, fen"} <= set(facts)
    assert all(fact.wanted > 0 for fact in made.facts)
    assert all(octets > 0 for octets in made.peak_bytes.values())
    assert any(" claim: 12 of 12, " in line for line in lines), "a run that nobody sees cannot be watched"


@pytest.mark.parametrize("fact", [Fact("deeds", 2, 1, 2), Fact("deeds", 2, 2, 1), Fact("deeds", 1, 2, 2)])
def test_a_fact_on_which_one_side_differs_fails_the_book(fact: Fact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "make", lambda *_: Book(facts=[Fact("trees", 3, 3, 3), fact]))
    monkeypatch.setattr("sys.argv", ["book", "--folder", "/nonexistent/book"])
    with pytest.raises(BookDiffers, match="deeds"):
        command.main()
