"""The class that ComfyUI makes a node of, from the declaration of a node type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ...evaluation.detections import DetectionsType
from ...graphs.node_type import NodeType
from ...graphs.registry import BUILT_IN
from ...graphs.types import BooleanType, NumberType, PlainType
from .calling import run_node
from .inputs import Input, inputs_of
from .saving import TEXTS, check_pattern, saved, saves
from .shown import shown
from .sockets import socket_of
from .typed import check_typed, content

#: What every class id begins with.
PREFIX = "Mezzotint"


class CanvasNode:
    """A node type on a canvas; the class of each is made by :func:`node_class`.

    Everything comes in lists, so that several pictures, prompts and seeds go through one call.
    """

    node_type: ClassVar[NodeType]
    _inputs: ClassVar[dict[str, Input]]
    FUNCTION = "run"
    INPUT_IS_LIST = True

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        """The inputs by name, in their order."""
        if "_inputs" not in vars(cls):
            cls._inputs = inputs_of(cls.node_type)
        return cls._inputs

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:  # noqa: N802 - ComfyUI's name
        """The inputs as ComfyUI reads them."""
        found = cls.inputs().values()
        types = {
            "required": {made.name: made.declaration for made in found if made.required},
            "optional": {made.name: made.declaration for made in found if not made.required},
        }
        return types | ({"hidden": dict(TEXTS)} if saves(cls.node_type) else {})

    @classmethod
    def VALIDATE_INPUTS(cls, **values: Sequence[Any]) -> bool:  # noqa: N802 - ComfyUI's name
        """Look at what was typed in before anything runs; what comes over wires isn't known yet.

        Raises ValueError for what is wrong, all of it at once. That is shown on the node, as what a string
        returned says, but once, and not once for every input.
        """
        check_typed(cls.node_type, cls.inputs(), values)
        if saves(cls.node_type):
            check_pattern(cls.node_type, values)
        return True

    @classmethod
    def IS_CHANGED(cls, **values: Sequence[Any]) -> str:  # noqa: N802 - ComfyUI's name
        """What the files hold that are named by what was typed in; another value runs the node again."""
        return content(cls.node_type, cls.inputs(), values)

    def run(self, **values: Sequence[Any]) -> dict[str, Any]:
        """Run the node on lists of values; its numbers and texts are shown on it."""
        declared = self.node_type
        made = run_node(declared, self.inputs(), values)
        names = {name: output_name(declared, name) for name in declared.outputs}
        ui = shown(declared, names, made.items, made.warnings)
        if saves(declared):
            return {"ui": {**ui, "images": saved(declared, made.items, values)}, "result": ()}
        return {"ui": ui, "result": made.values}


def class_id(declared: NodeType) -> str:
    """What a node type is called in workflows: ``Mezzotint.fd``, ``Mezzotint.their_package.their_node``."""
    own = declared.package == BUILT_IN
    return f"{PREFIX}.{declared.name}" if own else f"{PREFIX}.{declared.package}.{declared.name}"


def title(declared: NodeType) -> str:
    """What stands on a node: its name, and whose it is."""
    return f"{declared.name.replace('_', ' ')} ({declared.package})"


def category(declared: NodeType) -> str:
    """Where the menu has it: below the floor that it lives on, or the package that it is of."""
    floor = declared.function.__module__.removeprefix(f"{BUILT_IN}.").split(".")[0]
    return f"{BUILT_IN}/{floor if declared.package == BUILT_IN else declared.package}"


def node_class(declared: NodeType) -> type[CanvasNode]:
    """The class of a node type."""
    outputs = [] if saves(declared) else _outputs(declared)
    readable = all(isinstance(kind, PlainType) for kind in declared.outputs.values())
    return type(
        declared.name,
        (CanvasNode,),
        {
            "__doc__": declared.doc,
            "__module__": __name__,
            "node_type": declared,
            "RETURN_TYPES": tuple(kind for _, kind, _ in outputs),
            "RETURN_NAMES": tuple(name for name, _, _ in outputs),
            "OUTPUT_TOOLTIPS": tuple(tip for _, _, tip in outputs),
            "OUTPUT_IS_LIST": (not declared.is_reducer,) * len(outputs),
            # Numbers and texts are there to be read, and files are kept, so such a node may be the last.
            "OUTPUT_NODE": readable or saves(declared),
            "CATEGORY": category(declared),
            "DESCRIPTION": _description(declared),
        },
    )


def _description(declared: NodeType) -> str:
    """What a node does; what it raises is for those who call it from programs."""
    paragraphs = declared.prose.split("\n\n")
    return "\n\n".join(each for each in paragraphs if not each.startswith("Raises:"))


def output_name(declared: NodeType, name: str) -> str:
    """What an output is called: of a node that makes one number, the node's name, which says more."""
    only = declared.single_output is not None and isinstance(
        declared.outputs[name], (NumberType, BooleanType)
    )
    return declared.name if only else name


def _outputs(declared: NodeType) -> list[tuple[str, str, str]]:
    """Name, type and tooltip of every output; of detections, their masks come after all others."""
    each = "one for the whole set" if declared.is_reducer else "one for each item"
    outputs = [
        (output_name(declared, name), socket_of(kind).name, f"{kind.name}, {each}")
        for name, kind in declared.outputs.items()
    ]
    found = [name for name, kind in declared.outputs.items() if isinstance(kind, DetectionsType)]
    masks = ("masks" if declared.single_output else f"{name}_masks" for name in found)
    return outputs + [(name, "MASK", "where anything was found") for name in masks]
