"""``Estimate``: a score that says how sure it is, and a plain number wherever one is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from ...graphs.members import Member, MemberColumns
from ...graphs.types import NumberType
from ...nodes.arrays import pack, unpack

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    FloatArray = npt.NDArray[numpy.float64]


@dataclass(frozen=True)
class Uncertainty:
    """What is known of a value beside itself.

    ``interval`` covers, with 95 % probability over fresh draws of the units, what the value would tend to
    with ever more of them. It is centred on ``corrected`` where the value is biased at this size. Where
    something can't be said it is None, and ``reason`` says why. ``p_equal`` is the p-value of the set being
    like its reference, given only where that is in question. ``conditional_on`` names what was taken as
    fixed.
    """

    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    n: int = 0
    clusters: int = 0
    method: str = ""
    reason: str = ""
    conditional_on: tuple[str, ...] = ()
    corrected: float | None = None
    p_equal: float | None = None
    #: How many members carry each word, such as ``blank``.
    flagged: Mapping[str, int] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As plain data."""
        record = asdict(self)
        record["interval"] = None if self.interval is None else list(self.interval)
        return {**record, "conditional_on": list(self.conditional_on), "flagged": dict(self.flagged)}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Uncertainty:
        """What :meth:`record` gave; entries that it doesn't know are left out."""
        known = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        if known.get("interval") is not None:
            known["interval"] = tuple(known["interval"])
        return cls(**{**known, "conditional_on": tuple(known.get("conditional_on") or ())})


class Estimate(float):
    """A value with its uncertainty and, where known, its influence.

    ``influence`` is float64 ``[n]``: for each member ψ, by how much the value would fall without it, to first
    order; it sums to 0. ``axes`` and ``places`` ``[n, len(axes)]`` say where each member stands, once
    :meth:`placed` has been told.

    >>> score = run["fd"].value
    >>> score, score.standard_error, score.interval
    """

    uncertainty: Uncertainty
    influence: FloatArray | None
    axes: tuple[str, ...]
    places: npt.NDArray[numpy.int64] | None

    def __new__(
        cls,
        value: float,
        uncertainty: Uncertainty | None = None,
        influence: FloatArray | None = None,
        axes: tuple[str, ...] = (),
        places: npt.NDArray[numpy.int64] | None = None,
    ) -> Estimate:
        made = super().__new__(cls, value)
        made.uncertainty = uncertainty or Uncertainty()
        made.influence = influence
        made.axes = axes
        made.places = places
        return made

    @property
    def standard_error(self) -> float | None:
        return self.uncertainty.standard_error

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends of the 95 % interval."""
        return self.uncertainty.interval

    @property
    def n(self) -> int:
        """How many members were there."""
        return self.uncertainty.n

    @property
    def clusters(self) -> int:
        """Of how many units they are."""
        return self.uncertainty.clusters

    @property
    def method(self) -> str:
        return self.uncertainty.method

    @property
    def reason(self) -> str:
        """Why something is not known."""
        return self.uncertainty.reason

    @property
    def conditional_on(self) -> tuple[str, ...]:
        return self.uncertainty.conditional_on

    @property
    def corrected(self) -> float | None:
        """The value less its bias at this size; None where it has none, or none is known."""
        return self.uncertainty.corrected

    @property
    def p_equal(self) -> float | None:
        return self.uncertainty.p_equal

    @property
    def flagged(self) -> Mapping[str, int]:
        return self.uncertainty.flagged

    def with_(self, **changes: Any) -> Estimate:
        """The same with entries of its uncertainty changed."""
        uncertainty = replace(self.uncertainty, **changes)
        return Estimate(float(self), uncertainty, self.influence, self.axes, self.places)

    def placed(self, members: Sequence[Member]) -> Estimate:
        """The same, told where its members stand: in the order of their influence.

        Counts their flags, and what it is conditional on gains the axes that all units share.
        """
        import numpy

        flagged = Counter(flag for member in members for flag in member.flags)
        conditional = dict.fromkeys((*self.conditional_on, *(axis for m in members for axis in m.crossed)))
        told = self.with_(flagged=dict(sorted(flagged.items())), conditional_on=tuple(conditional))
        axes = tuple(members[0].place) if members else ()
        if self.influence is None or not axes:  # a value without axes is the only member, and has no row
            return told
        places = numpy.array([[member.place[axis] for axis in axes] for member in members], numpy.int64)
        order = numpy.lexsort(places.T[::-1])
        return Estimate(float(self), told.uncertainty, self.influence[order], axes, places[order])

    def __repr__(self) -> str:
        if self.interval is None:
            return float.__repr__(self)
        low, high = self.interval
        # The interval is about the corrected value, and may leave the value itself out.
        about = "" if self.corrected is None else f"corrected {self.corrected:.6g}, "
        return f"{float(self):.6g} ({about}95 % {low:.6g} to {high:.6g})"


class EstimateType(NumberType):
    """A number that carries its uncertainty; a port that takes numbers takes it."""

    name = "Number"
    member_columns = ("influence",)

    def parse(self, value: object) -> Estimate:
        return value if isinstance(value, Estimate) else Estimate(super().parse(value))

    def encode(self, item: Estimate) -> bytes:
        import numpy

        arrays: dict[str, Any] = {"value": numpy.array([float(item)])}
        if item.influence is not None:
            arrays["influence"] = item.influence
        if item.places is not None:
            arrays["places"] = item.places
        return pack(arrays, {"axes": list(item.axes), **item.uncertainty.record()})

    def decode(self, data: bytes) -> Estimate:
        arrays, note = unpack(data)
        uncertainty = Uncertainty.of_record(note)
        influence, places = arrays.get("influence"), arrays.get("places")
        return Estimate(float(arrays["value"][0]), uncertainty, influence, tuple(note["axes"]), places)

    def nbytes(self, item: Estimate) -> int:
        arrays = (item.influence, item.places)
        return 1024 + sum(array.nbytes for array in arrays if array is not None)

    def cell(self, item: Estimate) -> float:
        return float(item)

    def details(self, item: Estimate) -> dict[str, Any]:
        return item.uncertainty.record()

    def by_member(self, item: Estimate) -> MemberColumns | None:
        """The influence of each member."""
        if item.influence is None or item.places is None:
            return None
        return MemberColumns(item.axes, item.places.tolist(), {"influence": item.influence.tolist()})


#: What a reducer's ``compute`` gives that says how sure it is.
Score = Annotated[Estimate, EstimateType()]
