"""What forwards lead to in tests, and OpenSSH's client holding some open."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.api import schema
from hoopterm.client import Client
from tests.servers.bastion import Bastion


def echo(connection: socket.socket) -> None:
    """Send back what comes, up to its end."""
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


@contextmanager
def serving(
    answer: Callable[[socket.socket], None] = echo, path: Path | None = None
) -> Iterator[tuple[str, list[socket.socket]]]:
    """A server on a port of loopback, or at a path: its address, and the connections it has taken."""
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener, address = socket.socket(socket.AF_UNIX), str(path)
        listener.bind(address)
        listener.listen()
    taken: list[socket.socket] = []

    def work(connection: socket.socket) -> None:
        with connection:
            with suppress(OSError):  # the other end is gone
                answer(connection)

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection)
            threading.Thread(target=work, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield address, taken
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def connected(bastion: Bastion, *options: str, command: str = "echo ready; cat") -> Iterator[subprocess.Popen[bytes]]:
    """OpenSSH's client with such options, once its command has said `ready`; it ends with the input."""
    line = ["ssh", *bastion.options(), "-p", str(bastion.port), *options, "web1@127.0.0.1", command]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **pipes) as client:  # type: ignore[call-overload]
        assert client.stdout is not None
        try:
            assert client.stdout.readline() == b"ready\n"
            yield client
        finally:
            client.kill()


def exchanged(path: Path | str, data: bytes) -> bytes:
    """What comes back at a Unix socket, or at `host:port`, for data and its end."""
    with open_to(path) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def open_to(path: Path | str) -> socket.socket:
    """A connection to a Unix socket, or to `host:port`."""
    if isinstance(path, Path):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        return connection
    host, _, port = path.rpartition(":")
    return socket.create_connection((host, int(port)))


@contextmanager
def asking(bastion: Bastion, destination: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`ssh -W` while it runs."""
    told = [option for option in bastion.options() if "LogLevel" not in option]
    line = ["ssh", *told, "-oLogLevel=INFO", "-p", str(bastion.port), *options, "-W", destination, "web1@127.0.0.1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **pipes) as client:  # type: ignore[call-overload]
        try:
            yield client
        finally:
            client.kill()


def stdio(bastion: Bastion, destination: str, data: bytes = b"") -> tuple[int, bytes, str]:
    """`ssh -W`: exit status, what came back, and what it said."""
    with asking(bastion, destination) as client:
        answer, said = client.communicate(data, timeout=60)
    return client.returncode, answer, said.decode()


async def pending(control: Client) -> schema.ReviewView:
    """The first review that waits, as soon as there is one."""
    async for change in control.live():
        if change.review is not None and change.review.state == "pending":
            return change.review
    raise AssertionError("the engine ended")
