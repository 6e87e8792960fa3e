"""Who asks is what the kernel says, and what they may is what the YAML says."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest

from engine.api.auth import Caller, Permission, identify, peer_uid, require
from engine.config.revision import Person
from engine.errors import Forbidden
from tests.engine.api.conftest import STRANGER, USERS, Serving, needs_root

_CHILD = """
import os, socket, sys
os.setgroups([])
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(b"GET /v1/status HTTP/1.1\\r\\nHost: x\\r\\nX-Forwarded-User: root\\r\\n")
    connection.sendall(b"Connection: close\\r\\n\\r\\n")
    while chunk := connection.recv(65536):
        sys.stdout.write(chunk.decode())
"""


def test_the_peer_of_a_socket_is_who_opened_it() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.getuid()


async def test_a_unix_name_of_the_configuration_is_a_person(serving: Serving) -> None:
    caller = await identify(USERS["auditor"], serving.gateway.revision, serving.gateway.locks)
    assert (caller.name, caller.permissions) == ("auditor", frozenset({"auditor"}))


@needs_root
async def test_a_stranger_gets_403_and_the_lines_to_add(serving: Serving) -> None:
    status, answer = await serving.ask_as(STRANGER, "GET", "/status")
    assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert "identity.people" in answer["error"]["hint"]
    assert "{unix: nobody, groups: [GROUP]}" in answer["error"]["hint"]


@needs_root
async def test_a_process_of_another_user_is_that_user(serving: Serving) -> None:
    """By a child that gave up root, not by what this process pretends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, str(serving.gateway.socket_path), str(STRANGER), stdout=subprocess.PIPE
    )
    out, _ = await child.communicate()
    assert out.startswith(b"HTTP/1.1 403")
    assert b"nobody" in out


async def test_a_uid_without_a_name_is_a_stranger(serving: Serving) -> None:
    with pytest.raises(Forbidden, match="uid 4000000"):
        await identify(4_000_000, serving.gateway.revision, serving.gateway.locks)


def test_no_permission_implies_another() -> None:
    admin = Caller(Person("ann"), frozenset({"admin"}))
    require(admin, frozenset({Permission.ADMIN, Permission.OPERATOR}), "x")
    with pytest.raises(Forbidden, match="ann may not read the record: it needs the permission auditor"):
        require(admin, frozenset({Permission.AUDITOR}), "read the record")


def test_where_no_permission_is_asked_being_known_is_enough() -> None:
    require(Caller(Person("ann"), frozenset()), frozenset(), "x")
