"""`python -m scripts.bench`: measures the rooms and prints their tables; all of a kind are also written down."""

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

WRITTEN = {ROOMS: ("benchmarks.md", "make bench"), WHEN_ASKED: ("benchmarks-peers.md", "make bench-peers")}
"""Where rooms are written down, in `docs/`, and what measures them."""

DOCS = Path(__file__).resolve().parents[2] / "docs"


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
    rooms = tuple(asked.rooms) or ROOMS
    text = [f"Measured on {date.today()}: {machine()}. {options.rounds} rounds.\n"]
    whole = options.scale == 1
    for room in rooms:
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
    if whole and rooms in WRITTEN:
        name, measured_by = WRITTEN[rooms]
        (DOCS / name).write_text("\n".join([HEADING.format(measured_by), *text]))
        console.print(f"written to docs/{name}")


HEADING = """# Benchmarks

Written by `{}`. Machines differ and are shared: what counts is the ratio to the peer or limit, measured in the
same round. A wide range says that the machine was noisy.
"""

if __name__ == "__main__":
    main()
