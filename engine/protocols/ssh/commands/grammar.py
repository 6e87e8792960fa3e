"""A second opinion: what tree-sitter's grammar of bash makes of a line that was read already.

It is asked only about lines that `lexing` could read, which are flat, so no nesting reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from engine.protocols.ssh.commands.lexing import Line, Untold

_PARSER: Final = Parser(Language(tree_sitter_bash.language()))
_AROUND: Final = frozenset({"program", "list", "pipeline", "redirected_statement", "command", "file_redirect"})
_WORDS: Final = frozenset(
    {"word", "number", "raw_string", "string", "concatenation", "command_name", "file_descriptor"}
)
_MARKS: Final = frozenset({"&&", "||", "|", ";", "&", "<", ">", ">>", ">|", ">&"})


def agree(line: bytes, read: Line) -> None:
    """Raises Untold where the grammar sees other words, commands or operators than those that were read."""
    tree = _PARSER.parse(line)
    if tree.root_node.has_error:
        raise Untold("it is no command line in bash's grammar")
    names: list[tuple[int, int]] = []
    assignments: list[tuple[int, int]] = []
    tokens: list[tuple[int, int]] = []
    for node in _leaves(tree.root_node):
        place = (node.start_byte, node.end_byte)
        if node.type == "\n":
            continue
        tokens.append(place)
        if node.type == "command_name":
            names.append(place)
        elif node.type == "variable_assignment":
            assignments.append(place)
    if (tokens, names, assignments) != (read.tokens, read.names, read.assignments):
        raise Untold("two readings of it differ")


def _leaves(root: Node) -> Iterator[Node]:
    """The words and operators in order; raises Untold at any other kind of node."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in _AROUND:
            waiting.extend(reversed(node.children))
        elif node.type in _WORDS or node.type in _MARKS or node.type in ("variable_assignment", "\n"):
            yield node
        else:
            raise Untold(f"it has a {node.type.replace('_', ' ')}")
