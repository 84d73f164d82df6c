"""How a score was measured: all that must be alike for two values of it to be compared.

That is the score's node type, its options, the weights and files that they name, what it compares with, and
the same of every step between it and what is judged. How the pictures were made is no part of it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from .check import CheckedGraph, Step
from .draft import Output, Source
from .keys import Keys
from .node_type import Option, Port
from .values import Along, Column, Constant, Given, Joined, item_digest

#: Digits of digests that are there to be compared, and may be read.
_DIGITS = 16


class Protocols:
    """The protocols of a graph's scores, once its keys are known."""

    def __init__(self, graph: CheckedGraph, keys: Keys) -> None:
        self.graph = graph
        self.keys = keys

    def of(self, step: Step) -> dict[str, Any]:
        """A step's protocol, flat: ``node``, its options, and those of steps before it by ``port.``."""
        return self._of(step, "")

    def better(self, step: Step) -> Literal["higher", "lower"] | None:
        """Which of two of a step's values is better; None where neither is."""
        better = step.type.better
        if better != "as input":
            return better
        before = [self.graph.steps[source.step] for source in step.inputs()]
        return self.better(before[0]) if before else None

    def _of(self, step: Step, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {f"{prefix}node": step.type.qualified}
        if step.type.source_digest:
            found[f"{prefix}source"] = step.type.source_digest
        for option in step.type.options:
            if not option.effort and option.file_name is None:
                found.update(self._option(step, option, prefix))
        for name, value in step.ports.items():
            port = step.type.port(name)
            assert port is not None
            is_free = step.type.is_reducer and name not in step.type.members
            for position, source in enumerate(value if isinstance(value, tuple) else (value,)):
                at = f"{prefix}{name}" + (f".{position}" if isinstance(value, tuple) else "")
                found.update(self._port(port, source, at, is_free=is_free))
        return found

    def _option(self, step: Step, option: Option, prefix: str) -> dict[str, Any]:
        given = step.options[option.name]
        if given.axes:
            return {f"{prefix}{option.name}": _written(given)}
        value = option.setting(given.at({}))
        found = {f"{prefix}{option.name}": value}
        if option.content is not None and value is not None:
            found[f"{prefix}{option.name}.digest"] = self.keys.content_of(step, option)
        return found

    def _port(self, port: Port, source: Source, at: str, *, is_free: bool) -> dict[str, Any]:
        if not isinstance(source, Output):
            constant = isinstance(source, Constant)
            return {at: _digits(item_digest(port.type, source.at({}))) if constant else _written(source)}
        producer = self.graph.steps[source.step]
        if is_free and producer.type.is_reducer:
            return {at: _digits(b"".join(self.keys.reduced.get(producer.name, ())))}
        if producer.type.outputs[source.name].is_judged:
            return {}
        return self._of(producer, f"{at}.")


def _written(given: Given) -> str:
    """What a graph file says of a value that varies: `$prompt` too for a column of that name."""
    if isinstance(given, Along):
        return f"${given.axis.name}"
    if isinstance(given, Column):
        return f"${given.name}"
    if isinstance(given, Joined):
        return "".join(part if isinstance(part, str) else f"{{{_written(part)}}}" for part in given.parts)
    return str(given.at({})) if not given.axes else f"varies over {', '.join(given.axes)}"


def _digits(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGITS // 2).hexdigest()
