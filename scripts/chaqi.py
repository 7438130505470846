"""`chaqi`: every act of running and checking Chaqi is a command here, with a summary line and a clear refusal."""

from __future__ import annotations

import locale
import sys

import typer

from chain.errors import ChaqiError, Language
from scripts import development, evidence, mirror, seed, services, up

app = typer.Typer(
    name="chaqi",
    help="Chaqi (茶契): a permissioned ledger from the tea tree to the enforcement certificate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(services.serve)
app.command()(services.worker)
app.command()(seed.seed)
app.command()(evidence.anchor)
app.command()(evidence.verify)
app.command()(development.compile)
app.add_typer(mirror.app, name="mirror")


def language() -> Language:
    """The language of the terminal: Chinese where the locale says so, else English."""
    return "zh" if (locale.setlocale(locale.LC_MESSAGES, "") or "").startswith("zh") else "en"


def main() -> None:
    """Runs the command line; a fact that keeps Chaqi from going on is one line in words, and exit code 1."""
    try:
        app()
    except ChaqiError as fact:
        print(f"{fact.code}: {fact.words(language())}", file=sys.stderr)
        sys.exit(1)
