"""The README is true: its configuration holds, and its commands, run as they stand, do what it says.

What belongs to the reader is put in place of the README's: port and password of their database, their login names, the
review's id. `make` and `pip` are not run here; continuous integration runs `make demo` itself.
"""

from __future__ import annotations

import getpass
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer

from engine.config.loading import load_sources
from hoopterm.cli.root import NOUNS
from hoopterm.demo.postgres import free_port
from tests.servers.postgres import Database

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SSH = README[README.index("## A host over SSH") : README.index("## Speed")]
GUIDE = README[README.index("## Your first target") : README.index("## What happens to an operation")]
SHOP = """
create role app login password 'shop-secret';
create table customers (id integer, email text, ssn text);
insert into customers values (1, 'canary-4d1e@example.org', 'canary-4d1e');
create table orders (id integer, status text);
insert into orders select n, 'stale' from generate_series(1, 3) as n;
grant all on customers, orders to app;
"""


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks: language and content."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [(language, textwrap.dedent(content)) for _, language, content in found]


@dataclass
class Reader:
    """Somebody who follows the guide in a folder of their own."""

    home: Path
    changes: dict[str, str] = field(default_factory=dict)

    def start(self, command: str, stdin: str = "") -> subprocess.Popen[str]:
        """Start shell lines of the README with what is the reader's own put in."""
        for old, new in self.changes.items():
            command = command.replace(old, new)
        with tempfile.TemporaryFile() as file:
            file.write(stdin.encode())
            file.seek(0)
            return subprocess.Popen(
                ["bash", "-ec", command],
                cwd=self.home,
                env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.home)},
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(self, command: str, stdin: str = "") -> str:
        """Run them to their end, which must be a success; their output."""
        with self.start(command, stdin) as process:
            output, _ = process.communicate(timeout=30)
        assert process.returncode == 0, f"{command}\n{output}"
        return output

    def become(self, name: str, other: str) -> None:
        """Be that person from now on: whoever runs the tests logs in as them."""
        config = self.home / "hoopterm.yaml"
        text = re.sub(rf"{other}: \{{unix: [^,]+", f"{other}: {{unix: not-{other}", config.read_text())
        config.write_text(re.sub(rf"{name}: \{{unix: [^,]+", f'{name}: {{unix: "{getpass.getuser()}"', text))

    def wait_for(self, command: str, holds: Callable[[Any], bool]) -> Any:
        """What a command prints as JSON, once that holds."""
        for _ in range(100):
            if holds(found := json.loads(self.run(command))):
                return found
        raise AssertionError(f"{command}: {found}")


@pytest.fixture
def reader(tmp_path: Path, database: Database) -> Iterator[Reader]:
    database.psql(SHOP)
    (tmp_path / "elsewhere").mkdir()
    port = str(free_port())
    reader = Reader(tmp_path, {"15432": port, "SHOP_PASSWORD=…": "SHOP_PASSWORD=shop-secret"})
    (configuration,) = [content for language, content in blocks(GUIDE) if language == "yaml"]
    for old, new in {
        "15432": port,
        "127.0.0.1:5432": f"127.0.0.1:{database.server.port}",
        "database: shop": f"database: {database.name}",
    }.items():
        assert old in configuration
        configuration = configuration.replace(old, new)
    (tmp_path / "hoopterm.yaml").write_text(configuration)
    yield reader
    subprocess.run([sys.executable, "-m", "hoopterm", "engine", "stop"], cwd=tmp_path, capture_output=True, check=False)
    database.psql("drop owned by app; drop role app;")


def test_the_first_target_takes_what_the_readme_says(reader: Reader) -> None:
    start, connect, approve, verify = (content for language, content in blocks(GUIDE) if not language)

    reader.become("alice", other="bob")
    assert "the configuration holds" in reader.run(start)
    answer = reader.run(connect, "SELECT * FROM customers; DELETE FROM orders;")
    assert "canary-4d1e" not in answer
    assert "DELETE denied" in answer

    token = reader.run("hoopterm token create report-bot").strip()
    agent = connect.replace("$(hoopterm token create report-bot --ttl 1h)", token)
    assert agent != connect
    reader.become("bob", other="alice")
    pid = json.loads(reader.run("hoopterm engine status --json"))["pid"]
    os.kill(pid, signal.SIGHUP)
    reader.wait_for("hoopterm engine status --json", lambda status: status["you"] == "bob")

    with reader.start(agent, "DELETE FROM orders WHERE status = 'stale';") as waiting:
        reader.wait_for("hoopterm approvals list --json", bool)
        (review,) = json.loads(reader.run("hoopterm approvals list --json"))
        reader.changes["rv_…"] = review["id"]
        assert f"approved  {review['id']}" in reader.run(approve)
        assert "DELETE 3" in waiting.communicate(timeout=30)[0]

    assert "✓ anchored" in reader.run(verify)
    assert "canary" not in reader.run("hoopterm connect shop", "SELECT email, ssn FROM customers;")
    assert "has stopped" in reader.run("hoopterm engine stop")
    assert "✓ anchored" in reader.run(verify.splitlines()[1])


@pytest.mark.parametrize("page", ["README.md", "hoopterm/README.md", "replay/README.md", "engine/README.md"])
def test_every_command_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"\bhoopterm ([a-z]+)(?: ([a-z]+))?", "\n".join(code_of((ROOT / page).read_text()))))
    for noun, verb in named:
        assert noun in NOUNS, noun
        command = typer.main.get_command(importlib.import_module(f"hoopterm.cli.{noun}").app)
        verbs = getattr(command, "commands", None)
        assert verbs is None or not verb or verb in verbs, f"hoopterm {noun} {verb}"


def code_of(text: str) -> list[str]:
    """What stands in a page as code, fenced or between backticks."""
    return [content for _, content in blocks(text)] + re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("page", ["README.md", "hoopterm/README.md", "replay/README.md", "tests/README.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_configuration_of_a_host_holds() -> None:
    ((_, text),) = [block for block in blocks(SSH) if block[0] == "yaml"]
    revision = load_sources({Path("hoopterm.yaml"): text.encode()})
    assert revision.targets["web1"].host_keys
    assert [rule.name for rule in revision.policy.rules] == ["look-around", "restarts-need-a-human"]
