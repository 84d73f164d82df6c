"""CLIP weights as transformers names them, put into open_clip's models."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...nodes.tensor_files import SUFFIX, read_shapes

if TYPE_CHECKING:
    from torch import Tensor

#: What in a name becomes what, one after another; transformers does spell it "pre_layrnorm".
_RENAMES = (
    (r"^text_projection\.weight$", "text_projection"),
    (r"^visual_projection\.weight$", "visual.proj"),
    (r"^text_model\.", ""),
    (r"^vision_model\.", "visual."),
    (r"encoder\.layers\.", "transformer.resblocks."),
    (r"embeddings\.patch_embedding\.", "conv1."),
    (r"embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"embeddings\.", ""),
    (r"final_layer_norm\.", "ln_final."),
    (r"pre_layrnorm\.", "ln_pre."),
    (r"post_layernorm\.", "ln_post."),
    (r"layer_norm(\d)\.", r"ln_\1."),
    (r"mlp\.fc1\.", "mlp.c_fc."),
    (r"mlp\.fc2\.", "mlp.c_proj."),
    (r"self_attn\.q_proj\.", "attn.in_proj_"),
    (r"self_attn\.", "attn."),
)


def is_of_transformers(path: Path) -> bool:
    """Whether a file holds a CLIP in safetensors under the names of transformers; only its header is read."""
    return path.suffix == SUFFIX and any(name.startswith("vision_model.") for name in read_shapes(path))


def load(architecture: str, path: Path, **settings: Any) -> Any:
    """open_clip's model of an architecture with the weights of such a file; ``settings`` go to open_clip.

    Raises RuntimeError and KeyError for weights that don't fit.
    """
    import open_clip
    from safetensors.torch import load_file

    root = logging.getLogger()
    root.addFilter(_not_about_weights)
    try:
        model = open_clip.create_model(architecture, **settings)
    finally:
        root.removeFilter(_not_about_weights)
    model.load_state_dict(renamed(load_file(path)))
    return model


def _not_about_weights(record: logging.LogRecord) -> bool:
    """Not what open_clip says of a model that has no weights yet."""
    return "No pretrained weights" not in record.getMessage()


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of transformers' CLIPModel under the names, and in the layout, of open_clip's CLIP."""
    import torch

    found: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        # Older versions stored the numbers of positions; keys and values join the queries.
        if name.endswith(".position_ids") or ".k_proj." in name or ".v_proj." in name:
            continue
        if ".q_proj." in name:
            joined = [weights[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            tensor = torch.cat(joined)
        elif name.endswith("_projection.weight"):
            tensor = tensor.T.contiguous()
        for pattern, replacement in _RENAMES:
            name = re.sub(pattern, replacement, name)
        found[name] = tensor
    return found
