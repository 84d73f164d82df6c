"""Steps of a graph as nodes of our pack."""

from __future__ import annotations

from typing import Any

from ....graphs.check import Step
from ....graphs.draft import Output, Source
from ....graphs.node_type import Port
from ....graphs.problem import fail, show
from ....graphs.types import BooleanType, IntegerType, NumberType, TextType
from ..inputs import MANY, Input, inputs_of
from ..node_class import class_id
from ..pack import can_run
from ..widgets import NONE, as_yaml
from .writing import Writing, before_feeding

#: The nodes that hold a value for a socket without a widget, by its type.
_VALUES = {"STRING": "PrimitiveString", "INT": "PrimitiveInt", "FLOAT": "PrimitiveFloat"}


def write(to: Writing, step: Step) -> None:
    """Write a step as a node of ours; GraphError for what no canvas can say."""
    declared = step.type
    if not can_run(declared):
        raise fail(
            step.place, f"{step.name} ({declared.name}) asks what a run spent, which a canvas can't say"
        )
    if step.grouping is not None:
        what = f"{step.name} ({declared.name}) splits its set by a value"
        raise fail(step.place, what, "on a canvas it reduces all that it is given")
    inputs = inputs_of(declared)
    written: dict[str, Any] = {}
    for port in declared.ports:
        source = step.ports.get(port.name)
        if isinstance(source, tuple):
            if len(source) > MANY:
                raise fail(
                    step.place, f"{step.name}.{port.name} has {len(source)} values; {MANY} are the most"
                )
            for index, one in enumerate(source):
                name = port.name if index == 0 else f"{port.name}_{index + 1}"
                written[name] = _port(to, step, port, one, inputs[name])
        elif source is not None:
            value = _port(to, step, port, source, inputs[port.name])
            if value is not None:
                written[port.name] = value
    for option in declared.options:
        value = to.option(step, option.name)
        if option.required or value != option.default:
            written[option.name] = _widget_value(value, inputs[option.name])
    node = to.add(class_id(declared), written, step.name)
    for index, name in enumerate(declared.outputs):
        to.wires[step.name, name] = (node, index)


def _port(to: Writing, step: Step, port: Port, source: Source, declared: Input) -> Any:
    """A wire, or what is typed in; None for what the node takes anyway."""
    source = before_feeding(to.graph, source)
    if isinstance(source, Output):
        return to.wire(source)
    value = to.at(source)
    if value is None or (value == port.default and type(value) is type(port.default)):
        return None
    kind = port.takes
    if isinstance(kind, (TextType, IntegerType, NumberType, BooleanType)):
        value = kind.parse(value)
    elif not isinstance(value, str) and not (declared.has_widget and kind.literal_schema()):
        what = f"{step.name}.{port.name} is {show(value)}"
        raise fail(step.place, what, "no widget of ComfyUI's holds that")
    if declared.has_widget:
        return value if isinstance(value, (str, int, float)) else as_yaml(value)
    kind_of = declared.sockets[0].name
    if kind_of not in _VALUES:
        raise fail(
            step.place, f"{step.name}.{port.name} is {show(value)}", "no widget of ComfyUI's holds that"
        )
    return (to.shared(_VALUES[kind_of], {"value": value}, port.name), 0)


def _widget_value(value: Any, declared: Input) -> Any:
    """What stands in an option's widget for a value."""
    if value is None:
        candidates = [NONE, declared.settings.get("min"), ""]
        return next(each for each in candidates if each is not None and declared.read(each) is None)
    if isinstance(declared.kind, list):
        return str(value)
    if declared.kind == "STRING" and not isinstance(value, str):
        return as_yaml(value)
    return value
