"""The protocols there are, by the name the YAML uses."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from engine.errors import NotFound
from engine.protocols.base import ProtocolSpec

NAMES = ("postgres", "ssh")
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "postgres": frozenset(
        {"listener.tls", "listener.allow_plaintext", "target.database", "target.tls", "target.trusted"}
    ),
    "ssh": frozenset({"target.host_key", "credential.private_key", "credential.certificate"}),
}


def knows(name: str, key: str) -> bool:
    """Whether a key of a listener, a target or its credential (`listener.tls`, `target.host_key`) means something to a
    protocol: those that are some protocol's own mean nothing to the others."""
    return key in _KEYS[name] or not any(key in keys for keys in _KEYS.values())


def get(name: str) -> ProtocolSpec:
    """The protocol of that name; its package is loaded when it is first used. Raises NotFound."""
    if name not in NAMES:
        raise NotFound(f"no protocol {name}", "", f"one of: {', '.join(NAMES)}")
    protocol: ProtocolSpec = import_module(f"engine.protocols.{name}").PROTOCOL
    return protocol
