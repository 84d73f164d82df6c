"""While a node runs ComfyUI hears how far it is, may end it, and knows when memory runs out."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from comfy_stand_in import Comfy
from PIL import Image

from mezzotint import Images, node
from mezzotint.graphs import stepping
from mezzotint.integrations.comfyui.node_class import node_class
from mezzotint.integrations.comfyui.progress import PREVIEW_SIZE, watching


class Interrupted(Exception):  # noqa: N818 - as ComfyUI's
    pass


class Bar:
    """ComfyUI's progress bar, which remembers what it was told."""

    told: list[tuple[Any, ...]]

    def __init__(self, total: int) -> None:
        Bar.told = []

    def update_absolute(self, value: int, total: int, preview: Any) -> None:
        Bar.told.append((value, total, preview))


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of ComfyUI that a running node meets, with previews; ``interrupt()`` asks it to end."""
    asked: list[bool] = []

    def throw() -> None:
        if asked:
            raise Interrupted

    modules = {
        "comfy.utils": SimpleNamespace(ProgressBar=Bar),
        "comfy.model_management": SimpleNamespace(throw_exception_if_processing_interrupted=throw),
        "comfy.cli_args": SimpleNamespace(args=SimpleNamespace(preview_method="auto")),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return lambda: asked.append(True)


def drawing() -> dict[str, Any]:
    return {
        "1": {"class_type": "Mezzotint.load_model", "inputs": {"source": "starter"}},
        "2": {"class_type": "Mezzotint.text_encode", "inputs": {"model": ["1", 0], "prompt": "a red circle"}},
        "3": {
            "class_type": "Mezzotint.sample",
            "inputs": {"model": ["1", 0], "conditioning": ["2", 0], "seed": 1, "steps": 3},
        },
        "4": {"class_type": "Mezzotint.decode", "inputs": {"model": ["1", 0], "latents": ["3", 0]}},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0]}},
    }


def test_every_step_of_a_sampler_moves_the_bar(comfy: Comfy, interrupt: Any) -> None:
    ran = comfy.run(
        {name: part for name, part in drawing().items() if name != "5"}
        | {"5": {"class_type": "Gathered", "inputs": {"value": ["3", 0]}}}
    )
    assert ran.calls["3"] == 1
    assert [(value, total) for value, total, _ in Bar.told] == [(1, 3), (2, 3), (3, 3)]


def test_an_interruption_ends_a_sampler_as_comfyui_expects(comfy: Comfy, interrupt: Any) -> None:
    interrupt()
    with pytest.raises(Interrupted):
        comfy.run(drawing())


def test_previews_come_at_most_once_a_second(interrupt: Any) -> None:
    seconds = iter([0.0, 0.4, 0.8, 1.2, 1.2, 1.6])
    picture = Image.new("RGB", (8, 8))
    with watching(lambda: next(seconds)):
        for step in range(4):
            stepping.done(step + 1, 4, lambda: picture)
    assert [preview for _, _, preview in Bar.told] == [None, None, ("JPEG", picture, PREVIEW_SIZE), None]


def test_no_preview_is_made_that_nobody_sees(interrupt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        sys.modules, "comfy.cli_args", SimpleNamespace(args=SimpleNamespace(preview_method="none"))
    )
    with watching():
        stepping.done(1, 1, lambda: pytest.fail("a preview was made"))
    assert Bar.told == [(1, 1, None)]


@node(version=1)
def hungry(images: Images) -> Images:
    """Run out of memory."""
    raise RuntimeError("CUDA error: out of memory")


def test_memory_that_ran_out_is_torchs_own_error(comfy: Comfy) -> None:
    comfy.classes["Hungry"] = node_class(hungry.node_type)  # type: ignore[attr-defined]
    workflow = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 2, "color": 0}},
        "2": {"class_type": "Hungry", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
    }
    with pytest.raises(torch.OutOfMemoryError, match="out of memory"):
        comfy.run(workflow)
