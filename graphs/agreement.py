"""Options that a node must set as the node did whose output it is given, such as who made the features."""

from __future__ import annotations

from collections.abc import Mapping

from .draft import Draft, Output, Source
from .node_type import Option
from .problem import Problems, show
from .values import Constant, canonical


def check_agreement(drafts: Mapping[str, Draft], problems: Problems) -> None:
    """Note where the options differ that a port's type asks to be alike; those that aren't known yet may."""
    for draft in drafts.values():
        for port in draft.type.ports:
            given = draft.fields.get(port.name)
            for source in given if isinstance(given, tuple) else (given,):
                if isinstance(source, Output) and source.step in drafts:
                    agree(draft, drafts[source.step], {name: name for name in port.type.alike}, problems)


def agree(draft: Draft, producer: Draft, names: Mapping[str, str], problems: Problems) -> None:
    """Note options of a node that say otherwise than the step that made what it is given.

    ``names`` are the options of the step and what they are called at the node; only what both have counts.
    """
    for theirs_called, mine_called in names.items():
        theirs, mine = producer.type.option(theirs_called), draft.type.option(mine_called)
        if theirs is None or mine is None:
            continue
        made, wanted = _value(producer.fields, theirs), _value(draft.fields, mine)
        if made is not None and wanted is not None and canonical(made) != canonical(wanted):
            problems.add(
                draft.places.get(mine.name, draft.place),
                f"{draft.type.name}.{mine.name} is {show(wanted)}, and what it is given was made by "
                f"{producer.name!r} with {theirs.name}: {show(made)}",
                f"write {mine.name}: {made}, or at {producer.name!r} {theirs.name}: {wanted}",
            )


def _value(fields: Mapping[str, Source | tuple[Source, ...]], option: Option) -> object:
    """The value of an option that is the same everywhere, else None."""
    given = fields.get(option.name)
    if given is None:
        return None if option.required else option.default
    return given.value if isinstance(given, Constant) else None
