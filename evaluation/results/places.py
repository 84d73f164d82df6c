"""Where the cells of an output stand: of which unit, which seed, and at which setting each one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...graphs.items_table import as_text
from ...graphs.values import canonical

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from .run_folder import AxisRecord, Run

    Whole = npt.NDArray[numpy.int64]

#: Between the labels of several axes that make a unit, or a seed, together.
_AND = " · "


@dataclass(frozen=True)
class Labels:
    """A name for each of ``n`` cells: ``names[codes[i]]``, ``codes`` int64 ``[n]``."""

    names: Sequence[str]
    codes: Whole

    @classmethod
    def none(cls) -> Labels:
        """Those of no cells."""
        import numpy

        return cls((), numpy.zeros(0, numpy.int64))

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, chosen: npt.NDArray[Any]) -> Labels:
        """Those of some cells, by their numbers or by a mask."""
        return Labels(self.names, self.codes[chosen])

    def each(self) -> list[str]:
        """The name of every cell."""
        return [self.names[code] for code in self.codes.tolist()]

    def sums(self, values: npt.NDArray[numpy.float64]) -> dict[str, float]:
        """The sum of values ``[n]`` by name, of the names that occur."""
        import numpy

        count = len(self.names)
        total = numpy.bincount(self.codes, values, count).tolist()
        there = numpy.flatnonzero(numpy.bincount(self.codes, minlength=count)).tolist()
        return {self.names[code]: total[code] for code in there}


@dataclass(frozen=True)
class Places:
    """The places of an output's cells, or of a reduction's members: one entry a row of ``rows`` ``[n]``.

    ``points`` are the settings (and categories of `by`) that occur, in the order of their axes; the cell
    i is at ``points[setting[i]]``. Of units and seeds that have no axis there is one, named by nothing.
    ``crossed`` are the axes whose values all units share.
    """

    rows: Whole
    units: Labels
    seeds: Labels
    crossed: tuple[str, ...]
    points: Sequence[Mapping[str, Any]]
    setting: Whole

    def by_setting(self) -> Iterator[tuple[Mapping[str, Any], Whole]]:
        """Each setting with the numbers of its cells; none where nothing is made yet."""
        import numpy

        if not self.points:
            return
        order = numpy.argsort(self.setting, kind="stable")
        ends = numpy.searchsorted(self.setting[order], numpy.arange(1, len(self.points)))
        yield from zip(self.points, numpy.split(order, ends), strict=True)


def places_of(run: Run, rows: Whole, drawn: Sequence[str], kept: Sequence[str]) -> Places:
    """Where rows stand on the axes that are averaged or reduced, and on those that are kept.

    The unit is a value of the first axis of units among those ``drawn``; the others tell its cells apart.
    With seeds alone, each is a unit of its own.
    """
    first = next((axis for axis in drawn if run.axes[axis].role == "unit"), None)
    units = [axis for axis in drawn if first in (axis, None)]
    others = [axis for axis in drawn if axis not in units]
    crossed = tuple(axis for axis in others if first not in run.axes[axis].per)
    points, setting = _settings(run, rows, kept)
    return Places(rows, _labels(run, rows, units), _labels(run, rows, others), crossed, points, setting)


def unit_name(run: Run, drawn: Sequence[str]) -> str:
    """What one unit is called, such as ``prompt``, among the axes that are averaged or reduced."""
    axis = next((axis for axis in drawn if run.axes[axis].role == "unit"), next(iter(drawn), ""))
    if not axis:
        return ""
    last = run.axes[axis].label.rsplit(".", 1)[-1]
    return axis if last == "index" else last


def point_value(axis: AxisRecord, value: Any) -> Any:
    """A value of an axis as one that two runs can be matched by: of a record the entry that labels it, if
    any."""
    if isinstance(value, Mapping):
        key = axis.label.removeprefix(f"{axis.name}.")
        value = value[key] if key in value else {name: whole(part) for name, part in value.items()}
    return canonical(value) if isinstance(value, (Mapping, list, tuple)) else whole(value)


def whole(value: Any) -> Any:
    """A number as both runs have it, 7 for 7.0: a column that also holds a fraction holds no whole
    numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _settings(run: Run, rows: Whole, names: Sequence[str]) -> tuple[Sequence[Mapping[str, Any]], Whole]:
    import numpy

    if not names:
        return [{}], numpy.zeros(len(rows), numpy.int64)
    axes = [run.axes[name] for name in names]
    indices = [run.indices(axis.name)[rows] for axis in axes]
    codes = numpy.ravel_multi_index(indices, [axis.length for axis in axes])
    _, first, setting = numpy.unique(codes, return_index=True, return_inverse=True)
    labels = [_values(run, rows[first], axis) for axis in axes]
    points = [
        {axis.name: point_value(axis, value) for axis, value in zip(axes, values, strict=True)}
        for values in zip(*labels, strict=True)
    ]
    return points, setting.astype(numpy.int64)


def _labels(run: Run, rows: Whole, axes: Sequence[str]) -> Labels:
    """Labels on all of the axes together. Equal labels are one."""
    import numpy

    if not axes:
        return Labels([""], numpy.zeros(len(rows), numpy.int64))
    found = [_labels_on(run, rows, run.axes[axis]) for axis in axes]
    while len(found) > 1:
        *found, left, right = found
        codes = left.codes * len(right.names) + right.codes
        distinct, inverse = numpy.unique(codes, return_inverse=True)
        pairs = (divmod(code, len(right.names)) for code in distinct.tolist())
        names = [f"{left.names[one]}{_AND}{right.names[other]}" for one, other in pairs]
        found.append(Labels(names, inverse.astype(numpy.int64)))
    return found[0]


def _labels_on(run: Run, rows: Whole, axis: AxisRecord) -> Labels:
    import numpy

    _, first, inverse = numpy.unique(run.indices(axis.name)[rows], return_index=True, return_inverse=True)
    names = [as_text(point_value(axis, value)) for value in _values(run, rows[first], axis)]
    positions = {name: position for position, name in enumerate(dict.fromkeys(names))}
    codes = numpy.array([positions[name] for name in names], numpy.int64)
    return Labels(list(positions), codes[inverse])


def _values(run: Run, rows: Whole, axis: AxisRecord) -> list[Any]:
    """What tells the values of an axis apart, for each of some rows; records where nothing in them does."""
    columns = run.items.column_names
    index = f"{axis.name}.index"
    keys = [name for name in columns if name.startswith(f"{axis.name}.") and name != index]
    if axis.label in columns and not (axis.label == index and keys and axis.role == "setting"):
        return list(run.items[axis.label].take(rows).to_pylist())
    chosen = run.items.select(keys or [index]).take(rows).to_pylist()
    if not keys:
        return [entry[index] for entry in chosen]
    cut = len(axis.name) + 1
    return [{key[cut:]: value for key, value in entry.items() if value is not None} for entry in chosen]
