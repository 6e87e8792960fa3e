"""Who an SSH key stands for: pure questions to a policy revision."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import NotFound, SessionRefused

if TYPE_CHECKING:
    import asyncssh

    from engine.config.revision import Revision
    from engine.model import Identity


def by_key(revision: Revision, asked: str | None, key: asyncssh.SSHKey) -> Identity:
    """The identity that this key is listed for. `asked` is whom the login names, None where it names only a target.

    Raises SessionRefused.
    """
    line = line_of(key.public_data)
    name = revision.ssh_keys.get(line)
    if name is None:
        hint = "have it listed: `ssh: [KEY]` at an agent or a person"
        raise SessionRefused("the key does not let in", "nobody of the configuration has it", hint)
    if asked is not None and asked != name:
        raise SessionRefused("the key is another identity's", f"it is not one of {asked}'s")
    try:
        identity = revision.identity_of(name)
    except NotFound as unknown:
        raise SessionRefused(unknown.what, unknown.why, unknown.hint) from None
    return replace(identity, authenticated=f"ssh-key:{key.get_fingerprint()}", key=line)


def line_of(blob: bytes) -> str:
    """A public key's wire form (RFC 4253 section 6.6) as the configuration has it: `KIND BASE64`."""
    kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    return f"{kind.decode('ascii', 'replace')} {base64.b64encode(blob).decode()}"
