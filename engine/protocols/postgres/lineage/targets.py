"""The list after SELECT or RETURNING: what each of its columns is called and holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.protocols.postgres.lineage.expressions import evaluate, star_row
from engine.protocols.postgres.lineage.names import figure_name, is_star
from engine.protocols.postgres.lineage.scope import Scope, expand
from engine.protocols.postgres.lineage.values import Output, Outputs

MOST_COLUMNS = 1664
"""MaxTupleAttributeNumber of htup_details.h. Stars over joined stars would double the columns at each level."""


@dataclass(frozen=True, slots=True)
class Targets:
    """`named` are the columns written out, `outputs` all of them in order or None where a `*` could not be told."""

    named: tuple[Output, ...]
    outputs: Outputs


def trace_targets(nodes: Iterable[Any], scope: Scope) -> Targets:
    """The columns of a target list, each `*` expanded."""
    named: list[Output] = []
    outputs: list[Output] | None = []
    for node in nodes:
        target = node.res_target
        if is_star(target.val):
            expanded = _expand(target.val, scope)
        else:
            value = evaluate(target.val, scope)
            name = target.name or figure_name(target.val)
            expanded = None if name is None else (Output(name, value),)
            named.extend(expanded or ())
        if outputs is None or expanded is None or len(outputs) + len(expanded) > MOST_COLUMNS:
            outputs = None
        else:
            outputs.extend(expanded)
    return Targets(tuple(named), None if outputs is None else tuple(outputs))


def _expand(node: Any, scope: Scope) -> Outputs:
    if node.WhichOneof("node") == "column_ref" and len(node.column_ref.fields) == 1:
        return expand(scope.items)
    return star_row(node, scope).fields
