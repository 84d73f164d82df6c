"""Mezzotint's own nodes on a canvas, as they stand in a workflow: back to what they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....graphs.node_type import MISSING, NodeType, Port
from ....graphs.problem import fail, nearest, show
from ....graphs.registry import Registry
from ....graphs.types import PlainType
from ..inputs import Input, inputs_of
from ..node_class import class_id
from ..pack import can_run
from ..sockets import socket_of
from .conversion import Conversion
from .draft import literal
from .made import Checkpoint, Empty, Made, Prompt
from .sets import axis_input
from .stock import widget
from .stock_sampling import seeds
from .stock_texts import encoded, load
from .workflow import Link, Value, WorkflowNode

#: Options and literals that people try values of: inputs of the graph, by these names.
_INPUTS: Mapping[str, Mapping[str, str]] = {
    "load_model": {"source": "checkpoint"},
    "text_encode": {"prompt": "prompt", "negative": "negative"},
    "sample": {"seed": "seed", "steps": "steps", "guidance": "guidance", "strength": "strength"},
    "load_images": {"file": "file"},
}

#: The nodes between ComfyUI's models and ours.
LOAD_CHECKPOINT, OPEN_MODEL = "Mezzotint.load_checkpoint", "Mezzotint.open_model"
MODEL = "MEZZOTINT_MODEL"


def our_types(registry: Registry) -> dict[str, NodeType]:
    """Our node types by class id."""
    return {class_id(declared): declared for declared in registry.types.values() if can_run(declared)}


def shows(declared: NodeType) -> bool:
    """Whether ComfyUI runs a node for its own sake: its results stand on it."""
    return all(isinstance(kind, PlainType) for kind in declared.outputs.values())


def convert(to: Conversion, node: WorkflowNode, declared: NodeType) -> Sequence[Made]:
    """What becomes of the outputs of one of our nodes; GraphError for what no graph can say."""
    inputs = inputs_of(declared)
    _known(node, inputs)
    wished = to.named(node, declared.name)
    fields: dict[str, Any] = {}
    for port in declared.ports:
        value = _port(to, node, declared, port, inputs)
        if value is not None:
            fields[port.name] = value
    for option in declared.options:
        given = node.inputs.get(option.name)
        if given is None:
            if option.required:
                raise fail(node.place, f"{node} has no {option.name}", f"expected {option.expected}")
            continue
        value = _option(to, node, option.name, given, inputs[option.name])
        if value != option.default or type(value) is not type(option.default):
            fields[option.name] = _as_input(to, declared, option.name, value)
    if declared.is_reducer:
        fields["over"] = _over(to, node, declared)
    else:
        _one_set(to, node)
    use = declared.name if to.registry.types.get(declared.name) is declared else (
        f"{declared.package}.{declared.name}")  # fmt: skip
    reference = to.draft.node(wished, use, fields)
    made = [
        Made(reference if declared.single_output else f"{reference}.{name}", socket_of(kind).name)
        for name, kind in declared.outputs.items()
    ]
    if shows(declared):
        name = reference.removeprefix("$")
        for output, one in zip(declared.outputs, made, strict=True):
            to.draft.output(name if declared.single_output else f"{name}_{output}", one.reference)
    return made


def load_checkpoint(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    """A checkpoint of ComfyUI's for our nodes."""
    return [Made(load(to, node, "ckpt_name", widget(node, "ckpt_name")), MODEL)]


def open_model(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    """A model of ours for ComfyUI's nodes: in a graph it is the same."""
    model = to.wire(node, "model", MODEL)
    return [Checkpoint(model.reference, kind) for kind in ("MODEL", "CLIP", "VAE")]


def _known(node: WorkflowNode, inputs: Mapping[str, Input]) -> None:
    for name, given in node.inputs.items():
        if name not in inputs:
            raise fail(given.place, f"{node} has no input {show(name)}", nearest(name, inputs))


def _port(
    to: Conversion, node: WorkflowNode, declared: NodeType, port: Port, inputs: Mapping[str, Input]
) -> Any:
    """What feeds a port: references, or a literal; None where it is left out."""
    named = [name for name in inputs if inputs[name].port is port and name in node.inputs]
    if not named:
        if port.required:
            kind = socket_of(port.takes).name
            raise fail(node.place, f"{node} has no {port.name}", f"expected a link to a {kind}")
        return None
    if port.many:
        return [_wire(to, node, name, inputs[name]) for name in named]
    given = node.inputs[port.name]
    if isinstance(given, Link):
        return _wire(to, node, port.name, inputs[port.name])
    return _literal(to, node, declared, port, given, inputs[port.name])


def _wire(to: Conversion, node: WorkflowNode, name: str, declared: Input) -> str:
    given = node.inputs[name]
    if not isinstance(given, Link):
        raise fail(given.place, f"{node}: {name} is {show(given.value)}", "expected a link to a node")
    made = to.linked(node, name, given)
    kinds = str(declared.kind).split(",")
    if made.socket not in kinds and "*" not in kinds:
        what = f"{node}: {name} takes {' or '.join(kinds)}"
        source = to.workflow.nodes[given.node]
        raise fail(given.place, f"{what}, and output {given.output} of {source} is {made.socket}")
    if isinstance(made, Prompt):
        negative = node.inputs.get("negative")
        away = to.linked(node, "negative", negative) if isinstance(negative, Link) else None
        if away is not None and (not isinstance(away, Prompt) or away.reference != made.reference):
            what = f"{node}: its negative is of another kind or model than {name}"
            raise fail(node.inputs["negative"].place, what, "encode both with the CLIP of one checkpoint")
        return encoded(to, made, away if isinstance(away, Prompt) else None)
    if isinstance(made, Empty):
        what = f"{node}: {name} are empty latents, of which nothing was drawn"
        raise fail(given.place, what, "leave it out: width and height say the size")
    return made.reference


def _literal(
    to: Conversion, node: WorkflowNode, declared: NodeType, port: Port, given: Value, source: Input
) -> Any:
    """What was typed in at a port; None where that is what it takes anyway."""
    if not source.has_widget:
        kind = socket_of(port.takes).name
        raise fail(given.place, f"{node}: {port.name} is {show(given.value)}", f"expected a link to a {kind}")
    try:
        value = source.read(given.value)
        if isinstance(value, str) and source.sockets:
            value = source.sockets[0].literal(value)
        if value is not None:
            port.takes.parse(value)
    except ValueError as error:
        if not port.takes.reads_files:
            raise fail(given.place, f"{node}: {port.name} is {show(given.value)}", str(error)) from None
    if value is None and port.required:
        raise fail(given.place, f"{node}: {port.name} is empty", f"expected {port.takes.reads}")
    if value is None or (port.default is not MISSING and value == port.default):
        return None
    begun = to.sets.sources.get(node.id)
    if begun is not None and begun.is_axis and port.name == axis_input(declared):
        if begun.by_file:
            made = to.draft.input("file", {"each": [value]})
            to.axes[node.id] = made.removeprefix("$")
            return made
        return seeds(to, begun, node.id)
    return _as_input(to, declared, port.name, value)


def _option(to: Conversion, node: WorkflowNode, name: str, given: Link | Value, source: Input) -> Any:
    """An option's value as the graph has it."""
    if isinstance(given, Link):
        what = f"{node}: {name} comes from node {given.node}, and a graph must know options beforehand"
        raise fail(given.place, what, "type the value in")
    assert source.option is not None
    try:
        value = source.read(given.value)
        return source.option.setting(value)
    except ValueError as error:
        raise fail(given.place, f"{node}: {name} is {show(given.value)}", str(error)) from None


def _as_input(to: Conversion, declared: NodeType, name: str, value: Any) -> Any:
    wished = _INPUTS.get(declared.name, {}).get(name)
    plain = isinstance(value, (str, int, float))
    return to.draft.input(wished, value) if wished is not None and plain else literal(value)


def _over(to: Conversion, node: WorkflowNode, declared: NodeType) -> list[str]:
    """The inputs whose axes a reducer of ours takes away: on a canvas it reduces all that it is given."""
    names = [to.axes[source] for source in to.sets.reduced_by(node, declared) if source in to.axes]
    if not names:
        members = ", ".join(sorted(declared.members))
        what = f"{node} reduces a set, and in a graph its {members} would be one and the same everywhere"
        raise fail(node.place, what, "draw them from a seed, or load them: either is an axis")
    return names


def _one_set(to: Conversion, node: WorkflowNode) -> None:
    """GraphError for a node that takes several batches side by side, which a graph would cross."""
    batches = sorted(name for name in to.sets.of[node.id] if to.sets.sources[name].size > 1)
    if len(batches) > 1:
        what = f"{node} takes the batches of nodes {' and '.join(batches)} side by side"
        raise fail(node.place, what, "a graph would take each with each; use one batch")
