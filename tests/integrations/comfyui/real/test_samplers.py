"""Our noise levels and the real ComfyUI's, computed in its own interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy
import pytest

from mezzotint.integrations.comfyui.workflows.samplers import (
    SAMPLERS,
    SAMPLERS_WITHOUT_EQUAL,
    SCHEDULERS_WITHOUT_EQUAL,
    SPACINGS,
)
from mezzotint.nodes.families.noise_levels import SpacingName, noise_levels, timesteps_of

STEPS = (2, 3, 7, 12, 20, 25, 30, 50, 77, 333)

ASKED = """
import json, sys
sys.path.insert(0, sys.argv.pop(1))
steps = json.loads(sys.argv.pop(1))
sys.argv.append("--cpu")
import comfy.options
comfy.options.enable_args_parsing()
import comfy.samplers, comfy.model_sampling
trained = comfy.model_sampling.ModelSamplingDiscrete()
sigmas = {
    name: [comfy.samplers.calculate_sigmas(trained, name, count) for count in steps]
    for name in comfy.samplers.SCHEDULER_NAMES
}
levels = {name: [each.tolist() for each in found] for name, found in sigmas.items()}
shown = {name: [trained.timestep(each[:-1]).tolist() for each in found] for name, found in sigmas.items()}
found = {"trained": trained.sigmas.tolist(), "levels": levels, "shown": shown}
print(json.dumps({**found, "samplers": comfy.samplers.SAMPLER_NAMES}))
"""


@pytest.fixture(scope="module")
def theirs() -> Any:
    folder = os.environ.get("COMFYUI_DIR")
    if not folder:
        pytest.skip("COMFYUI_DIR names no checkout of ComfyUI")
    python = os.environ.get("COMFYUI_PYTHON", sys.executable)
    command = [python, "-c", ASKED, folder, json.dumps(STEPS)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(folder))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("spacing", [name for name in get_args(SpacingName) if name != "default"])
def test_levels_are_those_that_comfyui_computes(spacing: Any, theirs: Any) -> None:
    trained = numpy.asarray(theirs["trained"])
    for steps, expected, shown in zip(
        STEPS, theirs["levels"][spacing], theirs["shown"][spacing], strict=True
    ):
        levels = noise_levels(spacing, trained, steps)
        assert levels == pytest.approx(expected, rel=1e-5)
        apart = numpy.abs(timesteps_of(levels[:-1], trained) - numpy.asarray(shown))
        assert apart.max() <= 1  # where two timesteps are equally near


def test_every_name_of_comfyuis_has_an_equal_or_a_reason(theirs: Any) -> None:
    assert set(theirs["samplers"]) == {*SAMPLERS, *SAMPLERS_WITHOUT_EQUAL}
    assert set(theirs["levels"]) == {*SPACINGS, *SCHEDULERS_WITHOUT_EQUAL}
