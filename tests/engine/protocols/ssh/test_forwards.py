"""Forwards of OpenSSH's client through the engine to an sshd."""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Event

from tests.servers.bastion import StartBastion
from tests.servers.forwarding import asking, connected, echo, exchanged, pending, serving, stdio
from tests.servers.openssh import OpenSSHServer

NETWORK = """
rules:
  - {name: run, decide: allow, who: {groups: [agents]}, what: {effects: [execute, opaque, read, session]}}
  - {name: there, decide: allow, who: {groups: [agents]}, what: {effects: [network], hosts: ["%s"]}}
"""


def test_a_port_is_forwarded_where_a_rule_names_it(start_bastion: StartBastion) -> None:
    with serving() as (address, _), serving() as (other, taken):
        bastion = start_bastion(NETWORK % address)
        assert stdio(bastion, address, data=b"hello") == (0, b"hello", "")
        status, answer, said = stdio(bastion, other, data=b"hello")
    assert (status, answer) == (255, b"")
    assert "administratively prohibited: CONNECT denied: no rule allows" in str(said)
    assert not taken
    assert f"no rule allows network on host:{other}".encode() in bastion.everything_written()


def test_local_forwards_keep_half_closes_and_every_byte(start_bastion: StartBastion, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    with serving() as (address, _):
        bastion = start_bastion()
        with connected(bastion, "-L", f"{tmp_path / 'here'}:{address}"):
            assert exchanged(tmp_path / "here", data) == data


def test_a_socks_proxy_reaches_what_the_rules_name(start_bastion: StartBastion) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving() as (address, _):
        bastion = start_bastion(NETWORK % address)
        host, _, wanted = address.rpartition(":")
        with connected(bastion, "-D", f"127.0.0.1:{port}"):
            with socket.create_connection(("127.0.0.1", port)) as proxied:
                proxied.sendall(b"\x05\x01\x00")
                assert proxied.recv(2) == b"\x05\x00"
                proxied.sendall(b"\x05\x01\x00\x01" + socket.inet_aton(host) + int(wanted).to_bytes(2, "big"))
                assert proxied.recv(10)[:2] == b"\x05\x00"
                proxied.sendall(b"through")
                assert proxied.recv(7) == b"through"


def test_the_bastion_is_a_jump_host_of_openssh(start_bastion: StartBastion, openssh: OpenSSHServer) -> None:
    bastion = start_bastion(NETWORK % f"127.0.0.1:{openssh.port}")
    jump = " ".join(["ssh", *bastion.options(), "-p", str(bastion.port), "-W", "%h:%p", "web1@127.0.0.1"])
    known = bastion.directory / "known_target"
    known.write_text(f"[127.0.0.1]:{openssh.port} {openssh.host_key}\n")
    line = ["ssh", "-F", "none", f"-oUserKnownHostsFile={known}", "-oIdentityAgent=none", "-oBatchMode=yes"]
    line += ["-i", str(openssh.key), f"-oProxyCommand={jump}", "-p", str(openssh.port)]
    done = subprocess.run([*line, f"{openssh.user}@127.0.0.1", "echo there"], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"there\n"), done.stderr


def test_a_port_of_the_upstream_leads_back_to_the_client(start_bastion: StartBastion) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving() as (address, _):
        bastion = start_bastion(NETWORK % f"localhost:{port}")
        with connected(bastion, "-oExitOnForwardFailure=yes", "-R", f"localhost:{port}:{address}"):
            assert exchanged(f"127.0.0.1:{port}", b"back") == b"back"
    written = bastion.everything_written()
    assert b"LISTEN" in written
    assert b"ACCEPT" in written


def test_a_port_that_the_upstream_chooses_is_told_and_can_be_given_back(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    with serving() as (address, _):
        bastion = start_bastion()
        control = f"-oControlPath={tmp_path / 'c'}"
        with connected(bastion, "-oControlMaster=yes", control):
            line = ["ssh", "-F", "none", control]
            asked = ["-R", f"localhost:0:{address}", "web1@127.0.0.1"]
            opened = subprocess.run([*line, "-O", "forward", *asked], capture_output=True, timeout=60)
            port = int(opened.stdout)
            assert exchanged(f"127.0.0.1:{port}", b"back") == b"back"
            closed = subprocess.run([*line, "-O", "cancel", *asked], capture_output=True, timeout=60)
            assert closed.returncode == 0, closed.stderr


def test_listening_that_no_rule_allows_fails_and_leaves_the_session(start_bastion: StartBastion) -> None:
    bastion = start_bastion(NETWORK % "nowhere:1")
    with serving() as (address, _):
        refused = bastion.ssh("true", options=["-oExitOnForwardFailure=yes", "-R", f"localhost:0:{address}"])
        assert refused.returncode == 255
        assert b"remote port forwarding failed" in refused.stderr
        assert bastion.ssh("echo on", options=["-R", f"localhost:0:{address}"]).stdout == b"on\n"


def test_unix_sockets_are_forwarded_both_ways(start_bastion: StartBastion, tmp_path: Path) -> None:
    with serving(path=tmp_path / "there") as (there, _):
        bastion = start_bastion()
        back = f"{tmp_path / 'back'}:{there}"
        with connected(bastion, "-L", f"{tmp_path / 'here'}:{there}", "-oExitOnForwardFailure=yes", "-R", back):
            assert exchanged(tmp_path / "here", b"one") == b"one"
            assert exchanged(tmp_path / "back", b"two") == b"two"


HELD = """
rules:
  - name: asked
    decide: review
    who: {groups: [agents]}
    what: {effects: [network]}
    review: {reviewers: {groups: [dba]}, quorum: 1, hold: 60s, timeout: 15m}
"""


async def test_nothing_is_opened_while_a_forward_waits_for_people(start_bastion: StartBastion) -> None:
    """SECURITY: forwards opened while a review is pending (GHSA-xm63-rjwf-r3g8)."""
    with serving() as (address, taken):
        bastion = start_bastion(HELD)
        async with bastion.client() as control:
            with asking(bastion, address) as client:
                review = await pending(control)
                assert review.text == f"CONNECT {address}"
                assert not taken
                await control.approve(review.id, "fine")
                answer, _ = await asyncio.to_thread(client.communicate, b"hello", 60)
            assert answer == b"hello"
            with asking(bastion, address) as client:
                review = await pending(control)
                await control.deny(review.id, "not today")
                answer, said = await asyncio.to_thread(client.communicate, b"hello", 60)
        assert (answer, len(taken)) == (b"", 1)
        assert b"not today" in said


async def test_a_client_that_leaves_takes_its_waiting_forward_back(start_bastion: StartBastion) -> None:
    with serving() as (address, taken):
        bastion = start_bastion(HELD)
        async with bastion.client() as control:
            with asking(bastion, address):
                review = await pending(control)
            states = [review.state]
            async for change in control.live():
                if change.review is not None and change.review.id == review.id:
                    states.append(change.review.state)
                    if states[-1] != "pending":
                        break
            assert states[-1] == "withdrawn"
    assert not taken


async def test_killing_a_session_closes_its_tunnels_at_both_ends(start_bastion: StartBastion) -> None:
    over: Queue[bool] = Queue()

    def answer(connection: socket.socket) -> None:
        echo(connection)
        over.put(True)

    with serving(answer) as (address, _):
        bastion = start_bastion()
        async with bastion.client() as control:
            with asking(bastion, address) as client:
                assert client.stdin is not None
                assert client.stdout is not None
                client.stdin.write(b"x")
                client.stdin.flush()
                assert client.stdout.read(1) == b"x"
                (session,) = await control.sessions()
                await control.kill(session.id, "enough")
                await asyncio.to_thread(lambda: client.wait(60))
                assert await asyncio.to_thread(over.get, True, 60)
    assert bastion.verified().ok


def test_two_hundred_forwards_are_open_at_once(start_bastion: StartBastion, tmp_path: Path) -> None:
    with serving() as (address, taken):
        bastion = start_bastion()
        with connected(bastion, "-L", f"{tmp_path / 'here'}:{address}"):
            open_now = []
            for number in range(200):
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(str(tmp_path / "here"))
                connection.sendall(b"%d" % number)
                open_now.append(connection)
            answers = [connection.recv(10) for connection in open_now]
            assert answers == [b"%d" % number for number in range(200)]
            assert len(taken) == 200
            for connection in open_now:
                connection.close()
            with ThreadPoolExecutor(20) as crowd:
                again = list(crowd.map(lambda number: exchanged(tmp_path / "here", b"x" * number), range(200)))
            assert again == [b"x" * number for number in range(200)]


def test_a_link_that_is_changed_all_the_time_never_leads_to_the_control_socket(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    bastion = start_bastion()
    link, over = tmp_path / "link", Event()

    def change() -> None:
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "other"))
            other.listen()
            for number in itertools.count():
                led = tmp_path / f"led-{number % 2}"
                led.unlink(missing_ok=True)
                led.symlink_to((tmp_path / "other", bastion.directory / "control.sock")[number % 2])
                led.replace(link)
                if over.is_set():
                    return

    request = b"GET /v1/status HTTP/1.1\r\nHost: engine\r\n\r\n"
    with ThreadPoolExecutor(1) as threads, connected(bastion, "-L", f"{tmp_path / 'here'}:{link}"):
        changing = threads.submit(change)
        try:
            for _ in range(60):
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(tmp_path / "here"))
                    client.settimeout(0.1)
                    with suppress(OSError):
                        client.sendall(request)
                        assert b"HTTP" not in client.recv(64)
        finally:
            over.set()
            changing.result()
