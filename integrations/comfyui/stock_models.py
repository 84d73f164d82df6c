"""Models at the border: one of ours as ComfyUI's MODEL, CLIP and VAE, and ComfyUI's checkpoints as ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ...nodes.families.detection import files
from ...nodes.loading import load_model
from ...nodes.model import ModelHandle

CATEGORY = "mezzotint/models"
MODEL = "MEZZOTINT_MODEL"


class OpenModel:
    """Gives a mezzotint model to ComfyUI's own nodes, such as KSampler and VAEDecode.

    ComfyUI loads the same weights once more, in its own way, from the same file or folder.
    """

    DISPLAY_NAME = "Open model for ComfyUI"
    CATEGORY = CATEGORY
    DESCRIPTION = (
        "Opens a mezzotint model as ComfyUI's own, for stock nodes. Its weights are loaded once more."
    )
    RETURN_TYPES = ("MODEL", "CLIP", "VAE")
    FUNCTION = "open"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - as ComfyUI calls it
        tooltip = "A model of ComfyUI's architectures, from a single file or a folder in diffusers' layout."
        return {"required": {"model": (MODEL, {"tooltip": tooltip})}}

    def open(self, model: ModelHandle) -> tuple[Any, Any, Any]:
        """ComfyUI's model, text encoder and autoencoder; ValueError where it can't run the model."""
        path = Path(model.path)
        try:
            opened = _from_folder(path, model.variant) if path.is_dir() else _from_file(path)
        except (RuntimeError, KeyError, TypeError, ValueError, AttributeError, OSError) as error:
            raise ValueError(
                f"ComfyUI can't run {model}: {error or type(error).__name__}; {_INSTEAD}"
            ) from error
        if any(part is None for part in opened):
            raise ValueError(f"ComfyUI finds no whole model in {path}; {_INSTEAD}")
        return opened


class LoadCheckpoint:
    """A checkpoint from ComfyUI's own folders, for mezzotint's nodes."""

    DISPLAY_NAME = "Load checkpoint"
    CATEGORY = CATEGORY
    DESCRIPTION = "Names a checkpoint of ComfyUI's models/checkpoints for mezzotint's own nodes."
    RETURN_TYPES = (MODEL,)
    RETURN_NAMES = ("model",)
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - as ComfyUI calls it
        found: Any = sys.modules.get("folder_paths")
        names = found.get_filename_list("checkpoints") if found is not None else []
        checkpoints = [name for name in names if _is_safe(name)]
        tooltip = "A file of models/checkpoints; safetensors only."
        return {"required": {"ckpt_name": (checkpoints, {"tooltip": tooltip})}}

    def load(self, ckpt_name: str) -> tuple[ModelHandle]:
        """The handle; ValueError for a checkpoint that mezzotint doesn't run."""
        import folder_paths

        if not _is_safe(ckpt_name):
            raise ValueError(f"{ckpt_name} is not a .safetensors file, and pickled weights are not read")
        return (load_model(source=folder_paths.get_full_path_or_raise("checkpoints", ckpt_name)),)


def classes() -> dict[str, Any]:
    """The node classes by id."""
    return {"Mezzotint.open_model": OpenModel, "Mezzotint.load_checkpoint": LoadCheckpoint}


#: What to do with a model that ComfyUI doesn't run.
_INSTEAD = "draw with mezzotint's own text_encode, sample and decode, whose pictures stock nodes take"


def _is_safe(name: str) -> bool:
    return Path(name).suffix.lower() == ".safetensors"


def _from_file(path: Path) -> tuple[Any, Any, Any]:
    import comfy.sd
    import folder_paths

    embeddings = folder_paths.get_folder_paths("embeddings")
    model, clip, vae, *_ = comfy.sd.load_checkpoint_guess_config(str(path), embedding_directory=embeddings)
    return model, clip, vae


def _from_folder(folder: Path, variant: str | None) -> tuple[Any, Any, Any]:
    import comfy.sd
    import comfy.utils
    import folder_paths

    parts = _weights(folder, variant)
    encoders = [parts[name] for name in ("text_encoder", "text_encoder_2", "text_encoder_3") if name in parts]
    denoiser = comfy.sd.load_diffusion_model(parts.get("unet") or parts["transformer"])
    clip = comfy.sd.load_text_encoder_state_dicts(
        [_encoder(comfy.utils.load_torch_file(path)) for path in encoders],
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
    )
    return denoiser, clip, comfy.sd.VAE(sd=comfy.utils.load_torch_file(parts["vae"]))


def _encoder(weights: dict[str, Any]) -> dict[str, Any]:
    """A text encoder's weights by the names that ComfyUI looks for: newer files leave out a CLIP's prefix.

    ComfyUI would go on without the weights that it doesn't find.
    """
    if "embeddings.token_embedding.weight" not in weights:
        return weights
    return {
        name if name.startswith("text_projection") else f"text_model.{name}": value
        for name, value in weights.items()
    }


def _weights(folder: Path, variant: str | None) -> dict[str, str]:
    """The file of each part's weights; ValueError where they are in several."""
    found: dict[str, str] = {}
    for path in files(folder, variant):
        part = path.parent.name
        if path.suffix == ".safetensors" and found.setdefault(part, str(path)) != str(path):
            raise ValueError(f"the weights of its {part} are in several files")
    return found
