"""Who a key stands for: pure questions to a policy revision."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import asyncssh

from engine.errors import NotFound, SessionRefused
from engine.model import Identity

if TYPE_CHECKING:
    from engine.config.revision import Agent, Person, Revision


def by_key(revision: Revision, asked: str | None, key: asyncssh.SSHKey) -> Identity:
    """The identity that has this public key, which must be the one `asked` for, where one is; raises SessionRefused."""
    everybody: list[Agent | Person] = [*revision.agents.values(), *revision.people.values()]
    for each in everybody:
        if any(_data(line) == key.public_data for line in each.ssh):
            break
    else:
        raise SessionRefused("the key does not let in", "nobody of the configuration has it")
    if asked is not None and asked != each.name:
        raise SessionRefused("the key is another identity's", f"it is not {asked}'s")
    try:
        identity = revision.identity_of(each.name)
    except NotFound as unknown:
        raise SessionRefused(unknown.what, unknown.why, unknown.hint) from None
    return replace(identity, authenticated=f"ssh-key:{key.get_fingerprint()}")


@lru_cache(maxsize=4096)
def _data(line: str) -> bytes:
    return asyncssh.import_public_key(line).public_data
