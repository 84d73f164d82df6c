"""What of ComfyUI a pack of nodes meets: its validation, its executor, and some stock nodes.

A stand-in, written from ComfyUI's contract (v0.3), with :mod:`comfy_loader` for its loader: a workflow is
validated node by node before it runs; values on wires are lists, over which a node is mapped unless it
says ``INPUT_IS_LIST``; what a node returns beside its results, ``ui``, is kept to be shown.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch

Workflow = Mapping[str, Mapping[str, Any]]


@dataclass
class Ran:
    """What a workflow left: each node's outputs (lists), and what is shown on it."""

    outputs: dict[str, list[list[Any]]] = field(default_factory=dict)
    ui: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)


class Comfy:
    """Nodes by class id, and what is done with a workflow of them."""

    def __init__(self, *mappings: Mapping[str, Any]) -> None:
        self.classes: dict[str, Any] = dict(STOCK)
        for mapping in mappings:
            self.classes.update(mapping)

    def errors(self, workflow: Workflow) -> dict[str, list[str]]:
        """What validation finds, by node."""
        found: dict[str, list[str]] = {}
        for id, node in workflow.items():
            try:
                wrong = list(self._wrong_with(workflow, node))
            except Exception as error:
                wrong = [f"Exception when validating node: {error}"]
            if wrong:
                found[id] = wrong
        return found

    def run(self, workflow: Workflow) -> Ran:
        """Validate, and run all output nodes and what they need."""
        wrong = self.errors(workflow)
        assert not wrong, wrong
        ran = Ran()
        outputs = [
            id
            for id, node in workflow.items()
            if getattr(self.classes[node["class_type"]], "OUTPUT_NODE", False)
        ]
        assert outputs, "Prompt has no outputs"
        with torch.inference_mode():
            for id in outputs:
                self._execute(workflow, id, ran)
        return ran

    def is_changed(self, node: Mapping[str, Any]) -> Any:
        """What the cache asks of a node before it runs."""
        made = self.classes[node["class_type"]]
        inputs = {name: (None,) if _is_link(value) else [value] for name, value in node["inputs"].items()}
        return made.IS_CHANGED(**inputs)

    def _wrong_with(self, workflow: Workflow, node: Mapping[str, Any]) -> Iterable[str]:
        made = self.classes[node["class_type"]]
        types = made.INPUT_TYPES()
        declared = {**types.get("required", {}), **types.get("optional", {})}
        own = getattr(made, "VALIDATE_INPUTS", None)
        spec = inspect.getfullargspec(own) if own is not None else None
        given: dict[str, Any] = {}
        for name, (kind, settings) in declared.items():
            if name not in node["inputs"]:
                if name in types.get("required", {}):
                    yield f"Required input is missing: {name}"
                continue
            value = node["inputs"][name]
            if _is_link(value):
                source = self.classes[workflow[value[0]]["class_type"]]
                offered = set(source.RETURN_TYPES[value[1]].split(","))
                if "*" not in offered | {kind} and not offered & set(str(kind).split(",")):
                    yield f"Return type mismatch between linked nodes: {name}, {offered} to {kind}"
                given[name] = (None,)
                continue
            if isinstance(value, dict) and "__value__" in value:
                value = value["__value__"]
            casts = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
            if isinstance(kind, str) and kind in casts:
                value = casts[kind](value)
            given[name] = [value]
            if spec is not None and (spec.varkw is not None or name in spec.args):
                continue
            if "min" in settings and value < settings["min"]:
                yield f"Value {value} smaller than min of {settings['min']}: {name}"
            if "max" in settings and value > settings["max"]:
                yield f"Value {value} bigger than max of {settings['max']}: {name}"
            if isinstance(kind, list) and value not in kind:
                yield f"Value not in list: {name}: {value!r} not in {kind}"
        if own is not None and spec is not None:
            asked = {name: value for name, value in given.items() if spec.varkw or name in spec.args}
            if not getattr(made, "INPUT_IS_LIST", False):
                asked = {name: value[0] for name, value in asked.items()}
            said = own(**asked)
            if said is not True:
                for name in asked:
                    yield f"Custom validation failed for node: {name} - {said}"

    def _execute(self, workflow: Workflow, id: str, ran: Ran) -> list[list[Any]]:
        if id in ran.outputs:
            return ran.outputs[id]
        node = workflow[id]
        made = self.classes[node["class_type"]]
        types = made.INPUT_TYPES()
        known = {**types.get("required", {}), **types.get("optional", {})}
        inputs: dict[str, list[Any]] = {}
        for name, value in node["inputs"].items():
            if _is_link(value):
                inputs[name] = self._execute(workflow, value[0], ran)[value[1]]
            elif name in known:
                inputs[name] = [value]
        for name, kind in types.get("hidden", {}).items():
            inputs[name] = [{"PROMPT": workflow, "UNIQUE_ID": id}.get(kind)]
        method = getattr(made(), made.FUNCTION)
        if getattr(made, "INPUT_IS_LIST", False):
            calls = [inputs]
        else:
            longest = max(map(len, inputs.values()), default=1)
            calls = [
                {name: values[min(at, len(values) - 1)] for name, values in inputs.items()}
                for at in range(longest)
            ]
        columns: list[list[Any]] = [[] for _ in made.RETURN_TYPES]
        lists = getattr(made, "OUTPUT_IS_LIST", (False,) * len(columns))
        for call in calls:
            returned = method(**call)
            if isinstance(returned, dict):
                for name, shown in returned.get("ui", {}).items():
                    ran.ui.setdefault(id, {}).setdefault(name, []).extend(shown)
                returned = returned.get("result", ())
            for column, value, is_list in zip(columns, returned, lists, strict=True):
                column.extend(value if is_list else [value])
        ran.calls[id] = len(calls)
        ran.outputs[id] = columns
        return columns


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


class EmptyImage:
    """A batch of pictures of one colour."""

    INPUT_TYPES: Any = classmethod(
        lambda cls: {
            "required": {
                "width": ("INT", {"default": 512, "min": 1, "max": 16384}),
                "height": ("INT", {"default": 512, "min": 1, "max": 16384}),
                "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
                "color": ("INT", {"default": 0, "min": 0, "max": 0xFFFFFF}),
            }
        }
    )
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "generate"

    def generate(self, width: int, height: int, batch_size: int, color: int) -> tuple[torch.Tensor]:
        rgb = torch.tensor([color >> 16, color >> 8 & 0xFF, color & 0xFF]) / 255
        return (rgb.expand(batch_size, height, width, 3).contiguous(),)


class ImageScale:
    """Pictures at a size."""

    INPUT_TYPES: Any = classmethod(
        lambda cls: {
            "required": {
                "image": ("IMAGE", {}),
                "width": ("INT", {"default": 512, "min": 0, "max": 16384}),
                "height": ("INT", {"default": 512, "min": 0, "max": 16384}),
            }
        }
    )
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "upscale"

    def upscale(self, image: torch.Tensor, width: int, height: int) -> tuple[torch.Tensor]:
        resized = torch.nn.functional.interpolate(
            image.movedim(-1, 1), (height, width), mode="bicubic", align_corners=False
        )
        return (resized.movedim(1, -1),)


class SaveImage:
    """The end of a workflow: pictures, as they were given."""

    INPUT_TYPES: Any = classmethod(lambda cls: {"required": {"images": ("IMAGE", {})}})
    RETURN_TYPES = ()
    FUNCTION = "save"
    OUTPUT_NODE = True

    def save(self, images: torch.Tensor) -> dict[str, Any]:
        assert (images.ndim, images.shape[-1], images.dtype) == (4, 3, torch.float32)
        pixels = (images.numpy() * 255).clip(0, 255).astype("uint8")
        return {"ui": {"images": [picture.shape for picture in pixels]}}


class Held:
    """Hands out what a test puts there, each a value of its own on the wire."""

    KIND: ClassVar[str]
    VALUES: ClassVar[list[Any]]
    INPUT_TYPES: Any = classmethod(lambda cls: {"required": {}})
    FUNCTION = "give"
    OUTPUT_IS_LIST = (True,)

    def give(self) -> tuple[list[Any]]:
        return (self.VALUES,)


def held(kind: str, *values: Any) -> type[Held]:
    """A stock node whose output is a list of values."""
    return type("Held", (Held,), {"KIND": kind, "VALUES": list(values), "RETURN_TYPES": (kind,)})


class Gathered:
    """Takes whatever comes, as a list."""

    INPUT_TYPES: Any = classmethod(lambda cls: {"required": {"value": ("*", {})}})
    INPUT_IS_LIST = True
    RETURN_TYPES = ()
    FUNCTION = "take"
    OUTPUT_NODE = True

    def take(self, value: list[Any]) -> dict[str, Any]:
        return {"ui": {"value": value}}


STOCK = {"EmptyImage": EmptyImage, "ImageScale": ImageScale, "SaveImage": SaveImage, "Gathered": Gathered}
