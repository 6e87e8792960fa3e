"""An engine for tests, as a process of its own: `python -m tests.servers.serve CONFIG SUBJECT:MINTER …`.

Like `hoopterm engine run`, but its ready line also has a token for each subject, minted in the name of its minter. To
SIGUSR1 it answers with a line: how many tasks it has. The directory `FAULTS` names has the switches of `faults`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import uvloop

from engine.audit.log import utc_now
from engine.config.loading import load
from engine.gateway import Gateway
from engine.logs import configure
from hoopterm.cli.service import CONSOLES
from tests.servers import faults


async def serve(config: Path, tokens: list[str], now: Callable[[], datetime]) -> None:
    gateway = Gateway(load(config), now, CONSOLES)

    async def announce(gateway: Gateway) -> None:
        secrets = {}
        for pair in tokens:
            subject, minter = pair.split(":")
            _, secret = await gateway.tokens.create(subject, timedelta(hours=1), minter)
            secrets[subject] = secret.reveal()
        listener = gateway.listeners.listening[0]
        line = {"port": listener.port, "control": str(gateway.socket_path), "tokens": secrets}
        print(json.dumps(line), flush=True)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, gateway.stop)
    loop.add_signal_handler(signal.SIGUSR1, lambda: print(len(asyncio.all_tasks()), flush=True))
    await gateway.serve(announce)


if __name__ == "__main__":
    configure()
    now = utc_now
    if (named := os.environ.get("FAULTS")) is not None:  # the benchmark measures an engine without them
        faults.install(Path(named))
        now = faults.clock(Path(named))
    uvloop.run(serve(Path(sys.argv[1]), sys.argv[2:], now))
