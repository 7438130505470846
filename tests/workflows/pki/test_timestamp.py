"""RFC 3161: every check has a token that fails it alone, and OpenSSL agrees with what we accept."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, tsp

from tests.programs import run
from tests.workflows.pki.conftest import Office
from workflows.pki import tsa
from workflows.pki.authority import DevelopmentAuthority, Issued, Purpose
from workflows.pki.provider import TIME_STAMPER
from workflows.pki.timestamp import Stamp, TimestampRejected, TimestampUnavailable, Trust, check, keep, stamp
from workflows.pki.tsa import POLICY, DevelopmentTimestamper, Response

DIGEST = sha256("茶".encode()).digest()
POLICY_DER = core.ObjectIdentifier(POLICY).dump()


def fresh(office: Office) -> Stamp:
    return asyncio.run(stamp(office.pki.timestamper(), DIGEST, policy=POLICY, trust=office.trust))


def rejected(point: str, token: bytes, office: Office, **options: Any) -> None:
    asked: dict[str, Any] = {"policy": POLICY, "trust": office.trust} | options
    digest = asked.pop("digest", DIGEST)
    with pytest.raises(TimestampRejected) as failure:
        check(token, digest, **asked)
    assert failure.value.values["point"] == point


def stamped_by(issued: Issued, office: Office) -> bytes:
    """A token over DIGEST by any certificate at all."""
    stamper = DevelopmentTimestamper(issued, lambda: office.now)
    _, request = stamper.request_cms(DIGEST, "sha256")  # type: ignore[no-untyped-call]
    token: bytes = Response.load(stamper.answer(request.dump()))["time_stamp_token"].dump()
    return token


def test_a_fresh_token_says_when_how_exactly_and_by_whom(office: Office) -> None:
    token = fresh(office)
    assert (token.generated_at, token.accuracy) == (office.now * 1000, 1000)
    assert (token.policy, token.algorithm, token.digest) == (POLICY, "sha256", DIGEST)
    assert check(token.token, DIGEST, policy=POLICY, trust=office.trust) == token


def test_each_point_is_checked(office: Office) -> None:
    token = fresh(office).token
    rejected("token", token[:-1], office)
    rejected("token", token + b"\x00", office)
    rejected("token", b"no token", office)
    rejected("imprint", token, office, digest=sha256(b"other").digest())
    rejected("imprint", token, office, algorithm="sha512")
    rejected("nonce", token, office, nonce=1)
    rejected("policy", token, office, policy="1.2.3")
    rejected("chain", token, office, trust=Trust(()))


def test_only_a_certificate_for_nothing_else_may_stamp(office: Office) -> None:
    seal = office.authority.issue("一般公证处", Purpose.OFFICE, now=office.now)
    rejected("usage", stamped_by(seal, office), office)


def test_a_stamp_from_outside_the_certificates_time_has_no_chain(office: Office) -> None:
    issued = office.authority.issue(TIME_STAMPER, Purpose.TIME_STAMP, now=office.now)
    office.now -= 400 * 86_400
    rejected("chain", stamped_by(issued, office), office)


def test_another_authoritys_stamp_has_no_chain(office: Office, tmp_path: Path) -> None:
    other = DevelopmentAuthority(tmp_path, office.store).issue("别处时间戳", Purpose.TIME_STAMP, now=office.now)
    rejected("chain", stamped_by(other, office), office)


def test_a_revoked_authoritys_later_stamps_are_rejected(office: Office) -> None:
    issued = office.authority.issue("被吊销的时间戳", Purpose.TIME_STAMP, now=office.now)
    before = stamped_by(issued, office)
    office.authority.revoke(issued.certificate.serial_number, at=office.now + 60, reason="cessation_of_operation")
    assert check(before, DIGEST, policy=POLICY, trust=office.trust).generated_at == office.now * 1000
    office.now += 120
    rejected("revocation", stamped_by(issued, office), office)


def test_a_token_without_accuracy_is_rejected(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsa, "ACCURACY_SECONDS", 0)
    without = stamped_by(office.authority.issue(TIME_STAMPER, Purpose.TIME_STAMP, now=office.now), office)
    stated = check(without, DIGEST, policy=POLICY, trust=office.trust)
    assert stated.accuracy == 0  # stated to be exact is an accuracy; stating none is not
    real = tsp.TSTInfo.__init__

    def silent(self: Any, *arguments: Any, **options: Any) -> None:
        values = next(iter(arguments), options.get("value"))
        if isinstance(values, dict):
            values.pop("accuracy")
        real(self, *arguments, **options)

    monkeypatch.setattr(tsp.TSTInfo, "__init__", silent)
    token = stamped_by(office.authority.issue(TIME_STAMPER, Purpose.TIME_STAMP, now=office.now), office)
    monkeypatch.undo()
    rejected("accuracy", token, office)


def test_the_signature_covers_content_and_certificate(office: Office) -> None:
    token = fresh(office).token
    at = token.index(DIGEST)
    rejected("imprint", flipped(token, at), office)
    rejected("signature", flipped(token, at), office, digest=flipped(DIGEST, 0))
    rejected("signature", flipped(token, len(token) - 5), office)


def test_a_serial_number_is_given_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbits", lambda bits: 12345)
    first, second = fresh(office), fresh(office)
    keep(office.store, first)
    keep(office.store, first)
    office.now += 1
    third = fresh(office)
    assert first.serial == second.serial == third.serial
    with pytest.raises(TimestampRejected, match="serial"):
        keep(office.store, third)


@pytest.mark.parametrize("change", [lambda asked: asked | {"req_policy": "1.2.3"}])
def test_a_request_that_cannot_be_served_is_refused(
    office: Office, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    stamper = office.pki.timestamper()
    assert isinstance(stamper, DevelopmentTimestamper)
    _, request = stamper.request_cms(DIGEST, "sha256")  # type: ignore[no-untyped-call]
    asked = {name: request[name] for name in ("version", "message_imprint", "nonce", "cert_req")}
    answer = Response.load(stamper.answer(tsp.TimeStampReq(change(asked)).dump()))
    assert answer["status"]["status"].native == "rejection"
    with pytest.raises(TimestampUnavailable):
        asyncio.run(stamp(stamper, bytes(20), policy=POLICY, trust=office.trust, algorithm="sha1"))


def test_openssl_asks_us_accepts_our_answer_and_rejects_one_flipped_byte(office: Office, tmp_path: Path) -> None:
    document, query, answer = tmp_path / "document", tmp_path / "query.tsq", tmp_path / "answer.tsr"
    document.write_bytes("茶".encode())
    made = run("openssl", "ts", "-query", "-data", document, "-sha256", "-cert", "-tspolicy", POLICY, "-out", query)
    assert made.returncode == 0, made.stderr
    stamper = office.pki.timestamper()
    assert isinstance(stamper, DevelopmentTimestamper)
    content = stamper.answer(query.read_bytes())

    def accepted(response: bytes, *against: object) -> bool:
        answer.write_bytes(response)
        checked = run(
            "openssl", "ts", "-verify", "-in", answer, *against, "-CAfile", office.root_file, "-attime", office.now
        )  # fmt: skip
        return checked.returncode == 0

    assert accepted(content, "-queryfile", query)
    assert accepted(content, "-data", document)
    for at in (content.index(DIGEST), content.index(POLICY_DER) + 5, len(content) - 40):
        assert not accepted(flipped(content, at), "-queryfile", query)
        with pytest.raises(TimestampRejected):
            broken = flipped(content, at)
            check(Response.load(broken)["time_stamp_token"].dump(), DIGEST, policy=POLICY, trust=office.trust)
    document.write_bytes(b"other")
    assert not accepted(content, "-data", document)


def flipped(content: bytes, at: int) -> bytes:
    """One bit changed."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
