"""Where the parts of a pipeline of diffusers compute, and in which way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers.models import attention_processor

from ..model import Attention, ModelHandle
from .text_once import project_text_once


def place(pipeline: Any, model: ModelHandle) -> None:
    """Bring the weights to where they compute, in the way that the handle asks for."""
    _ATTENTION[model.attention](pipeline)
    if model.channels_last:
        for part in (pipeline.unet, pipeline.vae):
            part.to(memory_format=torch.channels_last)
    if model.offload == "model":
        pipeline.enable_model_cpu_offload(device=model.device)
    elif model.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=model.device)
    else:
        pipeline.to(model.device)
        if not model.compile:  # a compiler doesn't see through it
            project_text_once(pipeline.unet)
    if model.compile:
        pipeline.unet.compile()


_ATTENTION: dict[Attention, Callable[[Any], None]] = {
    "sdpa": lambda pipeline: pipeline.unet.set_attn_processor(attention_processor.AttnProcessor2_0()),
    "eager": lambda pipeline: pipeline.unet.set_attn_processor(attention_processor.AttnProcessor()),
    "sliced": lambda pipeline: pipeline.enable_attention_slicing(),
    "xformers": lambda pipeline: pipeline.enable_xformers_memory_efficient_attention(),
}
