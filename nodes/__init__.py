"""Built-in nodes, one file a job; and every node, whoever declares it, as a function.

``mezzotint.nodes.upscale(image, scale=2)`` takes one picture or several, as PIL images, arrays or tensors,
and gives back the same kind. Metrics are here, too: ``mezzotint.nodes.clip_score(image, text="a star")``.
Naming one imports its module; importing this package imports none.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..graphs.node_type import NodeType

#: The modules that declare the built-in node types, below this package.
MODULES: tuple[str, ...] = (
    ".loading",
    ".text",
    ".sampling",
    ".encoding",
    ".decoding",
    ".image_files",
    ".resizing",
    ".latent_resizing",
    ".upscaling",
    ".learned_upscaling",
    ".selecting",
    ".contact_sheet",
    ".scenes",
    ".perturbing",
)

#: Where each public name is.
_NAMES: dict[str, str] = {
    "load_model": ".loading",
    "text_encode": ".text",
    "sample": ".sampling",
    "encode": ".encoding",
    "decode": ".decoding",
    "load_images": ".image_files",
    "save_images": ".image_files",
    "resize": ".resizing",
    "crop": ".resizing",
    "resize_latents": ".latent_resizing",
    "upscale": ".upscaling",
    "load_upscaler": ".learned_upscaling",
    "upscale_learned": ".learned_upscaling",
    "best_of": ".selecting",
    "grid": ".contact_sheet",
    "render_scene": ".scenes",
    "perturb": ".perturbing",
    "Images": ".pictures",
    "quantize": ".pictures",
    "to_8bit": ".pictures",
    "to_pil": ".pictures",
    "Latents": ".latents",
    "Conditioning": ".conditioning",
    "Model": ".model",
    "model_of": ".families.live",
    "Upscaler": ".upscaler",
    "TorchDevice": ".device",
}

__all__ = ["MODULES", *_NAMES]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        found = getattr(importlib.import_module(_NAMES[name], __name__), name)
        return _as_function(name, found.node_type) if hasattr(found, "node_type") else found
    # Python asks for a module here, too, before it imports it.
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .. import registry  # the root knows all floors and the packages of others

    known = registry()
    if name in known:
        return _as_function(name, known[name])
    from ..graphs.problem import nearest

    hint = nearest(name, [*_NAMES, *known.names()])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}" + (f"; {hint}" if hint else ""))


def _as_function(name: str, declared: NodeType) -> Any:
    """The one function of a name, so that it travels to other processes by that name."""
    from ..graphs.program.direct import as_function
    from .device import TorchDevice

    function = as_function(declared, TorchDevice)
    function.__module__, function.__qualname__ = __name__, name
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    from .. import registry

    return sorted({*globals(), *__all__, *(name for name in registry().names() if "." not in name)})
