"""`hoopterm ca`: what clients verify the gateway by, and what targets trust it by."""

from __future__ import annotations

from typing import Annotated

import typer

from hoopterm.cli.options import Engine, Json, ask
from hoopterm.cli.output import emit
from hoopterm.errors import Misused

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Examples: hoopterm ca > ca.pem; hoopterm ca --ssh >> ~/.ssh/known_hosts; "
    "hoopterm ca --ssh-users > /etc/ssh/hoopterm.pub (sshd_config: TrustedUserCAKeys /etc/ssh/hoopterm.pub)"
)
def ca(
    ssh: Annotated[
        bool, typer.Option("--ssh", help="The SSH listeners' host key, as lines of known_hosts.", show_default=False)
    ] = False,
    ssh_users: Annotated[
        bool,
        typer.Option("--ssh-users", help="The key that signs the engine in at SSH targets.", show_default=False),
    ] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Print the certificate, in PEM, that listeners with `tls: auto` are signed by; or the keys of SSH.

    With --json all of it is printed.
    """
    if ssh and ssh_users:
        raise Misused("--ssh and --ssh-users are two things", "ask for one of them, or for --json")
    if as_json:
        pem, keys = ask(engine, lambda client: client.ca()), ask(engine, lambda client: client.ssh_keys())
        emit({"ca": pem, "ssh": keys})
    elif ssh:
        print("".join(f"{line}\n" for line in ask(engine, lambda client: client.ssh_keys()).known_hosts), end="")
    elif ssh_users:
        print(f"{ask(engine, lambda client: client.ssh_keys()).user_ca} hoopterm")
    else:
        pem = ask(engine, lambda client: client.ca())
        print(pem, end="" if pem.endswith("\n") else "\n")
