"""The 553 prompts of GenEval (Ghosh et al. 2023, arXiv 2310.11513), generated as their authors did.

``python -m mezzotint.evaluation.geneval_protocol.sentences > geneval.jsonl`` writes them as a table that
graphs read: ``row: {each: {file: geneval.jsonl}}``. Equal, byte for byte, to ``evaluation_metadata.jsonl``
of github.com/djghosh13/geneval.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .rules import COLORS, RELATIONS

if TYPE_CHECKING:
    import numpy

SEED = 43
PROMPTS_A_TASK = 100

_CLASSES = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball
bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair,
couch, potted plant, bed, dining table, toilet, tv, laptop, computer mouse, tv remote, computer
keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors,
teddy bear, hair drier, toothbrush
"""
CLASSES: tuple[str, ...] = tuple(" ".join(name.split()) for name in _CLASSES.split(","))
"""The 80 classes of COCO in its order; mouse, remote and keyboard go by names that a prompt can use."""
_NUMBERS = ("zero", "one", "two", "three", "four")


def geneval_prompts() -> list[dict[str, Any]]:
    """GenEval's records, in its order: ``tag``, ``include``, for counting ``exclude``, and ``prompt``.

    80 of single_object, 99 of two_object, 80 of counting, 94 of colors, 100 each of position and color_attr.
    Grammar slips such as "a photo of a skis" are part of the set.
    """
    import numpy

    rng = numpy.random.default_rng(SEED)
    # Drawing the same prompt twice leaves one: hence fewer than a hundred of some tasks.
    return list({json.dumps(record): record for record in _drawn(rng)}.values())


def _drawn(rng: numpy.random.Generator) -> Iterator[dict[str, Any]]:
    """Every record that is drawn. The order of the calls of ``rng`` decides what the prompts are."""
    for index in rng.choice(len(CLASSES), size=len(CLASSES), replace=False):
        yield _record("single_object", [_thing(index)], _a(CLASSES[index]))
    for _ in range(PROMPTS_A_TASK):
        one, other = rng.choice(len(CLASSES), size=2, replace=False)
        yield _record(
            "two_object", [_thing(one), _thing(other)], f"{_a(CLASSES[one])} and {_a(CLASSES[other])}"
        )
    for _ in range(PROMPTS_A_TASK):
        index = rng.choice(len(CLASSES))
        count = int(rng.integers(2, 4, endpoint=True))
        words = f"{_NUMBERS[count]} {_many(CLASSES[index])}"
        yield _record("counting", [_thing(index, count)], words, exclude=[_thing(index, count + 1)])
    for _ in range(PROMPTS_A_TASK):
        index = rng.choice(len(CLASSES) - 1) + 1  # a person, the first class, is given no colour
        color = COLORS[rng.choice(len(COLORS))]
        yield _record("colors", [_thing(index, color=color)], f"{_a(color)} {CLASSES[index]}")
    for _ in range(PROMPTS_A_TASK):
        one, other = rng.choice(len(CLASSES), size=2, replace=False)
        relation = RELATIONS[rng.choice(len(RELATIONS))]
        words = f"{_a(CLASSES[one])} {relation} {_a(CLASSES[other])}"
        yield _record("position", [_thing(other), _thing(one, position=[relation, 0])], words)
    for _ in range(PROMPTS_A_TASK):
        one, other = rng.choice(len(CLASSES) - 1, size=2, replace=False) + 1
        first, second = (COLORS[index] for index in rng.choice(len(COLORS), size=2, replace=False))
        words = f"{_a(first)} {CLASSES[one]} and {_a(second)} {CLASSES[other]}"
        yield _record("color_attr", [_thing(one, color=first), _thing(other, color=second)], words)


def _record(tag: str, include: list[dict[str, Any]], words: str, **more: Any) -> dict[str, Any]:
    return {"tag": tag, "include": include, **more, "prompt": f"a photo of {words}"}


def _thing(index: int, count: int = 1, **more: Any) -> dict[str, Any]:
    return {"class": CLASSES[index], "count": count, **more}


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _many(name: str) -> str:
    return f"{name}es" if name.endswith("s") else f"{name}s"


def main() -> None:
    """Print the records, one a line."""
    for record in geneval_prompts():
        print(json.dumps(record))


if __name__ == "__main__":
    main()
