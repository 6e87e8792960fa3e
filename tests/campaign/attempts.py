"""How attempts at the guardrails are composed: what is denied, spelled somehow, in something, by some protocol."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.campaign.tables import sections
from tests.campaign.wire import Step

GOALS = ("delete", "delete", "write", "write", "schema", "call", "call", "call", "privilege", "file")
_SPELLINGS = (
    "vault",
    "vault",
    "public.vault",
    '"vault"',
    "VAULT",
    r'U&"v\0061ult"',
    r'U&"v!0061ult" uescape \'!\'',
    'public."vault"',
    "guarded.public.vault",
    "/**/vault/**/",
    'Public . "vault"',
    "only vault",
    "vault *",
)
_CALLS = (
    "forbidden()",
    "public.forbidden()",
    "FORBIDDEN()",
    '"forbidden"()',
    r'U&"forbidd\0065n"()',
    "forbidden(1)",
    "forbidden('x')",
    "forbidden(null::text)",
    "forbidden(variadic array[1, 2])",
    "forbidden(a => 1)",
    'public . "forbidden" ( /* */ )',
    "guarded.public.forbidden()",
)


@dataclass(frozen=True)
class Attempt:
    """One script: `goal` is what it tries to do that the policy denies."""

    goal: str
    steps: tuple[Step, ...]


def draw(rng: random.Random, folder: str) -> Attempt:
    """One attempt; `folder` is where the server could write files."""
    tables = sections("guardrails.sql")
    goal = rng.choice(GOALS)
    core = rng.choice(tables[goal]).replace("{d}", folder)
    for mark, spellings in (("{t}", _SPELLINGS), ("{f}", _CALLS)):
        while mark in core:
            core = core.replace(mark, rng.choice(spellings), 1)
    text = rng.choice(tables["around"]).replace("{s}", core)
    if rng.random() < 0.2:
        text = rng.choice(tables["around"]).replace("{s}", text)
    if rng.random() < 0.1:
        text = _recased(text, rng)
    return Attempt(goal, _steps(text, rng))


def _recased(text: str, rng: random.Random) -> str:
    """Letter case and white space that mean nothing outside quotes."""
    if any(quote in text for quote in "'\"$"):
        return text
    return "".join(rng.choice((letter.upper(), letter)) for letter in text).replace(
        " ", rng.choice((" ", "\n", "\t\f"))
    )


def _steps(text: str, rng: random.Random) -> tuple[Step, ...]:
    """In one string, statement by statement, or prepared under a name that meant something else before."""
    parts = [part for part in text.split("; ") if part.strip(" ;")]
    step = Step("", data=b"50\tx\n")
    match rng.choice(("whole", "simple", "extended", "binary", "renamed", "undescribed", "limited")):
        case "whole":
            return (replace(step, sql=text),)
        case "simple":
            return tuple(replace(step, sql=part) for part in parts)
        case "binary":
            return tuple(replace(step, sql=part, how="extended", formats=(1,)) for part in parts)
        case "renamed":
            harmless = Step("select 1", "extended", name="n")
            forget = Step("deallocate n")
            prepared = [replace(step, sql=part, how="extended", name="n", again=2) for part in parts]
            return tuple(each for one in prepared for each in (harmless, forget, one, forget))
        case "undescribed":
            return tuple(replace(step, sql=part, how="extended", describe="") for part in parts)
        case "limited":
            return tuple(replace(step, sql=part, how="extended", limit=1) for part in parts)
        case _:
            return tuple(replace(step, sql=part, how="extended") for part in parts)
