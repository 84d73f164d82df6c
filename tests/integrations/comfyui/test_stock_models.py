"""Models at the border to ComfyUI's own; what it makes of them is tried in the real one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from safetensors.torch import load_file

from mezzotint.integrations.comfyui.stock_models import LoadCheckpoint, OpenModel
from mezzotint.nodes.loading import load_model


@pytest.fixture
def comfyui(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A ComfyUI that keeps the weights it is given, by what it is asked to make of them."""
    taken: dict[str, Any] = {}
    sd, utils, package, folders = map(ModuleType, ("comfy.sd", "comfy.utils", "comfy", "folder_paths"))

    def take(name: str) -> Any:
        def keep(*weights: Any, **settings: Any) -> str:
            taken[name] = weights or settings
            return name

        return keep

    for module, found in (
        (
            sd,
            {
                "load_diffusion_model": take("model"),
                "load_text_encoder_state_dicts": take("clip"),
                "VAE": take("vae"),
            },
        ),
        (utils, {"load_torch_file": load_file}),
        (
            folders,
            {
                "get_folder_paths": lambda kind: [],
                "get_filename_list": lambda kind: ["a.ckpt", "b.safetensors"],
            },
        ),
        (package, {"sd": sd, "utils": utils}),
    ):
        vars(module).update(found)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return taken


def test_the_parts_of_a_folder_are_handed_to_comfyui(comfyui: dict[str, Any]) -> None:
    assert OpenModel().open(load_model(source="starter")) == ("model", "clip", "vae")
    (denoiser,) = comfyui["model"]
    assert Path(denoiser).name == "diffusion_pytorch_model.safetensors"


def test_a_text_encoder_has_the_names_that_comfyui_looks_for(comfyui: dict[str, Any]) -> None:
    OpenModel().open(load_model(source="starter"))
    ((weights,),) = comfyui["clip"]
    assert "text_model.embeddings.token_embedding.weight" in weights


def test_what_comfyui_cannot_run_is_told_with_what_to_do_instead(
    comfyui: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise RuntimeError("Could not detect model type")

    monkeypatch.setattr(sys.modules["comfy.sd"], "load_diffusion_model", refuse)
    with pytest.raises(ValueError, match=r"can't run starter .*Could not detect model type.*mezzotint's own"):
        OpenModel().open(load_model(source="starter"))


def test_only_safetensors_checkpoints_are_offered_and_read(comfyui: dict[str, Any]) -> None:
    assert LoadCheckpoint.INPUT_TYPES()["required"]["ckpt_name"][0] == ["b.safetensors"]
    with pytest.raises(ValueError, match="pickled weights are not read"):
        LoadCheckpoint().load("a.ckpt")
