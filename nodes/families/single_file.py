"""Single-file checkpoints of Stable Diffusion 1.x: what a file holds, and its weights as a pipeline.

The layout is that of the original code of Rombach et al. (``model.diffusion_model.…``,
``first_stage_model.…``, ``cond_stage_model.…``), as most fine-tuned models are passed around. Such a file
names no configuration, so the one of Stable Diffusion 1.x is bundled here, and CLIP's vocabulary comes from
open_clip: nothing is fetched.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ...graphs.digest import file_digest, files_digest
from ..tensor_files import PICKLED, SUFFIX, read_shapes

if TYPE_CHECKING:
    import torch

#: What a whole file of Stable Diffusion 1.x holds, by the first words of its keys.
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."

#: Words that tell another family's files, and what those are.
OTHERS: dict[str, str] = {
    "conditioner.embedders.": "SDXL",
    "cond_stage_model.model.": "Stable Diffusion 2.x",
    "model.diffusion_model.joint_blocks.": "Stable Diffusion 3",
    "joint_blocks.": "Stable Diffusion 3",
    "model.diffusion_model.double_blocks.": "FLUX",
    "double_blocks.": "FLUX",
}

#: Configurations of Stable Diffusion 1.x, as diffusers lays them out, without weights.
CONFIGURATION = Path(__file__).parent / "stable_diffusion_1"

#: How many merges CLIP's vocabulary is made of.
_MERGES = 49152 - 256 - 2


def detect(path: Path) -> str:
    """The family of a single file; ValueError for one that isn't read here, with what to do instead."""
    if path.suffix.lower() in PICKLED:
        raise ValueError(
            f"{path} is pickled, which can run code when read; give the {SUFFIX} file of the same model, "
            "or convert it in a place that you trust"
        )
    if path.suffix.lower() != SUFFIX:
        raise ValueError(f"{path} is no {SUFFIX} file; expected one, or a folder in diffusers' layout")
    shapes = read_shapes(path)
    for prefix, name in OTHERS.items():
        if any(key.startswith(prefix) for key in shapes):
            raise ValueError(
                f"{path} holds {name}; single files are read of Stable Diffusion 1.x only: "
                "give the model's folder in diffusers' layout, or its hub id"
            )
    lacking = [part for part in (UNET, VAE, TEXT) if not any(key.startswith(part) for key in shapes)]
    if lacking:
        raise ValueError(
            f"{path} is no whole checkpoint of Stable Diffusion 1.x: it has no {' and no '.join(lacking)}…"
        )
    first = shapes.get(f"{UNET}input_blocks.0.0.weight", [])
    if len(first) > 1 and first[1] != 4:
        raise ValueError(
            f"{path} denoises {first[1]} channels, as models for inpainting and editing do; "
            "text-to-image models have 4"
        )
    return "stable_diffusion"


def digest(path: Path) -> str:
    """What stands for a single file in keys: its content and the bundled configuration, not its name."""
    bundled = files_digest(CONFIGURATION.rglob("*.json"), CONFIGURATION)
    return hashlib.blake2b(f"{file_digest(path)} {bundled}".encode(), digest_size=16).hexdigest()


def load(path: Path, dtype: torch.dtype, variant: str | None = None) -> Any:
    """A file of Stable Diffusion 1.x as a pipeline of diffusers on the CPU, without the network.

    A single file has no variant. Raises ValueError where weights are missing or of other shapes.
    """
    from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.schedulers import PNDMScheduler
    from safetensors.torch import load_file

    state = load_file(path)
    parts = {}
    for kind, name, prefix in ((UNet2DConditionModel, "unet", UNET), (AutoencoderKL, "vae", VAE)):
        own = {key: weight for key, weight in state.items() if key.startswith(prefix)}
        try:
            parts[name] = kind.from_single_file(
                own, config=str(CONFIGURATION), subfolder=name, torch_dtype=dtype, local_files_only=True
            )
        except NotImplementedError as error:  # diffusers leaves them without memory, and trips over them
            raise ValueError(f"weights of its {name} are missing") from error
    return StableDiffusionPipeline(
        **parts,
        text_encoder=_text_encoder(state, dtype),
        tokenizer=_tokenizer(),
        scheduler=PNDMScheduler.from_pretrained(str(CONFIGURATION), subfolder="scheduler"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _text_encoder(state: dict[str, torch.Tensor], dtype: torch.dtype) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    model = CLIPTextModel(CLIPTextConfig.from_pretrained(str(CONFIGURATION / "text_encoder")))
    # Older transformers wrap what newer ones have at the top.
    wrapped = any(key.startswith("text_model.") for key in model.state_dict())
    own = {
        key.removeprefix(TEXT).removeprefix("" if wrapped else "text_model."): weight
        for key, weight in state.items()
        if key.startswith(TEXT) and not key.endswith("position_ids")  # a plain count, no weight
    }
    model.load_state_dict(own)
    return model.to(dtype).eval()


def _tokenizer() -> Any:
    """CLIP's tokenizer, made of the merges that open_clip carries."""
    from transformers import CLIPTokenizer

    with TemporaryDirectory(prefix="mezzotint-") as name:
        write_vocabulary(Path(name))
        return CLIPTokenizer.from_pretrained(name, local_files_only=True)


def write_vocabulary(folder: Path) -> None:
    """Write CLIP's tokenizer to a folder: bytes, bytes that end a word, merges in order, start and end."""
    spec = find_spec("open_clip")
    assert spec is not None
    assert spec.origin is not None
    packed = Path(spec.origin).with_name("bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.decompress(packed.read_bytes()).decode("utf-8").split("\n")
    merges = lines[1 : _MERGES + 1]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(code) for code in printable] + [chr(256 + extra) for extra in range(256 - len(printable))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair.split()) for pair in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", "utf-8")
    settings = CONFIGURATION / "tokenizer" / "tokenizer_config.json"
    (folder / settings.name).write_bytes(settings.read_bytes())
