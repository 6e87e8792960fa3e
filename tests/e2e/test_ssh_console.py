"""The console over SSH, as people have it: OpenSSH's client on a terminal, an engine, and what it forks for them."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shop import ECHO_IS_HELD, SSH_ENVIRONMENT
from tests.servers import processes
from tests.servers.bastion import Bastion, StartBastion, bastions
from tests.servers.openssh import OpenSSHServer, agent
from tests.servers.sshkeys import public
from tests.servers.terminal import Terminal, terminal

NOBODY = 65_534


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def bastion(tmp_path_factory: pytest.TempPathFactory, openssh: OpenSSHServer) -> Iterator[Bastion]:
    with bastions(tmp_path_factory.mktemp("consoles"), openssh) as start:
        yield start(ECHO_IS_HELD)


def log_in(bastion: Bastion, screen: Terminal, identity: str = "bob", *options: str, **environment: str) -> None:
    given = [
        option for option in bastion.options(identity) if "SSH_AUTH_SOCK" not in environment or "Agent" not in option
    ]
    line = ["ssh", *given, *options, "-p", str(bastion.port), "console@127.0.0.1"]
    # tmux scrolls when it says that a program has ended, and at times never learns with which status
    below = ["sh", "-c", r'printf "\n\n\n"; "$@"; echo "status $?"', "sh"]
    screen.start([*below, *line], {**SSH_ENVIRONMENT, **environment}, (80, 24))


async def events(bastion: Bastion, name: str) -> list[dict[str, Any]]:
    async with bastion.client() as client:
        return [event async for event in client.events(event=name)]


def nursery(bastion: Bastion) -> int:
    assert bastion.process is not None
    return processes.nursery(bastion.process.pid)


async def forked(bastion: Bastion) -> int:
    """The process of the one console that is open, once those before it are over."""
    async with asyncio.timeout(20):
        while len(found := processes.children(nursery(bastion))) != 1:  # noqa: ASYNC110 — nobody tells us of a process's end
            await asyncio.sleep(0.05)
    return found[0]


def seen(pid: int, name: str) -> str:
    """What the kernel shows of a process."""
    return Path(f"/proc/{pid}/{name}").read_text()


def descriptors(pid: int) -> dict[int, str]:
    found = Path(f"/proc/{pid}/fd").iterdir()
    return {int(each.name): os.readlink(each) for each in found}


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in seen(pid, "status")
    except (FileNotFoundError, ProcessLookupError):
        return False


@asynccontextmanager
async def held(bastion: Bastion, screen: Terminal, word: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """An agent's command that waits for people, in the queue on the screen."""
    process = await asyncio.create_subprocess_exec(
        *["ssh", *bastion.options("bot"), "-p", str(bastion.port), "web1@127.0.0.1", "echo", word],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await screen.shows("1 waiting")
        screen.press("3", "g")
        await screen.shows(f"web1 · echo {word} ", "you may decide")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def approve(screen: Terminal) -> None:
    screen.press("a")
    await screen.shows("Cancel")
    screen.press("Tab", "Enter")


async def test_a_held_command_is_approved_in_a_console_over_ssh(bastion: Bastion, screen: Terminal) -> None:
    log_in(bastion, screen)
    await screen.shows("● live", "bob · approver")
    async with held(bastion, screen, "held") as process:
        await approve(screen)
        out, _ = await process.communicate()
    assert out == b"held\n"
    *_, voted = await events(bastion, "review.voted")
    assert voted["data"]["by"] == "bob"
    assert "signature" not in voted["data"]


async def test_a_forwarded_agent_signs_what_is_approved(bastion: Bastion, screen: Terminal, tmp_path: Path) -> None:
    """`ssh-keygen -Y verify` reads the signature, of exactly the text in the event."""
    with agent(tmp_path, bastion.key("bob")) as socket:
        log_in(bastion, screen, "bob", "-A", SSH_AUTH_SOCK=str(socket))
        await screen.shows("● live")
        async with held(bastion, screen, "signed") as process:
            await approve(screen)
            out, _ = await process.communicate()
    assert out == b"signed\n"
    *_, voted = await events(bastion, "review.voted")
    text, review = voted["data"]["signed"], voted["data"]["review"]
    assert f"review: {review}\n" in text
    assert "verdict: approve\nperson: bob\n" in text
    (tmp_path / "signature").write_text(voted["data"]["signature"])
    (tmp_path / "signers").write_text(f"bob {public(bastion.key('bob'))}\nalice {public(bastion.key('alice'))}\n")
    assert is_signed(tmp_path, "bob", text)
    assert not is_signed(tmp_path, "bob", text.replace("approve", "deny"))
    assert not is_signed(tmp_path, "alice", text)


def is_signed(directory: Path, person: str, text: str) -> bool:
    """Whether OpenSSH finds that the person signed the text."""
    line = ["ssh-keygen", "-Y", "verify", "-f", str(directory / "signers"), "-I", person, "-n", "hoopterm-vote"]
    done = subprocess.run([*line, "-s", str(directory / "signature")], input=text.encode(), capture_output=True)
    return done.returncode == 0


async def test_an_agent_without_the_key_that_let_in_approves_nothing(
    bastion: Bastion, screen: Terminal, tmp_path: Path
) -> None:
    """SECURITY 4: approvals cannot be borrowed."""
    with agent(tmp_path, bastion.key("alice")) as socket:
        log_in(bastion, screen, "bob", "-A", SSH_AUTH_SOCK=str(socket))
        await screen.shows("● live")
        async with held(bastion, screen, "mine") as process:
            await approve(screen)
            await screen.shows("not approved: your agent did not sign it", "1 waiting")
            assert process.returncode is None


async def test_it_follows_the_size_of_the_terminal_and_ends_with_status_0(bastion: Bastion, screen: Terminal) -> None:
    log_in(bastion, screen)
    await screen.shows("● live")
    pid = await forked(bastion)
    screen.resize(160, 50)
    await screen.shows("free")  # what only a wide header has
    assert await forked(bastion) == pid
    screen.press("C-q")
    await screen.shows("status 0")
    *_, closed = await events(bastion, "console.closed")
    assert closed["data"]["status"] == 0


async def test_a_recording_is_replayed_in_it_without_a_file(bastion: Bastion, screen: Terminal) -> None:
    bastion.ssh("hostname")  # denied, and recorded
    log_in(bastion, screen)
    await screen.shows("● live")
    screen.press("6")
    await screen.shows("recordings", "web1")
    screen.press("Enter")
    await screen.shows("hostname")
    pid = await forked(bastion)
    files = {where.partition(" ")[0] for where in descriptors(pid).values() if where.startswith("/")}
    assert {file for file in files if not file.startswith("/dev/pts/")} == {"/memfd:recording"}


async def test_a_console_over_ssh_has_the_persons_identity_and_none_of_the_engines_rights(
    bastion: Bastion, screen: Terminal
) -> None:
    """SECURITY: a console over SSH has the person's identity and none of the engine's rights."""
    log_in(bastion, screen)
    await screen.shows("bob · approver")
    pid = await forked(bastion)
    status = dict(re.findall(r"^(\w+):\t(.*)$", seen(pid, "status"), re.MULTILINE))
    assert status["NoNewPrivs"] == "1"
    found = descriptors(pid)
    assert all(found[number].startswith("/dev/pts/") for number in (0, 1, 2))
    others = {where.partition(":")[0] for number, where in found.items() if number > 2}
    assert others <= {"socket", "anon_inode"}, found
    assert set(seen(pid, "environ").split("\0")) <= {"LANG=C.UTF-8", "PATH=/usr/bin:/bin", ""}
    if os.geteuid() == 0:
        assert status["Uid"].split() == [str(NOBODY)] * 4
        assert status["Gid"].split() == [str(NOBODY)] * 4
        assert status["Groups"].strip() == ""
        assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == "0" * 16


async def test_who_has_no_permission_is_told_so(bastion: Bastion) -> None:
    done = bastion.ssh("-tt", login="console", identity="alice")
    assert done.returncode == 1
    assert b"alice may not open the console" in done.stderr
    assert b"none of the permissions admin, approver" in done.stderr
    *_, refused = await events(bastion, "session.refused")
    assert (refused["identity"], refused["target"]) == ("alice", "console")


async def test_an_agent_is_not_let_into_the_console(bastion: Bastion) -> None:
    done = bastion.ssh("-tt", login="console", identity="bot")
    assert done.returncode == 1
    assert b"bot may not open the console" in done.stderr


async def test_it_needs_a_terminal(bastion: Bastion) -> None:
    done = bastion.ssh(login="console", identity="bob")
    assert done.returncode == 1
    assert b"the console needs a terminal" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["id"], b"the console takes no command"),
        (["-tt", "--", "sh"], b"the console takes no command"),
        (["-s", "--", "sftp"], b""),
    ],
)
async def test_no_command_and_no_subsystem_is_run(bastion: Bastion, words: list[str], said: bytes) -> None:
    """SECURITY: a console over SSH has the person's identity and none of the engine's rights."""
    options, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else ([], words)
    done = bastion.ssh(*command, login="console", identity="bob", options=options)
    assert done.returncode != 0
    assert b"uid=" not in done.stdout
    assert said in done.stdout + done.stderr


async def test_nothing_is_forwarded_from_it(bastion: Bastion, screen: Terminal) -> None:
    """SECURITY: the control socket can never be a forward's destination."""
    control = bastion.directory / "control.sock"
    local = bastion.directory / "local.sock"
    log_in(bastion, screen, "bob", "-oExitOnForwardFailure=no", "-L", f"{local}:{control}")
    await screen.shows("● live")
    reader, writer = await asyncio.open_unix_connection(str(local))
    writer.write(b"GET /v1/status HTTP/1.1\r\nHost: engine\r\n\r\n")
    with suppress(ConnectionError):  # reset, or broken while writing: it is refused either way
        assert await reader.read() == b""
    writer.close()
    done = bastion.ssh(
        *("-N", "-R", "0:127.0.0.1:1"), login="console", identity="bob", options=["-oExitOnForwardFailure=yes"]
    )
    assert done.returncode == 255


async def test_what_a_terminal_says_of_itself_is_not_believed(bastion: Bastion, screen: Terminal) -> None:
    """SECURITY 5: what is unknown is refused."""
    hostile = {"TERM": "../../../etc/passwd", "LANG": "/tmp/evil", "TZ": "/etc/shadow", "LD_PRELOAD": "/tmp/evil.so"}
    hostile |= {"TEXTUAL": "devtools", "PYTHONPATH": "/tmp", "PYTHONSTARTUP": "/tmp/evil.py"}
    sent = " ".join(hostile)
    log_in(bastion, screen, "bob", f"-oSendEnv={sent}", f"-oSetEnv=TERM={hostile['TERM']}", **hostile)
    await screen.shows("● live")
    pid = await forked(bastion)
    mapped = seen(pid, "maps")
    assert "evil" not in mapped


async def test_a_console_ends_with_the_key_that_let_in(start_bastion: StartBastion, screen: Terminal) -> None:
    """SECURITY 4: what a login gave ends with it."""
    bastion = start_bastion(ECHO_IS_HELD)
    log_in(bastion, screen)
    await screen.shows("● live")
    text = bastion.config.read_text()
    bastion.config.write_text(text.replace(f'ssh: ["{public(bastion.key("bob"))}"], ', ""))
    async with bastion.client() as client:
        await client.apply_policy()
    await screen.shows("the console was ended: its key is not listed any more")


async def test_a_lock_ends_an_open_console(start_bastion: StartBastion, screen: Terminal) -> None:
    """SECURITY 4: approvals end when they end, and so does what gives them."""
    bastion = start_bastion(ECHO_IS_HELD)
    bastion.config.write_text(bastion.config.read_text().replace("auditor: [dba]", "auditor: [dba, dev]"))
    async with bastion.client() as client:
        await client.apply_policy()
        log_in(bastion, screen, "alice")
        await screen.shows("alice · auditor")
        await client.lock(identity="alice", reason="her laptop was stolen")
    await screen.shows("the console was ended: alice is locked")


async def test_a_dead_nursery_is_started_again(bastion: Bastion, screen: Terminal, tmp_path: Path) -> None:
    log_in(bastion, screen)
    await screen.shows("● live")
    pid = await forked(bastion)
    os.kill(nursery(bastion), 9)
    await screen.shows("the console was ended")
    assert not is_running(pid)
    again = tmp_path / "again"
    again.mkdir()
    with terminal(again) as other:
        log_in(bastion, other)
        await other.shows("● live")


async def test_consoles_end_with_the_engine(start_bastion: StartBastion, screen: Terminal) -> None:
    bastion = start_bastion(ECHO_IS_HELD)
    log_in(bastion, screen)
    await screen.shows("● live")
    pid = await forked(bastion)
    assert bastion.stop() == 0
    await screen.shows("the console was ended: the engine is stopping")
    assert not is_running(pid)
