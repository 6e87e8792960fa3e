"""psql's commands that describe a database, on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.usefulness.sides import Side, Sides

_LETTERS = """
    d da dA dAc dAf dAo dAp db dc dC dd dD ddp dE des det deu dew df dfa dfn dfp dft dfw dF dFd dFp dFt dg di dit dl dL
    dm dn do dO dp dP dPi dPt dPn drds drg dRp dRs ds dt dti dtvs dT du dv dx dX dy l z dconfig
"""
"""psql's commands that describe what a database has, without their backslash."""

_OF_THE_SHOP = """
    d+|film    d|film_title_idx    d|payment    d+|payment_2025_q1    d|customer_list    d+|customer_list
    d|rental_by_category    d|film_film_id_seq    d+|customer    d+|staff    d|public.*    dt|*.film*    d+|*_list
    df|film_in_stock    df+|film_in_stock    sf|film_in_stock    sf+|film_in_stock    sv|customer_list    sv+|film_list
    dT|mpaa_rating    dT+|mpaa_rating    dD+|year    dp|film    di+|film*    dtvmsE+    dn+|public    l|template*
    d|"film"    d|no_such_thing    dv+|pg_catalog.pg_stat*    dfn|pg_catalog.pg_get*    do|=    do|+|integer|integer
    da|count    dC|integer    dy    dAf|gist    dAc|btree|integer    dAo|btree|integer_ops    dAp|gin
    dconfig|*timeout*
"""
"""The same about particular things; a bar stands for a space."""


def commands() -> list[str]:
    """Every command that describes, with and without what makes it say more, system objects, and patterns."""
    plain = [f"\\{letters}{more}" for letters in _LETTERS.split() for more in ("", "+", "S")]
    particular = [f"\\{words.replace('|', ' ')}" for words in _OF_THE_SHOP.split()]
    return [command for command in (*plain, *particular, "\\d * *") if command not in _GROWING]


_GROWING = ("\\l+", "\\db+")
"""They show the size of the whole server, which grows while one looks."""


@dataclass(frozen=True)
class Difference:
    """Something that was not the same on both sides."""

    what: str
    direct: str
    through: str

    def __str__(self) -> str:
        return f"{self.what}\n--- direct\n{self.direct[-1500:]}\n--- through\n{self.through[-1500:]}"


def describe(sides: Sides, commands: Iterable[str]) -> tuple[int, list[Difference]]:
    """Run psql's describing commands on both sides: how many there were, and which answered otherwise."""
    asked = list(commands)
    script = "\n".join(f"\\echo == {number}\n{command}" for number, command in enumerate(asked))
    answers = [_by_command(side, script) for side in sides.both()]
    return len(asked), [
        Difference(command, *(answer.get(number, "(nothing)") for answer in answers))
        for number, command in enumerate(asked)
        if answers[0].get(number) != answers[1].get(number)
    ]


def _by_command(side: Side, script: str) -> dict[int, str]:
    """What psql printed for each, errors in their place."""
    done = side.run(
        "psql", "-X", "-q", "-v", "VERBOSITY=terse", "-o", "/dev/stdout", stdin=f"\\set QUIET 1\n{script}\n"
    )
    parts = re.split(r"^== (\d+)\n", done.stdout, flags=re.MULTILINE)
    found = {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    errors = re.sub(r"psql:<stdin>:\d+: ", "", done.stderr)
    return {**found, -1: errors}
