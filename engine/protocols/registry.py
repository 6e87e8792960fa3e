"""The protocols there are, by the name the YAML uses."""

from __future__ import annotations

from importlib import import_module

from engine.errors import NotFound
from engine.protocols.base import ProtocolSpec

NAMES = ("postgres", "ssh")


def get(name: str) -> ProtocolSpec:
    """The protocol of that name; its package is loaded when it is first used. Raises NotFound."""
    if name not in NAMES:
        raise NotFound(f"no protocol {name}", "", f"one of: {', '.join(NAMES)}")
    protocol: ProtocolSpec = import_module(f"engine.protocols.{name}").PROTOCOL
    return protocol
