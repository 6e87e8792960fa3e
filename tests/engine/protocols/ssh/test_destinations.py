"""The control socket is no destination, by whatever name."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.protocols.ssh import destinations
from engine.protocols.ssh.destinations import Forbidden, require_possible
from engine.session import Session
from tests.servers.bastion import StartBastion
from tests.servers.forwarding import connected, exchanged, serving


class _Session:
    id = "s-1"


SESSION: Session = _Session()  # type: ignore[assignment]


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    """A socket that stands for the engine's."""
    with serving(path=tmp_path / "control.sock") as (path, _):
        yield Path(path)


async def forbidden(path: str | Path, control: Path) -> str:
    with pytest.raises(Forbidden) as caught:
        await require_possible(destinations.unix(SESSION, "SOCKET", str(path)), control)
    return str(caught.value)


async def test_the_control_socket_is_known_by_its_path_however_written(control: Path) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    for path in (control, f"{control.parent}//./{control.name}", f"/{control}", f"{control}/"):
        assert await forbidden(path, control) == "it is the engine's control socket"


async def test_the_control_socket_is_known_behind_links(control: Path, tmp_path: Path) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    (tmp_path / "link").symlink_to(control)
    (tmp_path / "folder").symlink_to(tmp_path)
    os.link(control, tmp_path / "hard")
    for path in (tmp_path / "link", tmp_path / "folder" / control.name, tmp_path / "hard"):
        assert await forbidden(path, control) == "it is the engine's control socket"


async def test_a_control_socket_that_is_not_there_yet_is_known_too(tmp_path: Path) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    (tmp_path / "link").symlink_to(tmp_path / "missing")
    assert await forbidden(tmp_path / "missing", tmp_path / "missing") == "it is the engine's control socket"
    assert await forbidden(tmp_path / "link", tmp_path / "missing") == "it is the engine's control socket"


async def test_no_path_leads_through_what_processes_have_open(control: Path) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    for path in (f"/proc/1/root{control}", f"/proc/self/root{control}", f"//proc/self/cwd/{control.name}", "/dev/fd/3"):
        assert await forbidden(path, control) == "it leads through what a process has open"


async def test_no_path_starts_or_leads_where_nobody_can_tell(control: Path, tmp_path: Path) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    for path in (control.name, f"./{control.name}", "", f"{tmp_path}/x/../{control.name}", f"{control}\0", "/" * 5000):
        assert await forbidden(path, control) == "it is no absolute path without `..`"


async def test_other_sockets_and_sockets_that_are_not_here_may_be_reached(control: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "other"))
        for path in (tmp_path / "other", tmp_path / "missing" / "x"):
            await require_possible(destinations.unix(SESSION, "SOCKET", str(path)), control)


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        ("DB.internal", 5432, "host:db.internal:5432"),
        ("FD00:0::1", 22, "host:[fd00::1]:22"),
        ("fe80::1%eth0", 22, "host:[fe80::1%eth0]:22"),
        ("", 8080, "host:0.0.0.0:8080"),
    ],
)
async def test_a_destination_is_named_as_rules_name_it(host: str, port: int, name: str) -> None:
    operation = destinations.tcp(SESSION, "CONNECT", host, port)
    await require_possible(operation, Path("/x"))
    assert str(operation.accesses[0].resource) == name


@pytest.mark.parametrize(
    ("host", "port"), [("a b", 1), ("a\0.internal", 1), ("a/b", 1), ("x:y", 1), ("db", 65536), ("[::1]", 1), ("ä", 1)]
)
async def test_what_is_no_host_is_no_destination(host: str, port: int) -> None:
    """SECURITY promise 5."""
    with pytest.raises(Forbidden, match="no host"):
        await require_possible(destinations.tcp(SESSION, "CONNECT", host, port), Path("/x"))


async def test_a_rule_that_allows_everything_gives_no_forward_to_the_control_socket(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    bastion = start_bastion()
    control = bastion.directory / "control.sock"
    (tmp_path / "link").symlink_to(control)
    for path in (control, tmp_path / "link"):
        with connected(bastion, "-oStreamLocalBindUnlink=yes", "-L", f"{tmp_path / 'here'}:{path}"):
            with contextlib.suppress(ConnectionResetError):
                assert exchanged(tmp_path / "here", b"GET /status HTTP/1.0\r\n\r\n") == b""
    refused = bastion.ssh("true", options=["-oExitOnForwardFailure=yes", "-R", f"{control}:{tmp_path / 'x'}"])
    assert refused.returncode == 255
    async with bastion.client() as client:
        told = [event async for event in client.events() if event["data"].get("verb") in {"SOCKET", "LISTEN"}]
    assert [(event["event"], event["data"]["verb"]) for event in told] == [
        ("operation.denied", "SOCKET"),
        ("operation.denied", "SOCKET"),
        ("operation.denied", "LISTEN"),
    ]
    assert bastion.verified().ok
