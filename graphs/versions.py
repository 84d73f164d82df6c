"""Node types in the version that is here: what a graph wrote for an older one becomes what this one takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .expression import as_written
from .grammar import Expression, NodeSpec
from .node_type import RESERVED, Converter, NodeType
from .problem import GraphError, fail, show
from .source import Tree
from .spec import parse_expression


def to_current(node: NodeSpec, declared: NodeType) -> NodeSpec:
    """A node that is pinned to an older version, as the version that is here takes it.

    Goes from version to version by ``declared.converts``. Raises GraphError at the place of ``use`` where a
    converter is lacking, or says that it can't be done.
    """
    assert node.version is not None
    hint = f"write use: {node.use}@{declared.version} after checking that it still makes what you expect"
    fields = {key: as_written(expression) for key, expression in node.fields.items()}
    for version in range(node.version, declared.version):
        convert = declared.converts.get(version)
        if convert is None:
            what = f"{node.use} is pinned to version {node.version}; this installation has {declared.version}"
            raise fail(node.use_place, f"{what}, and nothing converts version {version}", hint)
        what = f"{node.use}@{node.version} can't be converted to version {version + 1}"
        try:
            made = convert(dict(fields))
        except ValueError as error:
            raise fail(node.use_place, f"{what}: {error}", hint) from None
        except Exception as error:  # a package's own code
            said = f"{type(error).__name__}: {error}"
            raise fail(node.use_place, f"{what}: {_converter(convert)} raises {said}", hint) from None
        if not isinstance(made, Mapping):
            told = f"{_converter(convert)} returned {type(made).__name__}, not the fields"
            raise fail(node.use_place, f"{what}: {told}", hint)
        fields = dict(made)
    known = {port.name for port in declared.ports} | {option.name for option in declared.options}
    strange = [key for key in fields if key not in {*RESERVED, *node.fields, *known}]
    if strange:  # of a converter: what the graph wrote itself is told with its place
        what = f"{node.use}@{node.version} can't be converted"
        told = f"a converter gives {show(strange[0])}, which version {declared.version} doesn't take"
        raise fail(node.use_place, f"{what}: {told}", hint)
    current = {str(key): _read(node, str(key), value) for key, value in fields.items()}
    return replace(node, version=declared.version, fields=current)


def as_current(node: NodeSpec, declared: NodeType) -> NodeSpec:
    """The same where it can be had, else the node as it is written: to look at a graph, not to run it."""
    if node.version is None or node.version >= declared.version:
        return node
    try:
        return to_current(node, declared)
    except GraphError:
        return node


def in_words(old: NodeSpec, new: NodeSpec) -> str:
    """What somebody would write instead of a node that was converted."""
    before, after = ({key: as_written(field) for key, field in node.fields.items()} for node in (old, new))
    said = [f"use: {new.use}@{new.version}"]
    said += [f"{key}: {value}" for key, value in after.items() if key not in before or before[key] != value]
    said += [f"no {key}" for key in before if key not in after]
    return f"write {', '.join(said)}"


def _converter(convert: Converter) -> str:
    """A converter in words, with its file and line where it is Python's."""
    code = getattr(convert, "__code__", None)
    return f"its converter ({code.co_filename}:{code.co_firstlineno})" if code else "its converter"


def _read(node: NodeSpec, key: str, value: Any) -> Expression:
    """A field as a converter gives it. One that it handed on is the very expression, with its place."""
    own = node.fields.get(key)
    if own is not None and as_written(own) == value:
        return own
    same = (field for field in node.fields.values() if as_written(field) == value)
    return next(same, None) or parse_expression(Tree.of(value, node.use_place))
