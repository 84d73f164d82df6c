"""What a picture of the world may be asked to show, and the words it is asked in.

The six tasks are those of GenEval (Ghosh et al. 2023, arXiv 2310.11513): one object, two objects, counting,
colours, position and colour attribution. A :class:`Spec` says what must be seen; :func:`phrase` says it in
English. Some colour and shape pairs, and a fifth of all captions, are held out of training.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Task = Literal["single", "two", "counting", "colors", "position", "attribution"]
Shape = Literal["circle", "square", "triangle", "star", "cross", "ring"]
Color = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "black"]
Size = Literal["small", "medium", "large"]
Background = Literal["white", "gray", "beige", "mint"]
Relation = Literal["left", "right", "above", "below"]

TASKS: tuple[Task, ...] = get_args(Task)
SHAPES: tuple[Shape, ...] = get_args(Shape)
COLORS: tuple[Color, ...] = get_args(Color)
SIZES: tuple[Size, ...] = get_args(Size)
BACKGROUNDS: tuple[Background, ...] = get_args(Background)
RELATIONS: tuple[Relation, ...] = get_args(Relation)

HELD_OUT_PAIRS: frozenset[tuple[Color, Shape]] = frozenset(
    {("orange", "star"), ("purple", "ring"), ("pink", "cross"), ("black", "triangle"), ("yellow", "square")}
)
"""Colours and shapes that never meet in training, to see whether the models can put them together."""

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
OPENINGS = ("", "", "", "a photo of ", "a photo of ", "a picture of ", "an image of ", "a drawing of ")
RELATION_WORDS: dict[Relation, tuple[str, ...]] = {
    "left": ("to the left of", "left of"),
    "right": ("to the right of", "right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}


@dataclass(frozen=True)
class Want:
    """``count`` objects of one shape; a colour or size of None leaves it open."""

    shape: Shape
    color: Color | None = None
    size: Size | None = None
    count: int = 1


@dataclass(frozen=True)
class Spec:
    """What a picture must show: these objects and no others.

    ``relation`` places the first wanted object relative to the second. ``background`` None leaves it open.
    """

    task: Task
    wants: tuple[Want, ...]
    relation: Relation | None = None
    background: Background | None = None

    @property
    def count(self) -> int:
        """How many objects the picture shows."""
        return sum(want.count for want in self.wants)


def sample_spec(
    rng: np.random.Generator,
    task: Task | None = None,
    *,
    pairs: Literal["trained", "held_out"] = "trained",
    plain: bool = False,
) -> Spec:
    """Draw a spec of ``task`` (or of any). ``plain`` leaves out size and background.

    With ``pairs="held_out"`` the first object has a held-out colour and shape, so the task must name colours.
    """
    task = task or TASKS[rng.integers(len(TASKS))]
    if pairs == "held_out" and task not in ("colors", "attribution"):
        raise ValueError(f"held-out pairs need a task that names colours, not {task!r}")
    may_color = task in ("counting", "position") and rng.random() < 0.4
    names_color = may_color or task in ("colors", "attribution")
    many = {"two": 2, "position": 2, "attribution": 2}.get(task, 1)
    wants: list[Want] = []
    for index in range(many):
        color, shape = _pair(rng, held_out=pairs == "held_out" and index == 0)
        count = int(rng.integers(1, 5)) if task == "counting" else 1
        wants.append(Want(shape, color if names_color else None, count=count))
    if many == 2:
        # Two objects must differ in what the caption names, or "and" and "left of" mean nothing.
        while wants[1].shape == wants[0].shape and (
            task in ("two", "position") or wants[1].color == wants[0].color
        ):
            color, shape = _pair(rng)
            wants[1] = Want(shape, color if names_color else None)
    if not plain and rng.random() < 0.3:
        wants = _with_sizes(wants, rng)
    relation = RELATIONS[rng.integers(len(RELATIONS))] if task == "position" else None
    named = not plain and rng.random() < 0.45
    # White is asked for more often than the others, as it is the commonest wish.
    background = BACKGROUNDS[rng.choice(len(BACKGROUNDS), p=(0.4, 0.2, 0.2, 0.2))] if named else None
    return Spec(task, tuple(wants), relation, background)


def _pair(rng: np.random.Generator, held_out: bool = False) -> tuple[Color, Shape]:
    if held_out:
        return sorted(HELD_OUT_PAIRS)[rng.integers(len(HELD_OUT_PAIRS))]
    while True:
        pair = (COLORS[rng.integers(len(COLORS))], SHAPES[rng.integers(len(SHAPES))])
        if pair not in HELD_OUT_PAIRS:
            return pair


def _with_sizes(wants: list[Want], rng: np.random.Generator) -> list[Want]:
    # Three or four large objects, or two, don't fit a scene with the gaps that keep it readable.
    sizes: tuple[Size, ...] = SIZES if sum(want.count for want in wants) == 1 else ("small", "medium")
    sized = [Want(w.shape, w.color, sizes[rng.integers(len(sizes))], w.count) for w in wants]
    if len(sized) == 2 and rng.random() < 0.4:
        index = int(rng.integers(2))
        sized[index] = Want(sized[index].shape, sized[index].color, "large")
    return sized


def phrase(spec: Spec, rng: np.random.Generator) -> str:
    """One of the English sentences that say ``spec``, such as ``a photo of two red stars``."""
    opening = OPENINGS[rng.integers(len(OPENINGS))]
    nouns = [_noun(want, rng, spec.task) for want in spec.wants]
    if spec.relation is not None:
        words = RELATION_WORDS[spec.relation]
        text = f" {words[rng.integers(len(words))]} ".join(nouns)
    else:
        text = " and ".join(nouns)
    closing = f" on a {spec.background} background" if spec.background else ""
    return opening + text + closing


def _noun(want: Want, rng: np.random.Generator, task: Task) -> str:
    words: list[str] = [word for word in (want.size, want.color, want.shape) if word]
    if want.count > 1:
        words[-1] = plural(want.shape)
    if want.count == 1 and task != "counting":
        return f"{'an' if words[0][0] in 'aeiou' else 'a'} {' '.join(words)}"
    number = NUMBERS[want.count] if rng.random() < 0.7 else str(want.count)
    return f"{number} {' '.join(words)}"


def plural(shape: Shape) -> str:
    """The word for several of a shape."""
    return f"{shape}es" if shape == "cross" else f"{shape}s"


def is_held_out(caption: str) -> bool:
    """Whether a caption belongs to the fifth of all captions that training never uses."""
    digest = hashlib.blake2b(caption.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 5 == 0
