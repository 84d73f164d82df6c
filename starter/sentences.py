"""Reading the world's sentences: the other way round from :func:`~.tasks.phrase`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .tasks import (
    BACKGROUNDS,
    COLORS,
    NUMBERS,
    OPENINGS,
    RELATION_WORDS,
    SHAPES,
    SIZES,
    Relation,
    Shape,
    Spec,
    Task,
    Want,
    plural,
)

MOST_OBJECTS = 4


def _any_of(words: Iterable[str]) -> str:
    # The longest first, so that "to the left of" isn't read as "left of" with a rest.
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_COUNTS: dict[str, int] = {word: n for n, name in NUMBERS.items() for word in (name, str(n))}
_SHAPES: dict[str, tuple[Shape, bool]] = {
    word: (shape, many) for shape in SHAPES for word, many in ((shape, False), (plural(shape), True))
}
_RELATIONS: dict[str, Relation] = {word: name for name, words in RELATION_WORDS.items() for word in words}
_SENTENCE = re.compile(
    rf"(?:{_any_of(set(OPENINGS))})(?P<things>.+?)"
    rf"(?: on an? (?P<background>{_any_of(BACKGROUNDS)}) background)?"
)
_JOINT = re.compile(rf" (and|{_any_of(_RELATIONS)}) ")
_NOUN = re.compile(
    rf"(?P<number>an?|{_any_of(_COUNTS)}) (?:(?P<size>{_any_of(SIZES)}) )?"
    rf"(?:(?P<color>{_any_of(COLORS)}) )?(?P<shape>{_any_of(_SHAPES)})"
)


def parse(text: str) -> Spec:
    """What a sentence asks of a picture, for every sentence that :func:`~.tasks.phrase` makes.

    ``parse(phrase(spec, rng)) == spec`` for every sampled spec. Capitals, a full stop at the end, spaces and
    the choice of "a" or "an" don't matter. Raises ValueError, naming the words that it can't read, for
    anything else than one to four objects of the world.
    """
    sentence = _SENTENCE.fullmatch(" ".join(text.lower().split()).removesuffix("."))
    if sentence is None:
        raise _unread(text, text)
    nouns = _JOINT.split(sentence["things"])
    things, joints = nouns[::2], nouns[1::2]
    wants = tuple(_want(thing, text) for thing in things)
    if sum(want.count for want in wants) > MOST_OBJECTS:
        raise ValueError(
            f"{text!r} asks for more than {MOST_OBJECTS} objects, the most in the starter's world"
        )
    relation = next((_RELATIONS[joint] for joint in joints if joint in _RELATIONS), None)
    if relation is not None and (len(wants) != 2 or any(want.count > 1 for want in wants)):
        raise ValueError(f"{text!r}: in the starter's world a relation is one between two single objects")
    counted = any(thing.split()[0] in _COUNTS for thing in things)
    return Spec(_task(wants, relation, counted), wants, relation, sentence["background"])  # type: ignore[arg-type]


def _want(thing: str, text: str) -> Want:
    noun = _NOUN.fullmatch(thing)
    if noun is None:
        raise _unread(thing, text)
    shape, many = _SHAPES[noun["shape"]]
    count = _COUNTS.get(noun["number"], 1)
    if many != (count > 1):
        raise ValueError(f"{text!r}: write {noun['number']} {plural(shape) if count > 1 else shape}")
    return Want(shape, noun["color"], noun["size"], count)  # type: ignore[arg-type]


def _task(wants: tuple[Want, ...], relation: Relation | None, counted: bool) -> Task:
    if relation is not None:
        return "position"
    if counted:
        return "counting"
    colored = any(want.color for want in wants)
    if len(wants) == 1:
        return "colors" if colored else "single"
    return "attribution" if colored else "two"


def _unread(words: str, text: str) -> ValueError:
    return ValueError(
        f"{words!r} in {text!r} names nothing of the starter's world; it knows sentences such as 'two red "
        f"stars' or 'a ring above a large blue cross on a white background', of {', '.join(SHAPES)} in "
        f"{', '.join(COLORS)}"
    )
