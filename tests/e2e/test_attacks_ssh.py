"""What was done to other SSH servers, done to this one: message order, rogue messages, what was only offered.

The attacks before the keys are bare packets; those behind them are sent by a client that keeps to no protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.packet import Boolean, String, UInt32

from tests.servers.bastion import Bastion, StartBastion
from tests.servers.sshkeys import Authority, keygen

_DISCONNECT, _IGNORE, _SERVICE_REQUEST, _EXT_INFO, _KEXINIT, _NEWKEYS = 1, 2, 5, 7, 20, 21
_USERAUTH_REQUEST, _USERAUTH_SUCCESS, _CHANNEL_OPEN, _CHANNEL_REQUEST = 50, 52, 90, 98


@pytest.fixture
def bastion(start_bastion: StartBastion) -> Iterator[Bastion]:
    """It still serves after whatever was done to it, and nothing it met was a surprise to it."""
    bastion = start_bastion()
    yield bastion
    assert bastion.ssh("echo in").stdout == b"in\n"
    assert b"Traceback" not in (bastion.directory / "engine.log").read_bytes()


async def told(bastion: Bastion, name: str) -> list[dict[str, Any]]:
    async with bastion.client() as client:
        return [event async for event in client.events() if event["event"] == name]


class Bare:
    """A connection before its keys: packets in clear."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")
        self.send(b"SSH-2.0-bare\r\n")

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Bytes as they are; a server that has hung up is fine."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)

    def packet(self, payload: bytes) -> None:
        """One packet (RFC 4253 section 6)."""
        padding = 8 - (5 + len(payload)) % 8
        padding += 8 if padding < 4 else 0
        self.send(struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding))

    def kexinit(self, *, is_strict: bool) -> None:
        """What it can do, as an OpenSSH client of today says it."""
        strict = b",kex-strict-c-v00@openssh.com" if is_strict else b""
        lists = [b"curve25519-sha256,ext-info-c" + strict, b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr"]
        lists += [b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
        self.packet(bytes([_KEXINIT]) + bytes(16) + b"".join(map(String, lists)) + Boolean(False) + UInt32(0))

    def ends(self) -> list[int]:
        """The kinds of packets that come until the server hangs up."""
        kinds = []
        try:
            self._file.readline()
            while header := self._file.read(5):
                body = self._file.read(int.from_bytes(header[:4], "big") - 1)
                kinds.append(body[0])
        except ConnectionError:
            pass
        return kinds


_ROGUE = {
    "an extension": bytes([_EXT_INFO]) + UInt32(1) + String(b"server-sig-algs") + String(b""),
    "a login": bytes([_USERAUTH_REQUEST]) + b"".join(map(String, (b"web1", b"ssh-connection", b"none"))),
    "a success": bytes([_USERAUTH_SUCCESS]),
    "a service": bytes([_SERVICE_REQUEST]) + String(b"ssh-userauth"),
    "a channel": bytes([_CHANNEL_OPEN]) + String(b"session") + UInt32(0) * 3,
    "new keys": bytes([_NEWKEYS]),
}


@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("what", list(_ROGUE))
async def test_nothing_but_the_key_exchange_is_taken_before_there_are_keys(
    bastion: Bastion, what: str, is_strict: bool
) -> None:
    """SECURITY CVE-2023-46445, CVE-2023-46446, CVE-2018-7749: rogue extensions, logins and channels in clear."""
    with Bare(bastion.port) as client:
        client.kexinit(is_strict=is_strict)
        client.packet(_ROGUE[what])
        kinds = await asyncio.to_thread(client.ends)
    assert set(kinds) <= {_KEXINIT, _DISCONNECT}
    assert await told(bastion, "session.opened") == []


@pytest.mark.parametrize("is_before", [True, False])
def test_a_packet_slipped_in_before_the_keys_ends_a_strict_connection(bastion: Bastion, is_before: bool) -> None:
    """SECURITY CVE-2023-48795: Terrapin counts on a packet that says nothing."""
    nothing = bytes([_IGNORE]) + String(b"")
    with Bare(bastion.port) as client:
        if is_before:
            client.packet(nothing)
        client.kexinit(is_strict=True)
        if not is_before:
            client.packet(nothing)
        kinds = client.ends()
    assert set(kinds) <= {_KEXINIT, _DISCONNECT}


def test_strict_key_exchange_is_offered(bastion: Bastion) -> None:
    """SECURITY CVE-2023-48795"""
    said = bastion.ssh("true", options=("-vvv", "-oLogLevel=DEBUG3")).stderr
    assert b"kex-strict-s-v00@openssh.com" in said
    assert b"will use strict KEX ordering" in said


_BROKEN = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "many empty lines": b"\n" * 100_000,
    "a packet of no length": b"SSH-2.0-x\r\n" + struct.pack(">IB", 0, 0),
    "a packet without a payload": b"SSH-2.0-x\r\n" + struct.pack(">IB", 12, 11) + bytes(11),
    "a packet of 4 GB": b"SSH-2.0-x\r\n" + struct.pack(">IB", 0xFFFFFFFF, 4) + bytes(64),
    "half a key exchange": b"SSH-2.0-x\r\n" + struct.pack(">IB", 12, 4) + bytes([_KEXINIT]) + bytes(10),
    "an old version": b"SSH-1.5-x\r\n",
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("what", list(_BROKEN))
def test_empty_and_broken_packets_end_their_connection_alone(bastion: Bastion, what: str) -> None:
    """SECURITY GHSA-3cjp-w4cp-m9c8, promise 6."""
    with socket.create_connection(("127.0.0.1", bastion.port), timeout=20) as client, contextlib.suppress(OSError):
        client.sendall(_BROKEN[what])
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


class Unruly(asyncssh.SSHClientConnection):
    """A client that does one thing of its own instead of logging in."""

    attack: Callable[[Unruly], None]

    def try_next_auth(self, *_: Any, **__: Any) -> None:
        """It could log in now."""
        self._auth_complete = True  # so that nothing is kept back
        type(self).attack(self)


async def unruly(bastion: Bastion, attack: Callable[[Unruly], None]) -> None:
    """Do it behind the keys, where a login is expected, and wait for the end."""
    loop = asyncio.get_running_loop()
    options = await asyncssh.SSHClientConnectionOptions.construct(
        config=None, host="127.0.0.1", port=bastion.port, username="bot+web1", known_hosts=None, client_keys=[]
    )
    kind = type("Unruly", (Unruly,), {"attack": staticmethod(attack)})
    _, connection = await loop.create_connection(lambda: kind(loop, options), "127.0.0.1", bastion.port)
    async with asyncio.timeout(20):
        await connection.wait_closed()


def _channel(client: Unruly) -> None:
    client.send_packet(_CHANNEL_OPEN, String(b"session"), UInt32(0), UInt32(1 << 20), UInt32(1 << 15))
    client.send_packet(_CHANNEL_REQUEST, UInt32(0), String(b"exec"), Boolean(True), String(b"echo in"))


def _success(client: Unruly) -> None:
    client.send_packet(_USERAUTH_SUCCESS)
    _channel(client)


def _forward(client: Unruly) -> None:
    address = String(b"127.0.0.1") + UInt32(22)
    client.send_packet(_CHANNEL_OPEN, String(b"direct-tcpip"), UInt32(0), UInt32(1), UInt32(1), address, address)


def _global(client: Unruly) -> None:
    client.send_packet(80, String(b"tcpip-forward"), Boolean(True), String(b""), UInt32(0))


def _empty_key(client: Unruly) -> None:
    for signature in ((), (String(b""),)):
        named = map(String, (b"bot+web1", b"ssh-connection", b"publickey"))
        client.send_packet(
            _USERAUTH_REQUEST, *named, Boolean(bool(signature)), String(b"ssh-ed25519"), String(b""), *signature
        )
    client.send_packet(_DISCONNECT, UInt32(11), String(b"done"), String(b""))


def _empty_name(client: Unruly) -> None:
    client.send_packet(_USERAUTH_REQUEST, *map(String, (b"", b"ssh-connection", b"none")))
    named = map(String, (b"+", b"ssh-connection", b"password"))
    client.send_packet(_USERAUTH_REQUEST, *named, Boolean(False), String(b""))
    client.send_packet(_DISCONNECT, UInt32(11), String(b"done"), String(b""))


@pytest.mark.parametrize("attack", [_channel, _success, _forward, _global, _empty_key, _empty_name])
async def test_nothing_is_opened_for_who_did_not_log_in(bastion: Bastion, attack: Callable[[Unruly], None]) -> None:
    """SECURITY CVE-2018-7749, GHSA-3cjp-w4cp-m9c8: channels, forwards and empty proofs where a login is expected."""
    await unruly(bastion, attack)
    assert await told(bastion, "session.opened") == []
    assert await told(bastion, "operation.intended") == []


def only_public(bastion: Bastion, folder: Path, identity: str) -> Path:
    """A public key whose private half is not there: OpenSSH offers it, is told that it would do, and cannot sign."""
    shown = folder / f"shown-{identity}"
    shown.with_name(f"{shown.name}.pub").write_text(bastion.key(identity).with_suffix(".pub").read_text())
    return shown.with_name(f"{shown.name}.pub")


async def test_the_key_that_was_proved_counts_and_not_one_that_was_offered(bastion: Bastion, tmp_path: Path) -> None:
    """SECURITY CVE-2024-45337, CVE-2026-46595"""
    offered = only_public(bastion, tmp_path, "alice")
    done = bastion.ssh("echo in", options=(f"-oIdentityFile={offered}",), identity="bot")
    assert done.stdout == b"in\n"
    (opened,) = await told(bastion, "session.opened")
    assert opened["identity"] == "bot"
    # Alice may nothing there; that the bot's key was offered first gives her none of what the bot may.
    offered = only_public(bastion, tmp_path, "bot")
    refused = bastion.ssh("echo in", options=(f"-oIdentityFile={offered}",), identity="alice")
    assert (refused.returncode, refused.stdout) == (255, b"")
    assert (await told(bastion, "session.refused"))[-1]["identity"] == "alice"
    assert len(await told(bastion, "session.opened")) == 1


async def test_a_certificate_that_was_offered_gives_a_plain_key_nothing(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    """SECURITY CVE-2026-46595"""
    authority = Authority(keygen(tmp_path / "authority"))
    bastion = start_bastion(cas=f'{{name: corp, key: "{authority.public}"}}')
    certificate = authority.sign(keygen(tmp_path / "laptop"), "bot")  # whose private half alice does not have
    (tmp_path / "laptop").unlink()
    done = bastion.ssh("echo in", options=(f"-oCertificateFile={certificate}",), identity="alice")
    assert (done.returncode, done.stdout) == (255, b"")
    assert await told(bastion, "session.opened") == []


async def test_tries_are_counted_and_told_once(bastion: Bastion, tmp_path: Path) -> None:
    """SECURITY promise 6"""
    files = [f"-oIdentityFile={keygen(tmp_path / f'key-{number}')}" for number in range(25)]
    done = bastion.ssh("echo in", options=files)
    assert done.returncode == 255
    assert b"too many authentication failures" in done.stderr.lower()
    assert len(await told(bastion, "session.refused")) == 1


@pytest.mark.parametrize(
    "option",
    [
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "KexAlgorithms=diffie-hellman-group-exchange-sha1",
        "Ciphers=aes128-cbc",
        "Ciphers=3des-cbc",
        "MACs=hmac-sha1",
        "MACs=hmac-md5",
        "HostKeyAlgorithms=ssh-rsa",
    ],
)
def test_what_is_old_is_not_negotiated(bastion: Bastion, option: str) -> None:
    options = [f"-o{option}", "-oLogLevel=INFO"]
    if option.startswith("MACs"):
        options.append("-oCiphers=aes128-ctr")  # others bring their own
    done = bastion.ssh("echo in", options=options)
    assert done.returncode == 255
    assert b"no matching" in done.stderr


def test_a_login_signed_over_sha1_is_not_believed(start_bastion: StartBastion, tmp_path: Path) -> None:
    key = keygen(tmp_path / "rsa", kind="rsa")
    listed = key.with_suffix(".pub").read_text().strip()
    bastion = start_bastion(bot=listed)
    line = ["ssh", *bastion.options(), "-p", str(bastion.port), "web1@127.0.0.1", "echo in"]
    line = [f"-oIdentityFile={key}" if word.startswith("-oIdentityFile") else word for word in line]
    done = subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.stdout == b"in\n"
    line.insert(1, "-oPubkeyAcceptedAlgorithms=ssh-rsa")
    old = subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (old.returncode, old.stdout) == (255, b"")
