"""Draw and score with Ray Data: a graph is a stage, whose actors load the model once for all their batches.

Needs Ray: pip install -e ".[ray]"
"""

from __future__ import annotations

import logging
import os

os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"

import ray

from mezzotint import Graph, nodes
from mezzotint.integrations.ray import Stage

# Prompt and seed are left open: they are columns of the dataset.
GRAPH = """
inputs: {prompt: {}, seed: {}}
nodes:
  model:  {use: load_model, source: starter}
  text:   {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 12, guidance: 3}
  image:  {use: decode, model: $model, latents: $latent}
  score:  {use: clip_score, images: $image, text: $prompt}
outputs: {image: $image, score: $score}
"""
PROMPTS = ["a red circle", "two green stars", "a blue cross above a yellow ring", "three pink triangles"]

# Two cores of this machine and nothing else: no dashboard, no log on the terminal.
logging.disable(logging.WARNING)
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
context = ray.data.DataContext.get_current()
context.enable_progress_bars = False
context.execution_options.preserve_order = True  # else rows come in the order in which batches are done

rows = ray.data.from_items([{"prompt": prompt, "seed": seed} for prompt in PROMPTS for seed in range(2)])
drawn = rows.map_batches(
    Stage,
    fn_constructor_kwargs={
        "use": Graph.parse(GRAPH),
        "columns": {"prompt": "prompt", "seed": "seed"},
        "into": {"image": "image", "score": "score"},
        "failures": "failure",  # what went wrong with a row is told in this column, and the rest goes on
    },
    batch_size=4,
    compute=ray.data.ActorPoolStrategy(size=1),  # one for each graphics card, with num_gpus=1
).take_all()
ray.shutdown()

for row in drawn:
    print(f"{row['prompt']}, seed {row['seed']}: clip score {row['score']:.1f}")

# A score of the whole set wants all of it: pictures, or their features, made in a stage of their own.
spread = nodes.diversity([row["image"] for row in drawn], extractor="starter")
print(
    f"diversity of {len(drawn)} pictures: {spread:.3f}, {spread.interval[0]:.3f} to {spread.interval[1]:.3f}"
)
