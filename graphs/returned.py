"""What a node's function returned, taken apart into items; what is wrong with it names package and node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .node_type import NodeType

#: What port types raise of values that aren't of them; a full memory is something else.
_WRONG_VALUE = (TypeError, ValueError, AttributeError, LookupError)


class ReturnedError(ValueError):
    """A node's function gave back something else than its declaration says."""


def items_of(declared: NodeType, result: object, count: int) -> dict[str, list[Any]]:
    """By output the items that a call with ``count`` of them gave; ReturnedError where they aren't that."""
    columns: dict[str, list[Any]] = {}
    for name, part in parts_of(declared, result).items():
        kind = declared.outputs[name]
        with _telling(declared, name, part):
            columns[name] = kind.split(part, count)
            if len(columns[name]) != count:
                raise ValueError(f"{count} items went in and {len(columns[name])} came out")
    return columns


def single_items_of(declared: NodeType, result: object) -> dict[str, Any]:
    """By output the item that a reducer's ``compute`` gave; ReturnedError where it isn't one."""
    items: dict[str, Any] = {}
    for name, part in parts_of(declared, result).items():
        with _telling(declared, name, part):
            items[name] = declared.outputs[name].single(part)
    return items


def expect_state(declared: NodeType, state: object) -> None:
    """ReturnedError where a reducer's function returned nothing that reduces."""
    lacking = [name for name in ("update", "merge", "compute") if not callable(getattr(state, name, None))]
    if lacking:
        what = f"{_name(declared)} returned {_kind(state)}, which has no {lacking[0]}"
        raise ReturnedError(f"{what}; a reducer's function returns the state that it is annotated with")


def parts_of(declared: NodeType, result: object) -> dict[str, Any]:
    if declared.single_output is not None:
        return {declared.single_output: result}
    absent = [name for name in declared.outputs if not hasattr(result, name)]
    if absent:
        raise ReturnedError(f"{_name(declared)} returned {_kind(result)}, which has no {absent[0]}")
    return {name: getattr(result, name) for name in declared.outputs}


@contextmanager
def _telling(declared: NodeType, output: str, part: object) -> Iterator[None]:
    try:
        yield
    except _WRONG_VALUE as error:
        what = f"{_name(declared)} returned {_kind(part)} as {output} ({declared.outputs[output].name})"
        # A type says by a ValueError what it expected; anything else is how it stumbled over the value.
        told = (
            str(error) if isinstance(error, ValueError) else f"it isn't one ({type(error).__name__}: {error})"
        )
        raise ReturnedError(f"{what}: {told}") from error


def _name(declared: NodeType) -> str:
    return f"{declared.package}.{declared.name}"


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
