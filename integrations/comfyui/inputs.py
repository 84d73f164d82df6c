"""The inputs of a node on a canvas, as its declaration tells them: sockets of ports, widgets of options.

Canvases store the values of widgets by position: ports come first and then options, each in the order of
their declaration, and within both what must be given before what may be left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...graphs.node_type import MISSING, NodeType, Option, Port
from ...nodes.conditioning import ConditioningType
from .sockets import Socket, socket_of
from .widgets import LARGEST, as_it_is, option_widget, sentences, steps_of

#: How many sockets a port that takes a list of values has.
MANY = 8
#: What a widget of a port holds at first where the port has no default, and the widgets there are.
_EMPTY: dict[str, Any] = {"STRING": "", "INT": 0, "FLOAT": 0.0, "BOOLEAN": False}


@dataclass(frozen=True)
class Input:
    """One entry of ``INPUT_TYPES``. ``read`` makes of a widget's value what the node takes.

    ``port`` and ``socket`` are there for what feeds a port, ``option`` for what sets an option, and neither
    for the CONDITIONING to steer away from, ``negative``.
    """

    name: str
    kind: str | list[Any]
    settings: dict[str, Any]
    required: bool
    read: Callable[[Any], Any] = field(default=as_it_is, compare=False)
    port: Port | None = None
    sockets: tuple[Socket, ...] = ()
    option: Option | None = None

    @property
    def declaration(self) -> tuple[Any, dict[str, Any]]:
        """As ComfyUI reads it."""
        return self.kind, dict(self.settings)

    @property
    def has_widget(self) -> bool:
        """Whether ComfyUI's page shows a widget for it, whose value a canvas stores by its position."""
        if self.settings.get("forceInput"):
            return False
        return isinstance(self.kind, list) or self.settings.get("widgetType", self.kind) in _EMPTY


def inputs_of(declared: NodeType) -> dict[str, Input]:
    """The inputs of a node type by name, in their order on the canvas."""
    found = [made for port in declared.ports for made in _port(declared, port)]
    conditioning = [port for port in declared.ports if isinstance(port.type, ConditioningType)]
    if len(conditioning) == 1:
        found.append(_negative(conditioning[0], {made.name for made in found}))
    found += [_option(option) for option in declared.options]
    return {made.name: made for made in sorted(found, key=lambda made: not made.required)}


def _port(declared: NodeType, port: Port) -> list[Input]:
    made = _socket(declared, port)
    if not port.many:
        return [made]
    more = [f"{port.name}_{number}" for number in range(2, MANY + 1)]
    return [
        made,
        *(Input(name, made.kind, made.settings, False, as_it_is, port, made.sockets) for name in more),
    ]


def _socket(declared: NodeType, port: Port) -> Input:
    sockets = [socket_of(port.takes)]
    if port.through is not None:
        sockets.append(socket_of(port.type))
    accepted = list(dict.fromkeys(name for socket in sockets for name in socket.accepts))
    settings: dict[str, Any] = {"tooltip": sentences(port.help)} if port.help else {}
    first = accepted[0]
    # A set of one literal is none, and nothing at all is what only a widget of text can hold.
    typed_in = (
        port.takes.reads is not None
        and not port.takes.takes_all
        and port.name not in declared.members
        and not port.many
        and (port.default is not None or first not in _EMPTY or first == "STRING")
    )
    if typed_in:
        widget = first if first in _EMPTY else "STRING"
        accepted = list(dict.fromkeys([widget, *accepted]))
        settings |= _typed_in(port, widget)
        if len(accepted) > 1:
            settings["widgetType"] = widget
    elif first in _EMPTY:
        settings["forceInput"] = True
    return Input(
        port.name,
        ",".join(accepted),
        settings,
        port.required,
        (lambda text: text or None) if port.default is None else as_it_is,
        port,
        tuple(sockets),
    )


def _typed_in(port: Port, widget: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "default": _EMPTY[widget] if port.default in (MISSING, None) else port.default
    }
    if widget == "INT":
        settings |= {"min": 0 if port.name == "seed" else -LARGEST, "max": LARGEST, "step": 1}
        if port.name == "seed":
            settings["control_after_generate"] = True
    elif widget == "FLOAT":
        settings |= {"min": -LARGEST, "max": LARGEST, **steps_of(1)}
    elif widget == "STRING":
        schema = port.takes.literal_schema() or {}
        settings["multiline"] = schema.get("type") != "string"
        words = [] if port.takes.reads == "text" else [f"Typed in: {port.takes.reads}"]
        if port.default is None:
            words.append("Empty leaves it out")
        settings["tooltip"] = sentences(port.help, *words)
    return settings


def _negative(port: Port, taken: set[str]) -> Input:
    name = "negative" if "negative" not in taken else f"{port.name}_negative"
    settings = {
        "tooltip": "What to steer away from, where it doesn't come with the conditioning: of a stock node."
    }
    return Input(name, "CONDITIONING", settings, False, sockets=(socket_of(port.type),))


def _option(option: Option) -> Input:
    widget = option_widget(option)
    return Input(option.name, widget.kind, widget.settings, option.required, widget.read, option=option)
