"""The demo's engine as a process of its own: `python -m hoopterm.demo.service CONFIG …`.

It serves until SIGTERM, and prints one line of JSON once clients can connect: the ports, and the agent's token. The
token is minted here in the name of the agent's sponsor, because whoever mints one may not approve what it is used for.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import timedelta
from pathlib import Path

from engine.config.loading import load
from engine.gateway import Gateway
from engine.logs import configure
from hoopterm.cli.service import CONSOLES

AGENT = "report-bot"
SPONSOR = "alice"


async def _announce(gateway: Gateway) -> None:
    _, secret = await gateway.tokens.create(AGENT, timedelta(hours=1), SPONSOR)
    listening = gateway.listeners.listening
    line = {
        "host": listening[0].host,
        "ports": {listener.protocol: listener.port for listener in listening},
        "control": str(gateway.socket_path),
        "token": secret.reveal(),
    }
    print(json.dumps(line), flush=True)


async def _serve(configs: list[Path]) -> None:
    gateway = Gateway(load(configs), console=CONSOLES)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    await gateway.serve(_announce)


if __name__ == "__main__":
    import uvloop

    configure()
    uvloop.run(_serve([Path(name) for name in sys.argv[1:]]))
