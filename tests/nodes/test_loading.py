"""A model is named by what its files hold, and nothing is fetched that wasn't asked for."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mezzotint.nodes.families import SUPPORTED, Family, adapter
from mezzotint.nodes.families.loaded import ADAPTERS, MAX_LOADED, forget
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.model import ModelType

PART = "unet/diffusion_pytorch_model.safetensors"


def resolve(source: str, fetch: bool = False, **options: Any) -> str | None:
    option = load_model.node_type.option("source")
    digest: str | None = option.content.resolve(source, options, fetch)
    return digest


@pytest.fixture
def copy(checkpoint: Callable[..., Path], tmp_path: Path) -> Path:
    """A checkpoint of the test's own."""
    shutil.copytree(checkpoint(), tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of the hub, which can't be reached."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def put_in_cache(hub: Path, folder: Path) -> None:
    entry = hub / "models--owner--name"
    (entry / "refs").mkdir(parents=True)
    (entry / "refs" / "main").write_text("c0ffee")
    shutil.copytree(folder, entry / "snapshots" / "c0ffee")


def test_a_moved_folder_keeps_its_digest(checkpoint: Callable[..., Path], copy: Path) -> None:
    digest = resolve(str(checkpoint()))
    assert digest is not None
    assert resolve(str(copy)) == digest
    assert load_model(source=str(copy)).digest == digest


def test_a_relative_folder_is_found_from_the_working_directory(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.parent)
    assert resolve("copy") == resolve(str(copy))


def test_changed_weights_or_settings_have_another_digest(copy: Path) -> None:
    digest = resolve(str(copy))
    config = copy / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace("epsilon", "v_prediction"))
    changed = resolve(str(copy))
    weights = bytearray((copy / PART).read_bytes())
    weights[-1] ^= 1
    (copy / PART).write_bytes(weights)
    assert len({digest, changed, resolve(str(copy))}) == 3


def test_what_no_adapter_reads_is_not_part_of_the_digest(copy: Path) -> None:
    digest = resolve(str(copy))
    (copy / "README.md").write_text("a model")
    (copy / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"half")
    (copy / "unet" / "diffusion_pytorch_model.safetensors.index.fp16.json").write_text("{}")
    (copy / "safety_checker").mkdir()
    (copy / "safety_checker" / "config.json").write_text("{}")
    assert resolve(str(copy)) == digest


def test_a_hub_id_outside_the_cache_is_unknown_until_fetched(hub: Path) -> None:
    assert resolve("owner/name") is None
    assert resolve("owner/name", revision="main") is None
    with pytest.raises(ValueError, match="'owner/name' is no folder here, and could not be fetched"):
        resolve("owner/name", fetch=True)


def test_a_hub_id_in_the_cache_is_known_without_the_network(
    hub: Path, checkpoint: Callable[..., Path]
) -> None:
    put_in_cache(hub, checkpoint())
    digest = resolve(str(checkpoint()))
    assert resolve("owner/name") == digest
    assert resolve("owner/name", fetch=True) == digest
    handle = load_model(source="owner/name")
    assert (handle.source, handle.digest) == ("owner/name", digest)


def test_a_broken_off_download_is_not_taken_for_the_model(hub: Path, copy: Path) -> None:
    (copy / PART).unlink()
    put_in_cache(hub, copy)
    assert resolve("owner/name") is None


@pytest.mark.parametrize("source", ["missing", "./missing", "/missing/folder", "a/b/c", "~/missing/x", ""])
def test_a_source_that_does_not_exist_is_refused(source: str, hub: Path) -> None:
    with pytest.raises(ValueError, match=r"doesn't exist; expected 'starter', a folder .*, or a hub id"):
        resolve(source)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no model_index.json; expected a folder in diffusers' layout"):
        resolve(str(tmp_path))
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"is damaged, or no \.safetensors file"):
        resolve(str(tmp_path / "weights.safetensors"))


def test_an_unsupported_model_is_named_with_what_is_supported(copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps(index | {"_class_name": "DreamPipeline"}))
    with pytest.raises(ValueError, match=r"holds a DreamPipeline, .* supported: StableDiffusionPipeline"):
        resolve(str(copy))


def test_pickled_weights_are_never_read(copy: Path) -> None:
    (copy / PART).rename((copy / PART).with_suffix(".bin"))
    with pytest.raises(ValueError, match=r"unet has pickled weights only .*convert them"):
        load_model(source=str(copy))


def test_missing_parts_pieces_and_variants_are_told_apart(copy: Path) -> None:
    (copy / PART).rename(copy / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    with pytest.raises(ValueError, match="weights of the variant fp16 only; write variant: fp16"):
        resolve(str(copy))
    (copy / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "model-00001-of-00001.safetensors"}})
    )
    with pytest.raises(ValueError, match=r"unet is incomplete: model-00001-of-00001.safetensors missing"):
        resolve(str(copy))
    shutil.rmtree(copy / "unet")
    with pytest.raises(ValueError, match=r"the part 'unet' of its model_index.json is missing"):
        resolve(str(copy))


def test_damaged_weights_are_one_clear_error(copy: Path) -> None:
    (copy / PART).write_bytes(b"\0" * 100)
    with pytest.raises(ValueError, match="can't be loaded"):
        adapter(load_model(source=str(copy), device="cpu"))


def test_a_handle_survives_the_store(model: Any) -> None:
    kind = ModelType()
    assert kind.decode(kind.encode(model)) == model
    assert kind.stack([model, model]) == model
    assert kind.digest(model) == kind.digest(replace(model, path="/elsewhere", device="auto"))
    assert kind.cell(model) == f"{model.source} {model.digest} float32"
    assert kind.digest(model) != kind.digest(replace(model, dtype="float16"))


def test_weights_load_once_and_the_longest_unused_makes_room(model: Any) -> None:
    forget()
    first = adapter(model)
    assert adapter(replace(model, source="another name")) is first
    for number in range(MAX_LOADED):
        adapter(replace(model, digest=f"other {number}"))
    assert adapter(model) is not first
    forget()


def test_every_supported_family_has_an_adapter() -> None:
    assert set(SUPPORTED.values()) == set(ADAPTERS)
    for family, (module, name) in ADAPTERS.items():
        found = getattr(importlib.import_module(module, "mezzotint.nodes.families"), name)
        assert issubclass(found, Family)
        assert found.name == family


def test_the_denoiser_is_compiled_if_asked(model: Any) -> None:
    forget()
    plain: Any = adapter(model)
    compiled: Any = adapter(replace(model, compile=True))
    assert plain._pipeline.unet._compiled_call_impl is None
    assert compiled._pipeline.unet._compiled_call_impl is not None
    forget()


def test_a_device_that_is_not_here_is_refused(model: Any) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(ValueError, match=r"there is no device 'cuda' here; available: .*cpu"):
        adapter(replace(model, device="cuda"))


def test_weights_loaded_in_inference_mode_are_ordinary_ones(model: Any) -> None:
    import torch

    forget()
    with torch.inference_mode():
        loaded: Any = adapter(model)
    assert not any(weight.is_inference() for weight in loaded._pipeline.unet.parameters())


def test_naming_a_model_imports_no_model_library(checkpoint: Callable[..., Path]) -> None:
    code = """
import sys
from mezzotint.nodes.loading import load_model
assert load_model(source=sys.argv[1]).family == 'stable_diffusion'
assert not {'torch', 'diffusers', 'transformers', 'huggingface_hub'} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(checkpoint())], check=True)


def test_the_starter_draws() -> None:
    from mezzotint.nodes.decoding import decode
    from mezzotint.nodes.sampling import sample
    from mezzotint.nodes.text import text_encode

    starter = load_model(source="starter", device="cpu")
    latents = sample(starter, text_encode(starter, ["a red circle"]), [0], steps=2)
    assert decode(starter, latents).shape == (1, 3, 64, 64)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has it")
def test_a_device_that_is_not_here_is_known_before_anything_runs(copy: Path) -> None:
    assert resolve(str(copy), fetch=False, device="mps") is not None
    with pytest.raises(ValueError, match="there is no device 'mps' here"):
        resolve(str(copy), fetch=True, device="mps")


def with_variant(folder: Path, *parts: str) -> None:
    """Give parts of a checkpoint other weights of the variant fp16 beside their own."""
    from safetensors.torch import load_file, save_file

    for part in parts:
        (weights,) = (folder / part).glob("*.safetensors")
        half = {name: (weight * 0.9).half() for name, weight in load_file(weights).items()}
        save_file(half, weights.with_name(f"{weights.stem}.fp16.safetensors"), {"format": "pt"})


def test_a_variant_is_other_weights(copy: Path) -> None:
    plain = resolve(str(copy))
    with_variant(copy, "unet")
    assert resolve(str(copy)) == plain != resolve(str(copy), variant="fp16")
    forget()
    own: Any = adapter(load_model(source=str(copy), device="cpu"))
    half: Any = adapter(load_model(source=str(copy), device="cpu", variant="fp16"))
    assert half is not own
    name = "conv_in.weight"
    one, other = (dict(loaded._pipeline.unet.named_parameters())[name] for loaded in (own, half))
    assert torch.allclose(other, one * 0.9, atol=1e-3)
    assert other.dtype == torch.float32
    forget()


def test_a_model_with_variants_only_is_read_when_one_is_named(copy: Path) -> None:
    with_variant(copy, "unet", "vae", "text_encoder")
    for path in copy.glob("*/*.safetensors"):
        if ".fp16." not in path.name:
            path.unlink()
    with pytest.raises(ValueError, match="variant fp16 only; write variant: fp16"):
        resolve(str(copy))
    adapter(load_model(source=str(copy), device="cpu", variant="fp16"))
    forget()


def test_a_variant_that_no_part_has_is_refused(copy: Path) -> None:
    for variant in ("fp16", "json"):
        with pytest.raises(ValueError, match=f"has no weights of the variant '{variant}'; leave variant out"):
            resolve(str(copy), variant=variant)


@pytest.mark.parametrize(
    "settings", [{"attention": "eager"}, {"attention": "sliced"}, {"channels_last": True}]
)
def test_how_a_model_computes_changes_no_picture(model: Any, settings: dict[str, Any]) -> None:
    from mezzotint.nodes.decoding import decode
    from mezzotint.nodes.sampling import sample
    from mezzotint.nodes.text import text_encode

    other = replace(model, **settings)
    assert ModelType().digest(other) == ModelType().digest(model)
    loaded: Any = adapter(other)
    assert loaded is not adapter(model)
    drawn = [
        decode(one, sample(one, text_encode(one, ["red"]), [1], steps=3, guidance=3.0))
        for one in (model, other)
    ]
    assert (drawn[0] - drawn[1]).abs().max() < 1e-4
    processors = {type(found).__name__ for found in loaded._pipeline.unet.attn_processors.values()}
    expected = {"eager": "AttnProcessor", "sliced": "SlicedAttnProcessor"}
    assert processors == {expected.get(settings.get("attention", ""), "AttnProcessor2_0")}
    weight = loaded._pipeline.unet.conv_in.weight
    assert weight.is_contiguous(memory_format=torch.channels_last) == ("channels_last" in settings)


@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_offload_on_a_cpu_is_refused_before_anything_runs(copy: Path, offload: Any) -> None:
    with pytest.raises(ValueError, match=f"offload '{offload}' spares the memory of a graphics card"):
        adapter(load_model(source=str(copy), device="cpu", offload=offload))
    with pytest.raises(ValueError, match=f"offload '{offload}' spares the memory of a graphics card"):
        resolve(str(copy), fetch=True, device="cpu", offload=offload)


def test_an_offloaded_model_draws_the_same(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The CPU stands in for a card: the hooks that move weights are set and run all the same.
    from mezzotint.nodes import device
    from mezzotint.nodes.decoding import decode
    from mezzotint.nodes.encoding import encode
    from mezzotint.nodes.sampling import sample
    from mezzotint.nodes.text import text_encode

    monkeypatch.setattr(device, "check_offload", lambda offload, device: None)
    other = replace(model, offload="model")
    drawn = []
    for one in (model, other):
        conditioning = text_encode(one, ["red", "blue"])
        picture = decode(one, sample(one, conditioning, [1, 2], steps=3))
        drawn.append(decode(one, sample(one, conditioning, [1, 2], encode(one, picture), steps=3)))
    loaded: Any = adapter(other)
    assert hasattr(loaded._pipeline.unet, "_hf_hook")
    assert torch.equal(drawn[0], drawn[1])
    forget()


def test_sequential_offload_leaves_no_weight_in_place(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mezzotint.nodes import device

    monkeypatch.setattr(device, "check_offload", lambda offload, device: None)
    loaded: Any = adapter(replace(model, offload="sequential"))
    assert all(weight.is_meta for weight in loaded._pipeline.unet.parameters())
    forget()


def test_xformers_is_asked_for_by_name(model: Any) -> None:
    if importlib.util.find_spec("xformers") is not None:
        pytest.skip("it is installed")
    with pytest.raises(ValueError, match="attention 'xformers' needs the package xformers"):
        adapter(replace(model, attention="xformers"))
    with pytest.raises(ValueError, match="attention 'xformers' needs the package xformers"):
        resolve("starter", fetch=True, attention="xformers")  # before anything runs


def test_an_empty_field_of_a_form_is_left_out(copy: Path) -> None:
    assert resolve(str(copy), variant="", revision="") == resolve(str(copy))
    model = load_model(source=str(copy), device="cpu", variant="", revision="")
    assert model.variant is model.revision is None
