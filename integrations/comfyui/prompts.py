"""Prompts and seeds as lists, which ComfyUI's own nodes can't make: what an axis is to a graph."""

from __future__ import annotations

from typing import Any

from ...graphs.problem import Place
from ...graphs.values import Constant, PerSeed
from .widgets import LARGEST


class Prompts:
    """Every prompt with seeds of its own, as two lists that go together."""

    DISPLAY_NAME = "Prompts and seeds"
    CATEGORY = "mezzotint/nodes"
    DESCRIPTION = (
        "Every prompt with seeds of its own: two lists that go together, a prompt and a seed for each "
        "picture. The seeds depend on the text of a prompt alone, so another prompt more changes no picture."
    )
    RETURN_TYPES = ("STRING", "INT")
    RETURN_NAMES = ("prompt", "seed")
    OUTPUT_IS_LIST = (True, True)
    OUTPUT_TOOLTIPS = ("the prompt of each picture", "the seed of each picture")
    FUNCTION = "list"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - as ComfyUI calls it
        return {
            "required": {
                "prompts": ("STRING", {"multiline": True, "tooltip": "One prompt a line."}),
                "pictures": (
                    "INT",
                    {"default": 4, "min": 1, "max": 4096, "tooltip": "For each prompt."},
                ),
                "first_seed": (
                    "INT",
                    {"default": 0, "min": 0, "max": LARGEST, "tooltip": "What the seeds are made from."},
                ),
            }
        }

    def list(self, prompts: str, pictures: int, first_seed: int) -> tuple[list[str], list[int]]:
        """The two lists, as `per: prompt` in a graph makes them; ValueError for no prompt."""
        lines = [line.strip() for line in prompts.splitlines() if line.strip()]
        if not lines:
            raise ValueError("there is no prompt; write one a line")
        pairs = [(line, seed) for line in lines for seed in range(first_seed, first_seed + pictures)]
        return [line for line, _ in pairs], [_own(line, seed) for line, seed in pairs]


def classes() -> dict[str, Any]:
    """The node class by id."""
    return {"Mezzotint.prompts": Prompts}


def _own(prompt: str, seed: int) -> int:
    here = Place("the widget prompts", 0)
    return PerSeed(Constant(seed, here), Constant(prompt, here)).at({})
