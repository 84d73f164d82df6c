"""ComfyUI's own node classes that have an equal: their inputs and outputs (v0.3.64)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ....graphs.problem import GraphError, fail, nearest, show
from .workflow import Link, Value, Workflow, WorkflowNode

#: The largest seed of a sampler.
LARGEST_SEED = (1 << 64) - 1
LARGEST_SIDE = 16384
LARGEST_BATCH = 4096

Kind = Literal["INT", "FLOAT", "STRING"]


@dataclass(frozen=True)
class Widget:
    """What is typed in: its kind, and the choices or the bounds that it has."""

    kind: Kind
    choices: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")

    @property
    def expected(self) -> str:
        """What this takes, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = {"INT": "a whole number", "FLOAT": "a number", "STRING": "text"}[self.kind]
        return f"{words} from {self.low} to {self.high}" if self.high < float("inf") else words

    def read(self, value: Any) -> Any:
        """The value as ComfyUI would take it; ValueError for what it isn't."""
        if self.kind != "STRING":
            value = _number(value, whole=self.kind == "INT")
        elif not isinstance(value, str):
            raise ValueError
        if self.choices and value not in self.choices:
            raise ValueError
        if not isinstance(value, str) and not self.low <= value <= self.high:
            raise ValueError
        return value


def _number(value: Any, *, whole: bool) -> int | float:
    """A number, which programs also write as text, a whole one with ``.0``; ValueError for what is none."""
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if whole and isinstance(value, float):
        if not value.is_integer():
            raise ValueError
        return int(value)
    return value


@dataclass(frozen=True)
class StockClass:
    """A node class: what comes in over wires, what is typed in, what goes out."""

    wires: Mapping[str, str] = field(default_factory=dict)
    widgets: Mapping[str, Widget] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    #: What stands on a node unless somebody writes something else there.
    title: str = ""
    #: Whether it is a reason for a workflow to run.
    shows: bool = False


_TEXT = Widget("STRING")
_SEED = Widget("INT", low=0, high=LARGEST_SEED)
_STEPS = Widget("INT", low=1, high=10_000)
_CFG = Widget("FLOAT", low=0, high=100)
_SCALE = Widget("FLOAT", low=0.01, high=8)
_SIDE = Widget("INT", low=0, high=LARGEST_SIDE)
_CROP = Widget("STRING", ("disabled", "center"))
_SWITCH = Widget("STRING", ("enable", "disable"))
_METHODS = ("nearest-exact", "bilinear", "area", "bicubic")
_SAMPLER_WIRES = {
    "model": "MODEL",
    "positive": "CONDITIONING",
    "negative": "CONDITIONING",
    "latent_image": "LATENT",
}
_SAMPLER_WIDGETS = {"steps": _STEPS, "cfg": _CFG, "sampler_name": _TEXT, "scheduler": _TEXT}
_SIZE = {"width": _SIDE, "height": _SIDE, "crop": _CROP}

STOCK: Mapping[str, StockClass] = {
    "CheckpointLoaderSimple": StockClass(
        widgets={"ckpt_name": _TEXT}, outputs=("MODEL", "CLIP", "VAE"), title="Load Checkpoint"
    ),
    # Of our pack, between its models and ComfyUI's.
    "Mezzotint.load_checkpoint": StockClass(
        widgets={"ckpt_name": _TEXT}, outputs=("MEZZOTINT_MODEL",), title="Load checkpoint (mezzotint)"
    ),
    "Mezzotint.open_model": StockClass(
        {"model": "MEZZOTINT_MODEL"}, {}, ("MODEL", "CLIP", "VAE"), "Open model for ComfyUI (mezzotint)"
    ),
    "CLIPTextEncode": StockClass(
        {"clip": "CLIP"}, {"text": _TEXT}, ("CONDITIONING",), "CLIP Text Encode (Prompt)"
    ),
    "EmptyLatentImage": StockClass(
        widgets={
            "width": Widget("INT", low=16, high=LARGEST_SIDE),
            "height": Widget("INT", low=16, high=LARGEST_SIDE),
            "batch_size": Widget("INT", low=1, high=LARGEST_BATCH),
        },
        outputs=("LATENT",),
        title="Empty Latent Image",
    ),
    "KSampler": StockClass(
        _SAMPLER_WIRES,
        {"seed": _SEED, **_SAMPLER_WIDGETS, "denoise": Widget("FLOAT", low=0, high=1)},
        ("LATENT",),
        "KSampler",
    ),
    "KSamplerAdvanced": StockClass(
        _SAMPLER_WIRES,
        {
            "add_noise": _SWITCH,
            "noise_seed": _SEED,
            **_SAMPLER_WIDGETS,
            "start_at_step": Widget("INT", low=0, high=10_000),
            "end_at_step": Widget("INT", low=0, high=10_000),
            "return_with_leftover_noise": _SWITCH,
        },
        ("LATENT",),
        "KSampler (Advanced)",
    ),
    "VAEDecode": StockClass({"samples": "LATENT", "vae": "VAE"}, {}, ("IMAGE",), "VAE Decode"),
    "VAEEncode": StockClass({"pixels": "IMAGE", "vae": "VAE"}, {}, ("LATENT",), "VAE Encode"),
    "LatentUpscale": StockClass(
        {"samples": "LATENT"},
        {"upscale_method": Widget("STRING", (*_METHODS, "bislerp")), **_SIZE},
        ("LATENT",),
        "Upscale Latent",
    ),
    "LatentUpscaleBy": StockClass(
        {"samples": "LATENT"},
        {"upscale_method": Widget("STRING", (*_METHODS, "bislerp")), "scale_by": _SCALE},
        ("LATENT",),
        "Upscale Latent By",
    ),
    "ImageScale": StockClass(
        {"image": "IMAGE"},
        {"upscale_method": Widget("STRING", (*_METHODS, "lanczos")), **_SIZE},
        ("IMAGE",),
        "Upscale Image",
    ),
    "ImageScaleBy": StockClass(
        {"image": "IMAGE"},
        {"upscale_method": Widget("STRING", (*_METHODS, "lanczos")), "scale_by": _SCALE},
        ("IMAGE",),
        "Upscale Image By",
    ),
    "UpscaleModelLoader": StockClass(
        widgets={"model_name": _TEXT}, outputs=("UPSCALE_MODEL",), title="Load Upscale Model"
    ),
    "ImageUpscaleWithModel": StockClass(
        {"upscale_model": "UPSCALE_MODEL", "image": "IMAGE"}, {}, ("IMAGE",), "Upscale Image (using Model)"
    ),
    # Values that go over wires.
    "PrimitiveString": StockClass(widgets={"value": _TEXT}, outputs=("STRING",), title="String"),
    "PrimitiveStringMultiline": StockClass(
        widgets={"value": _TEXT}, outputs=("STRING",), title="String (Multiline)"
    ),
    "PrimitiveInt": StockClass(widgets={"value": Widget("INT")}, outputs=("INT",), title="Int"),
    "PrimitiveFloat": StockClass(widgets={"value": Widget("FLOAT")}, outputs=("FLOAT",), title="Float"),
    "LoadImage": StockClass(widgets={"image": _TEXT}, outputs=("IMAGE", "MASK"), title="Load Image"),
    "SaveImage": StockClass({"images": "IMAGE"}, {"filename_prefix": _TEXT}, (), "Save Image", shows=True),
    "PreviewImage": StockClass({"images": "IMAGE"}, {}, (), "Preview Image", shows=True),
    "PreviewAny": StockClass({"source": "*"}, {}, (), "Preview Any", shows=True),
}

#: Nodes that hold a value for others.
VALUES = frozenset({"PrimitiveString", "PrimitiveStringMultiline", "PrimitiveInt", "PrimitiveFloat"})

_CANVAS_ONLY = "it is of the canvas only, and ComfyUI's export leaves it out: Workflow > Export (API)"
#: Why classes that people often use have no equal, and what to do.
WITHOUT_EQUAL: Mapping[str, str] = {
    "LoraLoader": "mezzotint has no node for LoRA yet; bake it into the checkpoint",
    "LoraLoaderModelOnly": "mezzotint has no node for LoRA yet; bake it into the checkpoint",
    "VAELoader": "a model decodes with its own autoencoder; bake the other one into the checkpoint",
    "CLIPSetLastLayer": "the text encoder's last layer is always taken; remove it, and pictures are others",
    "ControlNetLoader": "mezzotint has no node for ControlNet yet",
    "ControlNetApply": "mezzotint has no node for ControlNet yet",
    "ControlNetApplyAdvanced": "mezzotint has no node for ControlNet yet",
    "ConditioningCombine": "a picture follows one prompt",
    "ConditioningConcat": "a picture follows one prompt",
    "ConditioningAverage": "a picture follows one prompt",
    "VAEEncodeForInpaint": "mezzotint has no node for inpainting yet",
    "SetLatentNoiseMask": "mezzotint has no node for inpainting yet",
    "SamplerCustom": "write it with KSampler",
    "SamplerCustomAdvanced": "write it with KSampler",
    "UNETLoader": "models are whole checkpoints: CheckpointLoaderSimple",
    "CLIPLoader": "models are whole checkpoints: CheckpointLoaderSimple",
    "Mezzotint.prompts": "write its prompts and seeds into the graph: each: […], per: prompt",
    "Mezzotint.run_graph": "it runs a graph file; that is the graph",
    "Reroute": _CANVAS_ONLY,
    "PrimitiveNode": _CANVAS_ONLY,
    "DualCLIPLoader": "models are whole checkpoints: CheckpointLoaderSimple",
}


def widget(node: WorkflowNode, name: str) -> Any:
    """What is typed into a widget; GraphError where it is missing, wired, or of another kind."""
    declared = STOCK[node.class_type].widgets[name]
    given = node.inputs.get(name)
    if given is None:
        raise missing(node, name, declared.expected)
    if isinstance(given, Link):
        what = f"{node}: {name} comes from node {given.node}, and here it must be typed in"
        raise fail(given.place, what, f"convert it back to a widget: {declared.expected}")
    try:
        return declared.read(given.value)
    except ValueError:
        found = show(given.value)
        hint = f"expected {declared.expected}"
        close = nearest(str(given.value), declared.choices) if declared.choices else ""
        hint = f"{hint}; {close}" if close.startswith("did") else hint
        raise fail(given.place, f"{node}: {name} is {found}", hint) from None


def with_values_typed_in(workflow: Workflow) -> Workflow:
    """The workflow with values that stand on nodes of their own typed in where stock widgets take them.

    A text to encode stays on its wire.
    """
    nodes = {}
    for node in workflow.nodes.values():
        widgets = STOCK[node.class_type].widgets if node.class_type in STOCK else {}
        inputs = dict(node.inputs)
        for name, link in node.links():
            source = workflow.nodes[link.node]
            value = source.inputs.get("value")
            wanted = name in widgets and node.class_type != "CLIPTextEncode"
            if wanted and source.class_type in VALUES and isinstance(value, Value) and link.output == 0:
                inputs[name] = value
        nodes[node.id] = replace(node, inputs=inputs)
    return replace(workflow, nodes=nodes)


def place_of(node: WorkflowNode, name: str) -> Any:
    """Where an input stands, or where the node does that lacks it."""
    given = node.inputs.get(name)
    return node.place if given is None else given.place


def missing(node: WorkflowNode, name: str, expected: str) -> GraphError:
    """The error for an input that isn't there."""
    return fail(node.place, f"{node} has no {name}", f"expected {expected}")


def no_wire(node: WorkflowNode, name: str, kind: str) -> GraphError:
    """The error for an input that must come over a wire and doesn't."""
    given = node.inputs.get(name)
    if isinstance(given, Value):
        what = f"{node}: {name} is {show(given.value)}"
        return fail(given.place, what, f'expected a link to a {kind}, such as ["4", 0]')
    return missing(node, name, f"a link to a {kind}")
