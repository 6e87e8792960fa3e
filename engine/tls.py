"""TLS on both sides of the engine: its own authority for clients, and what upstreams must prove.

RFC 5280; the modes are PostgreSQL's sslmode ("SSL Support", libpq).
"""

from __future__ import annotations

import functools
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engine.errors import UpstreamError
from engine.files import write_private

_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)  # what strict clients accept at most
_RENEWAL = timedelta(days=30)
_SKEW = timedelta(hours=1)  # of a client's clock


class Authority:
    """The engine's own CA and the server certificate it made: `ca.key`, `ca.crt` and `server.pem`, keys 0600.

    A context follows a renewed certificate from the next handshake on; connections that stand are not touched.
    """

    def __init__(self, directory: Path, names: Sequence[str], now: Callable[[], datetime]) -> None:
        self._directory = directory
        self._names = tuple(dict.fromkeys(names))
        self._now = now
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._key, self._certificate = self._load_or_make()

    @classmethod
    def open(
        cls,
        directory: Path,
        names: Sequence[str] = ("localhost", "127.0.0.1", "::1"),
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Load what the directory holds, make what it lacks. `names` are DNS names and IP addresses.

        Raises ValueError when a name is neither, or the CA's certificate is there without its key.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        authority = cls(directory, names, now)
        authority.renew()
        return authority

    def __repr__(self) -> str:
        return f"<Authority {self._directory} for {', '.join(self._names)}>"

    @property
    def ca_pem(self) -> str:
        """The CA's certificate, what clients trust (`sslrootcert`)."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, alpn: str) -> ssl.SSLContext:
        """The context for a listener whose protocol has that ALPN name."""
        if alpn not in self._contexts:
            self._contexts[alpn] = server_context(self._leaf_path, alpn)
        return self._contexts[alpn]

    def renew(self, names: Sequence[str] | None = None) -> bool:
        """Make the server certificate anew if its names changed or its end is near; whether it was."""
        if names is not None:
            self._names = tuple(dict.fromkeys(names))
        if self._is_current():
            return False
        self._issue()
        for context in self._contexts.values():
            context.load_cert_chain(self._leaf_path)
        return True

    @property
    def _leaf_path(self) -> Path:
        return self._directory / "server.pem"

    def _load_or_make(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key_path, path = self._directory / "ca.key", self._directory / "ca.crt"
        if path.exists():
            if not key_path.exists():
                raise ValueError(f"{path} is there without {key_path.name}: restore the key, or remove the certificate")
            loaded = serialization.load_pem_private_key(key_path.read_bytes(), None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey), f"{key_path} is not the engine's"
            return loaded, x509.load_pem_x509_certificate(path.read_bytes())
        # The certificate comes last: after a crash between the two nobody can have trusted this key yet.
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hoopterm CA")])
        certificate = (
            self._builder(name, name, key.public_key(), _CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(key_path, _pem(key))
        write_private(path, certificate.public_bytes(serialization.Encoding.PEM))
        return key, certificate

    def _issue(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hoopterm")])
        issuer_key = self._key.public_key()
        certificate = (
            self._builder(self._certificate.subject, subject, key.public_key(), _LEAF_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
            .add_extension(_alternatives(self._names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        write_private(self._leaf_path, _pem(key) + certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(
        self, issuer: x509.Name, subject: x509.Name, public: ec.EllipticCurvePublicKey, life: timedelta
    ) -> x509.CertificateBuilder:
        now = self._now()
        return (
            x509.CertificateBuilder()
            .issuer_name(issuer)
            .subject_name(subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + life)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def _is_current(self) -> bool:
        """Whether the certificate on disk is this CA's, for these names, and stays valid for a while."""
        try:
            leaf = x509.load_pem_x509_certificate(self._leaf_path.read_bytes())
            leaf.verify_directly_issued_by(self._certificate)
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        return names == _alternatives(self._names) and self._now() + _RENEWAL < leaf.not_valid_after_utc


def server_context(certificate: Path, alpn: str, key: Path | None = None) -> ssl.SSLContext:
    """A server's context: TLS 1.2 or later, no renegotiation, no tickets (a connection is worth its handshake)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols([alpn])
    context.load_cert_chain(certificate, key)
    return context


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_alternative(name) for name in names])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)  # raises ValueError on its own for what no certificate can name


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class TLSMode(StrEnum):
    """How much an upstream must prove, as PostgreSQL's sslmode names it."""

    DISABLE = "disable"
    PREFER = "prefer"  # encrypt where the server can; proves nothing
    REQUIRE = "require"  # encrypt; proves nothing unless a CA is given
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class ClientTLS:
    """A target's `tls:`. Without a mode: verify-full, or prefer on this machine where no CA is given."""

    mode: TLSMode | None = None
    ca: Path | None = None

    def resolved(self, *, is_local: bool) -> TLSMode:
        """The mode that applies. `require` with a CA means verify-ca, as in libpq."""
        if self.mode is None:
            return TLSMode.PREFER if is_local and self.ca is None else TLSMode.VERIFY_FULL
        if self.mode is TLSMode.REQUIRE and self.ca is not None:
            return TLSMode.VERIFY_CA
        return self.mode


def client_context(mode: TLSMode, ca: Path | None, alpn: str) -> ssl.SSLContext:
    """The context for a mode other than disable. Raises UpstreamError when the CA cannot be read."""
    try:
        changed = ca.stat().st_mtime_ns if ca else 0
        return _client_context(mode, ca, alpn, changed)
    except OSError as error:  # SSLError is one
        raise UpstreamError(
            "the CA certificate cannot be read", f"{ca}: {error.strerror or error}", "check the target's tls.ca"
        ) from None


@functools.lru_cache(maxsize=64)
def _client_context(mode: TLSMode, ca: Path | None, alpn: str, changed: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([alpn])
    context.check_hostname = mode is TLSMode.VERIFY_FULL
    if mode in (TLSMode.PREFER, TLSMode.REQUIRE):
        context.verify_mode = ssl.CERT_NONE
    elif ca is not None:
        context.load_verify_locations(ca)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context
