from __future__ import annotations

import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from engine.errors import UpstreamError
from engine.tls import Authority, ClientTLS, TLSMode, client_context

NOW = datetime.now(UTC)


def leaf(directory: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((directory / "server.pem").read_bytes())


def names(directory: Path) -> list[str]:
    extension = leaf(directory).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in extension.value]


async def handshake(authority: Authority, client: ssl.SSLContext, hostname: str) -> str | None:
    """The ALPN protocol that the two agree on; raises what the client raises."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=authority.server_context("postgresql"))
    async with server:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", server.sockets[0].getsockname()[1], ssl=client, server_hostname=hostname
        )
        chosen: str | None = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.close()
        await writer.wait_closed()
        return chosen


def strict(authority: Authority) -> ssl.SSLContext:
    """The strictest client: RFC 5280 to the letter."""
    context = ssl.create_default_context(cadata=authority.ca_pem)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    context.set_alpn_protocols(["postgresql"])
    return context


@pytest.mark.parametrize("hostname", ["db.example", "127.0.0.1", "::1"])
async def test_a_strict_client_verifies_every_name_of_the_certificate(tmp_path: Path, hostname: str) -> None:
    authority = Authority.open(tmp_path, ["db.example", "127.0.0.1", "::1"])
    assert await handshake(authority, strict(authority), hostname) == "postgresql"


async def test_a_name_that_is_not_in_the_certificate_is_refused_by_its_clients(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path, ["localhost"])
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(authority, strict(authority), "db.example")


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    Authority.open(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in directory.iterdir()) == ["ca.crt", "ca.key", "server.pem"]


def test_opening_again_keeps_the_ca_and_the_certificate(tmp_path: Path) -> None:
    first = Authority.open(tmp_path).ca_pem
    serial = leaf(tmp_path).serial_number
    assert Authority.open(tmp_path).ca_pem == first
    assert leaf(tmp_path).serial_number == serial
    assert "PRIVATE" not in first


def test_a_certificate_is_made_anew_when_its_names_change(tmp_path: Path) -> None:
    ca = Authority.open(tmp_path, ["localhost"]).ca_pem
    assert Authority.open(tmp_path, ["localhost", "10.0.0.1"]).ca_pem == ca
    assert names(tmp_path) == ["localhost", "10.0.0.1"]


def test_a_certificate_is_made_anew_a_month_before_its_end(tmp_path: Path) -> None:
    Authority.open(tmp_path, now=lambda: NOW)
    serial = leaf(tmp_path).serial_number
    Authority.open(tmp_path, now=lambda: NOW + timedelta(days=360))
    assert leaf(tmp_path).serial_number == serial
    Authority.open(tmp_path, now=lambda: NOW + timedelta(days=370))
    assert leaf(tmp_path).serial_number != serial


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_a_broken_certificate_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    Authority.open(tmp_path)
    if content is None:  # another authority's
        Authority.open(tmp_path / "other")
        content = (tmp_path / "other" / "server.pem").read_bytes()
    (tmp_path / "server.pem").write_bytes(content)
    authority = Authority.open(tmp_path)
    ca = x509.load_pem_x509_certificate(authority.ca_pem.encode())
    leaf(tmp_path).verify_directly_issued_by(ca)


async def test_a_live_listener_serves_the_renewed_certificate(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path, ["localhost"])
    await handshake(authority, strict(authority), "localhost")
    assert not authority.renew()
    assert authority.renew(["db.example"])
    assert await handshake(authority, strict(authority), "db.example") == "postgresql"


def test_a_certificate_without_its_key_is_said_so_instead_of_replaced(tmp_path: Path) -> None:
    Authority.open(tmp_path)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(ValueError, match="restore the key"):
        Authority.open(tmp_path)


def test_a_crash_between_key_and_certificate_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    Authority.open(tmp_path)
    (tmp_path / "ca.crt").unlink()
    (tmp_path / "server.new").write_bytes(b"half a certificate")
    Authority.open(tmp_path)
    assert (tmp_path / "ca.crt").exists()


@pytest.mark.parametrize(
    ("tls", "is_local", "mode"),
    [
        (ClientTLS(), False, TLSMode.VERIFY_FULL),
        (ClientTLS(), True, TLSMode.PREFER),
        (ClientTLS(TLSMode.DISABLE), False, TLSMode.DISABLE),
        (ClientTLS(TLSMode.REQUIRE), False, TLSMode.REQUIRE),
        (ClientTLS(TLSMode.REQUIRE, Path("ca")), False, TLSMode.VERIFY_CA),
        (ClientTLS(ca=Path("ca")), True, TLSMode.VERIFY_FULL),
    ],
)
def test_what_an_upstream_must_prove(tls: ClientTLS, is_local: bool, mode: TLSMode) -> None:
    assert tls.resolved(is_local=is_local) is mode


def test_contexts_prove_what_their_mode_says(tmp_path: Path) -> None:
    Authority.open(tmp_path)
    ca = tmp_path / "ca.crt"
    for mode, verifies, checks_name in (
        (TLSMode.PREFER, False, False),
        (TLSMode.REQUIRE, False, False),
        (TLSMode.VERIFY_CA, True, False),
        (TLSMode.VERIFY_FULL, True, True),
    ):
        context = client_context(mode, ca, "postgresql")
        assert (context.verify_mode is ssl.CERT_REQUIRED, context.check_hostname) == (verifies, checks_name)
        assert client_context(mode, ca, "postgresql") is context


def test_a_rotated_ca_file_is_followed(tmp_path: Path) -> None:
    Authority.open(tmp_path)
    ca = tmp_path / "ca.crt"
    context = client_context(TLSMode.VERIFY_FULL, ca, "postgresql")
    Authority.open(tmp_path / "other")
    (tmp_path / "other" / "ca.crt").replace(ca)
    assert client_context(TLSMode.VERIFY_FULL, ca, "postgresql") is not context


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    ca = tmp_path / "ca.crt"
    if content is not None:
        ca.write_text(content)
    with pytest.raises(UpstreamError, match=r"ca\.crt"):
        client_context(TLSMode.VERIFY_FULL, ca, "postgresql")
