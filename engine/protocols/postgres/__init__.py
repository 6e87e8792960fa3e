"""PostgreSQL, protocols 3.0 and 3.2.

adapter                 one client from its socket to its end; all that follows, put together

The door:
front, startup          from an accepted socket to a client that said who it is; channel: exact reads until then
opening, options        the settings a client opens its session with, decided; cancelling: CancelRequest
upstream, address       the engine as a client: authentication (scram, saslprep); refusal: why it was turned away

The conversation:
codec, framing, runs    as a table, sans-I/O; requests, answers, messages: what is said, as values
relay                   one session: intake (up), downstream (down), wire (a socket)
lane                    what was sent before and is answered in one piece, past all of that; shapes: of texts
simple, extended        the two query protocols; portals: their names; functioncall: the obsolete third
exchanges, admission    one submission on its road through the pipeline; parameters: bound ones as people read them
estimating              how many rows a held statement would touch, as the planner guesses
limits, script          rows counted against a limit; a simple query's statements one by one, its commit kept back
errands                 what is asked upstream, and what its answer does here; copying: a client's COPY data
delivery, describing    an answer on its way to the client; reports: its errors and notices
rows, copyruns          its rows masked by the run; copyout: a COPY one row at a time, however it comes
denial                  a refusal as a statement that failed
tracking, probe         what analysis hangs on, followed; questions on the client's own session

What SQL means:
statement               what is handed to the adapter; parsing: the one door to PostgreSQL's own grammar
analysis                SQL to operations; effects: what each kind of statement does; settings
lineage                 where the columns of an answer come from and what steers it
catalog                 what names mean, loaded from the target and watched
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
