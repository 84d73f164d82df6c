"""What the engine takes for granted of a port type and of a reducer, as assertions for a package's tests."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from .members import Member
from .node_type import NodeType, unwrap
from .returned import expect_state, single_items_of
from .types import PortType

#: By how much results may differ between ways to go through a set, relative to their size.
_ROUNDING = 1e-9


def check_type(kind: Any, items: Sequence[Any]) -> None:
    """Assert that a port type keeps its promises for some items: pass it as nodes write it (``Images``).

    Items come back from the store, from a batch and from a Python program as they were; what is said of them
    is the same then. Raises AssertionError with what is broken; give it items of several shapes if there are.
    """
    found = kind if isinstance(kind, PortType) else _port_type(kind)
    _expect(bool(items), "there are no items to check with")
    stored = [found.encode(item) for item in items]
    for item, data in zip(items, stored, strict=True):
        _expect(isinstance(data, bytes), f"encode gives {type(data).__name__}, not bytes")
        again = found.decode(data)
        _expect(
            found.encode(again) == data, "encode(decode(data)) isn't data: something is lost in the store"
        )
        for one in (item, again):
            _check_what_is_said(found, one)
        for method in (found.digest, found.shape, found.cell, found.flags, found.is_finite):
            name = method.__name__
            _expect(method(again) == method(item), f"{name} says otherwise of an item that was stored")
    _check_batches(found, items, stored)
    for taken in (found.take(found.give([item], True)) for item in items):
        _expect(taken.single, "take(give([item], True)) isn't a single item")
        _expect(found.encode(taken.items[0]) in stored, "take(give([item], True)) gives another item")


def check_reducer(function: Callable[..., Any], members: Mapping[str, Sequence[Any]], **given: Any) -> None:
    """Assert that a reducer's value depends on its set alone, not on batches, order or shards.

    ``members`` are items by port, one each a member, all of one shape; ``given`` are options, and batches for
    what isn't a member. Raises AssertionError where two ways to go through the set give two values.
    """
    declared: NodeType = function.node_type  # type: ignore[attr-defined]
    counts = {name: len(items) for name, items in members.items()}
    _expect(declared.is_reducer, f"{declared.name} is no reducer")
    _expect(counts.keys() == declared.members, f"its members are {', '.join(sorted(declared.members))}")
    _expect(len(set(counts.values())) == 1 and 0 not in counts.values(), f"not one item a member: {counts}")
    whole = list(range(next(iter(counts.values()))))

    def state(*batches: Sequence[int]) -> Any:
        made = function(**given)
        expect_state(declared, made)
        for batch in batches:
            made.update(**_batch(declared, members, batch))
        return made

    def merged(*shards: Sequence[int]) -> Any:
        first, *others = (state(shard) for shard in shards)
        for other in others:
            first.merge(other)
        return first

    expected = single_items_of(declared, state(whole).compute())
    ways = {
        "one by one": state(*([index] for index in whole)),
        "backwards": state(whole[::-1]),
        "in shards": merged(*([index] for index in whole)),
    }
    for way, made in ways.items():
        found = single_items_of(declared, made.compute())
        for name, kind in declared.outputs.items():
            one, other = found[name], expected[name]
            said = f"{name} is {kind.cell(one)!r} {way}, and {kind.cell(other)!r} in one batch"
            _expect(_alike(kind, one, other), said)


def _port_type(annotation: Any) -> PortType:
    _, marks = unwrap(annotation)
    kinds = [mark for mark in marks if isinstance(mark, PortType)]
    _expect(len(kinds) == 1, f"{annotation!r} holds no port type")
    return kinds[0]


def _check_what_is_said(kind: PortType, item: Any) -> None:
    _expect(isinstance(kind.digest(item), bytes), "digest gives no bytes")
    _expect(isinstance(kind.shape(item), Hashable), "shape gives what can't be compared: make it a tuple")
    size = kind.nbytes(item)
    _expect(isinstance(size, int) and size >= 0, f"nbytes gives {size!r}, not a number of bytes")
    _expect(kind.is_finite(item) is True, "is_finite doesn't give True for an item that is fine")
    _expect(isinstance(kind.flags(item), tuple), "flags gives no tuple")
    cell = kind.cell(item)
    _expect(cell is None or isinstance(cell, (str, int, float)), f"cell gives {type(cell).__name__}")
    json.dumps(kind.details(item))
    if kind.suffix is not None:
        _expect(isinstance(kind.export(item, {}), bytes), "export gives no bytes")
    _expect((kind.reads is None) == (kind.literal_schema() is None), "reads and literal_schema disagree")
    try:
        picture = kind.picture(item)
    except TypeError:
        return  # as a type says that is no picture
    _expect(hasattr(picture, "getbands"), f"picture gives {type(picture).__name__}, not a PIL image")


def _check_batches(kind: PortType, items: Sequence[Any], stored: Sequence[bytes]) -> None:
    groups: dict[Hashable, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(kind.shape(item) if kind.stacks else index, []).append(index)
    for group in groups.values():
        batch = kind.stack([items[index] for index in group])
        apart = [kind.encode(item) for item in kind.split(batch, len(group))]
        _expect(apart == [stored[index] for index in group], "split(stack(items)) aren't the items")
        if kind.stacks:
            _expect_refused(kind, batch, len(group) + 1)


def _expect_refused(kind: PortType, batch: Any, count: int) -> None:
    try:
        kind.split(batch, count)
    except ValueError:
        return
    raise AssertionError(f"split takes a batch of {count - 1} for one of {count}; raise ValueError")


def _batch(
    declared: NodeType, members: Mapping[str, Sequence[Any]], indices: Sequence[int]
) -> dict[str, Any]:
    """What ``update`` takes of some members; each is a draw of its own."""
    batch: dict[str, Any] = {}
    for port in declared.ports:
        if port.name in members:
            batch[port.name] = port.type.stack([members[port.name][index] for index in indices])
    if declared.points_port:
        batch[declared.points_port] = [{"item": (index, index)} for index in indices]
    if declared.members_port:
        batch[declared.members_port] = [Member({"item": index}, str(index)) for index in indices]
    return batch


def _alike(kind: PortType, one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    return kind.encode(one) == kind.encode(other)


def _expect(fine: bool, message: str) -> None:
    if not fine:
        raise AssertionError(message)
