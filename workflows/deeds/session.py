"""The record of a live session: no deed without one (`domain.md` 0 rule 5; 公证法 27; 法释〔2018〕18号 12).

Hashes of recording and transcript, and who was present when; the recording itself stays in the office's archive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chain.errors import ChaqiError
from workflows.deeds.identity import Hash
from workflows.deeds.points import Point, Report, missing, report

Instant = Annotated[int, Field(ge=0, le=2**53 - 1, description="UTC seconds")]
BASIS = "公证法 27; 法释〔2018〕18号 12(1)(1)"


class SessionIncomplete(ChaqiError):
    """A session record that does not show every obligor informed in a live session."""

    status = 422
    en = "The session record is not complete: {points}"
    zh = "会话记录不完整：{points_zh}"


class Presence(BaseModel):
    """An obligor's presence, himself or by an agent with special authority."""

    model_config = ConfigDict(strict=True, extra="forbid")

    party: Hash
    joined_at: Instant
    left_at: Instant
    by_agent: bool = False
    informed_at: Instant
    accepted_orally: bool


class SessionRecord(BaseModel):
    """A session of a notary with the obligors of a deed."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "started_at": 1795449000,
                "ended_at": 1795450200,
                "recording_sha256": "0x" + "1a" * 32,
                "transcript_sha256": "0x" + "2b" * 32,
                "present": [
                    {
                        "party": "0x" + "00" * 31 + "07",
                        "joined_at": 1795449010,
                        "left_at": 1795450190,
                        "informed_at": 1795449600,
                        "accepted_orally": True,
                    }
                ],
            }
        },
    )

    started_at: Instant
    ended_at: Instant
    recording_sha256: Hash | None = None
    transcript_sha256: Hash | None = None
    present: Annotated[list[Presence], Field(max_length=100)] = []


def check_session(record: SessionRecord, obligors: Collection[str], identified: Collection[str], *, now: int) -> Report:
    """Everything the record lacks for these obligors, of whom these have an identity receipt; `now`: UTC seconds."""
    return report(_points(record, obligors, identified, now))


def _points(it: SessionRecord, obligors: Collection[str], identified: Collection[str], now: int) -> Iterator[Point]:
    rules = [
        (
            it.recording_sha256 is not None,
            "RECORDING",
            "The recording's hash is missing.",
            "缺少录音录像的哈希。",
            BASIS,
        ),
        (
            it.transcript_sha256 is not None,
            "TRANSCRIPT",
            "The transcript's hash is missing.",
            "缺少笔录的哈希。",
            BASIS,
        ),
        (
            it.started_at < it.ended_at <= now,
            "INSTANTS",
            "The session must end after it began, and not in the future.",
            "会话结束须晚于开始，且不得晚于当前时间。",
            BASIS,
        ),
    ]
    present = {one.party: one for one in it.present}
    for obligor in sorted(obligors):
        one = present.get(obligor)
        rules.append(
            (
                one is not None and it.started_at <= one.joined_at <= one.informed_at <= one.left_at <= it.ended_at,
                "ABSENT",
                f"Obligor {obligor} was not present, or not when informed.",
                f"债务人 {obligor} 未到场，或被告知时不在场。",
                BASIS,
            )
        )
        rules.append(
            (
                one is None or one.accepted_orally,
                "ACCEPTANCE",
                f"Obligor {obligor} did not accept enforcement in the session.",
                f"债务人 {obligor} 未在会话中承诺接受强制执行。",
                "公证程序规则 39(4)",
            )
        )
        rules.append(
            (
                obligor in identified,
                "IDENTITY",
                f"There is no identity receipt for obligor {obligor}.",
                f"债务人 {obligor} 没有身份核验回执。",
                "公证法 28",
            )
        )
    for stranger in sorted(set(present) - set(obligors)):
        rules.append(
            (
                False,
                "STRANGER",
                f"{stranger} is no obligor of the deed.",
                f"{stranger} 并非该公证书的债务人。",
                "公证法 28",
            )
        )
    yield from missing(rules)
