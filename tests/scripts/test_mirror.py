"""Orders to the running mirror: refused where they cannot be obeyed, and not waited for without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from indexer.queries import MirrorEmpty
from indexer.schema import cursor, folds
from indexer.store import migrate, only_writer, open_mirror, reading, writing
from scripts import mirror
from scripts.mirror import MirrorSilent, RewindOutOfBounds

FIRST, LAST = 5, 40


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A migrated mirror that never started, where the commands look for it."""
    monkeypatch.setenv("CHAQI_VAR_DIR", str(tmp_path))
    monkeypatch.delenv("CHAQI_MIRROR", raising=False)
    engine = open_mirror(f"sqlite:///{tmp_path / 'mirror.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: sa.Engine) -> sa.Engine:
    """A mirror of the blocks FIRST to LAST."""
    with writing(empty) as connection:
        connection.execute(
            sa.insert(cursor).values(
                id=1,
                chain_id=1,
                genesis_hash="0x00",
                contracts="{}",
                first_block=FIRST,
                block=LAST,
                head=LAST,
                seen_at=0.0,
            )
        )
    return empty


def ordered(engine: sa.Engine, column: sa.Column[int] | sa.Column[bool]) -> object:
    with reading(engine) as connection:
        return connection.scalar(sa.select(column))


@pytest.mark.parametrize("to", [FIRST - 2, LAST + 1, -1])
def test_a_rewind_out_of_bounds_is_refused_and_not_ordered(engine: sa.Engine, to: int) -> None:
    with pytest.raises(RewindOutOfBounds) as refusal:
        mirror.rewind(to)
    assert refusal.value.values == {"first": FIRST - 1, "last": LAST, "to": to}
    assert ordered(engine, cursor.c.rewind_to) is None


@pytest.mark.parametrize("to", [FIRST - 1, FIRST, LAST])
def test_a_rewind_within_bounds_is_ordered(engine: sa.Engine, to: int) -> None:
    mirror.rewind(to)
    assert ordered(engine, cursor.c.rewind_to) == to


def test_what_is_empty_is_neither_rewound_nor_rebuilt(empty: sa.Engine) -> None:
    with pytest.raises(MirrorEmpty):
        mirror.rewind(0)
    with pytest.raises(MirrorEmpty):
        mirror.rebuild()


class Clock:
    """Time that passes only while somebody sleeps; `meanwhile` is what others do then."""

    def __init__(self, meanwhile: Callable[[float], None] = lambda now: None) -> None:
        self.now = 0.0
        self.meanwhile = meanwhile

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile(self.now)


def test_a_holder_without_a_sign_of_life_is_not_waited_for(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(mirror, "time", clock)
    with only_writer(engine), pytest.raises(MirrorSilent):
        mirror.rebuild()
    assert 30 <= clock.now < 31
    assert ordered(engine, cursor.c.refold) is True


@pytest.mark.parametrize("sign", ["the cursor", "a projection"])
def test_a_living_mirror_is_waited_for_however_long_it_takes(
    engine: sa.Engine, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as connection:
        connection.execute(sa.insert(folds).values(projection="trees", fingerprint="", block=FIRST))
    signs = 0

    def meanwhile(now: float) -> None:
        nonlocal signs
        if now < 25 * (signs + 1):
            return
        signs += 1
        alive = sa.update(cursor).values(seen_at=now) if sign == "the cursor" else sa.update(folds).values(block=signs)
        with writing(engine) as connection:
            connection.execute(alive)
            connection.execute(sa.update(cursor).values(refold=signs < 4))

    clock = Clock(meanwhile)
    monkeypatch.setattr(mirror, "time", clock)
    with only_writer(engine):
        mirror.rebuild()
    assert clock.now >= 100
