"""Who is let in over SSH, with OpenSSH's client: keys, certificates, tokens, and what ends with them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.config.publickeys import fingerprint
from engine.keys import load_or_make_ssh_ca, public_line
from tests.servers.bastion import WORK_RULES, Bastion, StartBastion
from tests.servers.forwarding import serving
from tests.servers.issuer import OIDCProvider
from tests.servers.openssh import OpenSSHServer, servers
from tests.servers.sshkeys import Authority, keygen, public


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(keygen(tmp_path / "authority"))


def line_of(bastion: Bastion, key: Path, certificate: Path | None, login: str, command: str) -> list[str]:
    """OpenSSH's client as who holds a key, and a certificate for it."""
    options = bastion.options()
    options[options.index(f"-oIdentityFile={bastion.key()}")] = f"-oIdentityFile={key}"
    shown = [f"-oCertificateFile={certificate}"] if certificate is not None else []
    return ["ssh", *options, *shown, "-p", str(bastion.port), f"{login}@127.0.0.1", command]


def ssh(
    bastion: Bastion, key: Path, certificate: Path | None = None, login: str = "web1", command: str = "echo in"
) -> subprocess.CompletedProcess[bytes]:
    """A command through the bastion, to its end."""
    line = line_of(bastion, key, certificate, login, command)
    return subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


async def told(bastion: Bastion, name: str) -> list[dict[str, Any]]:
    """What the log has under a name."""
    async with bastion.client() as client:
        return [event async for event in client.events() if event["event"] == name]


async def apply(bastion: Bastion, before: str, after: str) -> None:
    """Change the configuration, and put it in force."""
    text = bastion.config.read_text()
    assert before in text
    bastion.config.write_text(text.replace(before, after))
    async with bastion.client() as client:
        await client.apply_policy()


async def test_a_certificate_lets_in_whom_it_names_and_the_log_says_by_which(
    start_bastion: StartBastion, authority: Authority, tmp_path: Path
) -> None:
    bastion = start_bastion(cas=f'{{name: corp, key: "{authority.public}"}}')
    key = keygen(tmp_path / "laptop")
    assert ssh(bastion, key, authority.sign(key, "bot", serial=17)).stdout == b"in\n"
    assert ssh(bastion, key, authority.sign(key, "bot", "officer"), login="officer+web1").stdout == b"in\n"
    first, second = (event["data"] for event in await told(bastion, "session.opened"))
    assert (first["authenticated"], first["certificate"]) == ("ssh-cert:corp/17", "laptop 1")
    assert second["authenticated"] == "ssh-cert:corp/0"
    for certificate, login in (
        (authority.sign(key, "bot", "officer"), "web1"),  # of two, and it is not said which
        (authority.sign(key, "bot"), "officer+web1"),
        (authority.sign(key, "bot", validity="-2h:-1h"), "web1"),
        (authority.sign(key, "bot", options=("-h",)), "web1"),
        (authority.sign(key, "bot", options=("-O", "source-address=10.0.0.0/8")), "web1"),
        (Authority(key).sign(key, "bot"), "web1"),
    ):
        refused = ssh(bastion, key, certificate, login)
        assert (refused.returncode, refused.stdout) == (255, b"")
    assert len(await told(bastion, "session.opened")) == 2
    whys = {event["data"]["why"] for event in await told(bastion, "session.refused")}
    assert any("several identities" in why for why in whys)


def test_a_certificate_is_for_the_one_command_it_demands_and_for_what_it_permits(
    start_bastion: StartBastion, authority: Authority, tmp_path: Path
) -> None:
    bastion = start_bastion(cas=f'"{authority.public}"')
    key = keygen(tmp_path / "laptop")
    forced = authority.sign(key, "bot", options=("-O", "force-command=echo forced"))
    for command in ("echo in", ""):
        assert ssh(bastion, key, forced, command=command).stdout == b"forced\n"
    line = line_of(bastion, key, authority.sign(key, "bot", options=("-O", "no-pty")), "web1", "tty")
    line.insert(1, "-tt")
    refused = subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert b"PTY allocation request failed" in refused.stderr
    line = line_of(bastion, key, authority.sign(key, "bot"), "web1", "tty")
    line.insert(1, "-tt")
    assert b"/dev/" in subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL).stdout


@pytest.mark.parametrize("permits", [False, True])
def test_a_certificate_says_whether_anything_is_forwarded(
    start_bastion: StartBastion, authority: Authority, tmp_path: Path, permits: bool
) -> None:
    """SECURITY: permissions of the accepted key. What the rules allow is still not what the certificate permits."""
    bastion = start_bastion(cas=f'"{authority.public}"')
    key = keygen(tmp_path / "laptop")
    options = () if permits else ("-O", "no-port-forwarding", "-O", "no-agent-forwarding", "-O", "no-x11-forwarding")
    signed = authority.sign(key, "bot", options=options)
    with serving() as (address, taken), serving(socket.socket.close, tmp_path / "agent") as (agent, _):
        line = line_of(bastion, key, signed, "web1", "echo $SSH_AUTH_SOCK.")
        lending = [line[0], "-A", *(word for word in line[1:] if "IdentityAgent" not in word)]
        environment = {**os.environ, "SSH_AUTH_SOCK": agent}
        lent = subprocess.run(lending, env=environment, capture_output=True, timeout=60)
        assert (lent.stdout != b".\n") == permits
        line = line_of(bastion, key, signed, "web1", "true")
        tunnel = [line[0], "-W", address, *line[1:-1]]
        assert (subprocess.run(tunnel, input=b"x", capture_output=True, timeout=60).stdout == b"x") == permits
        listening = [line[0], "-oExitOnForwardFailure=yes", "-R", f"localhost:0:{address}", *line[1:]]
        assert (subprocess.run(listening, capture_output=True, timeout=60).returncode == 0) == permits
        assert len(taken) == permits


_WHY = {
    "serial": b"its certificate was revoked",
    "authority": b"the authority of its certificate is not trusted any more",
    "key": b"its key is not listed any more",
}


@pytest.mark.parametrize("what", list(_WHY))
async def test_a_session_ends_within_a_second_when_what_let_it_in_is_taken_back(
    start_bastion: StartBastion, authority: Authority, tmp_path: Path, what: str
) -> None:
    cas = f'{{name: corp, key: "{authority.public}", revoked: {{serials: [1]}}}}'
    bastion = start_bastion(cas=cas)
    key = keygen(tmp_path / "laptop") if what != "key" else bastion.key()
    certificate = authority.sign(key, "bot", serial=17) if what != "key" else None
    line = line_of(bastion, key, certificate, "web1", "echo in; sleep 60")
    running = await asyncio.create_subprocess_exec(
        *line, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    assert await running.stdout.readline() == b"in\n"
    changes = {
        "serial": ("serials: [1]", 'serials: ["10-20"]'),
        "authority": (cas, ""),
        "key": (f'ssh: ["{public(key)}', f'ssh: ["{public(keygen(tmp_path / "other"))}'),
    }
    await apply(bastion, *changes[what])
    async with asyncio.timeout(1):
        _, said = await running.communicate()
    assert running.returncode == 255
    assert _WHY[what] in said
    assert ssh(bastion, key, certificate).returncode == 255


async def test_a_session_ends_with_its_certificate(
    start_bastion: StartBastion, authority: Authority, tmp_path: Path
) -> None:
    bastion = start_bastion(cas=f'"{authority.public}"')
    key = keygen(tmp_path / "laptop")
    line = line_of(bastion, key, authority.sign(key, "bot", validity="-1m:+1h"), "web1", "echo in; sleep 60")
    running = await asyncio.create_subprocess_exec(
        *line, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    assert await running.stdout.readline() == b"in\n"
    bastion.set_clock(3700)
    async with asyncio.timeout(2):
        _, said = await running.communicate()
    assert b"has expired" in said


def ask_pass(folder: Path, answer: str) -> dict[str, str]:
    """What makes ssh take an answer from a program, since it never takes one from an argument."""
    program = folder / "askpass"
    program.write_text('#!/bin/sh\nprintf %s "$ANSWER"\n')
    program.chmod(0o700)
    return {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force", "ANSWER": answer, "PATH": os.environ["PATH"]}


def with_token(
    bastion: Bastion,
    folder: Path,
    token: str,
    method: str,
    login: str = "bot+web1",
    command: Sequence[str] = ("echo in",),
) -> subprocess.CompletedProcess[bytes]:
    """A command as who has a token, given by one method."""
    options = [each for each in bastion.options() if "Identity" not in each and "BatchMode" not in each]
    line = ["ssh", f"-oPreferredAuthentications={method}", "-oNumberOfPasswordPrompts=1", "-oPubkeyAuthentication=no"]
    line += [*options, "-p", str(bastion.port), f"{login}@127.0.0.1", *command]
    environment = ask_pass(folder, token)
    return subprocess.run(line, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, env=environment)


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
async def test_a_token_lets_in_whose_it_is_and_nobody_else(
    start_bastion: StartBastion, tmp_path: Path, method: str
) -> None:
    bastion = start_bastion()
    token = bastion.token()
    assert with_token(bastion, tmp_path, token, method).stdout == b"in\n"
    (opened,) = await told(bastion, "session.opened")
    assert (opened["identity"], opened["data"]["authenticated"]) == ("bot", "token")
    for login, answer in (("officer+web1", token), ("bot+web1", token[:-1]), ("web1", token), ("bot+web1", "")):
        refused = with_token(bastion, tmp_path, answer, method, login)
        assert (refused.returncode, refused.stdout) == (255, b"")
    async with bastion.client() as client:
        (listed,) = [each for each in await client.tokens() if each.subject == "bot"]
        await client.revoke_token(listed.id)
    assert with_token(bastion, tmp_path, token, method).returncode == 255
    assert token.encode() not in bastion.everything_written()


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
async def test_an_issuers_token_lets_in_whose_it_is_and_nobody_else(
    start_bastion: StartBastion, provider: OIDCProvider, tmp_path: Path, method: str
) -> None:
    bastion = start_bastion()
    issuer = f'{{name: corp, issuer: "{provider.issuer}", audience: hoopterm, claims: {{groups: groups}}}}'
    await apply(bastion, "  people:\n", f"  oidc: [{issuer}]\n  people:\n")
    await apply(bastion, "{name: bot, sponsor: alice,", "{name: bot, sponsor: alice, oidc: corp/report-client,")
    token = provider.token()
    assert with_token(bastion, tmp_path, token, method).stdout == b"in\n"
    (opened,) = await told(bastion, "session.opened")
    assert (opened["identity"], opened["data"]["authenticated"]) == ("bot", "oidc:corp")
    other, elsewhere = provider.token("other-client"), provider.token(audience="elsewhere")
    for login, answer in (("officer+web1", token), ("bot+web1", other), ("bot+web1", elsewhere), ("web1", token[:-9])):
        refused = with_token(bastion, tmp_path, answer, method, login)
        assert (refused.returncode, refused.stdout) == (255, b"")
    assert token.rpartition(".")[2].encode() not in bastion.everything_written()


@pytest.mark.parametrize("lock", [{"identity": "bot"}, {"identity": "alice"}, {"target": "web1"}])
async def test_a_lock_ends_what_runs_and_lets_nobody_in(
    start_bastion: StartBastion, tmp_path: Path, lock: dict[str, str]
) -> None:
    bastion = start_bastion()
    line = line_of(bastion, bastion.key(), None, "web1", f"echo $$ > {tmp_path}/pid; echo up; sleep 100")
    running = await asyncio.create_subprocess_exec(*line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert await running.stdout.readline() == b"up\n"
    async with bastion.client() as client:
        async with asyncio.timeout(5):
            assert (await client.lock(**lock, reason="INC-7")).ended == 1
            _, said = await running.communicate()
        assert b"is locked" in said
        assert b"INC-7" not in said
        refused = ssh(bastion, bastion.key())
        assert (refused.returncode, refused.stdout) == (255, b"")
        await client.unlock(**lock, reason="over")
    assert ssh(bastion, bastion.key()).stdout == b"in\n"


async def test_the_engine_signs_itself_in_for_a_session_and_names_it(
    start_bastion: StartBastion, principals: tuple[OpenSSHServer, Path]
) -> None:
    target, allowed = principals
    bastion = signing(start_bastion, target, f"{WORK_RULES}    principal: maintenance\n")
    assert ssh(bastion, bastion.key()).stdout == b"in\n"
    (opened,) = await told(bastion, "session.opened")
    log = target.log
    assert f'ID "{opened["session"]} bot"' in log or f"ID {opened['session']} bot" in log
    allowed.write_text("deploy\n")  # whom the rule does not name
    refused = ssh(bastion, bastion.key())
    assert refused.stdout == b""
    assert b"did not let the engine in" in refused.stderr


@pytest.fixture
def principals(tmp_path: Path) -> Iterator[tuple[OpenSSHServer, Path]]:
    """An sshd that believes the engine's own authority, and the file of those it lets in as its user."""
    state = tmp_path / "bastion-0" / "state" / "keys"
    state.mkdir(parents=True)
    trusted, allowed = tmp_path / "trusted", tmp_path / "principals"
    trusted.write_text(f"{public_line(load_or_make_ssh_ca(state))}\n")
    allowed.write_text("deploy\nmaintenance\n")
    options = (f"TrustedUserCAKeys {trusted}", f"AuthorizedPrincipalsFile {allowed}")
    with servers(tmp_path / "sshd", options) as target:
        (target.directory / "authorized_keys").write_text("")
        yield target, allowed


def signing(start_bastion: StartBastion, target: OpenSSHServer, rules: str) -> Bastion:
    """An engine that signs itself in at the target, for half a minute at a time."""
    proof = "certificate: {principal: deploy, ttl: 30s}"
    return start_bastion(rules, port=target.port, host_key=target.host_key, proof=proof)


FILES = "  - {name: %s, decide: allow, who: {groups: [agents]}, what: {effects: [%s], paths: ['/tmp/**']}%s}\n"


async def test_files_are_transferred_as_whom_the_rules_name(
    start_bastion: StartBastion, principals: tuple[OpenSSHServer, Path], tmp_path: Path
) -> None:
    target, allowed = principals
    (tmp_path / "a").write_text("a")
    reading = "rules:\n" + FILES % ("reading", "read", ", principal: maintenance")
    bastion = signing(start_bastion, target, reading)
    allowed.write_text("maintenance\n")
    got = bastion.run("scp", f":{tmp_path}/a", f"{tmp_path}/b")
    assert (got.returncode, (tmp_path / "b").read_text()) == (0, "a"), got.stderr
    bastion.config.write_text(bastion.config.read_text() + FILES % ("writing", "write", ""))
    async with bastion.client() as client:
        await client.apply_policy()
    allowed.write_text("deploy\n")  # two rules that differ: as the target has it
    assert bastion.run("scp", f"{tmp_path}/a", f":{tmp_path}/c").returncode == 0
    refused = bastion.run("scp", f":{tmp_path}/a", f"{tmp_path}/d")
    assert refused.returncode == 1
    assert "its rule has it done as maintenance, and this transfer runs as deploy" in refused.stderr
    assert not (tmp_path / "d").exists()
    assert bastion.verified().ok


async def test_a_changed_host_key_refuses_the_session_and_is_told(
    start_bastion: StartBastion, openssh: OpenSSHServer, tmp_path: Path
) -> None:
    """SECURITY CVE-2026-91166"""
    bastion = start_bastion()
    assert ssh(bastion, bastion.key()).stdout == b"in\n"
    with servers(tmp_path / "impostor") as impostor:
        (impostor.directory / "authorized_keys").write_text((openssh.directory / "authorized_keys").read_text())
        await apply(bastion, f"127.0.0.1:{openssh.port}", f"127.0.0.1:{impostor.port}")
        refused = ssh(bastion, bastion.key())
        assert refused.stdout == b""
        assert b"host key" in refused.stderr
        assert "Accepted" not in impostor.log
        (event,) = await told(bastion, "target.refused")
        assert (event["target"], event["identity"]) == ("web1", "bot")
        assert event["data"]["shown"] == fingerprint(impostor.host_key)
        async with bastion.client() as client, asyncio.timeout(10):
            while any(each.closed is None for each in await client.sessions()):  # noqa: ASYNC110 — it closes when its client has gone
                await asyncio.sleep(0.02)
        assert "host key" in (await told(bastion, "session.closed"))[-1]["data"]["reason"]
        await apply(bastion, f"127.0.0.1:{impostor.port}", f"127.0.0.1:{openssh.port}")
        assert ssh(bastion, bastion.key()).stdout == b"in\n"
