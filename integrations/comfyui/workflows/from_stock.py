"""How each of ComfyUI's own node classes becomes nodes of ours: what its outputs are afterwards.

A converter raises GraphError for what has no equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from . import our_nodes
from . import stock_pictures as pictures
from . import stock_sampling as sampling
from . import stock_texts as texts
from .conversion import Conversion
from .made import Made
from .workflow import WorkflowNode

CONVERTERS: Mapping[str, Callable[[Conversion, WorkflowNode], Sequence[Made]]] = {
    "CheckpointLoaderSimple": texts.checkpoint,
    our_nodes.LOAD_CHECKPOINT: our_nodes.load_checkpoint,
    our_nodes.OPEN_MODEL: our_nodes.open_model,
    "CLIPTextEncode": texts.text,
    "EmptyLatentImage": sampling.empty,
    "KSampler": sampling.sampler,
    "KSamplerAdvanced": sampling.sampler_advanced,
    "VAEDecode": pictures.decode,
    "VAEEncode": pictures.encode,
    "LatentUpscale": pictures.latent_upscale,
    "LatentUpscaleBy": pictures.latent_upscale,
    "ImageScale": pictures.image_scale,
    "ImageScaleBy": pictures.image_scale_by,
    "UpscaleModelLoader": texts.upscaler,
    "ImageUpscaleWithModel": pictures.upscale_learned,
    "PrimitiveString": texts.value,
    "PrimitiveStringMultiline": texts.value,
    "PrimitiveInt": texts.value,
    "PrimitiveFloat": texts.value,
    "LoadImage": pictures.load_image,
    "SaveImage": pictures.save,
    "PreviewImage": pictures.preview,
    "PreviewAny": pictures.preview_any,
}
