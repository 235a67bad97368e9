"""Which definition goes into which module: together what is used together, and no import cycle.

A definition that methods of one area reach belongs to that area's module, and what several areas reach to the
shared module. The areas that every client uses come before all that: they stand in a chain, and a definition
goes to the first of them that reaches it. If A refers to B, then B is reached from wherever A is; hence a
module of the chain imports only those before it, the shared module the chain, and an area shared and chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import overrides
from model import Alias, SchemaShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from methods import Method
    from model import Definition


def reachable(roots: Iterable[str], refs: Mapping[str, set[str]]) -> set[str]:
    """Return the roots and all that they refer to, directly or not."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += refs[name] - seen
    return seen


def references(definitions: Mapping[str, Definition]) -> dict[str, set[str]]:
    """Return, by definition, the definitions that it refers to."""
    home = {node.name: name for name, definition in definitions.items() for node in definition.nodes}
    return {name: {home[ref] for ref in definition.refs} - {name} for name, definition in definitions.items()}


def arrange(definitions: Mapping[str, Definition], methods: list[Method]) -> dict[str, list[str]]:
    """Return the definitions of each module, in an order in which each stands behind those it refers to."""
    refs = references(definitions)
    areas: dict[str, set[str]] = {name: set() for name in definitions}
    for method in methods:
        for name in reachable(method.roots, refs):
            areas[name].add(method.area)
    orphans = [name for name in definitions if not areas[name]]
    for orphan in orphans:
        area = overrides.ORPHAN_AREAS.get(orphan) or overrides.DEFAULT_AREA
        for name in reachable([orphan], refs):
            areas[name].add(area)
    prefixes = {prefix for method in methods if (prefix := method.area_prefix)}
    if stale := sorted(set(overrides.AREAS) - prefixes):
        raise SchemaShapeError(f"in AREAS, but the prefix of no method: {stale}")
    if stale := sorted(set(overrides.ORPHAN_AREAS) - set(orphans)):
        raise SchemaShapeError(f"in ORPHAN_AREAS, but gone or reached by a method now: {stale}")
    module_of = {
        name: overrides.CHAIN[0] if _is_plain(definition) else _module(areas[name])
        for name, definition in definitions.items()
    }
    modules: dict[str, list[str]] = {module: [] for module in sorted(set(module_of.values()))}
    for name in _in_order(refs):
        modules[module_of[name]].append(name)
    return modules


def _is_plain(definition: Definition) -> bool:
    # A name for `str` costs nothing in the module that every other imports, and would bind two elsewhere.
    return all(isinstance(node, Alias) for node in definition.nodes) and not definition.refs


def _module(areas: set[str]) -> str:
    for module in overrides.CHAIN:
        if module in areas:
            return module
    return next(iter(areas)) if len(areas) == 1 else overrides.SHARED_MODULE


def _in_order(refs: Mapping[str, set[str]]) -> list[str]:
    done: dict[str, None] = {}
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered:
            return  # done, or a cycle: the later class is found when the earlier one is first used
        entered.add(name)
        for ref in sorted(refs[name]):
            visit(ref)
        done[name] = None

    for name in sorted(refs):
        visit(name)
    return list(done)
