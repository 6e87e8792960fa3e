"""The nouns of the command line, and how every failure ends: message, hint, exit status."""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hoopterm.address import VARIABLE
from hoopterm.errors import Misused, Problem

NOUNS = {
    "console": "The terminal console: approvals, live sessions, replay",
    "approvals": "Decide what waits for a person",
    "sessions": "See, watch and end sessions",
    "lock": "Stop an identity or a target, now",
    "unlock": "Let it be used again",
    "connect": "Reach a target as yourself",
    "token": "Tokens that let agents in",
    "policy": "Check, apply and explain the rules",
    "audit": "Read and verify the record",
    "replay": "Play a recording back, or export it",
    "engine": "Run the gateway",
    "target": "Targets: how they answer; pin the host keys of SSH",
    "agent": "Agents, and who answers for them",
    "ca": "Print what the gateway is verified by",
    "demo": "A shop, an agent and a gateway between them, on this machine",
}

_INTERRUPTED = 130


class Nouns(TyperGroup):
    """A group that imports a noun's module only when the noun is used."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the noun in `args`, then resolve as always."""
        if args and args[0] in self.commands and args[0] in NOUNS:
            command = typer.main.get_command(importlib.import_module(f"hoopterm.cli.{args[0]}").app)
            command.name = args[0]
            self.commands[args[0]] = command
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=Nouns, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"hoopterm {version('hoopterm')}")
        raise typer.Exit


@app.callback(
    epilog="The engine is found by --engine, HOOPTERM_ENGINE, the engine.socket of a hoopterm.yaml here, then "
    "/run/hoopterm and XDG_RUNTIME_DIR. Exit status: 0 done, 1 refused or unverified, 2 usage, 3 engine unreachable."
)
def root(
    engine: Annotated[
        str | None,
        typer.Option("--engine", metavar="ENGINE", help="Its control socket, or ssh://user@host.", show_default=False),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The data path between autonomous agents and production."""
    if engine:
        os.environ[VARIABLE] = engine


def _placeholder() -> None:
    """Stands for a noun until it is used; `Nouns` replaces it before it could run."""


for _noun, _summary in NOUNS.items():
    if importlib.util.find_spec(f"hoopterm.cli.{_noun}") is not None:
        app.command(_noun, help=_summary)(_placeholder)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit status."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in own
    try:
        status = app(args=list(arguments), prog_name="hoopterm", standalone_mode=False)
        sys.stdout.flush()
    except Problem as problem:
        return report(problem, as_json)
    except typer.exceptions.TyperException as misuse:
        if not as_json and hasattr(misuse, "show"):
            misuse.show()
            return misuse.exit_code
        return report(Misused(misuse.format_message()), as_json)
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except OSError as error:
        return _end_of_pipe(error)
    return status if isinstance(status, int) else 0


def report(problem: Problem, as_json: bool) -> int:
    """Say on stderr what went wrong; the exit status that goes with it."""
    from hoopterm.cli.output import complain

    complain(problem, as_json)
    return problem.exit_status


def _end_of_pipe(error: OSError) -> int:
    if error.errno != errno.EPIPE:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more at its end
    return 1
