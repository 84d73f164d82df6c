"""Sockets: what a port type is called on a canvas, and how its values come in and go out.

An *item* is one value as mezzotint's nodes know it; a *value* is what travels along a wire, which may hold
several items (a batch of pictures). A wire carries a list of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...graphs.types import (
    AnyType,
    BooleanType,
    IntegerType,
    NumberType,
    PortType,
    TextType,
)
from ...nodes.conditioning import ConditioningType
from ...nodes.latents import LatentsType
from ...nodes.pictures import ImagesType
from .folders import expect_of_comfyui, located
from .widgets import from_yaml

if TYPE_CHECKING:
    from ...nodes.model import ModelHandle


@dataclass(frozen=True)
class Border:
    """What there is to know of the node at whose border values are converted.

    ``model`` is the one that it was given: it says how latents are scaled and what prompts are encoded as.
    ``draws`` says that it makes latents, so that a mask on those it starts from would have a say.
    """

    node: str = ""
    model: ModelHandle | None = None
    draws: bool = False


class Socket:
    """The socket of a port type that only mezzotint knows: items travel as they are.

    ``name`` is what outputs are called, ``accepts`` what inputs take. ``batches`` says whether several items
    share a value.
    """

    batches = False

    def __init__(self, kind: PortType) -> None:
        self.kind = kind
        self.name = f"MEZZOTINT_{kind.name.upper()}"
        self.accepts: tuple[str, ...] = (self.name,)

    def take(self, value: Any, border: Border) -> list[Any]:
        """The items of a value that comes in, or of a literal that was typed in.

        Raises ValueError for a value that isn't one.
        """
        if isinstance(value, str) and self.kind.reads is not None:
            return [self.typed(value)]
        return [value]

    def give(self, items: Sequence[Any], border: Border) -> Any:
        """A value that goes out: one item, or where it ``batches`` all of them, which are alike in shape."""
        (item,) = items
        return item

    def literal(self, text: str) -> Any:
        """What text in a widget stands for, as plain data."""
        schema = self.kind.literal_schema() or {}
        if "string" not in schema.get("type", "string"):
            return from_yaml(text, self.kind.name)
        return located(text, words=self.kind.reads_files) if self.kind.names_files else text

    def typed(self, text: str) -> Any:
        """The item that text in a widget stands for.

        Raises ValueError for what is none, and for a picture's file that is none of ComfyUI's.
        """
        literal = self.literal(text)
        if self.kind.reads_files:
            expect_of_comfyui(literal)
        try:
            return self.kind.parse(literal)
        except ValueError:
            # A word that means nothing by itself may still be the name of something in the input folder.
            found = located(text, words=True)
            if not self.kind.names_files or found in (literal, text):
                raise
            return self.kind.parse(found)


class PlainSocket(Socket):
    """Texts, numbers and truth values, which ComfyUI knows too; one value is one item."""

    def __init__(self, kind: PortType, name: str, *also: str) -> None:
        super().__init__(kind)
        self.name = name
        self.accepts = (name, *also)

    def take(self, value: Any, border: Border) -> list[Any]:
        if isinstance(self.kind, NumberType) and isinstance(value, bool):
            return [value]  # the mean of truth values is the share of true ones
        return [self.kind.parse(value)]


def socket_of(kind: PortType) -> Socket:
    """The socket of a port type, or of the type that it is a kind of."""
    from .conditioning import ConditioningSocket
    from .latents import LatentSocket
    from .pictures import PictureSocket

    if isinstance(kind, TextType):
        return PlainSocket(kind, "STRING")
    if isinstance(kind, IntegerType):
        return PlainSocket(kind, "INT")
    if isinstance(kind, NumberType):
        return PlainSocket(kind, "FLOAT", "INT", "BOOLEAN")
    if isinstance(kind, BooleanType):
        return PlainSocket(kind, "BOOLEAN")
    if isinstance(kind, AnyType):
        return PlainSocket(kind, "*")
    known: dict[type[PortType], type[Socket]] = {
        ImagesType: PictureSocket,
        LatentsType: LatentSocket,
        ConditioningType: ConditioningSocket,
    }
    return next((socket for known_kind, socket in known.items() if isinstance(kind, known_kind)), Socket)(
        kind
    )
