"""The development certification authority: certificates that say in their own name that they are for tests.

Its root key and those of its subjects are files in `var/pki`, mode 0600, made on first use; what it issued and
revoked is in the off-chain store. A licensed authority takes its place by settings (`provider`).
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from sqlalchemy.dialects import postgresql, sqlite

from chain.errors import ChaqiError
from chain.folders import writable
from chain.offchain import Base, reading, writing
from workflows.pki.standing import Revocation
from workflows.pki.tables import CertificateRow

LABEL = "茶契开发测试 Chaqi DEVELOPMENT TEST, not a licensed CA"
"""Organisation of every certificate this authority issues."""

KEY_BITS = 2048
ROOT_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
"""Early enough for every simulated past."""
ROOT_YEARS, LEAF_YEARS = 30, 3
CRL_DAYS = 1
LIST_ADDRESS = "http://127.0.0.1:8000/v1/pki/crl"
STATUS_ADDRESS = "http://127.0.0.1:8000/v1/pki/ocsp"

Certificates = Base.metadata.tables[CertificateRow.__tablename__]


class Purpose(StrEnum):
    """What a certificate is for."""

    OFFICE = "office"
    NOTARY = "notary"
    PARTY = "party"
    TIME_STAMP = "time_stamp"
    SM2 = "sm2"
    STATUS = "status"
    """Answers about the status of certificates (OCSP)."""


class CertificateUnknown(ChaqiError):
    """The authority issued no certificate with this serial number."""

    status = 404
    en = "No certificate with serial number {serial} was issued here."
    zh = "此处未签发过序列号为 {serial} 的证书。"


class RevocationDatesWrong(ChaqiError):
    """The key cannot have fallen into other hands after the revocation."""

    status = 422
    en = "The invalidity date {invalid_from} is after the revocation {revoked_at} (UTC seconds)."
    zh = "失效日期 {invalid_from} 晚于吊销时间 {revoked_at}（UTC 秒）。"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


class DevelopmentAuthority:
    """The authority whose keys are in `folder` and whose books are in `store`."""

    def __init__(self, folder: Path, store: sa.Engine) -> None:
        self._folder = writable(folder)
        self._store = store
        key = _key(folder / "root.key")
        self.root = _root(folder / "root.pem", key)
        self._root_key = key

    def issue(self, holder: str, purpose: Purpose, *, now: int, wallet: str | None = None) -> Issued:
        """The holder's live certificate for a purpose, issued now if there is none yet.

        `wallet` (CAIP-10, `eip155:<chain>:<address>`) binds the account that the holder signs acts with.
        """

        def certify(serial: int) -> bytes:
            certificate = self._certify(serial, _key(self.key_file(serial)), holder, purpose, now, wallet)
            return certificate.public_bytes(serialization.Encoding.DER)

        found = x509.load_der_x509_certificate(self.issued(holder, purpose, now, certify))
        return Issued(found, _key(self.key_file(found.serial_number)))

    def issued(self, holder: str, purpose: Purpose, now: int, certify: Callable[[int], bytes]) -> bytes:
        """The holder's live certificate for a purpose, DER; without one, what `certify` makes for a fresh serial."""
        found = self._live(holder, purpose)
        if found is None:
            serial = secrets.randbits(152) | 1 << 152
            values = {
                "serial": f"{serial:x}",
                "purpose": purpose.value,
                "holder": holder,
                "certificate": certify(serial),
                "issued_at": now,
            }
            with writing(self._store) as connection:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                connection.execute(insert(Certificates).on_conflict_do_nothing(), values)
            found = self._live(holder, purpose)
            assert found is not None
        return found

    def key_file(self, serial: int) -> Path:
        """Where the private key of a certificate is."""
        return self._folder / f"{serial:x}.key"

    def sign(self, content: bytes) -> bytes:
        """The root's signature (RSA PKCS #1 v1.5 with SHA-256), for certificates of keys that X.509 libraries lack."""
        return self._root_key.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def revoke(self, serial: int, *, at: int, invalid_from: int | None = None, reason: str = "key_compromise") -> None:
        """Revokes a certificate; doing it again changes nothing.

        Raises `CertificateUnknown`, `RevocationDatesWrong`, and ValueError for a reason RFC 5280 does not know.
        """
        x509.ReasonFlags[reason]
        if invalid_from is not None and invalid_from > at:
            raise RevocationDatesWrong(invalid_from=invalid_from, revoked_at=at)
        named = Certificates.c.serial == f"{serial:x}"
        with writing(self._store) as connection:
            if connection.scalar(sa.select(Certificates.c.serial).where(named)) is None:
                raise CertificateUnknown(serial=f"{serial:x}")
            ended = sa.update(Certificates).where(named, Certificates.c.revoked_at.is_(None))
            connection.execute(ended.values(revoked_at=at, invalid_from=invalid_from, reason=reason))

    def entry(self, serial: int) -> tuple[int | None, str | None] | None:
        """When (UTC seconds) and why a certificate was revoked, None for what was not; None when it is not of here."""
        named = Certificates.c.serial == f"{serial:x}"
        with reading(self._store) as connection:
            found = connection.execute(sa.select(Certificates.c.revoked_at, Certificates.c.reason).where(named)).first()
        return None if found is None else (found.revoked_at, found.reason)

    def crl(self, *, now: int) -> bytes:
        """The list of everything revoked, DER, good for a day, with reasons and invalidity dates."""
        instant = at_instant(now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(instant)
            .next_update(instant + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(now), critical=False)
            .add_extension(_key_identifier(self.root), critical=False)
        )
        revoked = sa.select(Certificates).where(Certificates.c.revoked_at.is_not(None)).order_by(Certificates.c.serial)
        with reading(self._store) as connection:
            for row in connection.execute(revoked):
                entry = (
                    x509.RevokedCertificateBuilder()
                    .serial_number(int(row.serial, 16))
                    .revocation_date(at_instant(row.revoked_at))
                    .add_extension(x509.CRLReason(x509.ReasonFlags[row.reason]), critical=False)
                )
                if row.invalid_from is not None:
                    entry = entry.add_extension(x509.InvalidityDate(at_instant(row.invalid_from)), critical=False)
                builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _live(self, holder: str, purpose: Purpose) -> bytes | None:
        live = sa.select(Certificates.c.certificate).where(
            Certificates.c.holder == holder,
            Certificates.c.purpose == purpose.value,
            Certificates.c.revoked_at.is_(None),
        )
        with reading(self._store) as connection:
            found: bytes | None = connection.scalar(live)
        return found

    def _certify(
        self, serial: int, key: rsa.RSAPrivateKey, holder: str, purpose: Purpose, now: int, wallet: str | None
    ) -> x509.Certificate:
        since = max(at_instant(now), ROOT_SINCE)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(holder))
            .issuer_name(self.root.subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(since)
            .not_valid_after(since + timedelta(days=365 * LEAF_YEARS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_key_identifier(self.root), critical=False)
            .add_extension(
                x509.CRLDistributionPoints(
                    [x509.DistributionPoint([x509.UniformResourceIdentifier(LIST_ADDRESS)], None, None, None)]
                ),
                critical=False,
            )
            .add_extension(
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(STATUS_ADDRESS)
                        )
                    ]
                ),
                critical=False,
            )
        )
        if purpose is Purpose.TIME_STAMP:
            builder = builder.add_extension(_usage(commitment=False), critical=True).add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        elif purpose is Purpose.STATUS:
            builder = (
                builder.add_extension(_usage(commitment=False), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
                .add_extension(x509.OCSPNoCheck(), critical=False)
            )
        else:
            builder = builder.add_extension(_usage(commitment=True), critical=True)
        if wallet is not None:
            name = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(wallet)])
            builder = builder.add_extension(name, critical=False)
        return builder.sign(self._root_key, hashes.SHA256())


def revocation_in(crl: x509.CertificateRevocationList, serial: int) -> Revocation | None:
    """A certificate's entry in a list, or None."""
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return None
    invalid_from = None
    with suppress(x509.ExtensionNotFound):
        dated = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
        invalid_from = int(dated.invalidity_date_utc.timestamp())
    return Revocation(int(entry.revocation_date_utc.timestamp()), invalid_from)


def _root(file: Path, key: rsa.RSAPrivateKey) -> x509.Certificate:
    if not file.exists():
        name = _name("茶契开发测试根证书 Chaqi development test root")
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ROOT_SINCE)
            .not_valid_after(ROOT_SINCE + timedelta(days=365 * ROOT_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(commitment=False, authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_once(file, made.public_bytes(serialization.Encoding.PEM))
    return x509.load_pem_x509_certificate(file.read_bytes())


def _key(file: Path) -> rsa.RSAPrivateKey:
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        written = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_once(file, written)
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def write_once(file: Path, content: bytes) -> None:
    """Puts `content` at `file`, mode 0600, unless something is there already."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
        with suppress(FileExistsError):  # of two processes that start together, one wins and both use its file
            os.link(beside, file)
    finally:
        os.close(descriptor)
        os.unlink(beside)


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, LABEL), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _usage(*, commitment: bool, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(root: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)


def at_instant(instant: int) -> datetime:
    """UTC seconds as certificates take them."""
    return datetime.fromtimestamp(instant, UTC)
