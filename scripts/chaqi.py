"""`chaqi`: every act of running and checking Chaqi is a command here, with a summary line and a clear refusal."""

from __future__ import annotations

import os
import sys

import sqlalchemy as sa
import typer
from pydantic import ValidationError

from chain.database import DatabaseUnusable
from chain.errors import ChaqiError, Language
from chain.settings import Settings
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
app.command()(evidence.package)
app.command()(development.compile)
app.add_typer(mirror.app, name="mirror")


class SettingsInvalid(ChaqiError):
    """A setting in the environment is not what it has to be."""

    en = "{name}={value} cannot be used: {reason}."
    zh = "{name}={value} 无法使用：{reason}。"


def language() -> Language:
    """The language of the terminal: Chinese where the environment says so, else English."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, named), "").startswith("zh") else "en"


def main() -> None:
    """Runs the command line; a fact that keeps Chaqi from going on is one line in words, and exit code 1."""
    try:
        app()
    except (ChaqiError, ValidationError, sa.exc.DatabaseError) as failure:
        fact = _fact(failure)
        if fact is None:
            raise
        print(f"{fact.code}: {fact.words(language())}", file=sys.stderr)
        sys.exit(1)


def _fact(failure: ChaqiError | ValidationError | sa.exc.DatabaseError) -> ChaqiError | None:
    """What went wrong outside of Chaqi; None for a defect of ours, which keeps its traceback."""
    if isinstance(failure, ChaqiError):
        return failure
    if isinstance(failure, ValidationError):
        if failure.title != Settings.__name__:
            return None
        first = failure.errors()[0]
        name = f"{Settings.model_config['env_prefix']}{first['loc'][0]}".upper()
        return SettingsInvalid(name=name, value=first["input"], reason=first["msg"])
    # A plain DatabaseError is SQLite's word for a file that is no database; its other subclasses are defects.
    if isinstance(failure, sa.exc.OperationalError) or type(failure) is sa.exc.DatabaseError:
        return DatabaseUnusable(reason=" ".join(str(failure.orig).split()))
    return None
