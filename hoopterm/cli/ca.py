"""`hoopterm ca`: the certificate that clients verify the gateway by."""

from __future__ import annotations

import typer

from hoopterm.cli.options import Engine, Json, ask
from hoopterm.cli.output import emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: hoopterm ca > ca.pem; psql 'sslmode=verify-full sslrootcert=ca.pem host=localhost …'")
def ca(engine: Engine = None, as_json: Json = False) -> None:
    """Print the certificate, in PEM, that listeners with `tls: auto` are signed by."""
    pem = ask(engine, lambda client: client.ca())
    if as_json:
        emit({"ca": pem})
    else:
        print(pem, end="" if pem.endswith("\n") else "\n")
