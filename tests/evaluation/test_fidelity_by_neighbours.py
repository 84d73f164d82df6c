"""Precision and recall, density and coverage, and CMMD as nodes: from pictures to numbers in a graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mezzotint
from mezzotint.evaluation import (
    CMMD,
    DensityCoverage,
    PrecisionRecall,
    ReferenceSet,
    Statistics,
    cmmd,
    extractor_by_name,
    precision_recall,
    write_statistics,
)
from mezzotint.evaluation.measures import neighbours
from mezzotint.graphs.store import Store
from mezzotint.nodes.pictures import to_pil

GRAPH = """
inputs:
  prompt: {each: [a red circle, two blue stars, a green ring, a pink square]}
  seed: {each: {range: 5}}
  size: 24
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  real: {use: reference, images: $scene, over: [prompt, seed]}
  other: {use: resize, images: $scene, width: $size, height: $size}
  near: {use: precision_recall, images: $other, reference: $real, over: [prompt, seed]}
  dense: {use: density_coverage, images: $other, reference: $real, k: 2, over: [prompt, seed]}
  far: {use: cmmd, images: $other, extractor: starter, reference: $real, over: [prompt, seed]}
  same: {use: precision_recall, images: $scene, reference: $real, over: [prompt, seed]}
  features: {use: features, images: $other}
  real_features: {use: features, images: $scene}
outputs:
  near: $near.precision
  recall: $near.recall
  density: $dense.density
  coverage: $dense.coverage
  cmmd: $far
  same: $same.recall
  other: $other
  scene: $scene
"""


def gathered(metric, rows):
    metric.update(rows)
    return metric


@pytest.fixture
def graph(tmp_path: Path) -> mezzotint.Graph:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    return mezzotint.load(tmp_path / "graph.yaml")


def test_a_graph_gives_what_the_plain_metrics_give_of_the_same_features(graph, tmp_path):
    with Store(tmp_path / "store") as store:
        run = graph.run(store=store)
    embed = extractor_by_name("starter")
    images, reference = (embed(run[name].tensor()).numpy() for name in ("other", "scene"))
    found = gathered(PrecisionRecall(reference), images).compute()
    assert (run["near"].value, run["recall"].value) == pytest.approx(found, abs=0.051)
    found = gathered(DensityCoverage(reference, k=2), images).compute()
    assert (run["density"].value, run["coverage"].value) == pytest.approx(found, abs=0.051)
    assert run["cmmd"].value == pytest.approx(gathered(CMMD(reference), images).compute(), rel=1e-4)
    assert run["same"].value == 1


def test_a_sweep_seeks_the_neighbours_of_its_reference_once(graph, tmp_path, monkeypatch):
    sought = []
    seek = neighbours._squared_radii

    def noted(points, k):
        sought.append((id(points), k))
        return seek(points, k)

    monkeypatch.setattr(neighbours, "_squared_radii", noted)
    with Store(tmp_path / "store") as store:
        run = graph.run(store=store, size=mezzotint.each(20, 24, 28), seed=mezzotint.each(range(4)))
    assert len(run["density"]) == 3
    assert len([k for _, k in sought if k == 2]) == 1


def test_the_default_extractor_of_cmmd_is_the_one_of_the_paper():
    assert cmmd.node_type.option("extractor").default == "clip:ViT-L-14-336/openai"


def test_its_preparation_is_that_of_the_published_code_for_square_pictures(make_tiny_clip):
    """They cut out the middle square, then scale it by Pillow's bicubic filter."""
    import torch
    from PIL import Image

    prepare = extractor_by_name(f"clip:{make_tiny_clip(0)}").preprocessing
    picture = torch.rand(3, 50, 50, generator=torch.Generator().manual_seed(0))
    scaled = to_pil(picture).resize((prepare.width, prepare.height), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.asarray(scaled).copy()).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (prepare.mean, prepare.std))
    torch.testing.assert_close(prepare(picture[None])[0], (pixels - mean) / std)


def test_statistics_alone_are_no_reference(tmp_path):
    write_statistics(tmp_path / "s.npz", Statistics(np.zeros(128), np.eye(128), 10))
    with pytest.raises(ValueError, match=r"holds statistics only .*mezzotint reference FOLDER"):
        precision_recall(ReferenceSet("statistics", tmp_path / "s.npz"))
