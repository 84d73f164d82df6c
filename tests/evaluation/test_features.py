"""``features`` and ``text_features`` as nodes that deliver what they make."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import mezzotint
from mezzotint.evaluation import extractor_by_name

GRAPH = """
inputs: {prompt: a red circle, seed: {each: {range: 3}}}
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  features: {use: features, images: $scene}
  text: {use: text_features, text: $prompt}
  spread: {use: diversity, images: $features, over: seed}
  many: {use: vendi, images: $features, over: seed}
outputs: {scene: $scene, features: $features, text: $text, spread: $spread, many: $many}
"""


def test_delivered_features_are_files_that_numpy_reads(tmp_path: Path):
    import pyarrow.parquet

    (tmp_path / "graph.yaml").write_text(GRAPH)
    run = mezzotint.load(tmp_path / "graph.yaml").run(out=tmp_path / "run")
    rows = pyarrow.parquet.read_table(tmp_path / "run" / "items.parquet").to_pylist()
    files = [row["features"] for row in rows if row["features"]]
    assert files == [f"features/features/{seed}.npy" for seed in range(3)]
    found = [np.load(tmp_path / "run" / file) for file in files]
    expected = extractor_by_name("starter")(run["scene"].tensor()).numpy()
    np.testing.assert_allclose(np.stack(found), expected, atol=1e-5)
    (text,) = (row["text"] for row in rows if row["text"])
    assert np.load(tmp_path / "run" / text).shape == found[0].shape
