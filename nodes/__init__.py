"""Built-in nodes, one file a job.

Every node is a plain function too: ``mezzotint.nodes.upscale(images, scale=2)``. Naming one imports its
module; importing this package imports none.
"""

from __future__ import annotations

import importlib
from typing import Any

#: The modules that declare the built-in node types, below this package.
MODULES: tuple[str, ...] = (
    ".loading",
    ".text",
    ".sampling",
    ".encoding",
    ".decoding",
    ".image_files",
    ".resizing",
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
    "Upscaler": ".upscaler",
    "TorchDevice": ".device",
}

__all__ = ["MODULES", *_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_NAMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
