"""SSH's keys: the engine's own, for those who trust it, and a target's, learned once."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from engine.api.call import Call
from engine.api.schema import LearnedView, LearnRequest, SSHKeysView
from engine.config.editing import with_host_key
from engine.config.publickeys import fingerprint
from engine.errors import Conflict, HooptermError, NotFound
from engine.keys import load_or_make_host_key, load_or_make_ssh_ca, public_line
from engine.protocols import registry

if TYPE_CHECKING:
    from engine.gateway import Gateway

_PORT = 22


async def ssh_keys(call: Call) -> SSHKeysView:
    """The key that SSH listeners show, with their addresses, and the one that signs the engine in at targets."""
    return keys_of(call.gateway)


def keys_of(gateway: Gateway) -> SSHKeysView:
    """The same, of a gateway."""
    directory = gateway.state / "keys"
    host_key = public_line(load_or_make_host_key(directory))
    authority = public_line(load_or_make_ssh_ca(directory))
    return SSHKeysView(
        host_key=host_key,
        fingerprint=fingerprint(host_key),
        known_hosts=[f"{each} {host_key}" for each in _addresses(gateway)],
        user_ca=authority,
        user_ca_fingerprint=fingerprint(authority),
    )


async def learn(call: Call) -> LearnedView:
    """The host key that a target shows now; with the key that a person has looked at, have it pinned in the YAML."""
    asked = await call.body(LearnRequest)
    gateway, name = call.gateway, call.id
    revision = gateway.revision
    target = revision.targets.get(name)
    if target is None:
        raise NotFound(f"there is no target {name!r}", hint="hoopterm engine status lists them")
    probe = registry.get(target.protocol).learn
    if probe is None:
        raise HooptermError(f"{name} has no host key", f"it speaks {target.protocol}")
    if target.host_keys:
        hint = "where it was really changed, take `host_key` out of its YAML first"
        raise Conflict(f"the host key of {name} is pinned already", ", ".join(map(fingerprint, target.host_keys)), hint)
    shown = await probe(target)
    if asked.key is None:
        return LearnedView(name, target.address, shown, fingerprint(shown), is_pinned=False)
    if asked.key != shown:
        raise Conflict(f"{name} shows another key now", fingerprint(shown), "somebody else may be answering there")
    files = {}
    for path, content in revision.sources.items():
        if (changed := with_host_key(content.decode("utf-8-sig"), name, shown)) is not None:
            files[path.name] = changed
    if len(files) != 1:
        hint = f'write it yourself: host_key: "{shown}"'
        raise Conflict(f"there is no place for it at the target {name} in the YAML", hint=hint)
    await gateway.policy_files.replace(files, revision.digest, call.caller.name)
    return LearnedView(name, target.address, shown, fingerprint(shown), is_pinned=True)


def _addresses(gateway: Gateway) -> list[str]:
    """Where SSH listeners are reached, as known_hosts writes it."""
    found: dict[str, None] = {}
    for it in gateway.listeners.listening:
        if registry.knows(it.protocol, "target.host_key"):
            hosts = [*gateway.revision.settings.listeners[it.protocol].names]
            if not ip_address(it.host).is_unspecified:
                hosts.append(it.host)
            found |= {host if it.port == _PORT else f"[{host}]:{it.port}": None for host in hosts}
    return list(found)
