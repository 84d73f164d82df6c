"""Calling one node without a graph: on one item or a batch, in whatever form a Python program has them."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..calls import Caller, Device, Job, PlainDevice, finished, stack_ports
from ..check import Step
from ..forms import Taken
from ..members import Member
from ..node_type import NodeType, Port, unwrap
from ..problem import Place, nearest
from ..profile import Tracer
from ..returned import expect_state, single_items_of
from ..types import PortType
from .named import named

#: The axis on which the members of a set stand that is given without a graph.
AXIS = "item"


def call(declared: NodeType, device: Device, /, *args: Any, **kwargs: Any) -> Any:
    """Call a node type as a function, on a device.

    Ports are given by position or by name (the members of a reducer come first), options by name. A port
    takes one item or a batch of them, in any form that its type knows (:meth:`..types.PortType.take`); what
    is single, or a batch of one, goes with every item of a larger batch. A reducer reduces all the items that
    it is given, each a draw of its own.

    Returns the output, or a named tuple of several: in the form in which an item of its type was given, and
    single where everything given was. Raises TypeError for arguments that the node doesn't have, ValueError
    for values that it can't take, and whatever the node itself raises.
    """
    ports, options = _arguments(declared, args, kwargs)
    taken = {port.name: _taken(declared, port, ports[port.name]) for port in _given(declared, ports)}
    items: dict[str, Any] = {}
    for port in _given(declared, ports):
        lists = [part.items for part in taken[port.name]]
        items[port.name] = lists if port.many else lists[0]
    made = call_items(declared, items, options, device)
    single = declared.is_reducer or all(part.single for parts in taken.values() for part in parts)
    results = []
    for name, kind in declared.outputs.items():
        alike = (taken[port.name] for port in _given(declared, ports) if port.takes == kind)
        give = next((parts[0].give for parts in alike if parts), kind.give)
        # Of nothing there is no shape, so it is a list whatever the form.
        results.append(give(made[name], single) if made[name] else [])
    return results[0] if declared.single_output else named(declared.name, declared.outputs, results)


def call_items(
    declared: NodeType,
    ports: Mapping[str, Sequence[Any]],
    options: Mapping[str, Any],
    device: Device,
) -> dict[str, list[Any]]:
    """Call a node type on items: for each port a list of them, for a ``many`` port a list of such lists.

    Lists of one item go with every item of the longest. Returns a list of items for each output, of one item
    where the node is a reducer. Micro-batches are those of a run: of items of one shape, as large as the node
    type declares, halved where memory runs out. Raises as :func:`call` does.
    """
    settings = _settings(declared, options)
    device.quiet()
    fed = {port.name: _fed(port, ports[port.name], settings, device) for port in _given(declared, ports)}
    names = declared.members if declared.is_reducer else fed.keys()
    jobs = _jobs(declared, {name: value for name, value in fed.items() if name in names}, settings)
    step = Step(declared.name, Place("<python>"), declared, {}, {}, (AXIS,), (AXIS,))
    caller = Caller(device, None, _warn, Tracer(), direct=True)
    if declared.is_reducer:
        free = {name: value for name, value in fed.items() if name not in names}
        return _reduced(caller, step, jobs, _jobs(declared, free, settings))
    made: dict[int, Mapping[str, Any]] = {}
    for batch in caller.micro_batches(step, jobs):
        for job, value in caller.make(step, batch):
            if isinstance(value, Exception):
                raise value
            made[job.index] = value.items
    return {name: [made[index][name] for index in range(len(jobs))] for name in declared.outputs}


def as_function(declared: NodeType, device: Callable[[], Device] = PlainDevice) -> Callable[..., Any]:
    """A function that calls a node type, with its signature and its help; see :func:`call`."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return call(declared, device(), *args, **kwargs)

    function.__name__ = function.__qualname__ = declared.name
    function.__module__ = declared.function.__module__
    function.__doc__ = declared.doc
    function.__signature__ = _signature(declared)  # type: ignore[attr-defined]
    function.node_type = declared  # type: ignore[attr-defined]
    return function


def _signature(declared: NodeType) -> inspect.Signature:
    kinds = inspect.Parameter
    ports = sorted(declared.ports, key=lambda port: not port.required)
    named = [
        kinds(port.name, kinds.POSITIONAL_OR_KEYWORD, default=port.default, annotation=port.takes.name)
        for port in ports
    ]
    options = sorted(declared.options, key=lambda option: not option.required)
    return inspect.Signature(
        named
        + [
            kinds(
                option.name,
                kinds.KEYWORD_ONLY,
                default=option.default,
                annotation=unwrap(option.annotation)[0],
            )
            for option in options
        ]
    )


def _arguments(
    declared: NodeType, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ports and options as given, by name; TypeError for those that the node doesn't have, and for gaps."""
    known = [port.name for port in declared.ports] + [option.name for option in declared.options]
    for name in kwargs:
        if name not in known:
            hint = nearest(name, known)
            raise TypeError(f"{declared.name} takes no {name!r}" + (f"; {hint}" if hint else ""))
    try:
        bound = _signature(declared).bind(*args, **kwargs).arguments
    except TypeError as error:
        told = f"{error}; it takes {', '.join(known)}"
        if len(args) > len(declared.ports):
            told += "; give options by name"
        raise TypeError(f"{declared.name}: {told}") from None
    # A port that is given None is left out, as where a graph doesn't name it.
    ports = {name: bound[name] for port in declared.ports if bound.get(name := port.name) is not None}
    missing = [port.name for port in declared.ports if port.required and port.name not in ports]
    if missing:
        raise TypeError(f"{declared.name} needs {missing[0]!r}, and it is None")
    return ports, {option.name: bound[option.name] for option in declared.options if option.name in bound}


def _given(declared: NodeType, ports: Mapping[str, Any]) -> list[Port]:
    return [port for port in declared.ports if port.name in ports]


def _taken(declared: NodeType, port: Port, value: Any) -> list[Taken]:
    """What was handed over for a port, in parts: several for a ``many`` port."""
    if port.many and not isinstance(value, (list, tuple)):
        raise ValueError(
            f"{declared.name}: {port.name} takes a list of values; this is {type(value).__name__}"
        )
    taken = []
    for entry in value if port.many else [value]:
        kind = port.type if _is_fed(port, entry) else port.takes
        try:
            taken.append(kind.take(entry))
        except ValueError as error:
            raise ValueError(f"{declared.name}: {port.name}: {error}") from error
    return taken


def _is_fed(port: Port, value: Any) -> bool:
    """Whether what goes through another node already is what that one makes."""
    entry = value[0] if isinstance(value, (list, tuple)) and value else value
    return any(port.type.is_item(each) or port.type.is_batch(each) for each in (value, entry))


def _fed(port: Port, items: Sequence[Any], settings: Mapping[str, Any], device: Device) -> Sequence[Any]:
    """The items of a port, after the node that feeds it where one does."""
    if port.through is None or not items or _is_fed(port, items):
        return items
    feeder = port.through.node_type
    own = {option.name: port.through.own_option(option.name) for option in feeder.options}
    options = {name: settings[mine] for name, mine in own.items() if mine in settings}
    made = call_items(feeder, {feeder.ports[0].name: items}, options, device)
    return made[next(iter(feeder.outputs))]


def _settings(declared: NodeType, options: Mapping[str, Any]) -> dict[str, Any]:
    """All options, converted; ValueError where one isn't what the node type takes."""
    settings = {}
    for option in declared.options:
        if option.required and option.name not in options:
            raise TypeError(f"{declared.name} needs {option.name!r}: {option.expected}")
        try:
            settings[option.name] = option.setting(options.get(option.name, option.default))
        except ValueError as error:
            given = options[option.name]
            raise ValueError(f"{declared.name}: {option.name} is {given!r}; {error}") from None
    if declared.check is not None:
        declared.check(settings)
    return settings


def _jobs(declared: NodeType, ports: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Job]:
    """One job an item; a list of one goes with every item of the others."""
    columns: dict[tuple[str, int], tuple[PortType, Sequence[Any]]] = {}
    for port in _given(declared, ports):
        for position, items in enumerate(ports[port.name] if port.many else [ports[port.name]]):
            columns[port.name, position] = port.type, items
    lengths = {name: len(items) for (name, _), (_, items) in columns.items() if len(items) != 1}
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{count} of {name}" for name, count in lengths.items())
        raise ValueError(f"{declared.name}: {told}; give as many of each, or one for all")
    jobs = []
    for index in range(next(iter(lengths.values()), 1)):
        row: dict[str, list[Any]] = {}
        alike = []
        for (name, _), (kind, items) in columns.items():
            item = items[0 if len(items) == 1 else index]
            row.setdefault(name, []).append(item)
            alike.append(_shape(declared, name, kind, item) if kind.stacks else id(item))
        arguments = {
            port.name: tuple(row[port.name]) if port.many else row[port.name][0]
            for port in _given(declared, row)
        }
        jobs.append(Job(b"", index, arguments, settings, (), tuple(alike)))
    return jobs


def _shape(declared: NodeType, name: str, kind: PortType, item: Any) -> Any:
    try:
        return kind.shape(item)
    except ValueError as error:
        raise ValueError(f"{declared.name}: {name}: {error}") from error
    except Exception as error:  # a type may raise anything of what isn't of it
        what = f"{declared.name}: {name} takes {kind.name}, and this is {type(item).__name__}"
        raise ValueError(what) from error


def _reduced(caller: Caller, step: Step, jobs: Sequence[Job], free: Sequence[Job]) -> dict[str, list[Any]]:
    declared = step.type
    if len(free) != 1:
        raise ValueError(f"{declared.name} reduces one set, and takes one of whatever isn't a member of it")
    arguments = {**stack_ports(step, [free[0].ports]), **free[0].options}
    state = caller.watched(step, lambda: declared.function(**arguments))
    expect_state(declared, state)
    for batch in caller.micro_batches(step, jobs):
        caller.watched(step, partial(state.update, **_members(step, batch)), batch)
    made = caller.watched(step, state.compute)
    value = finished(step, single_items_of(declared, made), ())
    if isinstance(value, Exception):
        raise value
    return {name: [item] for name, item in value.items.items()}


def _members(step: Step, batch: Sequence[Job]) -> dict[str, Any]:
    """What a reducer's ``update`` takes of a batch."""
    members = stack_ports(step, [job.ports for job in batch])
    if step.type.points_port:
        members[step.type.points_port] = [{AXIS: (job.index, job.index)} for job in batch]
    if step.type.members_port:
        members[step.type.members_port] = [Member({AXIS: job.index}, str(job.index)) for job in batch]
    return members


def _warn(step: str, message: str) -> None:
    warnings.warn(f"{step}: {message}", stacklevel=2)
