"""GenEval's rules: whether the objects found in a picture are those that its prompt names.

Ghosh et al., "GenEval: An Object-Focused Framework for Evaluating Text-to-Image Alignment", NeurIPS 2023
(arXiv 2310.11513), as their ``evaluate_images.py`` applies them, the words of its reasons included. No pixels
here: colours come from a function, boxes and scores from any detector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..detections import DetectedObjects

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
RELATIONS = ("left of", "right of", "above", "below")

SAME: Mapping[str, str] = {
    "mouse": "computer mouse",
    "remote": "tv remote",
    "keyboard": "computer keyboard",
    "aeroplane": "airplane",
    "motorbike": "motorcycle",
    "sofa": "couch",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
    "tvmonitor": "tv",
    "hair dryer": "hair drier",
}
"""Names that detectors trained on COCO give to classes that GenEval calls otherwise."""

ColorsOf = Callable[[str, Sequence[int]], Sequence[str]]
"""The colours of objects of a class, given by their places among the detections."""


@dataclass(frozen=True)
class Thresholds:
    """Which detections count. The published values are the defaults."""

    score: float = 0.3
    counting_score: float = 0.9
    max_objects: int = 16
    max_overlap: float = 1.0
    position: float = 0.1


@dataclass(frozen=True)
class Clause:
    """So many objects of a class; perhaps of a colour, or in a relation to those of an earlier clause."""

    name: str
    count: int
    color: str | None = None
    relation: str | None = None
    target: int = 0


@dataclass(frozen=True)
class Wanted:
    """What a prompt asks for: every clause of ``include`` and none of ``exclude``. ``tag`` is its task."""

    tag: str
    include: tuple[Clause, ...]
    exclude: tuple[Clause, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Wanted:
        """From a record of GenEval's metadata. Raises ValueError for one that isn't like them."""
        if not isinstance(record.get("tag"), str):
            raise ValueError("the metadata have no tag; expected a record of GenEval's, with tag and include")
        include, exclude = (_clauses(record, name) for name in ("include", "exclude"))
        return cls(record["tag"], include, exclude)


def _clauses(record: Mapping[str, Any], name: str) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    for entry in record.get(name) or ():
        try:
            relation, target = entry.get("position") or (None, 0)
            clause = Clause(
                str(entry["class"]), int(entry["count"]), entry.get("color"), relation, int(target)
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValueError(f"{name} of the metadata holds {entry!r}; expected class, count, …") from None
        if clause.count < 1:
            raise ValueError(
                f"{name} of the metadata counts {clause.count} {clause.name}; expected 1 or more"
            )
        if clause.color is not None and clause.color not in COLORS:
            raise ValueError(f"the color {clause.color!r} is none of {', '.join(COLORS)}")
        if relation is not None and (relation not in RELATIONS or not 0 <= clause.target < len(clauses)):
            raise ValueError(
                f"the position {entry['position']!r} isn't one of {', '.join(RELATIONS)} and the place of an "
                "earlier entry"
            )
        clauses.append(clause)
    return tuple(clauses)


def faults(
    wanted: Wanted, found: DetectedObjects, colors: ColorsOf, limits: Thresholds = Thresholds()
) -> list[str]:
    """All that is wrong, in the words of the published protocol; empty for a correct picture.

    Of a class, the ``count`` objects of the highest scores are looked at; colours and relations are theirs.
    Further objects don't matter unless ``exclude`` says so. Raises ValueError for a class that the detector
    doesn't know.
    """
    objects = kept(found, wanted, limits)
    wrong: list[str] = []
    groups: list[list[int]] = []
    for clause in wanted.include:
        group = objects.get(_same(clause.name), [])[: clause.count]
        why = _missing(clause, group, colors) or _misplaced(clause, group, groups, found, limits)
        wrong += [why] if why else []
        groups.append([] if why else group)
    for clause in wanted.exclude:
        count = len(objects.get(_same(clause.name), []))
        if count >= clause.count:
            wrong.append(f"expected {clause.name}<{clause.count}, found {count}")
    return wrong


def kept(found: DetectedObjects, wanted: Wanted, limits: Thresholds) -> dict[str, list[int]]:
    """The detections that count, as places in ``found``, by class, from the highest score down."""
    known = {_same(name) for name in found.classes}
    for clause in (*wanted.include, *wanted.exclude):
        if known and _same(clause.name) not in known:
            raise ValueError(f"the detector knows no {clause.name!r}; it finds {', '.join(sorted(known))}")
    least = limits.counting_score if wanted.tag == "counting" else limits.score
    objects: dict[str, list[int]] = {}
    # Of equal scores the last comes first, as in the published code, which sorts upwards and turns round.
    counts = found.scores > least
    for at in reversed(found.scores.argsort(kind="stable").tolist()):
        if counts[at]:
            objects.setdefault(_same(found.labels[at]), []).append(at)
    return {name: _apart(places[: limits.max_objects], found, limits) for name, places in objects.items()}


def _apart(places: Sequence[int], found: DetectedObjects, limits: Thresholds) -> list[int]:
    """Those that overlap none of a higher score by ``max_overlap`` or more; 1 lets all pass."""
    if limits.max_overlap == 1:
        return list(places)
    apart: list[int] = []
    for at in places:
        if all(overlap(found.boxes[at], found.boxes[other]) < limits.max_overlap for other in apart):
            apart.append(at)
    return apart


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes, whose last pixels belong to them as in the published code."""

    def area(left: float, top: float, right: float, bottom: float) -> float:
        return float(max(right - left + 1, 0) * max(bottom - top + 1, 0))

    shared = area(max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    whole = area(*one) + area(*other) - shared
    return shared / whole if whole else 0.0


def relations(one: Sequence[float], other: Sequence[float], margin: float) -> list[str]:
    """How the first box lies to the second: none, one or two of :data:`RELATIONS`.

    The offset of the centres is shortened by ``margin`` times the sizes of both boxes along each axis; what
    is left, over the length of the whole offset, must exceed one half.
    """
    offsets, shortened = [], []
    for low, high in ((0, 2), (1, 3)):
        offset = float((one[low] + one[high]) / 2 - (other[low] + other[high]) / 2)
        reach = margin * float(abs(one[high] - one[low]) + abs(other[high] - other[low]))
        offsets.append(offset)
        shortened.append(max(abs(offset) - reach, 0.0) * (1 if offset > 0 else -1))
    if max(map(abs, shortened)) < 1e-3:
        return []
    length = (offsets[0] ** 2 + offsets[1] ** 2) ** 0.5
    across, down = shortened[0] / length, shortened[1] / length
    holds = (across < -0.5, across > 0.5, down < -0.5, down > 0.5)
    return [name for name, so in zip(RELATIONS, holds, strict=True) if so]


def _missing(clause: Clause, group: Sequence[int], colors: ColorsOf) -> str:
    """What the objects lack in number or colour, or nothing."""
    if len(group) < clause.count:
        return f"expected {clause.name}>={clause.count}, found {len(group)}"
    if clause.color is None:
        return ""
    seen = list(colors(clause.name, group))
    right = seen.count(clause.color)
    if right >= clause.count:
        return ""
    counts = ", ".join(f"{seen.count(color)} {color}" for color in COLORS if color in seen)
    return (
        f"expected {clause.color} {clause.name}>={clause.count}, found {right} {clause.color}; and {counts}"
    )


def _misplaced(
    clause: Clause,
    group: Sequence[int],
    groups: Sequence[Sequence[int]],
    found: DetectedObjects,
    limits: Thresholds,
) -> str:
    """Which relation doesn't hold, or nothing. An empty group is one whose own clause failed."""
    if clause.relation is None:
        return ""
    if not groups[clause.target]:
        return f"no target for {clause.name} to be {clause.relation}"
    for one in group:
        for other in groups[clause.target]:
            true = relations(found.boxes[one], found.boxes[other], limits.position)
            if clause.relation not in true:
                return f"expected {clause.name} {clause.relation} target, found {' and '.join(true)} target"
    return ""


def _same(name: str) -> str:
    return SAME.get(name, name)
