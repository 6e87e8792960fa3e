"""SSH: the bastion. A client names its target as the user it logs in as; every channel it opens is an operation.

asyncssh owns the transport's I/O, so there is no codec of it here; what travels inside a channel has codecs of ours.

adapter                 one client from the accepted socket to the end of its session
transport               what both sides share of asyncssh
door, naming            who is let in, and what the name they log in with says
upstream                the engine as a client of the target: its host key pinned, its credential held here
wire                    asyncssh's side of a client's connection, narrowed to what there is here
forwards, destinations  connections and listeners for the client, its agent and display; where they may lead
tunnel                  two channels joined
channels, relay         one session channel of the client, and its bytes on their way both ways
shell                   a shell on a terminal: each typed line is decided before it runs
keyboard, prompt        what is typed there, and the line as the screen shows it
echo                    that line once more, below a notice about it
submission, requests    one request on its road through the pipeline, and the operations it is
variables               environment variables: harmless, for rules to decide, or never passed
commands                what a command line does
sftp, sftp_fields       SFTP on the wire: packets, and what is in them
sftp_calls              SFTP requests on their way upstream, the client's and the engine's own
filerelay, files        a channel that carries SFTP, and each of its requests on its road through the pipeline
filequestions           one such request: where its paths lead, and whether it may be done
fileoperations          what it is to policy
fileturns, filepaths    which requests keep their order, and paths made plain
openfiles, fileviews    what goes through open files, and a file as it may be seen where it is masked
fileanswers             what is answered
scp, scprelay           the older protocol of scp, and a channel that carries it
console, agent          a client that asks for the console instead of a target, and its agent, which signs votes
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
    from engine.protocols.ssh import adapter, upstream

    return ProtocolSpec(
        name="ssh", default_port=2222, serve=adapter.serve, explain=adapter.explain, learn=upstream.learn
    )
