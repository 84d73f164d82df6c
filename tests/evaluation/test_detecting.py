"""``detect``: a tiny Mask2Former with random weights gives what transformers and mmdetection would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mezzotint
from mezzotint.evaluation import detect
from mezzotint.evaluation.detecting import instances
from mezzotint.graphs.store import Store

NAMES = ["cat", "dog", "kite"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import (
        Mask2FormerConfig,
        Mask2FormerForUniversalSegmentation,
        Mask2FormerImageProcessor,
        SwinConfig,
    )

    folder = tmp_path_factory.mktemp("detector")
    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = SwinConfig(
        embed_dim=16,
        depths=[1] * 4,
        num_heads=[1, 1, 2, 2],
        window_size=4,
        image_size=64,
        out_features=stages,
    )
    config = Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=32,
        dim_feedforward=32,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=4,
        num_queries=12,
        id2label=dict(enumerate(NAMES)),
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Mask2FormerForUniversalSegmentation(config)
        for name, weight in network.named_parameters():  # fresh ones hardly tell queries and classes apart
            if "class_predictor" in name or "queries_features" in name:
                weight.data.normal_(0, 1)
    network.save_pretrained(folder)
    Mask2FormerImageProcessor(size={"height": 64, "width": 64}, size_divisor=0).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_objects_are_those_of_transformers_own_postprocessing(tiny: Path):
    """At the one size where its detour over 384 pixels and nearest neighbours changes nothing."""
    from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation

    processor = AutoImageProcessor.from_pretrained(tiny)
    network = Mask2FormerForUniversalSegmentation.from_pretrained(tiny).eval()
    images = torch.rand(2, 3, 384, 384, generator=torch.Generator().manual_seed(1))
    pixels = (images * 255).round().byte()
    with torch.no_grad():
        outputs = network(
            **processor(images=list(pixels), return_tensors="pt", size={"height": 384, "width": 384})
        )
    theirs = processor.post_process_instance_segmentation(
        outputs, threshold=0.15, target_sizes=[(384, 384)] * 2, return_binary_maps=True
    )
    ours = detect(images, model=str(tiny), side=384, threshold=0.15)
    for found, expected in zip(ours, theirs, strict=True):
        order = sorted(
            range(len(expected["segments_info"])), key=lambda at: -expected["segments_info"][at]["score"]
        )
        segments = [expected["segments_info"][at] for at in order]
        # Only the twelve likeliest of 36 pairs are looked at there.
        assert 0 < len(segments) <= len(found.labels)
        for at, segment in enumerate(segments):
            place = int(np.abs(found.scores - segment["score"]).argmin())
            assert found.scores[place] == pytest.approx(segment["score"], abs=2e-6)
            assert found.labels[place] == NAMES[segment["label_id"]]
            assert np.array_equal(found.masks[place], expected["segmentation"][order[at]].bool().numpy())


def test_scores_and_boxes_by_their_definition():
    """mmdetection's: the class's probability times the mean of the mask within itself; the mask's box."""
    generator = torch.Generator().manual_seed(2)
    classes, masks = torch.randn(5, 4, generator=generator), torch.randn(5, 8, 8, generator=generator)
    masks[2] = -1  # nowhere
    found = instances(classes, masks, (8, 8), (8, 8), 0.05)
    expected = []
    for query in range(5):
        for name in range(3):
            inside = masks[query] > 0
            if not inside.any():
                continue
            probability = (classes[query].exp() / classes[query].exp().sum())[name]
            score = float(probability * torch.sigmoid(masks[query][inside]).mean())
            rows, columns = inside.nonzero().T
            box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
            if score > 0.05:
                expected.append((score, name, box, inside))
    expected.sort(key=lambda entry: -entry[0])
    assert found.scores.tolist() == pytest.approx([entry[0] for entry in expected], abs=1e-6)
    assert found.classes.tolist() == [entry[1] for entry in expected]
    assert found.boxes.tolist() == [entry[2] for entry in expected]
    assert torch.equal(found.masks, torch.stack([entry[3] for entry in expected]))


def test_masks_have_the_pictures_size_whatever_the_networks(tiny: Path):
    (found,) = detect(torch.rand(1, 3, 50, 90), model=str(tiny), side=64)
    assert (found.height, found.width) == (50, 90)
    assert found.masks is not None
    assert found.masks.shape[1:] == (50, 90)
    assert (found.boxes <= [90, 50, 90, 50]).all()
    assert found.classes == tuple(NAMES)


@pytest.mark.parametrize("side", [64, None])
def test_a_picture_gives_the_same_alone_and_in_a_batch(tiny: Path, images: torch.Tensor, side: int | None):
    together = detect(images, model=str(tiny), side=side)
    for index in range(3):
        (alone,) = detect(images[index : index + 1], model=str(tiny), side=side)
        assert alone.labels == together[index].labels
        assert np.array_equal(alone.masks, together[index].masks)


def test_a_higher_threshold_keeps_the_strongest(tiny: Path, images: torch.Tensor):
    many, few = (detect(images[:1], model=str(tiny), side=64, threshold=t)[0] for t in (0.05, 0.25))
    assert 0 < len(few.labels) < len(many.labels)
    assert np.array_equal(many.scores[: len(few.labels)], few.scores)
    (none,) = detect(images[:1], model=str(tiny), side=64, threshold=1.0)
    assert none.labels == ()
    assert none.masks is not None
    assert none.masks.shape == (0, 64, 64)


def test_a_graph_detects_and_judges_and_keeps_what_was_found(tiny: Path, tmp_path: Path):
    (tmp_path / "graph.yaml").write_text(
        "inputs:\n"
        "  row: {each: [{tag: single_object, include: [{class: kite, count: 1}]},"
        " {tag: single_object, include: [{class: tree, count: 1}]}]}\n"
        "nodes:\n"
        "  image: {use: render_scene, prompt: a star, seed: 1}\n"
        f"  found: {{use: detect, images: $image, model: {tiny}, side: 64, threshold: 0.01}}\n"
        f"  judged: {{use: geneval, images: $image, detections: $found, metadata: $row, color_model: starter,"
        " threshold: 0.01}\n"
        "outputs: {found: $found, correct: $judged.correct}\n"
    )
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
        again = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
    assert run["correct"][0] is True
    assert "the detector knows no 'tree'; it finds cat, dog, kite" in run["correct"].failures[1]
    assert np.array_equal(again["found"].value.masks, run["found"].value.masks)


def test_other_weights_are_other_keys(tiny: Path, tmp_path: Path):
    content = detect.node_type.option("model").content
    other = tmp_path / "other"
    shutil.copytree(tiny, other)
    assert content.resolve(str(other), {}, False) == content.resolve(str(tiny), {}, False)
    (other / "preprocessor_config.json").write_text("{}")
    assert content.resolve(str(other), {}, False) != content.resolve(str(tiny), {}, False)


def config_with(folder: Path, tiny: Path, **settings: Any) -> str:
    shutil.copytree(tiny, folder)
    config = json.loads((folder / "config.json").read_text()) | settings
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


def test_a_model_of_another_kind_is_refused_before_a_run(tiny: Path, tmp_path: Path):
    source = config_with(tmp_path / "other", tiny, model_type="bert")
    with pytest.raises(ValueError, match="is of type 'bert', and not mask2former; another detector's"):
        detect.node_type.option("model").content.resolve(source, {}, False)


def test_weights_that_do_not_fit_or_are_not_there_are_one_message(tiny: Path, tmp_path: Path, images):
    source = config_with(tmp_path / "other", tiny, hidden_dim=48)
    with pytest.raises(ValueError, match=r"detect: .*other can't be loaded: "):
        detect(images, model=source)
    with pytest.raises(
        ValueError, match="'nowhere' doesn't exist; expected a folder in transformers' layout"
    ):
        detect(images, model="nowhere")
