"""Other captions of a scene: the true ones are true, the false ones false in one thing."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.starter import captions, judge, measure, world
from mezzotint.starter.tasks import HELD_OUT_PAIRS, is_held_out

SCENES = [example.scene for example in measure.fresh(200, seed=8)]


def test_captions_are_true_of_their_scenes_and_the_judge_agrees():
    rng = np.random.default_rng(0)
    agreed = []
    for scene in SCENES:
        spec, caption = captions.describe(scene, rng)
        assert captions.holds(spec, scene)
        assert not is_held_out(caption)
        agreed.append(judge.satisfies(spec, judge.detect(world.render(scene))))
    assert np.mean(agreed) >= 0.99


@pytest.mark.parametrize("fault", captions.FAULTS)
def test_a_false_caption_is_false(fault: captions.Fault):
    rng = np.random.default_rng(1)
    slips = 0
    for scene in SCENES:
        spec, _ = captions.describe(scene, rng)
        slip = captions.falsify(spec, scene, rng, fault)
        if slip is not None:
            slips += 1
            assert slip[0] == fault
            assert not captions.holds(slip[1], scene)
            assert captions.holds(spec, scene)
            assert not {(w.color, w.shape) for w in slip[1].wants} & HELD_OUT_PAIRS
    assert slips >= 5


def test_a_caption_that_names_no_background_cannot_be_wrong_about_it():
    rng = np.random.default_rng(2)
    specs = [(captions.describe(scene, rng)[0], scene) for scene in SCENES]
    plain = next((spec, scene) for spec, scene in specs if spec.background is None)
    assert captions.falsify(*plain, rng, "background") is None
