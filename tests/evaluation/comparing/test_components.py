"""The spread between prompts and within them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mezzotint.evaluation.comparing.components import (
    Components,
    components,
    member_values,
    paired_components,
)


def draw(rng: Any, prompts: int, seeds: int, between: float, within: float) -> Any:
    return between * rng.standard_normal((prompts, 1)) + within * rng.standard_normal((prompts, seeds))


def cells(values: Any, first: int = 0) -> dict[tuple[str, str], float]:
    return {
        (f"p{row}", str(first + seed)): v for row, line in enumerate(values) for seed, v in enumerate(line)
    }


def test_both_variances_are_found_again() -> None:
    rng = np.random.default_rng(0)
    found = [components(cells(draw(rng, 30, 3, 2.0, 1.0))) for _ in range(200)]
    assert np.mean([each.between for each in found if each]) == pytest.approx(4.0, rel=0.1)
    assert np.mean([each.within or 0.0 for each in found if each]) == pytest.approx(1.0, rel=0.1)


def test_prompts_with_unequal_numbers_of_pictures_dont_bias_them() -> None:
    rng = np.random.default_rng(1)
    between = []
    for _ in range(300):
        values = cells(draw(rng, 30, 5, 1.0, 2.0))
        kept = {place: v for place, v in values.items() if int(place[1]) <= int(place[0][1:]) % 5}
        found = components(kept)
        assert found is not None
        between.append(found.between)
    assert np.mean(between) == pytest.approx(1.0, rel=0.25)  # cut off at 0, so a little more


def test_they_make_the_clustered_standard_error(made: Any) -> None:
    score = made.by_prompt(draw(np.random.default_rng(2), 20, 4, 2.0, 1.0))
    found = components(member_values(score))
    assert found is not None
    assert np.sqrt(found.of_prompt(4) / 20) == pytest.approx(score.estimate.standard_error)


def test_one_seed_a_prompt_tells_nothing_of_seeds_and_one_prompt_nothing_at_all() -> None:
    rng = np.random.default_rng(3)
    found = components(cells(draw(rng, 20, 1, 2.0, 1.0)))
    assert found is not None
    assert found.within is None
    assert components(cells(draw(rng, 1, 4, 2.0, 1.0))) is None


def test_pairing_takes_what_prompts_share_away(made: Any) -> None:
    rng = np.random.default_rng(4)
    shared = 5 * rng.standard_normal((60, 1))
    a, b = (shared + rng.standard_normal((60, 4)) for _ in range(2))
    for seeds in (("0", "1", "2", "3"), ("4", "5", "6", "7")):
        found = paired_components(made.by_prompt(a), made.by_prompt(b, seeds))
        assert found is not None
        assert found.between < 0.5
        assert found.within == pytest.approx(2.0, rel=0.25)


def test_a_set_varies_as_its_influence_does(made: Any) -> None:
    influence = {f"p{row}": value for row, value in enumerate((0.3, -0.1, -0.2))}
    found = components(member_values(made.of_set(2.0, influence)))
    assert found == Components(pytest.approx(9 * (0.09 + 0.01 + 0.04) / 2), None, 3, 1.0)
