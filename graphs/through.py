"""Ports that another node type feeds: ``images`` of a metric goes through ``features`` first.

The linker puts a step of that other type before the node. Steps that are given the same are one, so that
several metrics of one picture share its features.
"""

from __future__ import annotations

from collections.abc import Hashable

from .agreement import agree
from .draft import Draft, Output, Source, Unset
from .marks import Through
from .node_type import NodeType, Option, Port
from .problem import Problems
from .registry import Registry
from .types import accepts
from .values import Column, Constant, Given, canonical


def feed(drafts: dict[str, Draft], registry: Registry, problems: Problems) -> None:
    """Put the step that feeds a port before every node that leaves it to do so.

    A port that is given what that step makes takes it as it is; options that contradict it are noted.
    """
    feeders: dict[Hashable, str] = {}
    for draft in list(drafts.values()):
        for port in draft.type.ports:
            source = draft.fields.get(port.name)
            if port.through is None or source is None or isinstance(source, tuple):
                continue
            feeder = _registered(port.through, registry)
            if isinstance(source, Output):
                producer = drafts.get(source.step)
                if producer is None:
                    continue  # of an unknown type, which is noted
                offered = producer.type.outputs[source.name]
                if not accepts(feeder.ports[0].type, offered):
                    if producer.type.function is feeder.function:
                        options = [option.name for option in feeder.options]
                        own = {name: port.through.own_option(name) for name in options}
                        agree(draft, producer, own, problems)
                    continue
            draft.fields[port.name] = _fed(drafts, feeders, draft, port, feeder, source)


def _registered(through: Through, registry: Registry) -> NodeType:
    """The feeding node type as the registry knows it: with the package that it belongs to."""
    declared = through.node_type
    found = (known for known in registry.types.values() if known.function is declared.function)
    return next(found, declared)


def _fed(
    drafts: dict[str, Draft],
    feeders: dict[Hashable, str],
    draft: Draft,
    port: Port,
    feeder: NodeType,
    source: Source | Unset,
) -> Output:
    """The output of the step that feeds a port; a new step unless one is given the same already."""
    assert port.through is not None
    fields: dict[str, Source | tuple[Source, ...]] = {feeder.ports[0].name: source}
    places = {feeder.ports[0].name: draft.places.get(port.name, draft.place)}
    for option in feeder.options:
        own = port.through.own_option(option.name)
        given = _setting(draft, own)
        if given is not None:
            fields[option.name] = given
            places[option.name] = draft.places.get(own, draft.place)
    same = (feeder.qualified, *((key, _identity(value, feeder.option(key))) for key, value in fields.items()))
    name = feeders.setdefault(same, f"{draft.name}.{port.name}")
    if name not in drafts:
        drafts[name] = Draft(name, draft.place, feeder, fields, places)
    return Output(name, next(iter(feeder.outputs)))


def _setting(draft: Draft, option_name: str) -> Source | tuple[Source, ...] | None:
    """What a node's option is set to, its default included; None for an option that it hasn't."""
    option = draft.type.option(option_name)
    if option is None or option_name in draft.fields or option.required:
        return draft.fields.get(option_name)
    return Constant(option.default, draft.place)


def _identity(source: Source | Given | tuple[Source, ...] | Unset, option: Option | None) -> Hashable:
    """What is equal for equal sources, however a number is written."""
    if isinstance(source, Column):  # made anew wherever a graph asks for it
        return source.name, _identity(source.records, None)
    if not isinstance(source, Constant):
        return source if isinstance(source, Output) else id(source)
    try:
        return canonical(source.value if option is None else option.setting(source.value))
    except ValueError:  # no value of that option, which is noted when the step is checked
        return canonical(source.value)
