from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from hoopterm.demo.service import AGENT, SPONSOR

CONFIGURATION = f"""
engine: {{state: ./state, socket: ./control.sock}}
listeners: {{postgres: {{listen: "127.0.0.1:0"}}}}
identity: {{people: {{{SPONSOR}: {{unix: shop-alice, groups: [dev]}}}}}}
permissions: {{operator: [dev]}}
agents: [{{name: {AGENT}, sponsor: {SPONSOR}, groups: [agents]}}]
targets: [{{name: shop, protocol: postgres, address: "127.0.0.1:1", credential: {{user: app}}}}]
rules: [{{name: reads, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read]}}}}]
"""


def test_it_says_where_it_serves_mints_the_agents_token_and_ends_when_told_to(tmp_path: Path) -> None:
    config = tmp_path / "hoopterm.yaml"
    config.write_text(CONFIGURATION)
    command = [sys.executable, "-m", "hoopterm.demo.service", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert set(line) == {"host", "ports", "control", "token"}
    assert line["control"] == str(tmp_path / "control.sock")
    assert line["ports"]["postgres"] > 0
    assert line["token"].startswith("ht_")
