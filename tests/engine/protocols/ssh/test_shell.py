"""Interactive shells through the engine: OpenSSH's client on a terminal, real shells at the other end."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hoopterm.client import Client
from replay.format import Frame, RowBatch, read
from replay.screen import Screen
from tests.servers.bastion import Bastion, StartBastion, bastions
from tests.servers.openssh import OpenSSHServer
from tests.servers.typist import Typist, typist

RULES = """
rules:
  - name: shells
    decide: allow
    who: {groups: [agents]}
    what: {effects: [execute], verbs: [SHELL]}
    %(more)s
  - name: no-touching
    decide: deny
    who: {groups: [agents]}
    what: {verbs: [LINE], effects: [execute], commands: ["touch *"]}
    reason: nobody touches this
  - name: ask-first
    decide: review
    who: {groups: [agents]}
    what: {verbs: [LINE], effects: [execute], commands: ["mkdir *"]}
    review: {reviewers: {groups: [dba]}, hold: 20s, timeout: 60s}
"""

MASKING = """
masking:
  - {name: all, detect: [email, credit_card], with: redact}
"""

CLEAN = "exec env -i HISTFILE={home}/history TERM=xterm PATH=/usr/bin:/bin HOME={home} PS1='ready> ' "
SHELLS = {
    "bash": "bash --norc --noprofile -i",
    "zsh": "RPROMPT='%~' zsh -f -i",
    "dash": "dash -i",
    "vi": "bash --norc --noprofile -o vi -i",
}
READY = rb"ready> (?!.*ready> )"


@contextmanager
def shell_server(directory: Path, shell: str) -> Iterator[OpenSSHServer]:
    home = directory / "home"
    home.mkdir()
    command = (CLEAN + SHELLS[shell]).format(home=shlex.quote(str(home)))
    server = OpenSSHServer(directory / "sshd", options=(f"ForceCommand cd {home} && {command}",))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["bash"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartBastion]:
    """Starts engines before an sshd whose login shell is the parameter, at home in `home`."""
    with shell_server(tmp_path, request.param) as server, bastions(tmp_path, server) as starting:
        yield lambda more="", **values: starting(RULES % {"more": more}, **values)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the shell begins."""
    return tmp_path / "home"


every_shell = pytest.mark.parametrize("start", ["bash", "zsh", "dash"], indirect=True)


@contextmanager
def at(bastion: Bastion) -> Iterator[Typist]:
    line = ["ssh", "-tt", *bastion.options(), "-p", str(bastion.port), "web1@127.0.0.1"]
    with typist(line) as found:
        found.shows(READY)
        found.settles()
        yield found


def frames(bastion: Bastion) -> list[Frame]:
    found: list[Frame] = []
    for path in sorted((bastion.state / "recordings").iterdir()):
        with path.open("rb") as file:
            found += read(file)
    return found


def lines(bastion: Bastion) -> list[str]:
    """What was read as typed lines, as the recordings have it once the session is over."""
    return [frame.data["text"] for frame in asked(bastion) if frame.data["verb"] == "LINE"]


def asked(bastion: Bastion) -> list[Any]:
    bastion.stop()
    return [frame for frame in frames(bastion) if frame.code == "q"]


def typed(bastion: Bastion) -> bytes:
    """What the recordings keep of the input."""
    batches = [frame.data for frame in frames(bastion) if isinstance(frame.data, RowBatch)]
    return b"".join(batch.cells for batch in batches if batch.kind == "input")


async def when_held(bastion: Bastion, decide: Callable[[Client, str], Awaitable[Any]]) -> None:
    async with bastion.client() as client:
        async for change in client.live():
            if change.review is not None and change.review.state == "pending":
                await decide(client, change.review.id)
                return


@every_shell
def test_a_denied_line_ends_the_session_before_it_runs(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"echo one\r")
        user.shows(b"[\r\n]one.*" + READY)
        user.type(b"touch made\r")
        user.shows(b"nobody touches this")
        assert user.ends() != 0
    assert not (home / "made").exists()
    assert lines(bastion) == ["echo one", "touch made"]


@every_shell
def test_lines_that_are_sent_at_once_are_each_decided(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"echo one > first\recho two > second\rtouch made\recho three > third\r")
        user.shows(b"nobody touches this")
        user.ends()
    assert (home / "first").exists()
    assert (home / "second").exists()
    assert not (home / "made").exists()
    assert not (home / "third").exists()
    assert lines(bastion) == ["echo one > first", "echo two > second", "touch made"]


@pytest.mark.parametrize("start", ["bash", "zsh"], indirect=True)
def test_a_paste_that_holds_a_denied_line_never_arrives(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"\x1b[200~echo one\rtouch made\recho two\x1b[201~\r")
        user.shows(b"nobody touches this")
        user.ends()
    assert not (home / "made").exists()
    assert lines(bastion)[-1] == "touch made"


def deny(start: StartBastion, home: Path, keys: bytes) -> None:
    (home / "history").write_text("touch made\n")
    (home / "made").touch()
    bastion = start()
    with at(bastion) as user:
        user.type(keys)
        user.type(b"\r")
        user.shows(b"nobody touches this")
        user.ends()
    assert "touch made" in lines(bastion)[-1]


@pytest.mark.parametrize("start", ["bash", "zsh"], indirect=True)
@pytest.mark.parametrize(
    "keys",
    [
        b"tuch\x1b[D\x1b[D\x1b[Do\x05 mad\t",  # edited and completed
        b" made\x01touch",  # begun at its end
        b"echo " + b"a" * 70 + b"; touch made",  # wrapped
    ],
)
def test_a_line_is_decided_as_what_the_shell_makes_of_the_keys(start: StartBastion, home: Path, keys: bytes) -> None:
    deny(start, home, keys)


@pytest.mark.parametrize("keys", [b"\x1b[A", b"\x12ouch"])
def test_a_line_of_the_history_is_decided_as_what_it_is(start: StartBastion, home: Path, keys: bytes) -> None:
    deny(start, home, keys)


async def test_a_held_line_runs_once_it_is_approved_and_not_before(start: StartBastion, home: Path) -> None:
    bastion = start()

    async def approve(client: Client, review: str) -> None:
        assert not (home / "made").exists()
        await client.approve(review, "fine")

    with at(bastion) as user:
        user.type(b"mkdir made\recho then\r")
        await asyncio.to_thread(user.shows, b"waiting for approval")
        await when_held(bastion, approve)
        await asyncio.to_thread(user.shows, b"[\r\n]then")
        assert (home / "made").is_dir()
        user.type(b"exit\r")
        user.ends()


async def test_a_held_line_that_is_turned_down_or_interrupted_is_wiped_off(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"mkdir made\r")
        await asyncio.to_thread(user.shows, b"waiting for approval")
        await when_held(bastion, lambda client, review: client.deny(review, "not today"))
        await asyncio.to_thread(user.shows, b"not today.*" + READY)
        user.type(b"mkdir made\r")
        await asyncio.to_thread(user.shows, b"waiting for approval")
        user.type(b"\x03")
        await asyncio.to_thread(user.shows, b"withdrawn.*" + READY)
        user.type(b"echo still here\r")
        await asyncio.to_thread(user.shows, b"[\r\n]still here")
        assert not (home / "made").exists()
        user.type(b"exit\r")
        user.ends()


def seen(user: Typist) -> list[str]:
    """The rows of its terminal, without those that are empty."""
    screen = Screen(80, 24)
    screen.feed(user.seen)
    rows = ["".join(run.text for run in row).rstrip() for row in screen.lines]
    return [row for row in rows if row]


@pytest.mark.parametrize("start", ["bash", "zsh", "vi"], indirect=True)
async def test_a_notice_about_a_line_stands_below_it_and_the_line_is_shown_again(start: StartBastion) -> None:
    bastion = start(masking=MASKING)
    with at(bastion) as user:
        user.type(b"mkdir made@example\r")
        await asyncio.to_thread(user.shows, b"waiting for approval.*made@example")
        rows = seen(user)
        notice = next(number for number, row in enumerate(rows) if "waiting for approval" in row)
        assert rows[notice - 1].startswith("ready> mkdir made@example")
        assert rows[notice].startswith("hoopterm: waiting")
        assert rows[-1].startswith("ready> mkdir made@example")
        assert "mkdir made@example" not in "".join(rows[notice:-1])
        await when_held(bastion, lambda client, review: client.deny(review, "not today"))
        await asyncio.to_thread(user.shows, b"not today.*" + READY)
        user.settles()
        assert seen(user)[-1].removesuffix("~").rstrip() == "ready>"
        user.type(b"mkdir made\r")
        await asyncio.to_thread(user.shows, b"waiting for approval.*mkdir made")
        await when_held(bastion, lambda client, review: client.approve(review, "fine"))
        await asyncio.to_thread(user.shows, READY)
        user.type(b"echo then\r")
        await asyncio.to_thread(user.shows, b"[\r\n]then.*" + READY)
        assert [row for row in seen(user) if row.startswith("then")] == ["then"]
        user.type(b"exit\r")
        user.ends()


async def test_what_a_shell_shows_is_in_the_figures_of_its_session_while_it_goes_on(start: StartBastion) -> None:
    bastion = start(masking=MASKING)
    with at(bastion) as user:
        async with bastion.client() as client, asyncio.timeout(20):
            feed = client.live()
            async for change in feed:
                if change.session is not None:
                    break
            user.type(b"seq 50; echo ana@example.org\r")
            async for change in feed:
                if change.session is not None and change.session.rows > 50 and change.session.masked:
                    break
        user.type(b"exit\r")
        user.ends()


@every_shell
def test_a_password_that_is_not_shown_is_written_nowhere(start: StartBastion) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"stty -echo; echo say it; read word; stty echo; echo got ${#word}\r")
        user.shows(b"say it")
        user.type(b"hunter2canary\r")
        user.shows(b"[\r\n]got 13.*" + READY)
        user.type(b"exit\r")
        user.ends()
    assert lines(bastion)[-1] == "exit"
    assert b"hunter2canary" not in bastion.everything_written()
    assert typed(bastion).endswith(b"*" * 13 + b"\rexit\r")


@pytest.mark.parametrize(("kept", "holds"), [("yes", b"hunter2"), ("no", b"")])
def test_a_rule_says_what_is_kept_of_the_input(start: StartBastion, kept: str, holds: bytes) -> None:
    bastion = start(more=f"record_input: {kept}")
    with at(bastion) as user:
        user.type(b"read -s word\r")
        user.shows(b"\n")
        user.type(b"hunter2\r")
        user.shows(READY)
        user.type(b"exit\r")
        user.ends()
    assert "exit" in lines(bastion)  # a rule may stop lines, so they are operations
    assert holds in typed(bastion)
    assert bool(typed(bastion)) == bool(holds)


def test_an_editor_is_not_hindered_and_its_lines_are_no_commands(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"vim -u NONE note\r")
        user.shows(b"note")
        user.type(b"itouch made\rmkdir made\x1b:wq\r")
        user.shows(READY)
        user.type(b"exit\r")
        user.ends()
    assert (home / "note").read_text() == "touch made\nmkdir made\n"
    assert lines(bastion) == ["vim -u NONE note", "exit"]


def test_the_size_of_the_terminal_is_recorded_and_so_is_its_change(start: StartBastion) -> None:
    bastion = start()
    with at(bastion) as user:
        user.resize(100, 30)
        user.process.send_signal(signal.SIGWINCH)
        user.type(b"echo a\r")
        user.shows(b"[\r\n]a")
        user.type(b"exit\r")
        user.ends()
    bastion.stop()
    told = [frame for frame in frames(bastion) if frame.code in {"q", "t"}]
    assert [frame.code for frame in told][:2] == ["q", "t"]
    sizes = [(frame.data["cols"], frame.data["rows"]) for frame in told if frame.code == "t"]  # type: ignore[index]
    assert (sizes[0], sizes[-1]) == ((80, 24), (100, 30))


def test_a_flood_does_not_hide_the_line_after_it(start: StartBastion) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"seq 100000\r")
        user.shows(b"[\r\n]100000\r\n.*" + READY)
        user.type(b"touch mad\x1b[De\x04\r")
        user.shows(b"nobody touches this")
        user.ends()


def test_a_line_that_a_shell_shows_late_is_waited_for(start: StartBastion, home: Path) -> None:
    bastion = start()
    with at(bastion) as user:
        user.type(b"echo process $$.\r")
        process = int(user.shows(rb"process [0-9]+\..*" + READY).rpartition(b"process ")[2].partition(b".")[0])
        os.kill(process, signal.SIGSTOP)
        late = threading.Timer(1.5, os.kill, (process, signal.SIGCONT))
        late.start()
        user.type(b"touch made\r")
        user.shows(b"nobody touches this")
        late.join()
        user.ends()
    assert not (home / "made").exists()
