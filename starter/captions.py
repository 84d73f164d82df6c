"""What can be said of a scene, truly or falsely: other captions than the one it was made to.

The models see several captions of every training picture; the CLIP also learns from captions that are wrong
in one thing. Whether a spec is true of a scene is decided by the judge's own rules, on the scene itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar, get_args

import numpy as np

from .judge import Detection, satisfies
from .tasks import (
    BACKGROUNDS,
    COLORS,
    HELD_OUT_PAIRS,
    RELATIONS,
    SHAPES,
    Relation,
    Spec,
    Task,
    Want,
    is_held_out,
    phrase,
)
from .world import Object, Scene

Fault = Literal["color", "shape", "count", "position", "swap", "background"]
"""What is wrong in a false caption; ``swap`` gives each of two objects the other's colour."""

FAULTS: tuple[Fault, ...] = get_args(Fault)

T = TypeVar("T")


def truth(scene: Scene) -> list[Detection]:
    """What a faultless detector would find in a scene."""
    return [Detection(o.shape, o.color, o.size, o.center, o.extent, 1.0) for o in scene.objects]


def holds(spec: Spec, scene: Scene) -> bool:
    """Whether ``spec`` is true of a scene, its background included."""
    return spec.background in (None, scene.background) and satisfies(spec, truth(scene))


def describe(scene: Scene, rng: np.random.Generator, *, trained: bool = True) -> tuple[Spec, str]:
    """A true spec of a scene and a caption for it: one that training may use, or a held-out one."""
    while True:
        spec = _true_spec(scene, rng)
        caption = phrase(spec, rng)
        if is_held_out(caption) != trained:
            return spec, caption


def _true_spec(scene: Scene, rng: np.random.Generator) -> Spec:
    things = [scene.objects[index] for index in rng.permutation(len(scene.objects))]
    shapes, colors = {o.shape for o in things}, {o.color for o in things}
    tasks: list[Task] = []
    if len(things) == 1:
        tasks = ["single", "colors", "colors", "counting"]
    elif len(shapes) == 1:
        tasks = ["counting"]
    if len(things) == 2:
        tasks += ["attribution"] if len(colors) > 1 or len(shapes) > 1 else []
        tasks += ["two", "position", "position"] if len(shapes) > 1 else []
    task = _choose(tasks, rng)
    relation = _relation(things) if task == "position" else None
    if task == "position" and relation is None:
        task = "two"
    colored = task in ("colors", "attribution") or (task in ("counting", "position") and rng.random() < 0.5)
    sized = rng.random() < 0.3
    if task == "counting":
        color = things[0].color if colored and len(colors) == 1 else None
        size = things[0].size if sized and len({o.size for o in things}) == 1 else None
        wants = [Want(things[0].shape, color, size, len(things))]
    else:
        wants = [Want(o.shape, o.color if colored else None, o.size if sized else None) for o in things]
    background = scene.background if rng.random() < 0.4 else None
    return Spec(task, tuple(wants), relation, background)


def _relation(things: list[Object]) -> Relation | None:
    """The relation of the first object to the second, if one is plain enough to be said."""
    across = things[0].center[0] - things[1].center[0]
    down = things[0].center[1] - things[1].center[1]
    if abs(down) <= 0.6 * abs(across):
        return "left" if across < 0 else "right"
    if abs(across) <= 0.6 * abs(down):
        return "above" if down < 0 else "below"
    return None


def falsify(
    spec: Spec, scene: Scene, rng: np.random.Generator, fault: Fault | None = None
) -> tuple[Fault, Spec] | None:
    """Change one thing in ``spec`` so that it is no longer true of ``scene``.

    None when ``spec`` doesn't say what ``fault`` would change, or when chance finds nothing false.
    """
    for _ in range(8):
        kind = fault if fault is not None else _choose([f for f in FAULTS if _speaks_of(spec, f)], rng)
        wrong = _change(spec, kind, rng) if _speaks_of(spec, kind) else None
        if wrong is not None and not holds(wrong, scene):
            return kind, wrong
    return None


def _speaks_of(spec: Spec, fault: Fault) -> bool:
    if fault == "color":
        return any(want.color for want in spec.wants)
    if fault == "swap":
        return len(spec.wants) == 2 and len({want.color for want in spec.wants}) == 2
    if fault == "position":
        return spec.relation is not None
    if fault == "count":
        return spec.task == "counting"
    return fault == "shape" or spec.background is not None


def _change(spec: Spec, fault: Fault, rng: np.random.Generator) -> Spec | None:
    wants = list(spec.wants)
    index = int(rng.integers(len(wants)))
    want = wants[index]
    if fault == "background":
        return replace(spec, background=_other(BACKGROUNDS, spec.background, rng))
    if fault == "position":
        if rng.random() < 0.5:
            return replace(spec, wants=tuple(wants[::-1]))
        return replace(spec, relation=_other(RELATIONS, spec.relation, rng))
    if fault == "swap":
        wants = [replace(wants[0], color=wants[1].color), replace(wants[1], color=wants[0].color)]
    elif fault == "color":
        wants[index] = replace(want, color=_other(COLORS, want.color, rng))
    elif fault == "shape":
        wants[index] = replace(want, shape=_other(SHAPES, want.shape, rng))
    else:
        wants[index] = replace(want, count=_other((1, 2, 3, 4), want.count, rng))
    # A wrong caption mustn't give itself away by a pair that no true one has.
    if any((w.color, w.shape) in HELD_OUT_PAIRS for w in wants):
        return None
    if spec.task in ("two", "position") and len({w.shape for w in wants}) < len(wants):
        return None
    return replace(spec, wants=tuple(wants))


def _choose(options: list[T], rng: np.random.Generator) -> T:
    return options[int(rng.integers(len(options)))]


def _other(options: tuple[T, ...], current: T | None, rng: np.random.Generator) -> T:
    return _choose([option for option in options if option != current], rng)
