"""The inputs of a graph as a canvas has them: a widget or socket each, and what it makes of their values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...graphs.grammar import Each
from ...graphs.node_type import MISSING
from ...graphs.problem import Place
from ...graphs.program.face import FaceInput, face_inputs
from ...graphs.program.graph import Graph
from ...graphs.source import read_scalar
from ...graphs.types import BooleanType, IntegerType, NumberType, TextType
from ...nodes.image_files import ImageFileType
from ...nodes.pictures import ImagesType, to_pil
from .graph_files import graph_file, graph_files, temporary_picture
from .pictures import pictures_in
from .widgets import LARGEST, Widget, as_yaml, from_yaml, option_widget, sentences

#: An axis of at most so many values stands in its widget; of a longer one its source is told.
SHOWN = 64
#: What an axis takes that isn't of texts.
_ANY_SCALAR = "STRING,INT,FLOAT,BOOLEAN"


@dataclass(frozen=True)
class GraphInput(ABC):
    """One input of a graph."""

    face: FaceInput
    #: What is said of it beside its own help.
    words = "A list of several values makes the graph run over each"

    def declaration(self) -> tuple[Any, dict[str, Any]]:
        """Its entry among a node's INPUT_TYPES."""
        widget = self.widget()
        helps = [port.help for port in self.face.ports] + [option.help for option in self.face.options]
        own = self.face.help or next(filter(None, helps), "")
        return widget.kind, {**widget.settings, "tooltip": sentences(own, self.words)}

    @abstractmethod
    def widget(self) -> Widget:
        """How it is given on a canvas."""

    @abstractmethod
    def content(self, values: Sequence[Any]) -> Any:
        """What a graph file would say of the values that came in; None where the graph's own value stands.

        Raises ValueError for what it can't be.
        """


class PictureInput(GraphInput):
    """Pictures: an IMAGE."""

    words = "Pictures, each a value of its own; they are rounded to 8 bits, as in a file"

    def widget(self) -> Widget:
        return Widget("IMAGE")

    def content(self, values: Sequence[Any]) -> Any:
        return as_files(values)


@dataclass(frozen=True)
class ListInput(GraphInput):
    """An axis: texts one a line, anything else between commas, or a list. ``values`` are the graph's own."""

    axis: Each
    values: Sequence[Any] = ()

    @property
    def words(self) -> str:  # type: ignore[override]
        how = "One value a line" if self._is_text else "Values between commas"
        empty = "" if self._shown else f". Empty leaves those of the graph: {_source(self.axis)}"
        return f"{how}; the graph runs over each{empty}"

    def widget(self) -> Widget:
        if self._is_text:
            return Widget("STRING", {"multiline": True, "default": self._shown})
        return Widget(_ANY_SCALAR, {"default": self._shown, "widgetType": "STRING"})

    def content(self, values: Sequence[Any]) -> Any:
        if len(values) == 1 and isinstance(values[0], str):
            values = self._read(values[0])
        return {"each": list(values)} if values and list(values) != list(self.values) else None

    def _read(self, text: str) -> list[Any]:
        if self._is_text:
            return [line.strip() for line in text.splitlines() if line.strip()]
        read: list[Any] = read_scalar(f"[{text}]", Place(f"the input {self.face.name}", 0)).plain()
        return read

    @property
    def _is_text(self) -> bool:
        return isinstance(self.face.type, TextType)

    @cached_property
    def _shown(self) -> str:
        """The graph's own values as text, where they are few and come back the same."""
        values = list(self.values)
        if len(values) > SHOWN or not all(isinstance(value, (str, int, float, bool)) for value in values):
            return ""
        text = "\n".join(map(str, values)) if self._is_text else as_yaml(values)[1:-1]
        return text if self._read(text) == values else ""


class OpenInput(GraphInput):
    """Left open for another graph: the choice of one."""

    words = "The graph that makes what is needed here"

    def widget(self) -> Widget:
        return Widget(list(graph_files()))

    def content(self, values: Sequence[Any]) -> Any:
        return {"value": str(graph_file(values[0]))}


class PlainInput(GraphInput):
    """One value: the widget of the option that it goes to, or else of its type."""

    def widget(self) -> Widget:
        own = {} if self.face.default is MISSING else {"default": self.face.default}
        found = self._of_option(own) or self._of_type(own)
        bounds = {"min": self.face.minimum, "max": self.face.maximum}
        known = {
            name: bound for name, bound in bounds.items() if bound is not None and name in found.settings
        }
        return replace(found, settings={**found.settings, **known})

    def content(self, values: Sequence[Any]) -> Any:
        read = [self.widget().read(value) for value in values]
        return {"each": read} if len(read) > 1 else {"value": read[0]}

    def _of_option(self, own: dict[str, Any]) -> Widget | None:
        return option_widget(replace(self.face.options[0], **own)) if self.face.options else None

    def _of_type(self, own: dict[str, Any]) -> Widget:
        kind = self.face.type
        if isinstance(kind, BooleanType):
            return Widget("BOOLEAN", own)
        if isinstance(kind, IntegerType):
            return Widget("INT", {"min": 0 if self.face.name == "seed" else -LARGEST, "max": LARGEST, **own})
        if isinstance(kind, NumberType):
            return Widget("FLOAT", {"min": -1e12, "max": 1e12, "step": 0.01, "round": False, **own})
        default = own.get("default", "")
        if isinstance(default, str):
            return Widget("STRING", {"multiline": isinstance(kind, TextType), "default": default})
        settings = {"multiline": True, "default": as_yaml(default)}
        return Widget("STRING", settings, lambda text: from_yaml(text, self.face.name))


def inputs_of(graph: Graph) -> dict[str, GraphInput]:
    """The inputs of a graph by name, in its order; GraphError where the graph isn't right."""
    axes = graph.check().axes
    found: dict[str, GraphInput] = {}
    for name, face in face_inputs(graph.spec, graph.registry).items():
        if face.is_open:
            found[name] = OpenInput(face)
        elif _is_picture(face):
            found[name] = PictureInput(face)
        elif face.axis is not None:
            found[name] = ListInput(face, face.axis, axes[name].values if name in axes else ())
        else:
            found[name] = PlainInput(face)
    return found


def as_files(values: Sequence[Any]) -> dict[str, Any]:
    """Pictures from a canvas as an axis of files: each IMAGE of a list is a batch of them."""
    return {
        "each": [
            {"image": str(temporary_picture(to_pil(item)))} for value in values for item in pictures_in(value)
        ]
    }


def _is_picture(face: FaceInput) -> bool:
    from_folder = face.axis is not None and face.axis.folder is not None
    return from_folder or isinstance(face.type, (ImagesType, ImageFileType))


def _source(each: Each) -> str:
    if each.file is not None:
        return f"the rows of {each.file.name}"
    if each.count is not None:
        return f"0 to {each.count - 1}"
    if each.zip is not None:
        return f"records of {', '.join(each.zip)}"
    return f"{len(each.values or ())} values"
