"""What was typed into a node: whether it can be right, and what the files hold that it names.

Both are asked before anything runs. What comes over a wire isn't known then, and is left to the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...graphs.digest import digest_of
from ...graphs.node_type import NodeType
from ...graphs.values import item_digest
from .inputs import Input

Values = Mapping[str, Sequence[Any]]


def check_typed(declared: NodeType, inputs: Mapping[str, Input], values: Values) -> None:
    """ValueError for what can't be right of what was typed in, all of it."""
    settings, wrong = _settings(inputs, values)
    for name, source in inputs.items():
        if source.port is None or name not in values:
            continue
        for value in values[name]:
            try:
                _literal(source, value)
            except ValueError as error:
                wrong.append(f"{name}: {error}")
    known = _whole(declared, settings, values)
    if not wrong and known is not None:
        wrong += _faults(declared, known)
    if wrong:
        raise ValueError("; ".join(dict.fromkeys(wrong)))


def content(declared: NodeType, inputs: Mapping[str, Input], values: Values) -> str:
    """One digest of what is outside the workflow and named in it: weights, references, files."""
    settings, _ = _settings(inputs, values)
    known = _whole(declared, settings, values) or {}
    found: list[Any] = []
    for option in declared.options:
        value = known.get(option.name)
        if option.content is not None and value is not None:
            found.append(option.content.resolve(value, known, False))
    for name, source in inputs.items():
        if source.port is None or not source.port.takes.names_files:
            continue
        for value in values.get(name, ()):
            if isinstance(value, str) and value:
                found.append(item_digest(source.port.takes, _literal(source, value)).hex())
    return digest_of(found)


def _settings(inputs: Mapping[str, Input], values: Values) -> tuple[dict[str, Any], list[str]]:
    """The options that were typed in, as the node takes them, and what is wrong with them."""
    settings: dict[str, Any] = {}
    wrong: list[str] = []
    for name, source in inputs.items():
        if source.option is None or name not in values:
            continue
        for value in values[name]:
            if value is None:  # comes over a wire
                continue
            try:
                settings[name] = source.option.setting(source.read(value))
            except ValueError as error:
                wrong.append(f"{name} is {value!r}: {error}")
    return settings, wrong


def _whole(declared: NodeType, settings: Mapping[str, Any], values: Values) -> dict[str, Any] | None:
    """All options by name, those left out at their default; None where one isn't known yet."""
    whole = dict(settings)
    for option in declared.options:
        if option.name not in values and not option.required:
            whole[option.name] = option.default
    return whole if len(whole) == len(declared.options) else None


def _literal(source: Input, value: Any) -> Any:
    """The item that was typed in at a port, or None for what comes over a wire."""
    assert source.port is not None
    read = source.read(value)
    if read is None or source.port.takes.reads is None:
        return None
    socket = source.sockets[0]
    return socket.typed(read) if isinstance(read, str) else socket.kind.parse(read)


def _faults(declared: NodeType, settings: Mapping[str, Any]) -> list[str]:
    """What is wrong with options that are each fine by themselves."""
    found = []
    try:
        if declared.check is not None:
            declared.check(settings)
    except ValueError as error:
        found.append(str(error))
    for option in declared.options:
        value = settings[option.name]
        if option.content is None or value is None:
            continue
        try:
            option.content.resolve(value, settings, False)
        except ValueError as error:
            found.append(str(error))
    return found
