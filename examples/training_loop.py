"""Validate a model while it trains: graphs as metrics of a loop, one drawing with the weights as they are."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from torch.nn.functional import mse_loss
from torchmetrics import MetricCollection

import mezzotint
from mezzotint import Graph, each, nodes
from mezzotint.evaluation import GraphMetric, extractor_by_name, modules
from mezzotint.starter import DIFFUSION

PROMPTS = ["a red circle", "two green stars", "a blue cross", "three pink triangles"]

# The model that is trained; here the bundled one, loaded as any other of diffusers.
pipeline = StableDiffusionPipeline.from_pretrained(DIFFUSION, torch_dtype=torch.float32, safety_checker=None)
optimizer = torch.optim.AdamW(pipeline.unet.parameters(), lr=1e-4)

# It draws fixed prompts whenever it is asked to. `memory:1` names the pipeline: what is drawn is kept by the
# digest of its weights, so no score is ever one of other weights.
drawing = mezzotint.load(Path(__file__).with_name("txt2img.yaml")).given(
    checkpoint=nodes.model_of(pipeline).source, prompt=each(PROMPTS), steps=8
)
validation = GraphMetric(drawing)

# It is fed with pictures of the loop; beside it any other metric of torchmetrics.
SCORING = """
inputs: {images: {}, prompt: {}}
nodes:
  judge: {use: starter_judge, images: $images, prompt: $prompt}
  right: {use: mean, number: $judge.correct, over: images}
outputs: {right: $right}
"""
data = MetricCollection(
    {
        "data": GraphMetric(Graph.parse(SCORING), fed=["images", "prompt"]),
        "diversity": modules.Diversity(extractor_by_name("starter")),
    }
)


def loss_of(images: torch.Tensor, prompts: list[str]) -> torch.Tensor:
    """How far the denoiser is from the velocity that it is to predict."""
    with torch.no_grad():
        latents = (
            pipeline.vae.encode(images * 2 - 1).latent_dist.sample() * pipeline.vae.config.scaling_factor
        )
        text, _ = pipeline.encode_prompt(prompts, "cpu", 1, do_classifier_free_guidance=False)
    noise, times = torch.randn_like(latents), torch.randint(0, 1000, [len(latents)])
    noisy = pipeline.scheduler.add_noise(latents, noise, times)
    wanted = pipeline.scheduler.get_velocity(latents, noise, times)
    return mse_loss(pipeline.unet(noisy, times, text).sample, wanted)


pipeline.unet.train()
for step in range(1, 5):
    images = nodes.render_scene(PROMPTS, seed=[step * 10 + number for number in range(4)])
    data.update(images=images, prompt=PROMPTS)
    loss = loss_of(images, PROMPTS)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    if step % 2 == 0:
        validation.update()
        score = validation.compute()["mean_clip_score"]
        print(f"step {step}: loss {loss:.3f}, clip score of what it draws {score:.3f}")
print({name: round(float(value), 3) for name, value in data.compute().items()})
