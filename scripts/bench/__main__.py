"""`python -m scripts.bench`: measures the rooms, prints one table and, when all are measured, writes it down."""

from __future__ import annotations

import argparse
import importlib
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chain.errors import ChaqiError
from scripts.bench import __doc__ as about
from scripts.bench.figures import Figure, Options, machine, markdown, table

ROOMS = ("backfill", "length", "live", "acts", "deeds", "evidence", "api", "matching", "costs")
WHEN_ASKED = ("peers",)
"""Rooms that install programs of other makers: measured when named, never otherwise."""

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS, *WHEN_ASKED], help="all of them where none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=int, default=1, help="divide every size, to see that the scripts run")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--book", type=Path, help="a folder of `make book`, for the API; a part is made without it")
    asked = parser.parse_args()
    options = Options(asked.rounds, not asked.no_postgres, asked.scale, asked.book)
    console = Console()
    text = [HEADING, f"Measured on {date.today()}: {machine()}. {options.rounds} rounds.\n"]
    whole = not asked.rooms and options.scale == 1
    for room in asked.rooms or ROOMS:
        module = importlib.import_module(f"scripts.bench.{room}")
        try:
            with console.status(f"measuring {room}"):
                figures: list[Figure] = list(module.measure(options))
        except ChaqiError as missing:
            console.print(f"{room}: {missing}")
            whole = False
            continue
        rows = table(figures)
        shown = Table(*rows[0], title=room)
        for row in rows[1:]:
            shown.add_row(*row)
        console.print(shown)
        text += [f"## {room}", (module.__doc__ or "").strip() + "\n", markdown(rows)]
    if whole:
        WRITTEN.write_text("\n".join(text))
        console.print(f"written to docs/{WRITTEN.name}")


HEADING = """# Benchmarks

Written by `make bench`. Machines differ and are shared: what counts is the ratio to the peer or limit, measured in the
same round. A wide range says that the machine was noisy.
"""

if __name__ == "__main__":
    main()
