"""Run a graph from Python: other prompts, two seeds each, results as pictures and numbers."""

from __future__ import annotations

from pathlib import Path

import mezzotint
from mezzotint import each

graph = mezzotint.load(Path(__file__).with_name("score.yaml"))
run = graph.run(prompt=each("a red circle", "two green stars"), seed=each(range(2)), steps=12)

for point, score in zip(run["clip_score"].points, run["clip_score"], strict=True):
    print(f"{point['prompt']}, seed {point['seed']}: clip score {score:.1f}")
print(f"distance from rendered scenes: {run['fd'].value:.1f}")

first = run["images"].pil()[0]  # PIL images; run["images"].tensor() is float [N, 3, H, W] in [0, 1]
print(f"{len(run['images'])} pictures, the first is {first.size[0]}×{first.size[1]}")
