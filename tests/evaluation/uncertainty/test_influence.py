"""What a member adds to a metric of a set, beside what leaving it out does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mezzotint.evaluation import (
    AttributeVotes,
    Authenticity,
    DensityCoverage,
    Diversity,
    InceptionScore,
    PrecisionRecall,
    PromptDiversity,
    Vendi,
)
from mezzotint.evaluation.uncertainty.entropy_influence import (
    inception_score_estimate,
    vendi_estimate,
    vendi_influence,
)
from mezzotint.evaluation.uncertainty.neighbour_estimates import (
    authenticity_estimate,
    density_coverage_estimate,
    precision_recall_estimate,
)
from mezzotint.evaluation.uncertainty.skew_influence import skew_estimate
from mezzotint.evaluation.uncertainty.spread_influence import (
    diversity_estimate,
    prompt_diversity_estimate,
    spread_estimate,
)

COUNT, DIMENSION = 160, 5
ROWS = np.random.default_rng(0).normal([1.0, 0.4, 0.4, 0.4, 0.4], 1.0, (COUNT, DIMENSION))
REAL = np.random.default_rng(1).normal(size=(60, DIMENSION))
PROMPTS = [f"prompt {index // 4}" for index in range(COUNT)]
TEXTS = np.eye(DIMENSION)[:3]


def fed(metric: Any, *inputs: Any) -> Any:
    metric.update(*inputs)
    return metric


def within(rows: np.ndarray, prompts: list[str]) -> Any:
    return prompt_diversity_estimate(fed(PromptDiversity(), rows, prompts), rows, prompts, prompts)


#: By name the estimate of features, of which each is a unit of its own.
SMOOTH: dict[str, Callable[[np.ndarray, list[str]], Any]] = {
    "diversity": lambda x, units: diversity_estimate(fed(Diversity(), x), x, units),
    "inception score": lambda x, units: inception_score_estimate(fed(InceptionScore(), x), x, units),
    "vendi": lambda x, units: vendi_estimate(fed(Vendi(), x), x, units),
    "vendi 3": lambda x, units: vendi_estimate(fed(Vendi(3.0), x), x, units),
    "vendi infinity": lambda x, units: vendi_estimate(fed(Vendi(np.inf), x), x, units),
    "authenticity": lambda x, units: authenticity_estimate(fed(Authenticity(REAL), x), x, units),
    "precision": lambda x, units: precision_recall_estimate(fed(PrecisionRecall(REAL), x), x, units)[0],
    "density": lambda x, units: density_coverage_estimate(fed(DensityCoverage(REAL), x), x, units)[0],
    "skew": lambda x, units: skew_estimate(fed(AttributeVotes("abc", TEXTS), x), x, units).skew,
    "deviation": lambda x, units: skew_estimate(fed(AttributeVotes("abc", TEXTS), x), x, units).deviation,
    "split skew": lambda x, units: (
        skew_estimate(fed(AttributeVotes("abc", TEXTS, None, 3.0), x), x, units).skew
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_an_influence_is_what_leaving_a_member_out_changes(name):
    of, units = SMOOTH[name], [str(index) for index in range(COUNT)]
    whole = of(ROWS, units)
    without = np.array([float(of(np.delete(ROWS, at, 0), units[1:])) for at in range(COUNT)])
    # About its mean: leaving any member out changes the bias as well.
    fall = without.mean() - without
    assert sum(whole.influence) == pytest.approx(0, abs=1e-10)
    assert whole.influence == pytest.approx(fall, rel=0.06, abs=0.03 * np.abs(fall).max())


@pytest.mark.parametrize("part", ["within", "across"])
def test_the_influences_of_a_prompt_are_what_leaving_it_out_changes(part):
    whole = getattr(within(ROWS, PROMPTS), part)
    for prompt in range(0, COUNT // 4, 7):
        kept = np.array([name != f"prompt {prompt}" for name in PROMPTS])
        rest = getattr(within(ROWS[kept], [name for name in PROMPTS if name != f"prompt {prompt}"]), part)
        fall = float(whole) - float(rest)
        assert whole.influence[~kept].sum() == pytest.approx(fall, rel=0.06, abs=2e-4)


@pytest.mark.parametrize("name", SMOOTH)
def test_an_estimate_is_the_metric_itself_to_the_last_digit(name):
    units = [str(index) for index in range(COUNT)]
    plain = {
        "diversity": Diversity(),
        "inception score": InceptionScore(),
        "vendi": Vendi(),
        "vendi 3": Vendi(3.0),
        "vendi infinity": Vendi(np.inf),
        "authenticity": Authenticity(REAL),
        "precision": PrecisionRecall(REAL),
        "density": DensityCoverage(REAL),
        "skew": AttributeVotes("abc", TEXTS),
        "deviation": AttributeVotes("abc", TEXTS),
        "split skew": AttributeVotes("abc", TEXTS, None, 3.0),
    }[name]
    value = fed(plain, ROWS).compute()
    if isinstance(value, tuple):
        value = value[1] if name == "deviation" else value[0]
    assert float(SMOOTH[name](ROWS, units)) == value


@pytest.mark.parametrize("name", SMOOTH)
def test_order_does_not_matter(name):
    units = [f"prompt {index // 4}" for index in range(COUNT)]
    order = np.random.default_rng(3).permutation(COUNT)
    one, other = SMOOTH[name](ROWS, units), SMOOTH[name](ROWS[order], [units[at] for at in order])
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-9)
    assert other.interval == pytest.approx(one.interval, rel=1e-9)
    assert other.influence == pytest.approx(one.influence[order], abs=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_equal_pictures_pretend_no_certainty(name):
    rows, units = np.repeat(ROWS[:1], 12, axis=0), [str(index // 2) for index in range(12)]
    found = SMOOTH[name](rows, units)
    assert found.standard_error is None
    assert found.reason


@pytest.mark.parametrize("name", SMOOTH)
def test_one_prompt_has_no_standard_error_and_says_why(name):
    found = SMOOTH[name](ROWS[:40], ["a cat"] * 40)
    assert (found.standard_error, found.interval) == (None, None)
    assert found.reason
    assert found.clusters == 1


def test_vendi_scores_of_fewer_pictures_than_features_have_the_same_influence():
    # Repeating every picture changes neither the score nor, put together, what a picture adds.
    vectors = ROWS[:4] / np.linalg.norm(ROWS[:4], axis=1, keepdims=True)
    for order in (0.5, 1.0, 2.0, np.inf):
        few, many = vendi_influence(vectors, order), vendi_influence(np.repeat(vectors, 3, axis=0), order)
        assert many.reshape(4, 3).sum(axis=1) == pytest.approx(few, abs=1e-9)


def test_a_vendi_score_that_the_number_of_pictures_limits_says_so():
    wide = np.random.default_rng(5).normal(size=(12, 64))
    found = vendi_estimate(fed(Vendi(), wide), wide, [str(index) for index in range(12)])
    assert found > 6
    assert found.standard_error is None
    assert "more than a fifth of the 12 images" in found.reason


def test_a_vendi_score_of_low_order_has_no_standard_error():
    found = vendi_estimate(fed(Vendi(0.5), ROWS), ROWS, PROMPTS)
    assert (found.standard_error, found.interval) == (None, None)
    assert found.reason.startswith("of order 0.5, rare images count too much")


def test_coverage_loses_the_balls_that_one_prompt_alone_is_in():
    metric = fed(DensityCoverage(REAL), ROWS)
    found = density_coverage_estimate(metric, ROWS, PROMPTS).coverage
    left = []
    for prompt in sorted(set(PROMPTS)):
        kept = [name != prompt for name in PROMPTS]
        left.append(fed(DensityCoverage(REAL), ROWS[kept]).compute().coverage)
    without, groups = np.array(left), len(left)
    variance = (groups - 1) / groups * ((without - without.mean()) ** 2).sum()
    assert float(found) == metric.compute().coverage
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert found.conditional_on == ("reference", "number of images")


def test_equal_pictures_of_two_prompts_are_both_in_a_ball():
    rows = np.concatenate([ROWS[:20], ROWS[:20]])
    found = density_coverage_estimate(
        fed(DensityCoverage(REAL), rows),
        rows,
        [f"prompt {index % 20 + 20 * (index >= 20)}" for index in range(40)],
    )
    assert found.coverage > 0
    assert "don't differ" in found.coverage.reason, "no prompt is alone in any ball"


def test_recall_has_no_standard_error_and_says_why():
    _, recall = precision_recall_estimate(fed(PrecisionRecall(REAL), ROWS), ROWS, PROMPTS)
    assert 0 < recall < 1
    assert (recall.standard_error, recall.interval, recall.influence) == (None, None, None)
    assert "no standard error that simulations bear out" in recall.reason
    assert (recall.n, recall.clusters) == (COUNT, COUNT // 4)


def test_a_skew_that_chance_may_have_made_has_no_interval():
    even = np.tile(TEXTS, (10, 1))
    even[0] = TEXTS[1]
    found = skew_estimate(fed(AttributeVotes("abc", TEXTS), even), even, [str(index) for index in range(30)])
    assert found.skew == pytest.approx(1 / 30)
    assert found.skew.interval is None
    assert "as near to those expected as chance brings them" in found.skew.reason
    assert found.distribution["a"]["count"] == 9


def test_a_mean_of_squared_distances_is_that_of_all_pairs():
    from_mean = ((ROWS - ROWS.mean(axis=0)) ** 2).sum(axis=1)
    value = 2 * from_mean.sum() / (COUNT - 1)
    found = spread_estimate(value, from_mean, PROMPTS)
    pairs = ((ROWS[:, None] - ROWS[None]) ** 2).sum(axis=2)
    assert value == pytest.approx(pairs.sum() / (COUNT * (COUNT - 1)))
    of_each = pairs.sum(axis=1) / (COUNT - 1)
    assert found.influence == pytest.approx(2 / COUNT * (of_each - value))
