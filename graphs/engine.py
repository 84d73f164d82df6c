"""Runs a checked graph: walk by walk and box by box, making only what is wanted and not at hand."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .calls import Caller, Device, Failure, Interrupted, Job, PlainDevice, finished
from .check import CheckedGraph, Step
from .keys import Keys, output_key
from .link import Output
from .memory import Value, Values
from .plan import Plan, demand, plan, wanted_by_targets
from .reduce import Reducing
from .store import Store
from .values import Given, as_item, canonical
from .walk import BLOCK, Box, Walk, plan_walks

#: Times a run starts over because an entry it counted on was lost; each time it is made again.
_RESTARTS = 3


@dataclass(frozen=True)
class Event:
    """Something a run tells whoever watches."""

    kind: Literal["planned", "made", "failed", "note"]
    step: str = ""
    count: int = 0
    seconds: float = 0.0
    message: str = ""
    plan: Plan | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Delivered:
    """One output at one point: its item, or the reason why there is none."""

    key: bytes
    item: Any = None
    flags: tuple[str, ...] = ()
    missing: int = 0
    failure: str | None = None


class Sink(Protocol):
    """Where outputs go."""

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        """Which of the points (index over the output's axes → key) it has already."""
        ...

    def put(self, output: str, delivered: Mapping[int, Delivered]) -> None: ...


@dataclass(frozen=True)
class Settings:
    """How to run: none of this changes a result."""

    batch: int | None = None
    fresh: bool = False
    block: int = BLOCK


@dataclass
class Outcome:
    """What a run did."""

    made: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    peak_memory: int | None = None


class _LostError(Exception):
    """A stored result that the run counted on is gone."""


class Engine:
    """One run of a graph."""

    def __init__(
        self,
        graph: CheckedGraph,
        store: Store,
        sink: Sink,
        *,
        device: Device | None = None,
        settings: Settings | None = None,
        report: Callable[[Event], None] = lambda event: None,
        should_stop: Callable[[], bool] = lambda: False,
        keys: Keys | None = None,
    ) -> None:
        graph.require_complete()
        self.graph = graph
        self.store = store
        self.sink = sink
        self.device = device or PlainDevice()
        self.settings = settings or Settings()
        self.report = report
        self.should_stop = should_stop
        self.keys = keys or Keys(graph, fetch=True)
        self.outcome = Outcome()
        self.values = Values(store, since=time.time() if self.settings.fresh else 0.0)
        self.caller = Caller(self.device, self.settings.batch, self._note)
        self.failed: dict[bytes, str] = {}
        self._notes: set[tuple[str, str]] = set()
        self._constants: dict[tuple[str, str], Any] = {}
        self._made_with: dict[str, Any] = {}

    def run(self) -> Outcome:
        """Make every output. Raises Interrupted when asked to stop; failures of items are in the outcome."""
        self.device.quiet()
        planned = plan(self.graph, self.store, fresh=self.settings.fresh, keys=self.keys)
        self.report(Event("planned", plan=planned))
        damaged = self.store.damaged
        try:
            for attempt in range(_RESTARTS):
                try:
                    for walk in plan_walks(self.graph, self.settings.block):
                        self._walk(walk)
                    break
                except _LostError:
                    if attempt == _RESTARTS - 1:
                        raise
            self._deliver_known()
        finally:
            self.outcome.damaged = self.store.damaged - damaged
            self.outcome.peak_memory = self.device.peak_memory()
            self.values.close()
        return self.outcome

    def _walk(self, walk: Walk) -> None:
        reducing = Reducing(self, walk, self.keys.reduce(walk))
        for box in walk.boxes():
            self._box(walk, box, reducing)
        for step in walk.reducers:
            reducing.check_closed(step)

    def _box(self, walk: Walk, box: Box, reducing: Reducing) -> None:
        found = self.keys.of_box(walk, box)
        recorded = self._recorded(walk, box, found)
        while True:  # again, should a stored value turn out to be damaged when it is read
            wanted = wanted_by_targets(self.graph, walk, box, self.keys, reducing.pending, recorded)
            to_do = demand(self.graph, walk, box, found, wanted, self._settled)
            if not self._load(walk, box, found, wanted, to_do):
                break
        last_use = _last_uses(walk, self.graph)
        for position, step in enumerate(walk.steps):
            self._make(step, box, found, to_do[step.name])
            for producer in walk.steps[: position + 1]:
                if last_use.get(producer.name) == position and box.is_last(producer.axes):
                    self.values.release(producer, found[producer.name], needed_later=False)
        for step in walk.reducers:
            reducing.feed(step, box, found)
        for name in walk.outputs:
            self._deliver(name, box, found, recorded.get(name, set()))
        for step in walk.steps:
            self.values.release(step, found[step.name], needed_later=not box.is_last(step.axes))
        for name in wanted:
            step = self.graph.steps[name]
            if step.type.is_reducer:
                self.values.release(step, self.keys.results_in_box(step, box), needed_later=True)

    # What is at hand

    def _settled(self, step: Step, keys: Iterable[bytes]) -> set[bytes]:
        asked = set(keys)
        failed = {key for key in asked if key in self.failed}
        return failed | self.values.available(step, asked - failed)

    def _load(
        self,
        walk: Walk,
        box: Box,
        found: Mapping[str, list[bytes]],
        wanted: Mapping[str, set[int]],
        to_do: Mapping[str, Sequence[int]],
    ) -> bool:
        """Read what is wanted and at hand; True when something was lost, so that demand must be worked out anew."""
        lost = False
        for name, indices in wanted.items():
            step = self.graph.steps[name]
            keys = self.keys.results_in_box(step, box) if step.type.is_reducer else found[name]
            made_here = {keys[index] for index in to_do.get(name, ())}
            asked = {keys[index] for index in indices} - made_here - self.failed.keys()
            if self.values.load(step, asked):
                if step.type.is_reducer:
                    raise _LostError(name)
                lost = True
        return lost

    def _recorded(self, walk: Walk, box: Box, found: Mapping[str, list[bytes]]) -> dict[str, set[int]]:
        """Local indices of output points that the sink has already."""
        recorded: dict[str, set[int]] = {}
        for name in walk.outputs:
            keys = self._output_keys(name, box, found)
            has = self.sink.recorded(name, keys)
            recorded[name] = {local for local, index in enumerate(keys) if index in has}
        return recorded

    def _output_keys(self, name: str, box: Box, found: Mapping[str, list[bytes]]) -> dict[int, bytes]:
        source = self.graph.outputs[name]
        assert isinstance(source, Output)
        step = self.graph.steps[source.step]
        keys = self.keys.results_in_box(step, box) if step.type.is_reducer else found[step.name]
        part = None if step.type.single_output else source.name
        indices = box.global_indices(step.axes, self.keys.lengths)
        return {index: output_key(key, part) for index, key in zip(indices, keys, strict=True)}

    # Making

    def _make(self, step: Step, box: Box, found: Mapping[str, list[bytes]], indices: Sequence[int]) -> None:
        if not indices:
            return
        points = list(box.points(step.domain))
        jobs = []
        for index in indices:
            job = self.job(step, box, found, index, points[index], found[step.name][index])
            if isinstance(job, Job):
                jobs.append(job)
            else:
                self.failed[found[step.name][index]] = job
                self.outcome.skipped[step.name] += 1
        for batch in self.caller.micro_batches(step, jobs):
            self.stop_if_asked()
            started = time.perf_counter()
            made = []
            for job, value in self.caller.make(step, batch):
                if isinstance(value, Value):
                    made.append((job.key, value))
                else:
                    self.fail(step, job.key, points[job.index], value)
            if made:
                self.values.put(step, made, self.made_with(step, batch[0].options))
                self.made(step, len(made), time.perf_counter() - started)

    def job(
        self,
        step: Step,
        box: Box,
        found: Mapping[str, list[bytes]],
        index: int,
        point: Mapping[str, int],
        key: bytes,
        names: Iterable[str] | None = None,
    ) -> Job | str:
        """What a call needs at one point of a step's domain; text says which failed step keeps it from being."""
        ports: dict[str, Any] = {}
        flags: set[str] = set()
        alike: list[Any] = []
        for name in step.ports if names is None else names:
            port = step.type.port(name)
            assert port is not None
            value = step.ports[name]
            items = []
            for source in value if isinstance(value, tuple) else (value,):
                if isinstance(source, Output):
                    got = self._input(step, source, box, found, index)
                    if isinstance(got, str):
                        return got
                    producer_key, made = got
                    item = made.items[source.name]
                    flags.update(made.flags)
                    alike.append(port.type.shape(item) if port.type.stacks else producer_key)
                else:
                    item = self._known(step, port.type, name, source, point)
                    alike.append(port.type.shape(item) if port.type.stacks else canonical(source.at(point)))
                items.append(item)
            ports[name] = tuple(items) if port.many else items[0]
        options = {name: self._option(step, name, given, point) for name, given in step.options.items()}
        varied = [canonical(options[name]) for name, given in step.options.items() if given.axes]
        return Job(key, index, ports, options, tuple(sorted(flags)), (*alike, *varied))

    def _input(
        self, step: Step, source: Output, box: Box, found: Mapping[str, list[bytes]], index: int
    ) -> tuple[bytes, Value] | str:
        producer = self.graph.steps[source.step]
        keys = self.keys.results_in_box(producer, box) if producer.type.is_reducer else found[producer.name]
        key = keys[box.project(step.domain, producer.axes)[index]]
        if key in self.failed:
            return self.failed[key]
        return key, self.values.held[key]

    def _known(self, step: Step, kind: Any, name: str, given: Given, point: Mapping[str, int]) -> Any:
        if given.axes:
            return as_item(kind, given.at(point))
        if (step.name, name) not in self._constants:
            self._constants[step.name, name] = as_item(kind, given.at(point))
        return self._constants[step.name, name]

    def _option(self, step: Step, name: str, given: Given, point: Mapping[str, int]) -> Any:
        option = step.type.option(name)
        assert option is not None
        if given.axes:
            return option.convert(given.at(point))
        if (step.name, name) not in self._constants:
            value = given.at(point)
            # A default need not be of the kind that files may give (None where nothing was said).
            self._constants[step.name, name] = value if value is option.default else option.convert(value)
        return self._constants[step.name, name]

    def made_with(self, step: Step, options: Mapping[str, Any]) -> dict[str, Any]:
        """What an item's record says of how it was made beside its key."""
        if not self._made_with:
            self._made_with = {"versions": self.device.versions()}
        effort = {option.name: options[option.name] for option in step.type.options if option.effort}
        return {**self._made_with, "effort": effort}

    def finish(
        self, step: Step, key: bytes, items: Mapping[str, Any], flags: Sequence[str], missing: int
    ) -> bool:
        """Take a reduction's result into use; False (and a failure) when it isn't finite."""
        value = finished(step, items, tuple(flags), missing)
        if isinstance(value, Value):
            options = {name: given.at({}) for name, given in step.options.items() if not given.axes}
            efforts = {option.name: options.get(option.name) for option in step.type.options}
            self.values.put(step, [(key, value)], self.made_with(step, efforts))
            self.values.release(step, [key], needed_later=True)
            return True
        return False

    # Telling

    def made(self, step: Step, count: int, seconds: float) -> None:
        self.outcome.made[step.name] += count
        self.outcome.seconds[step.name] += seconds
        self.report(Event("made", step.name, count, seconds))

    def fail(self, step: Step, key: bytes, point: Mapping[str, int], error: Exception) -> None:
        """Enter a failure in the ledger; what depends on ``key`` is skipped from here on."""
        shown = {axis: self.graph.axes[axis].values[index] for axis, index in point.items()}
        failure = Failure.of(step, shown, error)
        self.failed[key] = f"{step.name}: {failure.error}: {failure.message}"
        self.outcome.failures.append(failure)
        self.report(Event("failed", step.name, 1, message=f"{failure.error}: {failure.message}"))

    def stop_if_asked(self) -> None:
        if self.should_stop():
            raise Interrupted

    def _note(self, step: str, message: str) -> None:
        if (step, message) not in self._notes:
            self._notes.add((step, message))
            self.report(Event("note", step, message=message))

    # Delivering

    def _deliver(self, name: str, box: Box, found: Mapping[str, list[bytes]], recorded: set[int]) -> None:
        source = self.graph.outputs[name]
        assert isinstance(source, Output)
        step = self.graph.steps[source.step]
        if not box.is_first(step.axes):
            return
        keys = self.keys.results_in_box(step, box) if step.type.is_reducer else found[step.name]
        if step.type.is_reducer:
            asked = {key for local, key in enumerate(keys) if local not in recorded} - self.failed.keys()
            if self.values.load(step, asked):
                raise _LostError(name)
        delivered = {}
        for local, (index, key) in enumerate(self._output_keys(name, box, found).items()):
            if local in recorded:
                continue
            step_key = keys[local]
            if step_key in self.failed:
                delivered[index] = Delivered(key, failure=self.failed[step_key])
                continue
            value = self.values.held[step_key]
            self.outcome.flags.update(value.flags)
            delivered[index] = Delivered(key, value.items[source.name], value.flags, value.missing)
        self.sink.put(name, delivered)
        if step.type.is_reducer:
            self.values.release(step, keys, needed_later=True)

    def _deliver_known(self) -> None:
        """Outputs that are inputs (a prompt beside its picture) need no run."""
        known = {
            name: source for name, source in self.graph.outputs.items() if not isinstance(source, Output)
        }
        for name, source in known.items():
            axes = self.graph.axes_of(source)
            whole = Box({axis: range(self.keys.lengths[axis]) for axis in axes}, {})
            self.sink.put(
                name,
                {index: Delivered(b"", source.at(point)) for index, point in enumerate(whole.points(axes))},
            )


def _last_uses(walk: Walk, graph: CheckedGraph) -> dict[str, int]:
    """For each step only other plain steps of the walk take from: the position of the last that does."""
    position = {step.name: index for index, step in enumerate(walk.steps)}
    last: dict[str, int] = {}
    for step in walk.steps:
        for source in step.inputs():
            if source.step in position:
                last[source.step] = max(last.get(source.step, 0), position[step.name])
    for reducer in walk.reducers:
        for source in reducer.inputs():
            last.pop(source.step, None)
    for name in walk.outputs:
        delivered = graph.outputs[name]
        if isinstance(delivered, Output):
            last.pop(delivered.step, None)
    return last
