"""The command: makes the book, shows its tables, and fails where a fact does not hold."""

from __future__ import annotations

import argparse
import shutil
import signal
from pathlib import Path

from rich.console import Console
from rich.table import Table

import scripts.book
from scripts.book.facts import BookDiffers
from scripts.book.making import Book, make

console = Console(soft_wrap=True, highlight=False)


def main() -> None:
    """Prints a line as each wave advances, so that a long run can be watched in a log. Raises `BookDiffers`."""
    parser = argparse.ArgumentParser(
        description=scripts.book.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the book, 0.01 to 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("var") / "book", help="emptied before")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that node and relay are ended too
    shutil.rmtree(asked.folder, ignore_errors=True)
    book = make(asked.folder, asked.scale, asked.seed, console.print)
    _show(book)
    if differing := [fact.subject for fact in book.facts if not fact.holds]:
        raise BookDiffers(facts=", ".join(differing))


def _show(book: Book) -> None:
    parts = Table("part", "count", "seconds", "a second", title="the book (synthetic)")
    for part in book.parts:
        # Anchors go with the waves that rely on them, and have no time of their own.
        told = (f"{part.seconds:,.1f}", f"{part.acts / part.seconds:,.0f}") if part.seconds else ("", "")
        parts.add_row(part.subject, f"{part.acts:,}", *told)
    console.print(parts)
    facts = Table("", "wanted", "SQL", "chain", "", title="counts and sums")
    for fact in book.facts:
        numbers = (f"{number:,}" for number in fact[1:])
        facts.add_row(fact.subject, *numbers, "agrees" if fact.holds else "DIFFERS")
    console.print(facts)
    total = sum(part.seconds for part in book.parts if not part.subject.startswith("acts of"))
    peaks = ", ".join(f"{name} {octets / 1e9:.2f} GB" for name, octets in book.peak_bytes.items())
    console.print(f"{total / 60:.1f} minutes; most memory held: {peaks}")
    console.print("processor seconds: " + ", ".join(f"{name} {spent:,.0f}" for name, spent in book.processor.items()))


if __name__ == "__main__":
    main()
