"""The bytes of a forward: at the pace of the slower end, kept as digests."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from pathlib import Path
from queue import Queue

from tests.servers.bastion import StartBastion
from tests.servers.forwarding import asking, connected, open_to, serving, stdio


def test_what_passed_is_told_by_its_digests_and_kept_by_nobody(start_bastion: StartBastion) -> None:
    data = b"only-in-the-tunnel" * 1000
    with serving() as (address, _):
        bastion = start_bastion()
        assert stdio(bastion, address, data)[1] == data
    written = bastion.everything_written()
    assert f"{len(data)} bytes sha256:{hashlib.sha256(data).hexdigest()}".encode() in written
    assert b"only-in-the-tunnel" not in written


def test_a_target_may_have_its_tunnels_recorded_with_values_masked(start_bastion: StartBastion) -> None:
    masking = "masking: [{name: m, detect: [email], with: redact}]"
    with serving() as (address, _):
        bastion = start_bastion(masking=masking, target_lines="record: {tunnels: all}")
        assert stdio(bastion, address, b"hello to ada@example.com\n")[1] == b"hello to ada@example.com\n"
    written = bastion.everything_written()
    assert b"hello to " in written
    assert b"ada@example.com" not in written


def test_the_answer_goes_on_after_the_client_has_sent_all(start_bastion: StartBastion) -> None:
    def late(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass
        connection.sendall(b"x" * 1_000_000)

    with serving(late) as (address, _):
        assert stdio(start_bastion(), address, b"ask")[1] == b"x" * 1_000_000


def test_the_client_may_send_on_after_the_answer_has_ended(start_bastion: StartBastion, tmp_path: Path) -> None:
    got: Queue[bytes] = Queue()

    def early(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_WR)
        got.put(b"".join(iter(lambda: connection.recv(65536), b"")))

    with serving(early) as (address, _):
        with connected(start_bastion(), "-L", f"{tmp_path / 'here'}:{address}"):
            with open_to(tmp_path / "here") as connection:
                assert connection.recv(1) == b""
                connection.sendall(b"y" * 1_000_000)
            assert got.get(timeout=60) == b"y" * 1_000_000


def test_a_reader_that_stalls_makes_the_engine_keep_little(start_bastion: StartBastion) -> None:
    """SECURITY promise 6: bounded memory. The server's end fills up and stays so."""
    stalled: Queue[int] = Queue()

    def pour(connection: socket.socket) -> None:
        sent = 0
        connection.settimeout(5)
        with contextlib.suppress(TimeoutError):
            while sent < 400_000_000:
                sent += connection.send(bytes(1 << 20))
        stalled.put(sent)
        connection.settimeout(None)
        connection.recv(1)

    with serving(pour) as (address, _):
        bastion = start_bastion()
        assert stdio(bastion, "127.0.0.1:1")[0] == 255
        before = bastion.memory()
        with asking(bastion, address):
            assert stalled.get(timeout=60) < 100_000_000
            assert bastion.memory() - before < 16 << 20


def test_a_port_where_nobody_listens_is_told_as_the_upstream_tells_it(start_bastion: StartBastion) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    bastion = start_bastion()
    status, _, said = stdio(bastion, address)
    assert (status, "connect failed" in said) == (255, True)
    assert b"Connection refused" in bastion.everything_written()
