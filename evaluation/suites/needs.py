"""What is missing here before a suite can run: its prompts, a reference, weights, packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...graphs.check import CheckedGraph, Step, check
from ...graphs.draft import Unset
from ...graphs.registry import Registry
from ...graphs.resolved import leading_to
from ...graphs.values import Constant
from .suite import REFERENCE, Suite


@dataclass(frozen=True)
class Need:
    """Something that is missing, and the outputs that can't be made without it; none named: all of them."""

    what: str
    outputs: tuple[str, ...] = ()


def needs(suite: Suite, registry: Registry) -> list[Need]:
    """What to give or to install before it can run, the prompts first; empty where all is here.

    Loads nothing and uses no network. Weights that a run would fetch are named too.
    """
    graph = check(suite.spec, registry)
    found: dict[str, list[str]] = {}
    for step in graph.steps.values():
        for what in _lacking(step):
            found.setdefault(what, []).append(step.name)
    missing = [Need(what, _outputs_of(graph, steps)) for what, steps in found.items()]
    if isinstance(graph.inputs.get(REFERENCE), Unset):
        takers = [step.name for step in graph.steps.values() if REFERENCE in step.ports]
        missing.insert(0, Need("--reference REF", _outputs_of(graph, takers)))
    if suite.about.prompts and suite.at_hand() is None:
        missing.insert(0, Need(" or ".join(suite.ways())))
    return missing


def _outputs_of(graph: CheckedGraph, steps: list[str]) -> tuple[str, ...]:
    """The outputs that are made with any of these steps."""
    return tuple(
        name
        for name, source in graph.outputs.items()
        if any(step.name in steps for step in leading_to(graph, {name: source}))
    )


def _lacking(step: Step) -> Iterator[str]:
    values = {name: given.value for name, given in step.options.items() if isinstance(given, Constant)}
    try:
        settings = {
            option.name: option.setting(values.get(option.name, option.default))
            for option in step.type.options
        }
        if step.type.check is not None:
            step.type.check(settings)
        yield from _weights(step, settings)
    except ValueError as error:
        yield str(error)


def _weights(step: Step, settings: Mapping[str, Any]) -> Iterator[str]:
    for option in step.type.options:
        value = settings[option.name]
        if option.content is None or value is None:
            continue
        if option.content.resolve(value, settings, False) is None:
            yield f"the weights of {value}"
