"""Configuration files for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from engine.config.loading import load_sources
from engine.config.revision import Revision
from engine.errors import ConfigError

FILE = Path("/etc/hoopterm/hoopterm.yaml")

WHOLE = """\
identity:
  people:
    alice: {unix: alice, groups: [dev]}
    bob: {unix: bob, groups: [dba]}
permissions: {admin: [dev], approver: [dba]}
agents:
  - {name: report-bot, sponsor: alice, groups: [agents]}
targets:
  - name: shop
    protocol: postgres
    address: 127.0.0.1:5432
    credential: {user: app}
    labels: {env: prod}
"""


def revision(text: str = "", *, whole: bool = True) -> Revision:
    """The revision of one file; by default with people, an agent and a target."""
    return load_sources({FILE: ((WHOLE if whole else "") + dedent(text)).encode()})


def problems(text: str, *, whole: bool = True) -> list[str]:
    """What is wrong with a file: `line:column: what; hint`, lines counted from the first of `text`."""
    before = WHOLE.count("\n") if whole else 0
    try:
        revision(text, whole=whole)
    except ConfigError as error:
        found = []
        for problem in error.problems:
            line, _, rest = problem.removeprefix(f"{FILE}:").partition(":")
            found.append(f"{int(line) - before}:{rest}")
        return found
    return []
