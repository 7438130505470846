"""From files to receipts: what `chaqi anchor` does, and does again after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from chain.offchain import migrate, open_store, reading
from chain.settings import Settings
from workflows.evidence.anchor import bring_up_to_date, prepare, submit
from workflows.evidence.batches import Document, build, close_batch
from workflows.evidence.hashing import FileUnreadable, NotAFile
from workflows.evidence.receipt import ReceiptMalformed, State, read


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[sa.Engine]:
    settings = Settings(var_dir=tmp_path / "var", offchain=None)
    migrate(settings)
    engine = open_store(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "deeds").mkdir(parents=True)
    (folder / "deeds" / "1.pdf").write_bytes(b"one")
    (folder / "survey.json").write_bytes(b"two")
    (folder / "link").symlink_to("survey.json")
    return folder


def queued(store: sa.Engine) -> int:
    """How many documents were ever queued."""
    with reading(store) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(Document)) or 0


def test_a_folder_becomes_receipts_in_the_same_shape(docs: Path, tmp_path: Path, sqlite_store: sa.Engine) -> None:
    out = tmp_path / "receipts"
    found = prepare([docs], out)
    assert not out.exists()
    assert [(entry.name, entry.skipped) for entry in found.skipped] == [("link", "symbolic link")]
    assert submit(sqlite_store, 1, found.documents, now=0) == 2
    written = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.json"))
    assert written == ["docs/deeds/1.pdf.receipt.json", "docs/survey.json.receipt.json"]
    receipt = read(out / "docs/deeds/1.pdf.receipt.json")
    assert (receipt.state, receipt.document.name) == (State.PENDING, "1.pdf")


def test_a_single_file_is_named_after_itself(docs: Path, tmp_path: Path) -> None:
    (document,) = prepare([docs / "survey.json"], tmp_path / "out").documents
    assert document.receipt_path == tmp_path / "out" / "survey.json.receipt.json"


def test_one_unreadable_path_and_nothing_is_done(docs: Path, tmp_path: Path) -> None:
    out = tmp_path / "receipts"
    with pytest.raises(FileUnreadable, match="missing"):
        prepare([docs, tmp_path / "missing"], out)
    with pytest.raises(NotAFile):
        prepare([docs, docs / "link"], out)
    assert not out.exists()


def test_doing_it_again_repeats_nothing(docs: Path, tmp_path: Path, sqlite_store: sa.Engine) -> None:
    """A crash between receipts and queue, or after both, is mended by the same command."""
    out = tmp_path / "receipts"
    first = prepare([docs], out).documents
    submit(sqlite_store, 1, first[:1], now=0)
    second = prepare([docs], out).documents
    assert second[0] == first[0]
    assert second[1] != first[1]  # its salt never reached the disk
    submit(sqlite_store, 1, second, now=0)
    assert prepare([docs], out).documents == second
    assert submit(sqlite_store, 1, second, now=0) == 0
    assert queued(sqlite_store) == 2


def test_a_changed_document_gets_a_receipt_beside_the_old_one(
    docs: Path, tmp_path: Path, sqlite_store: sa.Engine
) -> None:
    out = tmp_path / "receipts"
    submit(sqlite_store, 1, prepare([docs], out).documents, now=0)
    old = (out / "docs/survey.json.receipt.json").read_bytes()
    (docs / "survey.json").write_bytes(b"three")
    again = prepare([docs], out).documents
    assert submit(sqlite_store, 1, again, now=0) == 1
    assert (out / "docs/survey.json.receipt.json").read_bytes() == old
    assert len(list(out.rglob("*.json"))) == 3
    assert prepare([docs], out).documents == again


def test_two_files_of_one_name_keep_two_receipts(docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "survey.json").write_bytes(b"another")
    found = prepare([docs / "survey.json", other / "survey.json"], tmp_path / "out").documents
    assert len({document.receipt_path for document in found}) == 2


def test_receipts_written_into_the_folder_are_not_documents_the_next_time(docs: Path, sqlite_store: sa.Engine) -> None:
    out = docs / "receipts"
    submit(sqlite_store, 1, prepare([docs], out).documents, now=0)
    assert len(prepare([docs], out).documents) == 2


def test_the_longest_chinese_names_and_names_that_are_not_text(tmp_path: Path, sqlite_store: sa.Engine) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / ("茶" * 85)).write_bytes(b"1")  # 255 bytes, the longest a file system takes
    (folder / "caf\udce9").write_bytes(b"2")
    found = prepare([folder], tmp_path / "out").documents
    assert submit(sqlite_store, 1, found, now=0) == 2
    assert {read(one.receipt_path).document.name for one in found} == {"茶" * 85, "caf\\xe9"}


def test_a_foreign_file_where_a_receipt_should_be_is_not_overwritten(docs: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "survey.json.receipt.json"
    place.parent.mkdir()
    place.write_text("my notes")
    with pytest.raises(ReceiptMalformed):
        prepare([docs / "survey.json"], tmp_path / "out")
    assert place.read_text() == "my notes"


def test_receipts_are_brought_up_to_date_in_place(docs: Path, tmp_path: Path, sqlite_store: sa.Engine) -> None:
    found = prepare([docs], tmp_path / "out").documents
    submit(sqlite_store, 1, found, now=0)
    places = [document.receipt_path for document in found]
    assert bring_up_to_date(sqlite_store, places) == {State.PENDING: 2}
    batch = close_batch(sqlite_store, 1, now=0, limit=10)
    assert batch is not None
    build(sqlite_store, batch)
    untouched = places[0].stat().st_ino
    assert bring_up_to_date(sqlite_store, places) == {State.PENDING: 2}
    assert read(places[0]).batch is not None
    assert places[0].stat().st_ino != untouched
    untouched = places[0].stat().st_ino
    bring_up_to_date(sqlite_store, places)
    assert places[0].stat().st_ino == untouched


def test_a_receipt_from_elsewhere_stays_as_it_is(docs: Path, tmp_path: Path, sqlite_store: sa.Engine) -> None:
    found = prepare([docs], tmp_path / "out").documents
    for document in found:
        submit(sqlite_store, 1, [document], now=0)
    other = Settings(var_dir=tmp_path / "elsewhere", offchain=None)
    migrate(other)
    store = open_store(other)
    assert bring_up_to_date(store, [document.receipt_path for document in found]) == {State.PENDING: 2}
    store.dispose()
