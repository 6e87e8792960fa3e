"""PostgreSQL, protocols 3.0 and 3.2.

front, startup          the door: from an accepted socket to a client that said who it is
upstream                the engine as a client: from a credential to a session that is ready
codec, framing          the conversation after that, as a table: sans-I/O
requests, answers       its messages as values
relay                   one session: intake (up), downstream (down), wire (a socket)
simple, extended        the two query protocols; portals: their names; functioncall: the obsolete third
errands, delivery       what is asked upstream, and the answer of one statement on its way to the client
analysis                SQL to effects and resources; lineage: where the columns of an answer come from
tracking, probe         what analysis hangs on, followed; questions on the client's own session
denial                  a refusal as a statement that failed
adapter                 all of it, for one client
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
    from engine.protocols.postgres import adapter

    return ProtocolSpec(name="postgres", default_port=15432, serve=adapter.serve, explain=adapter.explain)
