"""Where certificates and time-stamps come from: the development authority, or licensed ones by `CHAQI_PKI`.

`CHAQI_PKI` names a TOML file; paths in it are relative to it, passphrases come from the environment:

    roots = ["roots.pem"]                       # PEM, several certificates a file
    crls = ["office-ca.crl", "https://…/tsa.crl"]   # DER or PEM, read again at each use

    [time_stamp]
    url = "https://…"
    policy = "1.2.156.…"

    [[holder]]
    name = "潮州市凤凰公证处"
    purpose = "office"                          # or "notary", "party"
    pkcs12 = "office.p12"
    passphrase_variable = "CHAQI_OFFICE_PASSPHRASE"
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
import urllib3
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError, set_tsp_headers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from chain.errors import ChaqiError
from chain.settings import Settings
from workflows.pki.authority import DevelopmentAuthority, Purpose
from workflows.pki.timestamp import Trust
from workflows.pki.tsa import POLICY, DevelopmentTimestamper, Response

SEAL_LABEL = "合成测试"
TIME_STAMPER = "茶契开发测试时间戳 Chaqi development time-stamps"
PATIENCE = 10.0
"""Seconds that a licensed authority has to answer."""


class PkiMisconfigured(ChaqiError):
    """The file that `CHAQI_PKI` names does not give what is needed."""

    status = 500
    en = "{file} (CHAQI_PKI) gives no usable {what}: {reason}."
    zh = "{file}（CHAQI_PKI）未提供可用的 {what}：{reason}。"


class Pki(Protocol):
    """Certificates to sign with, time-stamps, and what others' are checked against."""

    @property
    def seal_label(self) -> str:
        """What stands below the star of a seal; says so when the seal is for tests."""

    @property
    def policy(self) -> str:
        """The policy that time-stamps must be of."""

    def signer(self, holder: str, purpose: Purpose, *, now: int, wallet: str | None = None) -> Signer:
        """What signs for a holder."""

    def timestamper(self) -> TimeStamper:
        """What asks for time-stamps."""

    def trust(self, *, now: int) -> Trust:
        """Trusted roots, and lists of revoked certificates as they are now."""


class DevelopmentPki:
    """Everything from the development authority; `clock` gives UTC seconds."""

    seal_label = SEAL_LABEL
    policy = POLICY

    def __init__(self, authority: DevelopmentAuthority, clock: Callable[[], int]) -> None:
        self.authority = authority
        self._clock = clock

    def signer(self, holder: str, purpose: Purpose, *, now: int, wallet: str | None = None) -> Signer:
        """A certificate issued on first use."""
        issued = self.authority.issue(holder, purpose, now=now, wallet=wallet)
        key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SimpleSigner(
            asn1_x509.Certificate.load(issued.certificate.public_bytes(Encoding.DER)),
            PrivateKeyInfo.load(key),
            SimpleCertificateStore(),
        )

    def timestamper(self) -> TimeStamper:
        """Stamps made in this process."""
        issued = self.authority.issue(TIME_STAMPER, Purpose.TIME_STAMP, now=self._clock())
        return DevelopmentTimestamper(issued, self._clock)

    def trust(self, *, now: int) -> Trust:
        """The development root and its list."""
        return Trust((self.authority.root,), (x509.load_der_x509_crl(self.authority.crl(now=now)),))


class LicensedPki:
    """Certificates and time-stamps of licensed authorities, as a TOML file names them."""

    seal_label = ""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._stated: dict[str, Any] = tomllib.loads(file.read_text())
            self._roots = tuple(
                root
                for name in self._stated["roots"]
                for root in x509.load_pem_x509_certificates((file.parent / name).read_bytes())
            )
            self._time_stamp = self._stated["time_stamp"]
            self.policy: str = self._time_stamp["policy"]
        except (OSError, ValueError, KeyError) as failure:
            raise PkiMisconfigured(file=file, what="roots, time_stamp", reason=repr(failure)) from failure

    def signer(self, holder: str, purpose: Purpose, *, now: int, wallet: str | None = None) -> Signer:
        """The holder's PKCS #12 file. Raises `PkiMisconfigured`."""
        for one in self._stated.get("holder", ()):
            if (one.get("name"), one.get("purpose")) == (holder, purpose.value):
                passphrase = os.environ.get(one.get("passphrase_variable", ""), "").encode()
                found: Signer | None = SimpleSigner.load_pkcs12(
                    self._file.parent / one["pkcs12"], passphrase=passphrase or None
                )
                if found is None:
                    raise PkiMisconfigured(file=self._file, what=f"PKCS #12 of {holder}", reason="it does not open")
                return found
        raise PkiMisconfigured(file=self._file, what=f"{purpose} certificate of {holder}", reason="none is named")

    def timestamper(self) -> TimeStamper:
        """Stamps asked for over HTTP."""
        return HttpTimestamper(self._time_stamp["url"])

    def trust(self, *, now: int) -> Trust:
        """The configured roots, and the lists as their places have them now. Raises `PkiMisconfigured`."""
        return Trust(self._roots, tuple(self._crl(place) for place in self._stated.get("crls", ())))

    def _crl(self, place: str) -> x509.CertificateRevocationList:
        try:
            if place.startswith(("http://", "https://")):
                content = urllib3.request("GET", place, timeout=PATIENCE).data
            else:
                content = (self._file.parent / place).read_bytes()
            if content.startswith(b"-----"):
                return x509.load_pem_x509_crl(content)
            return x509.load_der_x509_crl(content)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as failure:
            raise PkiMisconfigured(file=self._file, what=f"list {place}", reason=repr(failure)) from failure


class HttpTimestamper(TimeStamper):
    """RFC 3161 3.4: the request is posted, the response is the answer."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> Response:
        """Posts a request; raises `TimestampRequestError`."""
        try:
            answer: Response = Response.load(await asyncio.to_thread(self._post, req.dump()), strict=True)
            return answer
        except (urllib3.exceptions.HTTPError, ValueError) as failure:
            raise TimestampRequestError(str(failure)) from failure

    def _post(self, request: bytes) -> bytes:
        answer = urllib3.request("POST", self._url, body=request, headers=set_tsp_headers({}), timeout=PATIENCE)
        if answer.status != 200:
            raise ValueError(f"{self._url} answered {answer.status}")
        content: bytes = answer.data
        return content


def open_pki(settings: Settings, store: sa.Engine, clock: Callable[[], int]) -> Pki:
    """The licensed authorities that the settings name, else the development one in `var/pki`."""
    if settings.pki is not None:
        return LicensedPki(settings.pki)
    return DevelopmentPki(DevelopmentAuthority(settings.var_dir / "pki", store), clock)
