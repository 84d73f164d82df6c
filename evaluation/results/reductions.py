"""Scores that a run recorded itself: reductions of a set, and values without axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...graphs.values import canonical
from ..costs import is_cost, without_interval
from .places import Labels, places_of, point_value, unit_name, whole
from .protocols import with_seeds
from .score import Absence, Score

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from .run_folder import OutputRecord, Run

    FloatArray = npt.NDArray[numpy.float64]


def reductions(run: Run, output: OutputRecord) -> Iterator[Score | Absence]:
    """The values of a reduction, each with the influence of its members where the items have it."""
    from ..uncertainty.estimate import Estimate, Uncertainty

    members = _Members(run, output)
    unit = unit_name(run, output.over)
    protocol = with_seeds(output.protocol, [run.axes[axis] for axis in (*output.over, *output.axes)])
    for entry in output.values:
        at = {axis: point_value(run.axes[axis], value) for axis, value in entry.point.items()}
        if not isinstance(entry.value, (int, float)):
            yield Absence(output.name, at, entry.missing, entry.failure or "it has no value")
            continue
        known = Uncertainty.of_record({**entry.model_dump(exclude_none=True), "flagged": entry.flagged})
        units, seeds, influence = members.at(at, known.n)
        if is_cost(protocol):
            known, influence = without_interval(known), None
        elif not known.reason and known.standard_error is None and known.interval is None:
            known = replace(known, reason=f"{output.node} doesn't tell how sure it is")
        estimate = Estimate(float(entry.value), known, influence)
        yield Score(
            output.name, at, "set", output.better, estimate, entry.missing, protocol, units, seeds, unit
        )


class _Members:
    """The members of a reduction's sets, and their influence, by where the sets are."""

    def __init__(self, run: Run, output: OutputRecord) -> None:
        import numpy

        self.run = run
        column = f"{output.name}.influence"
        self.told = column in run.items.column_names
        if not self.told:
            return
        influence = run.numbers(column)
        rows = numpy.flatnonzero(~numpy.isnan(influence))
        self.influence = influence[rows]
        self.categories = [axis for axis in output.axes if run.axes[axis].role == "category"]
        kept = [axis for axis in output.axes if axis not in self.categories]
        self.places = places_of(run, rows, output.over, kept)
        self.by_setting = {
            canonical(dict(point)): chosen for point, chosen in self.places.by_setting() if len(chosen)
        }

    def at(self, point: Mapping[str, Any], count: int) -> tuple[Labels, Labels, FloatArray | None]:
        """Units, seeds and influence of the set at a point; no influence where not all members have one."""
        nothing = Labels.none(), Labels.none(), None
        if not self.told:
            return nothing
        kept = {axis: value for axis, value in point.items() if axis not in self.categories}
        chosen = self.by_setting.get(canonical(kept))
        if chosen is None:
            return nothing
        for axis in self.categories:
            if axis not in self.run.items.column_names:
                return nothing
            of_rows = self.run.items[axis].take(self.places.rows[chosen]).to_pylist()
            chosen = chosen[[whole(value) == point[axis] for value in of_rows]]
        if len(chosen) != count:
            return nothing
        return self.places.units.at(chosen), self.places.seeds.at(chosen), self.influence[chosen]
