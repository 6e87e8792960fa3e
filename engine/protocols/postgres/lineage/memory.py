"""What was found of a catalog, kept while that catalog lives and its version stays."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import ref

from engine.protocols.postgres.statement import Catalog

_Found = TypeVar("_Found")


@dataclass(slots=True)
class _Memory:
    catalog: ref[Catalog]
    version: int
    found: dict[Hashable, Any] = field(default_factory=dict)


_MEMORIES: dict[int, _Memory] = {}


def recall(catalog: Catalog, key: Hashable, find: Callable[[], _Found]) -> _Found:
    """What `find` gave for this key when the catalog was asked first; nothing is kept when it raises."""
    identity = id(catalog)
    memory = _MEMORIES.get(identity)
    if memory is None or memory.catalog() is not catalog or memory.version != catalog.version:
        forget = ref(catalog, lambda _: _MEMORIES.pop(identity, None))
        memory = _MEMORIES[identity] = _Memory(forget, catalog.version)
    if key not in memory.found:
        memory.found[key] = find()
    found: _Found = memory.found[key]
    return found
