"""A read sees one state; a lease has one holder, and is free again when its holder is gone, however it went."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.database import DatabaseUnusable, LeaseHeld, lease, open_database, reading, writing
from chain.folders import FolderUnwritable

HOLDER = textwrap.dedent(
    """
    import sys, time
    import sqlalchemy as sa
    from chain.database import lease
    with lease(sa.create_engine(sys.argv[1]), "relay"):
        print("held", flush=True)
        time.sleep(600)
    """
)


def test_a_held_lease_is_refused_and_then_free_again(store: sa.Engine) -> None:
    with lease(store, "relay"):
        with pytest.raises(LeaseHeld) as refusal, lease(store, "relay"):
            raise AssertionError("two holders")
        assert refusal.value.values["name"] == "relay"
    with lease(store, "relay"):
        pass


def test_a_refused_attempt_does_not_end_the_holders_lease(store: sa.Engine) -> None:
    with lease(store, "relay"):
        for _ in range(3):
            with pytest.raises(LeaseHeld), lease(store, "relay"):
                pass


def test_leases_of_different_names_do_not_meet(store: sa.Engine) -> None:
    with lease(store, "relay"), lease(store, "worker"):
        pass


def test_a_lease_ends_with_the_block_that_raises(store: sa.Engine) -> None:
    with pytest.raises(ZeroDivisionError), lease(store, "relay"):
        raise ZeroDivisionError
    with lease(store, "relay"):
        pass


def test_a_killed_process_holds_nothing(store: sa.Engine) -> None:
    url = store.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(LeaseHeld), lease(store, "relay"):
            pass
        process.kill()
    for _ in range(1_000):  # PostgreSQL notices the lost connection a moment later
        try:
            with lease(store, "relay"):
                return
        except LeaseHeld:
            continue
    raise AssertionError("the lease outlived its holder")


def test_a_read_sees_one_state_while_others_write(store: sa.Engine) -> None:
    table = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.Text))
    count = sa.select(sa.func.count()).select_from(table)
    table.create(store)
    with reading(store) as connection:
        assert connection.scalar(count) == 0
        with writing(store) as other:
            other.execute(sa.insert(table).values(text="written meanwhile"))
        assert connection.scalar(count) == 0
    with reading(store) as connection:
        assert connection.scalar(count) == 1


@pytest.mark.parametrize("url", ["no url at all", "nosuchdatabase://somewhere/else"])
def test_a_url_that_names_no_database_is_refused_in_words(url: str) -> None:
    with pytest.raises(DatabaseUnusable):
        open_database(url)


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnwritable):
        open_database(f"sqlite:///{tmp_path}/file/below/store.db")
