"""The vault: sealed per subject, read only with a trace, erased for good, on both databases."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.offchain import migrate, open_store, reading, writing
from chain.settings import Settings
from workflows.commitment import NotCanonical, commit
from workflows.vault import (
    ERASURES_FILE,
    Erasure,
    ReadUnexplained,
    Records,
    RecordUnknown,
    SubjectErased,
    SubjectRestricted,
    Subjects,
    SubjectState,
    Vault,
    VaultTampered,
    WrongMasterKey,
    committed,
)

KEY = secrets.token_bytes(32)
RECORD = {"name": "陈某", "phone": "13800000000"}
DAY = 86_400


@pytest.fixture
def vault(store: sa.Engine, tmp_path: Path) -> Vault:
    return Vault(store, KEY, tmp_path / ERASURES_FILE)


def reads(store: sa.Engine) -> list[tuple[bytes, str, str, int]]:
    """The journal of plaintext reads."""
    with reading(store) as connection:
        found = connection.execute(sa.text("SELECT commitment, reader, purpose, read_at FROM vault_reads ORDER BY id"))
        return [(bytes(row[0]), row[1], row[2], row[3]) for row in found]


def test_a_record_comes_back_with_what_its_commitment_is_made_of(vault: Vault) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    opened = vault.read(commitment, "bank-3", "loan 12", now=2)
    assert (opened.tag, opened.record, opened.content) == ("identity", RECORD, None)
    assert commit(opened.tag, opened.salt, opened.record) == commitment


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 \x00\xff", secrets.token_bytes(100_000)])
def test_a_document_is_bound_by_the_commitment(vault: Vault, content: bytes) -> None:
    description = {"media_type": "application/pdf"}
    commitment = vault.put("party-7", "deed", description, content=content, now=1)
    opened = vault.read(commitment, "office-1", "deed 5", now=2)
    assert (opened.record, opened.content) == (description, content)
    assert commit("deed", opened.salt, committed(opened.record, content)) == commitment
    assert commit("deed", opened.salt, committed(opened.record, content + b"x")) != commitment


def test_the_same_record_twice_cannot_be_linked(vault: Vault) -> None:
    assert vault.put("party-7", "identity", RECORD, now=1) != vault.put("party-8", "identity", RECORD, now=1)


def test_nothing_readable_reaches_the_disk(vault: Vault, store: sa.Engine) -> None:
    vault.put("party-7", "identity", RECORD, content=b"the deed's text", now=1)
    with reading(store) as connection:
        rows = [*connection.execute(sa.select(Records)), *connection.execute(sa.select(Subjects))]
    stored = b"".join(repr(tuple(row)).encode() + bytes(getattr(row, "sealed", b"")) for row in rows)
    for plain in ("陈某".encode(), b"13800000000", b"the deed's text"):
        assert plain not in stored


def test_every_read_is_written_down_before_it_is_answered(vault: Vault, store: sa.Engine) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    vault.read(commitment, "bank-3", "loan 12", now=20)
    vault.read(commitment, "court-1", "case 9", now=30)
    assert reads(store) == [(commitment, "bank-3", "loan 12", 20), (commitment, "court-1", "case 9", 30)]


@pytest.mark.parametrize(("reader", "purpose"), [("", "loan"), ("bank-3", "  ")])
def test_a_read_without_reader_or_purpose_is_refused(vault: Vault, store: sa.Engine, reader: str, purpose: str) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    with pytest.raises(ReadUnexplained):
        vault.read(commitment, reader, purpose, now=2)
    assert reads(store) == []


def test_an_unknown_commitment_is_an_error_of_its_own(vault: Vault) -> None:
    with pytest.raises(RecordUnknown):
        vault.read(bytes(32), "bank-3", "loan", now=1)


def test_a_record_that_cannot_be_written_one_way_leaves_nothing(vault: Vault, store: sa.Engine) -> None:
    with pytest.raises(NotCanonical):
        vault.put("party-7", "identity", {"age": 1.5}, now=1)  # type: ignore[dict-item]
    with reading(store) as connection:
        assert connection.execute(sa.select(Subjects)).all() == []


@pytest.mark.parametrize("at", [0, 11, 12, 60, -1])
def test_changed_ciphertext_is_noticed(vault: Vault, store: sa.Engine, at: int) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    with writing(store) as connection:
        sealed = bytearray(connection.scalar(sa.select(Records.c.sealed)) or b"")
        sealed[at] ^= 1
        connection.execute(sa.update(Records).values(sealed=bytes(sealed)))
    with pytest.raises(VaultTampered):
        vault.read(commitment, "bank-3", "loan", now=2)


@pytest.mark.parametrize("sealed", [b"", b"short"])
def test_truncated_ciphertext_is_noticed(vault: Vault, store: sa.Engine, sealed: bytes) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    with writing(store) as connection:
        connection.execute(sa.update(Records).values(sealed=sealed))
    with pytest.raises(VaultTampered):
        vault.read(commitment, "bank-3", "loan", now=2)


def test_records_and_keys_cannot_be_exchanged(vault: Vault, store: sa.Engine) -> None:
    one = vault.put("party-7", "identity", RECORD, now=1)
    other = vault.put("party-7", "identity", RECORD, now=1)
    stranger = vault.put("party-8", "identity", RECORD, now=1)
    with writing(store) as connection:
        sealed = connection.scalar(sa.select(Records.c.sealed).where(Records.c.commitment == other))
        connection.execute(sa.update(Records).where(Records.c.commitment == one).values(sealed=sealed))
        key = connection.scalar(sa.select(Subjects.c.wrapped_key).where(Subjects.c.subject == "party-7"))
        connection.execute(sa.update(Subjects).where(Subjects.c.subject == "party-8").values(wrapped_key=key))
    for commitment in (one, stranger):
        with pytest.raises(VaultTampered):
            vault.read(commitment, "bank-3", "loan", now=2)
    assert vault.read(other, "bank-3", "loan", now=2).record == RECORD


def test_another_master_key_opens_nothing_and_says_why(vault: Vault, store: sa.Engine, tmp_path: Path) -> None:
    commitment = vault.put("party-7", "identity", RECORD, now=1)
    stranger = Vault(store, secrets.token_bytes(32), tmp_path / ERASURES_FILE)
    with pytest.raises(WrongMasterKey):
        stranger.read(commitment, "bank-3", "loan", now=2)
    with pytest.raises(WrongMasterKey):
        stranger.put("party-7", "identity", RECORD, now=2)


class TestErasure:
    """Destroying the key is the erasure; a legal duty to keep comes first."""

    def test_what_is_erased_stays_erased_for_this_subject_alone(self, vault: Vault, store: sa.Engine) -> None:
        gone = [vault.put("party-7", "identity", RECORD, now=1) for _ in range(3)]
        kept = vault.put("party-8", "identity", RECORD, now=1)
        assert vault.erase("party-7", now=5) == Erasure(SubjectState.ERASED, 5)
        for commitment in gone:
            with pytest.raises(SubjectErased):
                vault.read(commitment, "bank-3", "loan", now=6)
        with pytest.raises(SubjectErased):
            vault.put("party-7", "identity", RECORD, now=6)
        assert vault.read(kept, "bank-3", "loan", now=6).record == RECORD
        with reading(store) as connection:
            key = sa.select(Subjects.c.wrapped_key).where(Subjects.c.subject == "party-7")
            sealed = sa.select(Records.c.sealed).where(Records.c.subject == "party-7")
            assert connection.scalar(key) is None
            assert connection.scalars(sealed).all() == [b""] * 3

    def test_the_key_leaves_no_trace_in_sqlites_files(self, tmp_path: Path) -> None:
        settings = Settings(var_dir=tmp_path / "own", offchain=None)
        migrate(settings)
        store = open_store(settings)
        vault = Vault(store, KEY, tmp_path / ERASURES_FILE)
        vault.put("party-7", "identity", RECORD, now=1)
        with reading(store) as connection:
            key = connection.scalar(sa.select(Subjects.c.wrapped_key))
        assert key is not None

        def on_disk() -> bool:
            return any(key in file.read_bytes() for file in settings.var_dir.iterdir())

        assert on_disk()
        vault.erase("party-7", now=2)
        assert not on_disk()
        store.dispose()

    def test_erasing_again_changes_nothing(self, vault: Vault) -> None:
        vault.put("party-7", "identity", RECORD, now=1)
        assert vault.erase("party-7", now=5) == vault.erase("party-7", now=9) == Erasure(SubjectState.ERASED, 5)

    def test_a_hold_restricts_until_its_end(self, vault: Vault) -> None:
        commitment = vault.put("party-7", "deed", RECORD, now=1)
        vault.hold("party-7", "court case", until=10 * DAY, now=2)
        vault.hold("party-7", "accounting", until=5 * DAY, now=2)
        assert vault.read(commitment, "office-1", "deed 5", now=3).record == RECORD

        assert vault.erase("party-7", now=DAY) == Erasure(SubjectState.RESTRICTED, 10 * DAY)
        with pytest.raises(SubjectRestricted) as refusal:
            vault.read(commitment, "office-1", "deed 5", now=2 * DAY)
        assert refusal.value.values["until"] == 10 * DAY
        with pytest.raises(SubjectRestricted):
            vault.put("party-7", "deed", RECORD, now=2 * DAY)
        assert vault.erase("party-7", now=9 * DAY) == Erasure(SubjectState.RESTRICTED, 10 * DAY)

        assert vault.erase_due(now=9 * DAY) == []
        assert vault.erase_due(now=10 * DAY) == ["party-7"]
        assert vault.erase_due(now=11 * DAY) == []
        with pytest.raises(SubjectErased):
            vault.read(commitment, "office-1", "deed 5", now=11 * DAY)

    def test_a_hold_that_has_ended_does_not_stand_in_the_way(self, vault: Vault) -> None:
        vault.hold("party-7", "court case", until=DAY, now=1)
        assert vault.erase("party-7", now=DAY).state is SubjectState.ERASED
        with pytest.raises(SubjectErased):
            vault.hold("party-7", "too late", until=9 * DAY, now=2 * DAY)

    def test_erase_due_touches_nobody_who_did_not_ask(self, vault: Vault) -> None:
        commitment = vault.put("party-7", "deed", RECORD, now=1)
        vault.hold("party-7", "court case", until=DAY, now=1)
        assert vault.erase_due(now=2 * DAY) == []
        assert vault.read(commitment, "office-1", "deed", now=2 * DAY).record == RECORD

    def test_a_restored_backup_does_not_bring_an_erased_key_back(self, tmp_path: Path) -> None:
        settings = Settings(var_dir=tmp_path / "var", offchain=None)
        migrate(settings)
        store = open_store(settings)
        journal = tmp_path / ERASURES_FILE
        vault = Vault(store, KEY, journal)
        gone = vault.put("party-7", "identity", RECORD, now=1)
        kept = vault.put("party-8", "identity", RECORD, now=1)
        store.dispose()
        shutil.copytree(settings.var_dir, tmp_path / "backup")
        vault.erase("party-7", now=5)
        store.dispose()

        shutil.rmtree(settings.var_dir)
        shutil.copytree(tmp_path / "backup", settings.var_dir)
        with journal.open("a") as torn:
            torn.write('\n["party-8", 1')
        restored = Vault(open_store(settings), KEY, journal)
        with pytest.raises(SubjectErased):
            restored.read(gone, "bank-3", "loan", now=9)
        assert restored.read(kept, "bank-3", "loan", now=9).record == RECORD
        assert restored.erase("party-8", now=10).state is SubjectState.ERASED
        assert restored.reapply_erasures() == 0
