"""Who an SSH key or certificate stands for: pure questions to a policy revision.

Nothing here proves that whoever shows a key holds it: the caller has that signed, by the key of `Identity.key`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from asyncssh.public_key import KeyImportError, decode_ssh_certificate

from engine.errors import NotFound, SessionRefused
from engine.identity import certificates
from engine.identity.certificates import Certificate
from engine.identity.wireforms import Malformed, Reader
from engine.model import Certified

if TYPE_CHECKING:
    from engine.config.revision import Authority, Revision
    from engine.model import Identity

SIGNATURES: Final = frozenset(
    {
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsa-sha2-256",
        "rsa-sha2-512",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
"""Signatures that are believed, of certificates and of who logs in: none over SHA-1."""

_LEAST_RSA: Final = 2048
_PERMITS: Final = ("pty", "port-forwarding", "agent-forwarding", "X11-forwarding")
_REFUSED: Final = "the certificate does not let in"
_END_OF_TIME: Final = 253_402_300_799  # the last second that a datetime has


def by_offer(revision: Revision, asked: str | None, blob: bytes, peer: str, now: datetime) -> Identity:
    """The identity of a public key or certificate in its wire form. `asked` is whom the login names, None where it
    names only a target; `peer` the address it comes from. Raises SessionRefused."""
    if b"-cert-v0" in blob[4:64]:
        return by_certificate(revision, asked, blob, peer, now)
    return by_key(revision, asked, blob)


def by_key(revision: Revision, asked: str | None, blob: bytes) -> Identity:
    """The identity that this key is listed for; raises SessionRefused."""
    line = line_of(blob)
    name = revision.ssh_keys.get(line)
    if name is None:
        hint = "have it listed: `ssh: [KEY]` at an agent or a person"
        raise SessionRefused("the key does not let in", "nobody of the configuration has it", hint)
    if asked is not None and asked != name:
        raise SessionRefused("the key is another identity's", f"it is not one of {asked}'s")
    return replace(_registered(revision, name), authenticated=f"ssh-key:{fingerprint(blob)}", key=line)


def by_certificate(revision: Revision, asked: str | None, blob: bytes, peer: str, now: datetime) -> Identity:
    """The identity that this certificate names, if an authority of the configuration signed it and all that it demands
    is met; raises SessionRefused."""
    try:
        certificate = certificates.read(blob)
        line = line_of(certificate.authority)
        authority = next((each for each in revision.ssh_authorities if each.key == line), None)
        if authority is None:
            raise SessionRefused(_REFUSED, "its authority is none of the configuration's")
        _check(certificate, authority, peer, now)
        decode_ssh_certificate(blob)  # what its authority signed; last, since it is what costs
    except (Malformed, KeyImportError) as error:
        raise SessionRefused(_REFUSED, str(error)) from None
    identity = _registered(revision, _named(revision, asked, certificate.principals))
    ends = certificate.valid_before
    expires = datetime.fromtimestamp(ends, UTC) if ends <= _END_OF_TIME else None
    certified = Certified(
        authority=authority.name,
        serial=certificate.serial,
        id=certificate.id,
        permits=frozenset(name for name in _PERMITS if f"permit-{name}" in certificate.extensions),
        command=_text(certificate.critical, "force-command"),
    )
    return replace(
        identity,
        authenticated=f"ssh-cert:{authority.name}/{certificate.serial}",
        key=line_of(certificate.key),
        certified=certified,
        expires=min(filter(None, (expires, identity.expires)), default=None),
    )


def why_not_any_more(identity: Identity, before: Revision, revision: Revision) -> str | None:
    """Why what let in under one revision lets in no more under another; None while it still does."""
    word, key = identity.certified, identity.key
    if word is not None and key is not None:
        authority = _authority(revision, word.authority)
        earlier = _authority(before, word.authority)
        if authority is None or earlier is None or authority.key != earlier.key:
            return "the authority of its certificate is not trusted any more"
        is_revoked = _is_revoked(authority, base64.b64decode(key.split()[1]), word.serial, word.id)
        return "its certificate was revoked" if is_revoked else None
    if key is not None and revision.ssh_keys.get(key) != identity.subject:
        return "its key is not listed any more"
    return None


def line_of(blob: bytes) -> str:
    """A public key's wire form (RFC 4253 section 6.6) as the configuration has it: `KIND BASE64`."""
    kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    return f"{kind.decode('ascii', 'replace')} {base64.b64encode(blob).decode()}"


def fingerprint(blob: bytes) -> str:
    """A key's name for people, as `ssh-keygen -l` writes it."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


def _registered(revision: Revision, name: str) -> Identity:
    try:
        return revision.identity_of(name)
    except NotFound as unknown:
        raise SessionRefused(unknown.what, unknown.why, unknown.hint) from None


def _authority(revision: Revision, name: str) -> Authority | None:
    return next((each for each in revision.ssh_authorities if each.name == name), None)


def _named(revision: Revision, asked: str | None, principals: tuple[str, ...]) -> str:
    """Which of its principals a certificate is shown for. One without any would be everybody's: it is nobody's."""
    known = [name for name in dict.fromkeys(principals) if name in revision.agents or name in revision.people]
    if asked is not None:
        if asked not in known:
            raise SessionRefused(_REFUSED, f"{asked} is not among its principals, or not registered")
        return asked
    if not known:
        raise SessionRefused(_REFUSED, "none of its principals is an agent or a person")
    if len(known) > 1:
        raise SessionRefused(_REFUSED, "it is several identities'", "log in as IDENTITY+TARGET")
    return known[0]


def _check(certificate: Certificate, authority: Authority, peer: str, now: datetime) -> None:
    """Everything but who it names and that it is signed; raises SessionRefused and Malformed."""
    if certificate.kind != certificates.USER:
        raise SessionRefused(_REFUSED, "it is not a user's")
    if certificate.signature not in SIGNATURES:
        raise SessionRefused(_REFUSED, f"its signature ({certificate.signature}) is not believed")
    if certificate.key.startswith(b"\0\0\0\7ssh-rsa") and _rsa_bits(certificate.key) < _LEAST_RSA:
        raise SessionRefused(_REFUSED, "the key it is for is too short")
    moment = now.timestamp()
    if not certificate.valid_after <= moment < certificate.valid_before:
        when = "has expired" if moment >= certificate.valid_before else "is not valid yet"
        raise SessionRefused(_REFUSED, f"it {when}")
    if _is_revoked(authority, certificate.key, certificate.serial, certificate.id):
        raise SessionRefused(_REFUSED, "it was revoked")
    unknown = set(certificate.critical) - {"force-command", "source-address"}
    if unknown:
        raise SessionRefused(_REFUSED, f"it demands what is not known here: {', '.join(sorted(unknown))}")
    addresses = _text(certificate.critical, "source-address")
    if addresses is not None and not _is_among(addresses, peer):
        raise SessionRefused(_REFUSED, "it is for other addresses")


def _is_revoked(authority: Authority, key: bytes, serial: int, id: str) -> bool:
    if line_of(key) in authority.revoked_keys or authority.key in authority.revoked_keys:
        return True
    if any(first <= serial <= last for first, last in authority.revoked_serials):
        return True
    krl = authority.krl
    if krl is None:
        return False
    signer = base64.b64decode(authority.key.split()[1])
    return krl.revokes_key(key) or krl.revokes_key(signer) or krl.revokes_certificate(signer, serial, id)


def _rsa_bits(blob: bytes) -> int:
    reader = Reader(blob)
    reader.string()
    reader.string()
    return int.from_bytes(reader.string(), "big").bit_length()


def _text(options: Mapping[str, bytes], name: str) -> str | None:
    value = options.get(name)
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Malformed(f"its {name} is not UTF-8") from None


def _is_among(addresses: str, peer: str) -> bool:
    """Whether an address is in one of the networks of a list; raises Malformed."""
    try:
        networks = [ip_network(each) for each in addresses.split(",")]
    except ValueError:
        raise Malformed("its source-address does not read") from None
    try:
        address: IPv4Address | IPv6Address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False  # a local socket, or nothing at all
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any(
        (mapped or address) in network or (isinstance(network, IPv6Network) and address in network)
        for network in networks
    )
