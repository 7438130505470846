"""The receipt: the one file a person keeps next to a document, enough for a stranger to verify it.

JSON, a few kilobytes, readable by eye. The two digests are written as `sha256sum` writes them, everything
else as 0x-hex. It holds the salt: with the receipt and the document anyone can verify, without the receipt
nobody can guess which document a leaf stands for. The name is a hint for people, never part of the leaf,
never on chain.

    state      pending → anchored → final
    document   name, size (bytes), sha256, sm3
    leaf       scheme, salt, hash
    batch      root, count, index, path (siblings from the leaf up)     once the batch is closed
    anchor     chain, contract, attester, evidence id, transaction, block, log     once anchored
    provenance what the submitter says about the origin; stated, not proven (domain rules: 在线诉讼规则 18)

Version 1 of the format refuses fields it does not know.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from chain.errors import ChaqiError
from workflows.evidence.hashing import Digests, FileUnreadable
from workflows.evidence.tree import MAX_PATH, Path
from workflows.faults import first_fault

FORMAT = "chaqi-evidence-receipt"
SUFFIX = ".receipt.json"
MAX_RECEIPT_BYTES = 256 * 1024
UINT64_MAX = 2**64 - 1


class ReceiptMalformed(ChaqiError):
    """A receipt file that is not one; `field` says where."""

    status = 422
    en = "The receipt is malformed at {field}: {problem}."
    zh = "回执格式错误，字段 {field}：{problem}。"


class ReceiptUnwritable(ChaqiError):
    """The place for a receipt cannot be written to."""

    en = "The receipt {path} cannot be written ({reason}). Choose another folder with --out."
    zh = "无法写入回执 {path}（{reason}）。请用 --out 指定其他文件夹。"


class State(StrEnum):
    """How far a document has come."""

    PENDING = "pending"
    """Waits for its batch, or for the batch's act to be mined."""
    ANCHORED = "anchored"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    """As many blocks deep as the chain's settings ask for."""


Hex32 = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}\Z")]
Digest32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\Z")]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}\Z"), AfterValidator(str.lower)]
UInt64 = Annotated[int, Field(ge=0, le=UINT64_MAX)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, regex_engine="python-re")


class DocumentPart(_Part):
    """The document as its holder sees it."""

    name: Annotated[str, Field(max_length=4096)] | None = None
    size: UInt64
    sha256: Digest32
    sm3: Digest32

    @property
    def digests(self) -> Digests:
        """As `hashing` gives them."""
        return Digests(self.size, bytes.fromhex(self.sha256), bytes.fromhex(self.sm3))


class LeafPart(_Part):
    """The salted leaf (leaf.py)."""

    scheme: Literal[1]
    salt: Hex32
    hash: Hex32


class Left(_Part):
    """A sibling on the left of the path."""

    left: Hex32


class Right(_Part):
    """A sibling on the right of the path."""

    right: Hex32


class BatchPart(_Part):
    """Where the leaf stands in its batch."""

    root: Hex32
    count: Annotated[int, Field(ge=1, le=2**32 - 1)]
    index: Annotated[int, Field(ge=0)]
    path: Annotated[list[Left | Right], Field(max_length=MAX_PATH)]

    @classmethod
    def of(cls, root: bytes, count: int, index: int, path: Path) -> BatchPart:
        """The part for a leaf at `index` of the batch with this root."""
        steps: list[Left | Right] = [
            Right(right=hex0x(sibling)) if path.on_right(level) else Left(left=hex0x(sibling))
            for level, sibling in enumerate(path.siblings)
        ]
        return cls(root=hex0x(root), count=count, index=index, path=steps)

    @property
    def wire_path(self) -> Path:
        """The path in the form the contract takes."""
        siblings = [unhex(step.right if isinstance(step, Right) else step.left) for step in self.path]
        sides = sum(isinstance(step, Right) << level for level, step in enumerate(self.path))
        return Path(tuple(siblings), sides)


class AnchorPart(_Part):
    """Where the chain recorded the batch."""

    chain_id: UInt64
    contract: Address
    attester: Annotated[int, Field(ge=1, le=UINT64_MAX)]
    evidence: Hex32
    transaction: Hex32
    block_number: UInt64
    block_hash: Hex32
    block_timestamp: UInt64
    log_index: UInt64


class Provenance(_Part):
    """What the submitter states about the origin (the evidence envelope, as far as it exists today)."""

    captured_at: AwareDatetime | None = None
    application: Annotated[str, Field(max_length=200)] | None = None
    source: Annotated[str, Field(max_length=1000)] | None = None
    media_type: Annotated[str, Field(max_length=200)] | None = None
    previous_sha256: Digest32 | None = None


class Receipt(_Part):
    """A whole receipt; `parse` and `read` are the ways in, `write` the way out."""

    format: Literal["chaqi-evidence-receipt"] = "chaqi-evidence-receipt"
    version: Literal[1] = 1
    state: State
    document: DocumentPart
    leaf: LeafPart
    batch: BatchPart | None = None
    anchor: AnchorPart | None = None
    provenance: Provenance | None = None

    @model_validator(mode="after")
    def _state_has_its_parts(self) -> Receipt:
        if (self.state is State.PENDING) != (self.anchor is None):
            raise ValueError("a receipt has an anchor exactly when it is anchored or final")
        if self.anchor is not None and self.batch is None:
            raise ValueError("an anchored receipt names its batch")
        return self

    def to_json(self) -> str:
        """The receipt as written to disk: indented, one trailing newline."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"


def hex0x(value: bytes) -> str:
    """0x-hex, lower case."""
    return "0x" + value.hex()


def unhex(text: str) -> bytes:
    """The bytes of 0x-hex."""
    return bytes.fromhex(text[2:])


def parse(content: bytes) -> Receipt:
    """The receipt in `content`; raises `ReceiptMalformed` naming the field."""
    if len(content) > MAX_RECEIPT_BYTES:
        raise ReceiptMalformed(field="file", problem=f"larger than {MAX_RECEIPT_BYTES} bytes")
    try:
        # json, not pydantic's parser: a name given twice is refused, other readers might take the other one.
        loaded = json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as failure:
        raise ReceiptMalformed(field="file", problem=f"not JSON ({failure})") from failure
    return loaded_receipt(loaded)


def loaded_receipt(loaded: Any) -> Receipt:
    """The receipt in a value that was read from JSON; raises `ReceiptMalformed` naming the field."""
    try:
        content = json.dumps(loaded, allow_nan=False)
        if len(content) > MAX_RECEIPT_BYTES:
            raise ReceiptMalformed(field="file", problem=f"larger than {MAX_RECEIPT_BYTES} bytes")
        return Receipt.model_validate_json(content)
    except ValidationError as failure:
        raise ReceiptMalformed(**first_fault(failure, "receipt")) from failure
    except (ValueError, RecursionError) as failure:
        raise ReceiptMalformed(field="file", problem=f"not JSON ({failure})") from failure


def read(path: FilePath) -> Receipt:
    """The receipt in the file at `path`; raises `FileUnreadable`, `ReceiptMalformed`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_RECEIPT_BYTES + 1)
    except OSError as failure:
        raise FileUnreadable(path=path, reason=failure.strerror) from failure
    return parse(content)


def write(path: FilePath, receipt: Receipt) -> None:
    """Puts `receipt` at `path` in one step: whoever looks finds the old file or the new one, never half.

    Raises `ReceiptUnwritable`.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(receipt.to_json())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as failure:
        raise ReceiptUnwritable(path=path, reason=failure.strerror) from failure


def _sync_folder(folder: FilePath) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ReceiptMalformed(field=name, problem="given twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise ReceiptMalformed(field="file", problem=f"{name} is not JSON")
