"""The time-stamp in an envelope, checked by the stranger's verifier: every byte of the token counts."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chain.offchain import migrate, open_store
from chain.settings import Settings
from tests.programs import run
from workflows.evidence import chaqi_verify
from workflows.evidence.chaqi_verify import Broken, Link, certificates_in, check_stamp, der, holds_signature
from workflows.evidence.envelope import Origin, envelope
from workflows.evidence.hashing import Digests
from workflows.pki.authority import DevelopmentAuthority, Issued, Purpose
from workflows.pki.provider import DevelopmentPki
from workflows.pki.tsa import DevelopmentTimestamper, Response

NOW = 1_795_363_200
DOCUMENT = Digests(8, sha256(b"document").digest(), bytes(32))
LINKS = ["token", "imprint", "signature", "usage", "chain"]
YEAR = 365 * 86_400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentAuthority:
    own = Settings(var_dir=tmp_path_factory.mktemp("stamp"), offchain=None)
    migrate(own)
    return DevelopmentAuthority(own.var_dir / "pki", open_store(own))


@pytest.fixture(scope="module")
def stated(authority: DevelopmentAuthority) -> dict[str, Any]:
    """An envelope as it is anchored."""
    pki = DevelopmentPki(authority, lambda: NOW)
    content, _ = envelope("deed.pdf", DOCUMENT, Origin(captured_at=NOW, application="test"), pki=pki, now=NOW)
    found: dict[str, Any] = json.loads(content)
    return found


def checked(stated: dict[str, Any], authorities: list[bytes] | None = None) -> list[Link]:
    links: list[Link] = []
    try:
        links += check_stamp(stated, authorities)
    except Broken as broken:
        name, en, zh = broken.link
        links.append(Link(name, "", False, en, zh))
    assert [one.name for one in links] == LINKS[: len(links)]
    assert all(one.en and one.zh for one in links)
    return links


def broken(stated: dict[str, Any], authorities: list[bytes] | None = None) -> str | None:
    last = checked(stated, authorities)[-1]
    return None if last.ok else last.name


def with_token(stated: dict[str, Any], token: bytes) -> dict[str, Any]:
    return stated | {"timestamp": stated["timestamp"] | {"token": b64encode(token).decode()}}


def token_of(stated: dict[str, Any]) -> bytes:
    return b64decode(stated["timestamp"]["token"])


def test_a_true_stamp_holds_to_an_authority_that_is_named(
    stated: dict[str, Any], authority: DevelopmentAuthority
) -> None:
    links = checked(stated)
    assert [one.name for one in links if one.ok] == LINKS
    root = authority.root.public_bytes(Encoding.DER)
    assert sha256(root).hexdigest() in links[-1].en
    assert "an authority you named" in checked(stated, [root])[-1].en
    assert certificates_in(authority.root.public_bytes(Encoding.PEM)) == certificates_in(root) == [root]


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_no_byte_of_the_token_can_change(stated: dict[str, Any], flip: int) -> None:
    token, reached = token_of(stated), set()
    for at in range(len(token)):
        link = broken(with_token(stated, token[:at] + bytes([token[at] ^ flip]) + token[at + 1 :]))
        assert link is not None, (at, token[max(0, at - 8) : at + 8].hex())
        reached.add(link)
    assert reached == {"token", "imprint", "signature"}, "what was signed names its certificate, so that breaks first"


PAGE = """
const { checkStamp } = require(process.argv[1]);
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).map((one) => {
  const found = [];
  try { for (const link of checkStamp(one)) found.push([link.name, true]); }
  catch (failure) { found.push([failure.link.name, false]); }
  return found;
})));
"""


def test_the_web_page_says_what_the_program_says(stated: dict[str, Any]) -> None:
    """Of the true stamp, of every third byte changed, and of each other thing that can be missing."""
    token, page = token_of(stated), Path(__file__).parents[3] / "api" / "static" / "chaqi-verify.js"
    asked = [stated, stated | {"timestamp": None}, stated | {"authorities": []}, stated | {"document": {"sha256": ""}}]
    asked += [
        with_token(stated, token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]) for at in range(0, len(token), 3)
    ]
    done = run("node", "-e", PAGE, page, stdin=json.dumps(asked).encode())
    assert done.returncode == 0, done.stderr
    for one, said in zip(asked, json.loads(done.stdout), strict=True):
        assert [(name, ok) for name, ok in said] == [(link.name, link.ok) for link in checked(one)]


def test_no_byte_of_the_authoritys_certificate_can_change(stated: dict[str, Any]) -> None:
    root = b64decode(stated["authorities"][0])
    for at in range(len(root)):
        changed = b64encode(root[:at] + bytes([root[at] ^ 1]) + root[at + 1 :]).decode()
        assert broken(stated | {"authorities": [changed]}) == "chain", at


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_what_is_no_token_is_said_to_be_none(stated: dict[str, Any], cut: int) -> None:
    assert broken(with_token(stated, token_of(stated)[:cut])) == "token"
    assert broken(with_token(stated, token_of(stated) + b"\x00")) == "token"
    assert broken(stated | {"timestamp": None}) == "token"


def test_another_time_or_document_is_not_what_was_stamped(stated: dict[str, Any]) -> None:
    for name in ("generated_at_ms", "accuracy_ms"):
        said = stated["timestamp"] | {name: stated["timestamp"][name] + 1}
        assert broken(stated | {"timestamp": said}) == "token"
    other = stated["document"] | {"sha256": sha256(b"another").hexdigest()}
    assert broken(stated | {"document": other}) == "imprint"


def stamped_by(issued: Issued, instant: int, stated: dict[str, Any]) -> dict[str, Any]:
    """The envelope with a token that `issued` made at `instant`."""
    stamper = DevelopmentTimestamper(issued, lambda: instant)
    _, request = stamper.request_cms(DOCUMENT.sha256, "sha256")  # type: ignore[no-untyped-call]
    token = Response.load(stamper.answer(request.dump()))["time_stamp_token"].dump()
    said = {"token": b64encode(token).decode(), "generated_at_ms": instant * 1000}
    return stated | {"timestamp": stated["timestamp"] | said}


def test_each_forgery_breaks_its_own_link(stated: dict[str, Any], authority: DevelopmentAuthority) -> None:
    def issued(holder: str, purpose: Purpose) -> Issued:
        return authority.issue(holder, purpose, now=NOW)

    stamper, office = issued("a stamper", Purpose.TIME_STAMP), issued("an office", Purpose.OFFICE)
    assert broken(stamped_by(stamper, NOW, stated)) is None
    assert broken(stamped_by(replace(stamper, key=office.key), NOW, stated)) == "signature"
    assert broken(stamped_by(office, NOW, stated)) == "usage"
    for instant in (NOW - 1, NOW + 4 * YEAR):
        assert broken(stamped_by(stamper, instant, stated)) == "chain", "not valid when it stamped"


def test_a_content_changed_under_a_true_signature_breaks_it(stated: dict[str, Any]) -> None:
    whole = cms.ContentInfo.load(token_of(stated))
    info = bytearray(bytes(whole["content"]["encap_content_info"]["content"]))
    at = info.index(b"20261122")
    info[at + 7] ^= 1
    whole["content"]["encap_content_info"]["content"] = core.ParsableOctetString(bytes(info))
    said = stated["timestamp"] | {"generated_at_ms": stated["timestamp"]["generated_at_ms"] + 86_400_000}
    assert broken(with_token(stated | {"timestamp": said}, whole.dump())) == "signature"


def test_a_stamp_leads_to_no_authority_but_its_own(
    stated: dict[str, Any], authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    own = Settings(var_dir=tmp_path, offchain=None)
    migrate(own)
    other = DevelopmentAuthority(tmp_path / "pki", open_store(own)).root.public_bytes(Encoding.DER)
    without = {name: value for name, value in stated.items() if name != "authorities"}
    assert broken(stated, [other]) == "chain"
    assert broken(stated | {"authorities": [b64encode(other).decode()]}) == "chain", "the same name, another key"
    assert broken(without) == "chain" and "--trust" in checked(without)[-1].en
    assert broken(without, [authority.root.public_bytes(Encoding.DER)]) is None
    leaf = authority.issue("an office", Purpose.OFFICE, now=NOW).certificate.public_bytes(Encoding.DER)
    assert broken(stated, [leaf]) == "chain"


CONFIGURATION = """
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[limited]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
[stamper]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha384
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1, millisecs:500, microsecs:100
ess_cert_id_alg = sha384
"""


EC256, EC384 = ["EC", "ec_paramgen_curve:P-256"], ["EC", "ec_paramgen_curve:P-384"]
RSA3072 = ["RSA", "rsa_keygen_bits:3072"]


@pytest.mark.parametrize(
    ("algorithm", "top"), [(EC256, "authority"), (EC384, "authority"), (RSA3072, "authority"), (EC256, "limited")]
)
def test_a_token_by_openssl_with_an_authority_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: list[str], top: str
) -> None:
    """Root → authority between → stamper, with keys of each kind; a root that allows no authority below it breaks."""

    def openssl(*words: str | Path) -> None:
        done = run("openssl", *words)
        assert done.returncode == 0, done.stderr

    monkeypatch.chdir(tmp_path)
    (tmp_path / "cnf").write_text(CONFIGURATION)
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "document").write_bytes(b"document")
    issuers = {"root": "root", "between": "root", "stamper": "between"}
    kinds = {"root": top, "between": "authority", "stamper": "stamper"}
    for name, issuer in issuers.items():
        openssl("genpkey", "-algorithm", algorithm[0], "-pkeyopt", algorithm[1], "-out", f"{name}.key")
        openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        signer = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
        signer = ["-signkey", "root.key"] if name == "root" else signer
        openssl("x509", "-req", "-in", f"{name}.csr", "-days", "9", "-sha384", "-extfile", "cnf",
                "-extensions", kinds[name], "-out", f"{name}.pem", *signer)  # fmt: skip
    openssl("ts", "-query", "-data", "document", "-sha256", "-cert", "-out", "query")
    openssl("ts", "-reply", "-config", "cnf", "-section", "one", "-queryfile", "query", "-signer", "stamper.pem",
            "-inkey", "stamper.key", "-chain", "between.pem", "-token_out", "-out", "token")  # fmt: skip
    token = chaqi_verify.read_token((tmp_path / "token").read_bytes())
    stated = {
        "document": {"sha256": DOCUMENT.sha256.hex()},
        "timestamp": {
            "accuracy_ms": 1501,
            "generated_at_ms": int(token.generated_at.timestamp()) * 1000,
            "token": b64encode((tmp_path / "token").read_bytes()).decode(),
        },
    }
    root = certificates_in((tmp_path / "root.pem").read_bytes())
    assert broken(stated, root) == (None if top == "authority" else "chain")


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Signing = Callable[[bytes], bytes]


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
@pytest.mark.parametrize("curve", [None, ec.SECP256R1(), ec.SECP384R1()])
def test_signatures_are_judged_as_the_library_made_them(
    digest: hashes.HashAlgorithm, curve: ec.EllipticCurve | None
) -> None:
    """The certificates' own builder writes the algorithm; the message is the certificate's signed part."""
    key = ec.generate_private_key(curve) if curve else RSA_KEY
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest)  # type: ignore[arg-type]
    public = der(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    message, algorithm, _ = der(request.public_bytes(Encoding.DER)).parts(0x30, 0x30, 0x03)
    signed, signature = request.tbs_certrequest_bytes, request.signature
    assert message.whole == signed
    assert holds_signature(public, algorithm, signed, signature)
    assert not holds_signature(public, algorithm, signed + b"\x00", signature)
    assert not holds_signature(public, algorithm, signed, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_an_algorithm_that_is_unknown_is_not_taken_for_good() -> None:
    public = der(RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(RSA_KEY, hashes.SHA256(), rsa_padding=pss)
    _, algorithm, _ = der(request.public_bytes(Encoding.DER)).parts(0x30, 0x30, 0x03)
    with pytest.raises(ValueError, match="unknown to this program"):
        holds_signature(public, algorithm, request.tbs_certrequest_bytes, request.signature)
