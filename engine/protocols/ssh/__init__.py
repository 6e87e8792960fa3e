"""SSH: the bastion. A client names its target as the user it logs in as; every channel it opens is an operation.

asyncssh owns the transport's I/O, so there is no codec of it here; what travels inside a channel has codecs of ours.

adapter                 one client from the accepted socket to the end of its session
transport               what both sides share of asyncssh
door, naming            who is let in, and what the name they log in with says
upstream                the engine as a client of the target: its host key pinned, its credential held here
channels, relay         one session channel of the client, and its bytes on their way both ways
submission, requests    one request on its road through the pipeline, and the operations it is
commands                what a command line does
denial                  a refusal as people read it on a terminal, and programs by its exit status
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.protocols.base import ProtocolSpec

    PROTOCOL: ProtocolSpec


def __getattr__(name: str) -> ProtocolSpec:
    """`PROTOCOL`, made when it is first asked for: importing the package imports nothing."""
    if name != "PROTOCOL":
        raise AttributeError(name)
    from engine.protocols.base import ProtocolSpec
    from engine.protocols.ssh import adapter

    return ProtocolSpec(name="ssh", default_port=2222, serve=adapter.serve, explain=adapter.explain)
