"""PickScore and HPS: the authors' own steps, spelled out here, on tiny models of the same make."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from mezzotint.evaluation import TruncatedTextWarning, hps, pick_score
from mezzotint.evaluation.extractors.clip_names import OWN_TAGS, clip_source
from mezzotint.nodes.pictures import to_pil

TEXTS = ["a red circle", "two green stars on a white background", "a red circle"]
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
TINY = "ViT-tiny-of-the-tests"
WIDTHS = {"width": 32, "layers": 2}


@pytest.fixture(scope="module", autouse=True)
def architecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A tiny ViT that open_clip and clip names know by its architecture, as ViT-H-14 is known."""
    from mezzotint.evaluation.extractors import clip_names

    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 28, "patch_size": 14, "head_width": 16, **WIDTHS},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "heads": 2, **WIDTHS},
    }
    folder = tmp_path_factory.mktemp("architectures")
    path = folder / f"{TINY}.json"
    path.write_text(json.dumps(config))
    open_clip.add_model_config(path)
    known = clip_names._architectures()
    known[TINY] = path
    yield
    del known[TINY]


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(3, 3, 40, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def of_transformers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like yuvalkirstain/PickScore_v1's: a CLIPModel in safetensors."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**sizes, "hidden_act": "gelu", "max_position_embeddings": 77, "eos_token_id": 49407},
        vision_config={**sizes, "hidden_act": "gelu", "image_size": 28, "patch_size": 14},
        projection_dim=16,
    )
    model = CLIPModel(config)
    for parameter in model.parameters():  # biases and scales begin at 0 and 1, and would hide a mix-up
        torch.nn.init.normal_(parameter, std=0.2) if parameter.ndim else parameter.data.fill_(3.7)
    folder = tmp_path_factory.mktemp("pickscore")
    model.save_pretrained(folder)
    return folder


def by_transformers(folder: Path, images: torch.Tensor, texts: list[str]) -> list[float]:
    """The card's calc_probs before the softmax, a picture and its text at a time.

    The processor of laion/CLIP-ViT-H-14-laion2B-s32B-b79K is transformers' own for a picture; its tokens are
    those of the same vocabulary.
    """
    import transformers

    model = transformers.CLIPModel.from_pretrained(folder).eval()
    # The processor that computes with Pillow, which was the only one when the score was published.
    kind = getattr(transformers, "CLIPImageProcessorPil", transformers.CLIPImageProcessor)
    prepare = kind(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    tokens = open_clip.get_tokenizer("ViT-H-14")
    scores = []
    for image, text in zip(images, texts, strict=True):
        with torch.no_grad():
            pixels = prepare(to_pil(image), return_tensors="pt").pixel_values
            of_image = features(model.get_image_features(pixel_values=pixels))
            of_text = features(model.get_text_features(input_ids=tokens([text])))
            of_image, of_text = (one / one.norm(dim=-1, keepdim=True) for one in (of_image, of_text))
            scores.append(float(model.logit_scale.exp() * (of_text @ of_image.T)[0, 0]))
    return scores


def features(found: Any) -> torch.Tensor:
    """Newer versions of transformers wrap them."""
    return getattr(found, "pooler_output", found)


def test_pick_score_is_the_one_of_its_card(of_transformers, images):
    scores = pick_score(images, TEXTS, model=f"clip:{TINY}/{of_transformers}/model.safetensors")
    assert scores == pytest.approx(by_transformers(of_transformers, images, TEXTS), abs=2e-5)
    assert scores[0] != scores[2], "pictures should make a difference"


@pytest.fixture(scope="module")
def of_hpsv2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as xswu/HPSv2 has them: pickled tensors below ``state_dict``."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("hps") / "HPS_v2.1_compressed.pt"
    torch.save({"state_dict": open_clip.create_model(TINY).state_dict()}, path)
    return path


def by_hpsv2(path: Path, images: torch.Tensor, texts: list[str]) -> list[float]:
    """img_score.py: ToTensor, ResizeMaxSize, Normalize; then the diagonal of features at unit length."""
    from torchvision.transforms import functional

    model = open_clip.create_model(TINY, output_dict=True)
    model.load_state_dict(torch.load(path, weights_only=True)["state_dict"])
    scores = []
    for image, text in zip(images, texts, strict=True):
        picture = functional.to_tensor(to_pil(image))
        scale = 28 / float(max(picture.shape[1:]))
        size = tuple(round(side * scale) for side in picture.shape[1:])
        picture = functional.resize(picture, size, functional.InterpolationMode.BICUBIC)
        down, across = 28 - size[0], 28 - size[1]
        picture = functional.pad(picture, [across // 2, down // 2, across - across // 2, down - down // 2])
        with torch.no_grad():
            prepared = functional.normalize(picture, MEAN, STD)[None]
            found = model.eval()(prepared, open_clip.get_tokenizer("ViT-H-14")([text]))
        scores.append(float((found["image_features"] @ found["text_features"].T)[0, 0]))
    return scores


def test_hps_is_the_one_of_its_authors_code(of_hpsv2, images):
    scores = hps(images, TEXTS, model=f"clip:{TINY}/{of_hpsv2}@hps")
    assert scores == pytest.approx(by_hpsv2(of_hpsv2, images, TEXTS), abs=1e-5)
    plain = hps(images, TEXTS, model=f"clip:{TINY}/{of_hpsv2}")
    assert max(abs(one - other) for one, other in zip(scores, plain, strict=True)) > 1e-3


@pytest.mark.parametrize("score", [pick_score, hps])
def test_a_picture_scores_the_same_alone_and_in_a_batch(score, of_hpsv2, images):
    model = f"clip:{TINY}/{of_hpsv2}@hps"
    alone = [score(images[i : i + 1], TEXTS[i : i + 1], model=model)[0] for i in range(3)]
    assert score(images, TEXTS, model=model) == pytest.approx(alone, abs=1e-4)
    assert score(images[:0], [], model=model) == []


@pytest.mark.parametrize("score", [pick_score, hps])
def test_a_text_longer_than_the_model_reads_is_reported(score, of_hpsv2, images):
    with pytest.warns(TruncatedTextWarning):
        score(images[:1], ["red " * 90], model=f"clip:{TINY}/{of_hpsv2}")


@pytest.mark.parametrize("score", [pick_score, hps])
def test_published_weights_are_unknown_until_they_are_fetched(score, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    option = score.node_type.option("model")
    assert option.content.resolve(option.default, {}, False) is None


def test_weights_in_the_hubs_cache_are_used_as_they_are(monkeypatch, tmp_path, of_hpsv2):
    tag = OWN_TAGS["ViT-H-14"]["hps_v2_1"]
    assert tag == {"hf_hub": "xswu/HPSv2/HPS_v2.1_compressed.pt"}
    snapshot = tmp_path / "models--xswu--HPSv2" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    shutil.copy(of_hpsv2, snapshot / "HPS_v2.1_compressed.pt")
    (tmp_path / "models--xswu--HPSv2" / "refs").mkdir()
    (tmp_path / "models--xswu--HPSv2" / "refs" / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    source = clip_source("clip:ViT-H-14/hps_v2_1")
    assert source.files() == [snapshot / "HPS_v2.1_compressed.pt"]
    assert source.digest() is not None


def test_weights_that_do_not_fit_are_one_clear_error(of_transformers, tmp_path, images):
    from safetensors.torch import load_file

    weights = load_file(of_transformers / "model.safetensors")
    del weights["vision_model.encoder.layers.1.self_attn.k_proj.weight"]
    save_file(weights, tmp_path / "lacking.safetensors")
    with pytest.raises(ValueError, match=r"the CLIP 'clip:.*' can't be loaded: .*k_proj"):
        pick_score(images, TEXTS, model=f"clip:{TINY}/{tmp_path}/lacking.safetensors")


def test_open_clips_remark_about_missing_weights_is_not_passed_on(of_transformers, images, caplog):
    from mezzotint.evaluation.extractors.networks import release_models

    release_models()
    pick_score(images[:1], TEXTS[:1], model=f"clip:{TINY}/{of_transformers}/model.safetensors")
    assert not [record for record in caplog.records if "No pretrained weights" in record.getMessage()]
