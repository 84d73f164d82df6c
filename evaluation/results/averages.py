"""Means and shares of what was scored item by item, for each setting and category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ..costs import is_cost, without_interval
from .categories import Categories
from .places import Places, places_of, unit_name
from .protocols import with_seeds
from .score import Absence, Score

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from ..uncertainty.estimate import Estimate
    from .run_folder import OutputRecord, Run

    FloatArray = npt.NDArray[numpy.float64]
    Whole = npt.NDArray[numpy.int64]


class Averages:
    """The averages of a run's outputs. Outputs over the same axes stand at the same places, found once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._places: dict[tuple[str, ...], Places] = {}

    def of(self, output: OutputRecord, by: str | None = None) -> Iterator[Score | Absence]:
        """The mean, or share, of an output's cells over units and seeds: one a setting, one a category."""
        if output.axes not in self._places:
            drawn = [axis for axis in output.axes if self.run.axes[axis].is_drawn]
            kept = [axis for axis in output.axes if axis not in drawn]
            rows = self.run.rows_of(output.name)
            self._places[output.axes] = places_of(self.run, rows, drawn, kept)
        places = self._places[output.axes]
        cells = _Cells(self.run, output, places)
        for point, chosen in places.by_setting():
            yield cells.average(point, chosen, cells.expected)
        if by is None:
            return
        categories = Categories(self.run, by, places.rows, output.axes)
        for point, chosen in places.by_setting():
            for category, here, expected in categories.among(chosen):
                yield cells.average({**point, by: category}, here, expected)


class _Cells:
    """An output's cells: their places, values (NaN for none), flags, and the members that each lacks."""

    def __init__(self, run: Run, output: OutputRecord, places: Places) -> None:
        self.output = output
        self.places = places
        self.unit = unit_name(run, [axis for axis in output.axes if run.axes[axis].is_drawn])
        #: How many cells there should be at each setting.
        self.expected = prod(run.axes[axis].length for axis in output.axes if run.axes[axis].is_drawn)
        #: How many members a cell has: one, or what was reduced to it.
        self.members = prod(run.axes[axis].length for axis in output.over)
        self.protocol = with_seeds(output.protocol, [run.axes[axis] for axis in (*output.over, *output.axes)])
        rows = places.rows
        self.values = run.numbers(run.column(output.name))[rows]
        self.lacking = run.items["missing"].fill_null(0).to_numpy()[rows]
        flags = run.items["flags"].fill_null("").combine_chunks().dictionary_encode()
        self.words = [text.split() for text in flags.dictionary.to_pylist()]
        self.flags = flags.indices.to_numpy()[rows]

    def average(self, at: Mapping[str, Any], chosen: Whole, expected: int) -> Score | Absence:
        """That of some cells, out of as many as there should be."""
        import numpy

        there = chosen[~numpy.isnan(self.values[chosen])]
        missing = (expected - len(there)) * self.members + int(self.lacking[there].sum())
        if not len(there):
            return Absence(self.output.name, at, missing, "all of it failed, or is still to be made")
        units, values = self.places.units.at(there), self.values[there]
        estimate = self._estimate(values, units.each())
        return Score(
            self.output.name,
            at,
            "share" if self.output.type == "boolean" else "mean",
            self.output.better,
            estimate.with_(flagged=self._flagged(there)),
            missing,
            self.protocol,
            units,
            self.places.seeds.at(there),
            self.unit,
            values,
        )

    def _estimate(self, values: FloatArray, units: Sequence[str]) -> Estimate:
        from ..uncertainty.estimate import Estimate, Uncertainty
        from ..uncertainty.means import mean_estimate
        from ..uncertainty.shares import share_estimate

        if is_cost(self.protocol):
            known = Uncertainty(n=len(values), clusters=len(set(units)), method="mean")
            return Estimate(float(values.mean()), without_interval(known))
        of = share_estimate if self.output.type == "boolean" else mean_estimate
        return of(values, units, crossed=self.places.crossed)

    def _flagged(self, cells: Whole) -> dict[str, int]:
        import numpy

        counts = numpy.bincount(self.flags[cells], minlength=len(self.words)).tolist()
        found: dict[str, int] = {}
        for words, count in zip(self.words, counts, strict=True):
            for word in words if count else ():
                found[word] = found.get(word, 0) + count
        return dict(sorted(found.items()))
