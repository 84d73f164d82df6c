"""Sentences of the world are read back as what they were made from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.starter import captions, measure
from mezzotint.starter.sentences import parse
from mezzotint.starter.tasks import (
    BACKGROUNDS,
    COLORS,
    RELATIONS,
    SHAPES,
    SIZES,
    Spec,
    Want,
    phrase,
    sample_spec,
)

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.booleans())
def test_a_sentence_is_read_back_as_what_it_was_made_from(seed: int, plain: bool):
    rng = np.random.default_rng(seed)
    spec = sample_spec(rng, plain=plain)
    assert parse(phrase(spec, rng)) == spec


def test_so_are_descriptions_of_scenes_and_false_ones():
    rng = np.random.default_rng(0)
    for example in measure.fresh(100):
        spec, caption = captions.describe(example.scene, rng)
        assert parse(caption) == spec
        slip = captions.falsify(spec, example.scene, rng)
        assert slip is None or parse(phrase(slip[1], rng)) == slip[1]


@st.composite
def any_spec(draw: st.DrawFn) -> Spec:
    """Specs that no task samples too, such as one coloured object beside one of any colour."""
    relation = draw(st.none() | st.sampled_from(RELATIONS))
    counts = (
        [1, 1]
        if relation
        else draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).filter(lambda n: sum(n) <= 4))
    )
    wants = [
        Want(
            draw(st.sampled_from(SHAPES)),
            draw(st.none() | st.sampled_from(COLORS)),
            draw(st.none() | st.sampled_from(SIZES)),
            count,
        )
        for count in counts
    ]
    task = draw(st.sampled_from(["counting", "two"]))
    return Spec(task, tuple(wants), relation, draw(st.none() | st.sampled_from(BACKGROUNDS)))  # type: ignore[arg-type]


@given(any_spec(), SEEDS)
def test_all_that_words_say_is_read_whatever_the_task(spec: Spec, seed: int):
    if spec.relation and spec.task == "counting":
        return  # "one star left of one ring" is said too, and read as a position
    read = parse(phrase(spec, np.random.default_rng(seed)))
    assert (read.wants, read.relation, read.background) == (spec.wants, spec.relation, spec.background)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("a star", "single"),
        ("a red star", "colors"),
        ("one star", "counting"),
        ("4 large red stars", "counting"),
        ("a star and a ring", "two"),
        ("a red star and a ring", "attribution"),
        ("a star under a ring", "position"),
        ("a red star to the left of a blue ring", "position"),
    ],
)
def test_the_words_tell_the_task(text: str, task: str):
    assert parse(text).task == task


@pytest.mark.parametrize(
    "text", ["A Photo of an orange star.", "a  photo of a orange star", "AN ORANGE STAR", " an orange star\n"]
)
def test_how_it_is_written_does_not_matter(text: str):
    assert parse(text) == Spec("colors", (Want("star", "orange"),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' in ''"),
        ("a dog", "'a dog' in 'a dog' names nothing of the starter's world; .* circle, square"),
        ("a red star and a dog", "'a dog' in 'a red star and a dog'"),
        ("a brown star", "'a brown star'.*red, orange"),
        ("a red large star", "'a red large star'"),
        ("star", "'star'"),
        ("a star on a black background", "a star on a black background"),
        ("two star", "'two star': write two stars"),
        ("one stars", "write one star$"),
        ("2 cross", "write 2 crosses"),
        ("five stars", "'five stars'"),
        ("three stars and two rings", "more than 4 objects"),
        ("two stars left of a ring", "between two single objects"),
        ("a star left of a ring and a cross", "between two single objects"),
        ("a photo of", "'a photo of'"),
    ],
)
def test_other_sentences_are_refused_and_the_message_says_why(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        parse(text)
