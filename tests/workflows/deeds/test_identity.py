"""Identity receipts and live-session records: what is confirmed, what is kept, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.commitment import commit
from workflows.deeds.identity import (
    TAG,
    DevelopmentIdentity,
    IdentityQuestion,
    IdentityRefused,
    ReceiptForged,
)
from workflows.deeds.session import SessionRecord, check_session

NOW = 1_795_449_600
DEED, PARTY, OTHER = ("0x" + one * 32 for one in ("de", "07", "08"))
SALT = bytes(range(32))
PROVIDER = DevelopmentIdentity(bytes(32))


def asked(**changes: Any) -> IdentityQuestion:
    whole = {"party": PARTY, "name": "陈合成", "number": "11010119900307801X", "live_capture": "0x" + "5c" * 32}
    return IdentityQuestion(**(whole | changes))


def numbered(birth: str) -> str:
    from workflows.deeds.identity import CHECK_DIGITS, WEIGHTS

    body = "110101" + birth + "001"
    return body + CHECK_DIGITS[sum(int(a) * b for a, b in zip(body, WEIGHTS, strict=True)) % 11]


def test_a_receipt_is_signed_labelled_and_holds_no_personal_data() -> None:
    question = asked(number=numbered("19900307"))
    receipt = PROVIDER.verify(DEED, question, SALT, now=NOW)
    PROVIDER.check(receipt)
    written = receipt.model_dump_json()
    assert receipt.development and "DEVELOPMENT" in receipt.provider
    for secret in (question.name, question.number, question.live_capture[2:]):
        assert secret not in written
    assert receipt.identity == "0x" + commit(TAG, SALT, {"name": question.name, "number": question.number}).hex()


@pytest.mark.parametrize("change", [{"party": OTHER}, {"deed": OTHER}, {"checked_at": 1}, {"development": False}])
def test_a_changed_or_foreign_receipt_is_not_the_providers(change: dict[str, Any]) -> None:
    receipt = PROVIDER.verify(DEED, asked(number=numbered("19900307")), SALT, now=NOW)
    with pytest.raises(ReceiptForged):
        PROVIDER.check(receipt.model_copy(update=change))
    with pytest.raises(ReceiptForged):
        DevelopmentIdentity(bytes([1] * 32)).check(receipt)


def test_numbers_that_do_not_exist_and_minors_are_refused() -> None:
    good = numbered("19900307")
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    for number in (wrong, numbered("19901332")):
        with pytest.raises(IdentityRefused, match="does not exist"):
            PROVIDER.verify(DEED, asked(number=number), SALT, now=NOW)
    PROVIDER.verify(DEED, asked(number=numbered("20081124")), SALT, now=NOW)  # 18 on this very day
    with pytest.raises(IdentityRefused, match="guardian"):
        PROVIDER.verify(DEED, asked(number=numbered("20081125")), SALT, now=NOW)


def present(party: str = PARTY, **changes: Any) -> dict[str, Any]:
    whole = {"party": party, "joined_at": 110, "left_at": 190, "informed_at": 150, "accepted_orally": True}
    return whole | changes


def record(*there: dict[str, Any], **changes: Any) -> SessionRecord:
    whole = {"started_at": 100, "ended_at": 200, "recording_sha256": DEED, "transcript_sha256": OTHER}
    return SessionRecord.model_validate(whole | {"present": list(there)} | changes)


def codes(it: SessionRecord, obligors: tuple[str, ...] = (PARTY,), identified: tuple[str, ...] = (PARTY,)) -> list[str]:
    return [point.code for point in check_session(it, obligors, identified, now=1_000).points]


def test_a_session_lacks_everything_at_once() -> None:
    assert codes(record(present())) == []
    lacking = record(recording_sha256=None, transcript_sha256=None, ended_at=90)
    assert codes(lacking, identified=()) == ["RECORDING", "TRANSCRIPT", "INSTANTS", "ABSENT", "IDENTITY"]
    assert codes(record(present()), obligors=(PARTY, OTHER)) == ["ABSENT", "IDENTITY"]
    assert codes(record(present(accepted_orally=False))) == ["ACCEPTANCE"]
    for name, instant in (("joined_at", 99), ("informed_at", 191), ("left_at", 201)):
        assert codes(record(present() | {name: instant})) == ["ABSENT"], name
    assert codes(record(present(), ended_at=1_001)) == ["INSTANTS"]
    assert codes(record(present(), present(OTHER))) == ["STRANGER"]
