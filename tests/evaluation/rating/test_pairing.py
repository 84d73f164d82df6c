"""Which pictures stand beside each other, in which order and on which side."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from mezzotint.evaluation.rating.pairing import Contestant, Spot, arranged, candidates


def contestant(name: str, *, prompts: str = "abcd", seeds: str = "01") -> Contestant:
    places = [Spot(prompt, seed=seed) for prompt, seed in product(prompts, seeds)]
    return Contestant(name, {spot: Path(f"{name}/{spot.prompt}{spot.seed}.png") for spot in places})


def test_pictures_of_equal_prompt_and_seed_are_paired() -> None:
    pairs = candidates([contestant("one"), contestant("two", prompts="bcde", seeds="12")], seed=0)
    assert {(pair.spot.prompt, pair.spot.seed) for pair in pairs} == {("b", "1"), ("c", "1"), ("d", "1")}
    assert all(pair.pictures[0].name == pair.pictures[1].name for pair in pairs if all(pair.pictures))


def test_runs_that_share_no_seed_are_paired_in_order() -> None:
    pairs = candidates([contestant("one", seeds="01"), contestant("two", seeds="789")], seed=0)
    assert {pair.pictures for pair in pairs} == {
        (Path(f"one/{prompt}{one}.png"), Path(f"two/{prompt}{two}.png"))
        for prompt in "abcd"
        for one, two in ("07", "18")
    }


def test_no_pair_is_of_different_settings() -> None:
    spots = [Spot("a", setting) for setting in ("steps 4", "steps 12")]
    one = Contestant("one", {spot: Path(f"one/{spot.setting}") for spot in spots})
    two = Contestant("two", {spots[1]: Path("two/steps 12")})
    (pair,) = candidates([one, two], seed=0)
    assert pair.pictures == (Path("one/steps 12"), Path("two/steps 12"))


@pytest.mark.parametrize("limit", [3, 6, 7, 12, 18])
def test_any_beginning_is_of_many_prompts_and_fair_to_all_pairs_of_contestants(limit: int) -> None:
    three = [contestant(name) for name in ("one", "two", "three")]
    beginning = candidates(three, seed=3)[:limit]
    met = Counter(pair.contestants for pair in beginning)
    assert max(met.values()) - min(met.values()) <= 1
    for contestants in met:
        prompts = Counter(pair.spot.prompt for pair in beginning if pair.contestants == contestants)
        assert len(prompts) == min(4, met[contestants])
        assert max(prompts.values()) - min(prompts.values()) <= 1


def test_each_is_as_often_on_the_left_as_on_the_right() -> None:
    three = [contestant(name, seeds="012") for name in ("one", "two", "three")]
    for seed in range(5):
        sides: Counter[tuple[int, int]] = Counter(
            pair.contestants for pair in arranged(candidates(three, seed), seed)
        )
        assert all(sides[left, right] == sides[right, left] == 6 for left, right in ((0, 1), (0, 2), (1, 2)))


def test_a_swapped_pair_keeps_its_pictures_with_who_made_them() -> None:
    pairs = arranged(candidates([contestant("one"), contestant("two")], seed=0), seed=0)
    names = ("one", "two")
    for pair in pairs:
        assert tuple(str(path.parent) for path in pair.pictures if path) == tuple(
            names[number] for number in pair.contestants
        )


def test_a_seed_gives_the_same_page_and_another_seed_another() -> None:
    two = [contestant("one"), contestant("two")]
    assert arranged(candidates(two, 1), 1) == arranged(candidates(two, 1), 1)
    assert arranged(candidates(two, 1), 1) != arranged(candidates(two, 2), 2)
