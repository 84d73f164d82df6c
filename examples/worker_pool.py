"""Nodes as steps of a plain worker pool: processes draw, threads score what they have drawn.

What `load_model` gives is a handle. It names the weights and holds none, so it travels to other processes.
Each of them loads the weights once, whatever it is asked for; threads share what their process has loaded.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from mezzotint import nodes

PROMPTS = ["a red circle", "two green stars", "a blue cross", "three pink triangles"]


def draw(model: Any, prompt: str, seed: int) -> tuple[Any, int]:
    """A picture, as a PIL image, and the process that drew it."""
    text = nodes.text_encode(model, prompt)
    latents = nodes.sample(model, text, seed=seed, steps=12, guidance=3)
    return nodes.to_pil(nodes.decode(model, latents)[0]), os.getpid()


def score(picture: Any, prompt: str) -> float:
    """How well a picture fits its prompt, from 0 to 100."""
    return float(nodes.clip_score(picture, text=prompt))


if __name__ == "__main__":
    model = nodes.load_model(source="starter")
    # Not forked: a copy of a process whose libraries run threads may hang.
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes,
        ThreadPoolExecutor(2) as threads,
    ):
        drawn = list(processes.map(partial(draw, model), PROMPTS, range(4)))
        pictures = [picture for picture, _ in drawn]
        scores = threads.map(score, pictures, PROMPTS)
    for prompt, (_, process), value in zip(PROMPTS, drawn, scores, strict=True):
        print(f"{prompt}: clip score {value:.1f}, drawn by process {process}")
