"""What is wrong with a picture of the world, in words: the first fault, from the coarsest to the finest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from .judge import Detection, background, detect, satisfies, stands
from .tasks import RELATION_WORDS, Spec, Want, plural
from .world import Picture

Slip = Literal["number of objects", "shape", "colour", "position", "size", "background"]

_Namer = Callable[["Detection | Want"], str]


def first_slip(spec: Spec, found: Sequence[Detection]) -> Slip | None:
    """The first thing in which objects fall short of ``spec``; None when they satisfy it.

    The background, which isn't an object, has no say here.
    """
    if satisfies(spec, found):
        return None
    if len(found) != spec.count:
        return "number of objects"
    if Counter(thing.shape for thing in found) != Counter(want.shape for want in _singly(spec)):
        return "shape"
    unsized = replace(spec, wants=tuple(replace(want, size=None) for want in spec.wants), relation=None)
    if not satisfies(unsized, found):
        return "colour"
    return "position" if spec.relation and satisfies(replace(spec, relation=None), found) else "size"


def reason(spec: Spec, picture: Picture) -> str:
    """Why a picture (uint8 ``[H, W, 3]``) doesn't show ``spec``, such as ``colour: expected a red star; …``.

    Empty for a picture that shows it, its background included where the spec names one.
    """
    found = detect(picture)
    slip = first_slip(spec, found)
    if slip is None:
        backdrop = background(picture)
        if spec.background in (None, backdrop):
            return ""
        return f"background: expected {spec.background}; found {backdrop}"
    if slip == "position":
        return f"position: expected {_placed(spec)}; found {_standing(spec, found)}"
    namer = {"colour": _colored, "size": _sized}.get(slip, _shape)
    expected = str(spec.count) if slip == "number of objects" else _listed(_singly(spec), namer)
    return f"{slip}: expected {expected}; found {_listed(found, namer)}"


def _singly(spec: Spec) -> list[Want]:
    return [want for want in spec.wants for _ in range(want.count)]


def _shape(thing: Detection | Want) -> str:
    return thing.shape or "something without a shape"


def _colored(thing: Detection | Want) -> str:
    return f"{thing.color} {_shape(thing)}" if thing.color else _shape(thing)


def _sized(thing: Detection | Want) -> str:
    return f"{thing.size} {_colored(thing)}" if thing.size else _colored(thing)


def _listed(things: Iterable[Detection | Want], namer: _Namer) -> str:
    """Things grouped by their names, such as ``2 red stars, 1 ring``."""
    groups = Counter((namer(thing), thing.shape) for thing in things)
    words = [
        f"{count} {name.removesuffix(shape) + plural(shape) if shape and count > 1 else name}"
        for (name, shape), count in sorted(groups.items(), key=lambda group: group[0][0])
    ]
    return ", ".join(words) or "nothing"


def _placed(spec: Spec) -> str:
    first, second = spec.wants
    assert spec.relation is not None
    return f"{_sized(first)} {RELATION_WORDS[spec.relation][0]} {_sized(second)}"


def _standing(spec: Spec, found: Sequence[Detection]) -> str:
    """How the two objects stand that a spec names, where they don't stand as it says."""
    first, second = spec.wants
    one, other = next(pair for pair in (found, found[::-1]) if _is(first, pair[0]) and _is(second, pair[1]))
    relations = [words[0] for name, words in RELATION_WORDS.items() if stands(name, one, other)]
    return f"{_sized(first)} {' and '.join(relations) or 'close to'} {_sized(second)}"


def _is(want: Want, thing: Detection) -> bool:
    return satisfies(Spec("single", (want,)), [thing])
