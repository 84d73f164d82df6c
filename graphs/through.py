"""Ports that another node type feeds: ``images`` of a metric goes through ``features`` first.

The linker puts a step of that other type before the node. Steps that are given the same are one, so that
several metrics of one picture share its features.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from .draft import Draft, Output, Source, Unset
from .node_type import NodeType, Option, Port, Through
from .problem import Problems, show
from .registry import Registry
from .types import accepts
from .values import Constant, canonical


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
                        _compare(draft, port, producer, problems)
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


def _identity(source: Source | tuple[Source, ...] | Unset, option: Option | None) -> Hashable:
    """What is equal for equal sources, however a number is written."""
    if not isinstance(source, Constant):
        return source if isinstance(source, Output) else id(source)
    try:
        return canonical(source.value if option is None else option.setting(source.value))
    except ValueError:  # no value of that option, which is noted when the step is checked
        return canonical(source.value)


def _compare(draft: Draft, port: Port, producer: Draft, problems: Problems) -> None:
    """Note options of a node that say otherwise than the step that made what it is given."""
    assert port.through is not None
    for option in producer.type.options:
        own = draft.type.option(port.through.own_option(option.name))
        if own is None:
            continue
        mine, theirs = _value(draft.fields, own), _value(producer.fields, option)
        if mine is not None and theirs is not None and canonical(mine) != canonical(theirs):
            problems.add(
                draft.places.get(own.name, draft.place),
                f"{draft.type.name}.{own.name} is {show(mine)}, and what it is given was made by "
                f"{producer.name!r} with {option.name}: {show(theirs)}",
                f"write {own.name}: {theirs}",
            )


def _value(fields: Mapping[str, Source | tuple[Source, ...]], option: Option) -> object:
    """The value of an option that is the same everywhere, else None."""
    given = fields.get(option.name)
    if given is None:
        return None if option.required else option.default
    return given.value if isinstance(given, Constant) else None
