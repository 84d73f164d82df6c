"""Which family a folder of weights belongs to, and which of its files matter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import single_file

INDEX = "model_index.json"

#: Pipeline classes by name, as ``model_index.json`` gives them, and the family whose adapter runs each.
SUPPORTED: dict[str, str] = {
    "StableDiffusionPipeline": "stable_diffusion",
}

#: Parts of a checkpoint that no adapter loads.
UNUSED_PARTS = frozenset({"safety_checker", "feature_extractor", "image_encoder"})

#: Parts that consist of settings only.
WEIGHTLESS_PARTS = ("scheduler", "tokenizer", "feature_extractor", "image_processor")

SHARD_INDEX = ".safetensors.index.json"

SETTINGS = ("*.json", "*.txt", "*.model")


def detect(path: Path) -> str:
    """The family of a diffusers folder or a single file; ValueError for what is neither or not supported."""
    return single_file.detect(path) if path.is_file() else _detect(path)


def _detect(folder: Path) -> str:
    pipeline = _index(folder).get("_class_name")
    family = SUPPORTED.get(str(pipeline))
    if family is None:
        raise ValueError(
            f"{folder} holds a {pipeline}, which has no adapter; supported: {', '.join(sorted(SUPPORTED))}"
        )
    return family


def files(folder: Path, variant: str | None = None) -> list[Path]:
    """The configurations and weights that make up the model in a diffusers folder, sorted.

    A part that has weights of the variant asked for is read in it, every other one without. Pictures,
    read-me files, other variants and parts that no adapter loads are left out. Raises ValueError when a part
    is missing, no part has the variant, or one has no safetensors weights: pickled ones could run code, and
    are never read.
    """
    found = [folder / INDEX]
    for name in parts(folder):
        part = folder / name
        if not part.is_dir():
            raise ValueError(f"{folder} is incomplete: the part {name!r} of its {INDEX} is missing")
        found += [path for pattern in SETTINGS for path in part.glob(pattern) if not _variant_index(path)]
        if not name.startswith(WEIGHTLESS_PARTS):
            found += _weights(part, variant)
    if variant and not any(_variant(path) == variant for path in found if path.suffix == ".safetensors"):
        raise ValueError(f"{folder} has no weights of the variant {variant!r}; leave variant out")
    return sorted(set(found))


def parts(folder: Path) -> list[str]:
    """Names of the subfolders that the index lists and an adapter loads."""
    return [
        name
        for name, value in _index(folder).items()
        if isinstance(value, list) and value and value[0] is not None and name not in UNUSED_PARTS
    ]


def _weights(part: Path, variant: str | None) -> list[Path]:
    if variant:
        found = [path for path in part.glob("*.safetensors") if _variant(path) == variant]
        if found:
            return found
    plain = [path for path in part.glob("*.safetensors") if not _variant(path)]
    missing = sorted(_shards(part) - {path.name for path in plain})
    if missing:
        raise ValueError(f"{part} is incomplete: {', '.join(missing)} missing")
    if plain:
        return plain
    variants = sorted({_variant(path) for path in part.glob("*.safetensors")})
    if variants:
        raise ValueError(
            f"{part} has weights of the variant {', '.join(variants)} only; write variant: {variants[0]}"
        )
    pickled = [path.name for suffix in ("*.bin", "*.ckpt", "*.pt") for path in part.glob(suffix)]
    if pickled:
        raise ValueError(
            f"{part} has pickled weights only ({', '.join(sorted(pickled))}), which can run code when read; "
            "convert them: load the model once with diffusers and call save_pretrained on it"
        )
    raise ValueError(f"{part} has no weights; expected a .safetensors file (pickled weights are never read)")


def _shards(part: Path) -> set[str]:
    """The files that weights in several pieces consist of, by their index; empty for weights in one."""
    return {
        name
        for index in part.glob(f"*{SHARD_INDEX}")
        for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    }


def _variant_index(path: Path) -> bool:
    """Whether this is the index of a variant's pieces (or of pickled ones)."""
    return ".index." in path.name and not path.name.endswith(SHARD_INDEX)


def _variant(path: Path) -> str:
    """``fp16`` of ``model.fp16.safetensors`` or ``model.fp16-00001-of-00002.safetensors``, else ``""``."""
    pieces = path.name.removesuffix(".safetensors").split(".", 1)
    return pieces[1].split("-")[0] if len(pieces) == 2 else ""


def _index(folder: Path) -> dict[str, Any]:
    path = folder / INDEX
    if not path.is_file():
        raise ValueError(
            f"{folder} has no {INDEX}; expected a folder in diffusers' layout (as save_pretrained writes it)"
        )
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(index, dict):
        raise ValueError(f"{path} is not a JSON object")
    return index
