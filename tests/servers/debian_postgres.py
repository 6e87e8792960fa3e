"""Debian's PostgreSQL under test: TLS, every way to authenticate, TCP and a Unix socket. One server a test run."""

from __future__ import annotations

import datetime
import ipaddress
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "pässword ™ of the upstream"
"""Every login's password: SASLprep changes it, so a login that works proves it is applied."""

INSTALL = "apt-get install -y --no-install-recommends postgresql"

_HBA = """
local   all  all                      trust
hostnossl all tls_only  127.0.0.1/32  reject
host    all  trusted    127.0.0.1/32  trust
host    all  plain      127.0.0.1/32  password
host    all  hashed     127.0.0.1/32  md5
host    all  all        127.0.0.1/8   scram-sha-256
"""

_USERS = f"""
create role trusted login;
set password_encryption = 'scram-sha-256';
create role app login password '{PASSWORD}';
create role tls_only login password '{PASSWORD}';
create role plain login password '{PASSWORD}';
set password_encryption = 'md5';
create role hashed login password '{PASSWORD}';
create database shop;
"""


@dataclass(frozen=True)
class DebianPostgres:
    """A running server on 127.0.0.1 and 127.0.0.2. Its certificate, made by `ca`, is for `localhost` and the first."""

    port: int
    socket_directory: Path
    ca: Path

    @property
    def address(self) -> str:
        """Its TCP address."""
        return f"127.0.0.1:{self.port}"

    @property
    def socket_address(self) -> str:
        """Its Unix socket, as a target's address."""
        return f"{self.socket_directory}:{self.port}"


@pytest.fixture(scope="session")
def debian_postgres() -> Iterator[DebianPostgres]:
    """Debian's server, shared by the whole run."""
    binaries = _binaries()
    directory = Path(tempfile.mkdtemp(prefix="hoopterm-pg-"))
    account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    try:
        ca = _make_certificates(directory)
        if account is not None:
            for path in (directory, *directory.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
        server = DebianPostgres(_free_port(), directory, ca)
        yield from _run(server, binaries, directory, account.pw_name if account else None)
    finally:
        shutil.rmtree(directory)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.fail(f"Debian's PostgreSQL is missing: {INSTALL}", pytrace=False)
    return found[-1].parent


def _run(server: DebianPostgres, binaries: Path, directory: Path, user: str | None) -> Iterator[DebianPostgres]:
    def run(*command: str, script: str = "") -> None:
        # A group of its own keeps root's groups out; PostgreSQL refuses to run as root.
        subprocess.run(
            command, input=script, text=True, check=True, capture_output=True, cwd=directory,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip

    data = directory / "data"
    run(
        f"{binaries}/initdb",
        "-D",
        str(data),
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "-A",
        "trust",
    )
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_settings(server))
    (data / "pg_hba.conf").write_text(_HBA)
    control = (f"{binaries}/pg_ctl", "-D", str(data), "-w")
    run(*control, "-l", str(directory / "log"), "start")
    try:
        run(
            f"{binaries}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres",
            "-h", str(directory), "-p", str(server.port), "-d", "postgres", script=_USERS,
        )  # fmt: skip
        yield server
    finally:
        run(*control, "-m", "immediate", "stop")


def _settings(server: DebianPostgres) -> str:
    return f"""
listen_addresses = '127.0.0.1, 127.0.0.2'
port = {server.port}
unix_socket_directories = '{server.socket_directory}'
ssl = on
ssl_cert_file = '{server.socket_directory}/server.crt'
ssl_key_file = '{server.socket_directory}/server.key'
fsync = off
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _make_certificates(directory: Path) -> Path:
    """`server.crt`, `server.key` and the `ca.crt` that vouches for them."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .issuer_name(authority)
            .subject_name(subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    ca = builder(authority, ca_key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    alternatives = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    leaf = builder(name, key.public_key()).add_extension(alternatives, critical=False)
    pem = serialization.Encoding.PEM
    (directory / "ca.crt").write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (directory / "server.crt").write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    private = directory / "server.key"
    private.touch(0o600)
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return directory / "ca.crt"
