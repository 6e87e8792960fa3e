"""Why an upstream refused a session, worded from the SQLSTATE alone.

Its own words may quote the login or, from a hostile server, the password it was given: they are never repeated.
"""

from __future__ import annotations

from engine.errors import UpstreamError

_CREDENTIAL = "check the target's credential"
_MEANINGS: dict[str, tuple[str, str]] = {
    "28P01": ("it refused the engine's credential", _CREDENTIAL),
    "28000": (
        "it does not let the engine's user in from here",
        "check pg_hba.conf there, and the target's credential and tls",
    ),
    "3D000": ("it has no such database", "check the name after the target's, or the target's database"),
    "42501": ("the engine's user may not connect to this database", _CREDENTIAL),
    "53300": ("it has too many connections", "try again later"),
    "55000": ("it does not accept connections to this database", "choose another database"),
    "57P01": ("it is shutting down", "try again later"),
    "57P02": ("it is restarting after a crash", "try again later"),
    "57P03": ("it is starting up or shutting down", "try again later"),
    "22023": ("it refused a start-up parameter", "check PGOPTIONS and the client's start-up parameters"),
    "42704": ("it does not know a start-up parameter", "check PGOPTIONS and the client's start-up parameters"),
    "0A000": ("it does not support what was asked for", ""),
}


def refusal(sqlstate: str) -> UpstreamError:
    """The error for an upstream's refusal; an unknown or missing SQLSTATE is fine."""
    why, hint = _MEANINGS.get(sqlstate, ("its reason is in its own log", "ask whoever keeps that server"))
    known = sqlstate if len(sqlstate) == 5 and sqlstate.isascii() and sqlstate.isalnum() else "no SQLSTATE"
    return UpstreamError("the upstream refused the session", f"{why} ({known})", hint)
