"""The vault: personal records and documents, encrypted per subject, so that one destroyed key is an erasure.

Each subject (a pseudonym, never a name) has its own AES-256-GCM key, itself encrypted by the master key. On
chain stands only the salted commitment; salt and record are sealed together, so with the key goes the means
to link them.

    put     seals a record and returns its commitment
    read    opens it, after writing down who reads and why
    hold    a legal duty to keep, with an end date
    erase   destroys the subject's key (PIPL 47); under a hold the subject is RESTRICTED until the duty ends

A backup of the store brings destroyed keys back. So an erasure is first written to a journal that is kept
apart from the store and its backups, and whoever opens a `Vault` applies that journal again first.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Mapped, mapped_column

from chain.errors import ChaqiError
from chain.offchain import AnyRow, Base, RowId, reading, writing
from workflows.commitment import SALT_BYTES, Json, canonical_json, commit, new_salt
from workflows.evidence.hashing import DigestStream

KEY_BYTES = 32
NONCE_BYTES = 12
LENGTH_BYTES = 8
ERASURES_FILE = "vault-erasures.jsonl"


class WrongMasterKey(ChaqiError):
    """The subject's key was wrapped under another master key."""

    status = 500
    en = "Subject {subject} is sealed under master key {expected}; the configured one is {found}."
    zh = "主体 {subject} 由主密钥 {expected} 封存，当前配置的是 {found}。"


class VaultTampered(ChaqiError):
    """Ciphertext, key or commitment in the vault does not belong to this record."""

    status = 500
    en = "Record {commitment} in the vault was changed from outside and cannot be opened."
    zh = "保险库中的记录 {commitment} 被外部改动，无法打开。"


class RecordUnknown(ChaqiError):
    """No record has this commitment."""

    status = 404
    en = "The vault holds no record with commitment {commitment}."
    zh = "保险库中没有承诺为 {commitment} 的记录。"


class SubjectErased(ChaqiError):
    """The subject's key was destroyed."""

    status = 410
    en = "The records of subject {subject} were erased at {erased_at} (UTC seconds)."
    zh = "主体 {subject} 的记录已于 {erased_at}（UTC 秒）删除。"


class SubjectRestricted(ChaqiError):
    """Erasure was asked for and a legal duty to keep stands in its way: storage and protection only (PIPL
    47).
    """

    status = 423
    en = "The records of subject {subject} are restricted to storage until {until} (UTC seconds)."
    zh = "主体 {subject} 的记录在 {until}（UTC 秒）之前仅限存储。"


class ReadUnexplained(ChaqiError):
    """A plaintext read without a reader or a purpose."""

    en = "State who reads and for which purpose; every reading of personal data is recorded."
    zh = "请说明读取人与目的；对个人信息的每次读取均会记录。"


class SubjectState(StrEnum):
    """What may be done with a subject's records."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What came of an erasure: `instant` is when it was done, or until when a hold prevents it (UTC
    seconds).
    """

    state: SubjectState
    instant: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A record in plaintext, with what its commitment is made of; `content` is the document it describes,
    if any.
    """

    tag: str
    salt: bytes
    record: Json
    content: bytes | None


class SubjectRow(Base):
    """A subject's key, wrapped; gone once `erased_at` is set."""

    __tablename__ = "vault_subjects"
    __table_args__ = (sa.CheckConstraint("(wrapped_key IS NULL) = (erased_at IS NOT NULL)", name="key"),)

    subject: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    master: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[int] = mapped_column(sa.BigInteger)
    erasure_asked_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    erased_at: Mapped[int | None] = mapped_column(sa.BigInteger)


class HoldRow(Base):
    """A duty to keep a subject's records until an instant."""

    __tablename__ = "vault_holds"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str] = mapped_column(sa.ForeignKey("vault_subjects.subject"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    until: Mapped[int] = mapped_column(sa.BigInteger)
    placed_at: Mapped[int] = mapped_column(sa.BigInteger)


class RecordRow(Base):
    """A sealed record: nonce, then AES-256-GCM over salt, canonical JSON and content."""

    __tablename__ = "vault_records"

    commitment: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    subject: Mapped[str] = mapped_column(sa.ForeignKey("vault_subjects.subject"), index=True)
    tag: Mapped[str] = mapped_column(sa.String(64))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    stored_at: Mapped[int] = mapped_column(sa.BigInteger)


class ReadRow(Base):
    """One plaintext read."""

    __tablename__ = "vault_reads"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    commitment: Mapped[bytes] = mapped_column(sa.ForeignKey("vault_records.commitment"), index=True)
    reader: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[str] = mapped_column(sa.Text)
    read_at: Mapped[int] = mapped_column(sa.BigInteger)


Subjects, Holds, Records, Reads = (
    Base.metadata.tables[row.__tablename__] for row in (SubjectRow, HoldRow, RecordRow, ReadRow)
)


class Vault:
    """Records sealed per subject in `store`; `erasures` is the journal's file. Instants are UTC seconds."""

    def __init__(self, store: sa.Engine, master_key: bytes, erasures: Path) -> None:
        self._store = store
        self._master = AESGCM(master_key)
        self._master_id = sha256(b"chaqi-vault-master" + master_key).hexdigest()[:16]
        self._erasures = erasures
        self.reapply_erasures()

    def put(
        self,
        subject: str,
        tag: str,
        record: Json,
        *,
        now: int,
        content: bytes | None = None,
        salt: bytes | None = None,
    ) -> bytes:
        """Seals `record`, with the document `content` it describes if any, and returns the commitment (32
        bytes).

        A `salt` is given where the commitment stands on chain already; then the record may come again, and is kept
        once. Raises `NotCanonical`, `SubjectErased`, `SubjectRestricted`, `WrongMasterKey`.
        """
        known = salt is not None
        salt = salt or new_salt()
        commitment = commit(tag, salt, committed(record, content))
        written = canonical_json(record)
        plain = b"".join(
            (salt, bytes([content is not None]), len(written).to_bytes(LENGTH_BYTES), written, content or b"")
        )
        with writing(self._store) as connection:
            key = self._key(self._subject(connection, subject, now, create=True), now, connection)
            kept = sa.select(Records.c.commitment).where(Records.c.commitment == commitment)
            if known and connection.scalar(kept) is not None:
                return commitment
            sealed = _seal(AESGCM(key), plain, _about(subject, tag, commitment))
            connection.execute(
                sa.insert(Records).values(commitment=commitment, subject=subject, tag=tag, sealed=sealed, stored_at=now)
            )
        return commitment

    def read(self, commitment: bytes, reader: str, purpose: str, *, now: int) -> Opened:
        """Opens a record; who read it, why and when is on disk before the plaintext is returned.

        Raises `ReadUnexplained`, `RecordUnknown`, `SubjectErased`, `SubjectRestricted`, `VaultTampered`,
        `WrongMasterKey`.
        """
        if not reader.strip() or not purpose.strip():
            raise ReadUnexplained()
        with writing(self._store) as connection:
            row = connection.execute(sa.select(Records).where(Records.c.commitment == commitment)).one_or_none()
            if row is None:
                raise RecordUnknown(commitment=commitment.hex())
            key = self._key(self._subject(connection, row.subject, now), now, connection)
            connection.execute(
                sa.insert(Reads).values(commitment=commitment, reader=reader, purpose=purpose, read_at=now)
            )
        try:
            opened = _open_record(key, row)
        except (InvalidTag, ValueError) as failure:
            raise VaultTampered(commitment=commitment.hex()) from failure
        if commit(opened.tag, opened.salt, committed(opened.record, opened.content)) != commitment:
            raise VaultTampered(commitment=commitment.hex())
        return opened

    def commitments(self, subject: str, tags: Sequence[str]) -> list[bytes]:
        """The commitments of a subject's records with one of these tags, oldest first; nothing is opened."""
        chosen = (
            sa.select(Records.c.commitment)
            .where(Records.c.subject == subject, Records.c.tag.in_(tags))
            .order_by(Records.c.stored_at, Records.c.commitment)
        )
        with reading(self._store) as connection:
            return list(connection.scalars(chosen))

    def hold(self, subject: str, reason: str, until: int, *, now: int) -> None:
        """Records a legal duty to keep the subject's records until `until`; raises `SubjectErased`."""
        with writing(self._store) as connection:
            row = self._subject(connection, subject, now, create=True)
            if row.erased_at is not None:
                raise SubjectErased(subject=subject, erased_at=row.erased_at)
            connection.execute(sa.insert(Holds).values(subject=subject, reason=reason, until=until, placed_at=now))

    def erase(self, subject: str, *, now: int) -> Erasure:
        """Destroys the subject's key, or restricts the subject while a hold lasts; asking again changes
        nothing.

        A subject without records is marked erased too: nothing can be stored for it afterwards.
        """
        with writing(self._store) as connection:
            row = self._subject(connection, subject, now, create=True)
            if row.erased_at is not None:
                return Erasure(SubjectState.ERASED, row.erased_at)
            until = _held_until(connection, subject, now)
            if until is not None:
                asked = sa.update(Subjects).where(Subjects.c.subject == subject)
                connection.execute(asked.values(erasure_asked_at=row.erasure_asked_at or now))
                return Erasure(SubjectState.RESTRICTED, until)
            self._journal(subject, now)
            _destroy(connection, subject, now)
        self._forget_log()
        return Erasure(SubjectState.ERASED, now)

    def erase_due(self, *, now: int) -> list[str]:
        """Erases every subject whose erasure was asked for and whose last hold has ended; returns them."""
        waiting = sa.select(Subjects.c.subject).where(
            Subjects.c.erasure_asked_at.is_not(None), Subjects.c.erased_at.is_(None)
        )
        with reading(self._store) as connection:
            asked = connection.scalars(waiting.order_by(Subjects.c.subject)).all()
        return [one for one in asked if self.erase(one, now=now).state is SubjectState.ERASED]

    def reapply_erasures(self) -> int:
        """Destroys again what the journal says was destroyed (after a restored backup); returns how many."""
        journalled = self._journalled()
        if not journalled:
            return 0
        again = 0
        with writing(self._store) as connection:
            for subject, erased_at in journalled:
                again += _destroy(connection, subject, erased_at)
        if again:
            self._forget_log()
        return again

    def _subject(self, connection: sa.Connection, subject: str, now: int, *, create: bool = False) -> AnyRow:
        chosen = sa.select(Subjects).where(Subjects.c.subject == subject).with_for_update()
        row = connection.execute(chosen).one_or_none()
        if row is None and create:
            wrapped = _seal(self._master, secrets.token_bytes(KEY_BYTES), _about_key(subject))
            connection.execute(
                sa.insert(Subjects).values(subject=subject, wrapped_key=wrapped, master=self._master_id, created_at=now)
            )
            row = connection.execute(chosen).one()
        assert row is not None  # a record's subject exists by foreign key
        return row

    def _key(self, row: AnyRow, now: int, connection: sa.Connection) -> bytes:
        if row.erased_at is not None:
            raise SubjectErased(subject=row.subject, erased_at=row.erased_at)
        if row.erasure_asked_at is not None:
            until = _held_until(connection, row.subject, now) or now
            raise SubjectRestricted(subject=row.subject, until=until)
        if row.master != self._master_id:
            raise WrongMasterKey(subject=row.subject, expected=row.master, found=self._master_id)
        try:
            return _unseal(self._master, row.wrapped_key, _about_key(row.subject))
        except (InvalidTag, ValueError) as failure:
            raise VaultTampered(commitment=f"(key of {row.subject})") from failure

    def _journal(self, subject: str, now: int) -> None:
        self._erasures.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._erasures, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # The leading newline keeps an entry whole when a crash tore the one before it.
            os.write(descriptor, f"\n{json.dumps([subject, now])}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _journalled(self) -> list[tuple[str, int]]:
        if not self._erasures.exists():
            return []
        entries = []
        for line in self._erasures.read_text().splitlines():
            try:
                subject, erased_at = json.loads(line)
            except ValueError:
                continue  # an empty line, or an entry torn before its erasure was committed
            entries.append((str(subject), int(erased_at)))
        return entries

    def _forget_log(self) -> None:
        if self._store.dialect.name != "sqlite":
            return
        connection = self._store.raw_connection()
        try:  # the write-ahead log still holds the pages with the destroyed key
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def committed(record: Json, content: bytes | None) -> Json:
    """What a commitment is over: the record, or the record together with the digests of its document."""
    if content is None:
        return record
    stream = DigestStream()
    stream.update(content)
    digests = stream.finish()
    return {
        "record": record,
        "content": {"size": digests.size, "sha256": digests.sha256.hex(), "sm3": digests.sm3.hex()},
    }


def _seal(key: AESGCM, plain: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, about)


def _unseal(key: AESGCM, sealed: bytes, about: bytes) -> bytes:
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)


def _open_record(key: bytes, row: AnyRow) -> Opened:
    plain = _unseal(AESGCM(key), row.sealed, _about(row.subject, row.tag, row.commitment))
    salt, rest = plain[:SALT_BYTES], plain[SALT_BYTES:]
    described, rest = bool(rest[0]), rest[1:]
    end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES])
    return Opened(row.tag, salt, json.loads(rest[LENGTH_BYTES:end]), rest[end:] if described else None)


def _about(subject: str, tag: str, commitment: bytes) -> bytes:
    return b"chaqi-vault-record\x00" + f"{subject}\x00{tag}\x00".encode() + commitment


def _about_key(subject: str) -> bytes:
    return b"chaqi-vault-key\x00" + subject.encode()


def _held_until(connection: sa.Connection, subject: str, now: int) -> int | None:
    last = sa.select(sa.func.max(Holds.c.until)).where(Holds.c.subject == subject, Holds.c.until > now)
    until: int | None = connection.scalar(last)
    return until


def _destroy(connection: sa.Connection, subject: str, erased_at: int) -> int:
    gone = connection.execute(
        sa.update(Subjects)
        .where(Subjects.c.subject == subject, Subjects.c.erased_at.is_(None))
        .values(wrapped_key=None, erased_at=erased_at)
    )
    connection.execute(sa.update(Records).where(Records.c.subject == subject).values(sealed=b""))
    return gone.rowcount
