"""One attempt to deliver a notice. Nothing of the engine's environment or of the receiver's answer passes here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp

from engine.errors import UpstreamError
from engine.secrets.resolve import Reference, resolve

_PASSED_ON: Final = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


async def run(command: Sequence[str], body: bytes, timeout: float) -> str:
    """Run a command with the notice, a line, on its standard input; why that failed, "" when it did not.

    It is no shell's, has a process group of its own that is killed when its time is over, and of the environment only
    what programs need to find their way.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror}"
    try:
        async with asyncio.timeout(timeout):
            await child.communicate(body + b"\n")
    except TimeoutError:
        return f"it had not ended after {timeout:g} s"
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    return f"it ended with status {child.returncode}" if child.returncode else ""


def client() -> aiohttp.ClientSession:
    """What posts: certificates are verified, no proxy of the environment, no cookies, a new connection each time."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, ssl=ssl.create_default_context()),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )


async def post(
    client: aiohttp.ClientSession, url: str, headers: Mapping[str, Reference], body: bytes, timeout: float
) -> str:
    """Post the notice; why that failed, "" when it did not. No redirect is followed and no body of an answer read."""
    try:
        secret = {name: (await resolve(reference)).reveal() for name, reference in headers.items()}
        async with client.post(
            url,
            data=body,
            headers={**secret, "Content-Type": "application/json", "User-Agent": "hoopterm"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout),
        ) as response:
            return "" if 200 <= response.status < 300 else f"it answered {response.status}"
    except UpstreamError as missing:
        return "; ".join(getattr(missing, "__notes__", ())) or missing.why  # for whoever runs the engine
    except TimeoutError:
        return f"it had not answered after {timeout:g} s"
    except aiohttp.ClientSSLError:
        return "its certificate does not hold"
    except aiohttp.ClientConnectorError as error:
        return f"it cannot be reached: {error.os_error.strerror or 'no connection'}"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return f"it cannot be asked: {type(error).__name__}"  # the text could show a header or the address
