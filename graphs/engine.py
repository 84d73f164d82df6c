"""Runs a checked graph: walk by walk and box by box, making only what is wanted and not at hand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from .calls import Caller, Device, Failure, Interrupted, Job, PlainDevice, finished
from .check import CheckedGraph, Step
from .costs import Cost, Spending
from .draft import Output
from .hardship import is_hardship
from .jobs import Jobs, SkippedError
from .keys import Keys
from .memory import CARRIED_BYTES, Value, Values
from .plan import Asked, Plan, demand, plan, recorded_in_box, wanted_by_targets
from .reduce import NothingPresentError, Reducing
from .running import Delivered, Event, Ledger, Outcome, Settings, Sink, TooManyFailures
from .store import Store
from .values import DIGEST_SIZE, canonical
from .walk import Box, Walk, plan_walks
from .writing import Writer

__all__ = ["Delivered", "Engine", "Event", "Outcome", "Settings", "Sink"]

#: Points of an output that is an input, handed on at a time.
_PORTION = 4096


class _LostError(Exception):
    """Stored results that the run counted on are gone."""

    def __init__(self, step: Step, keys: set[bytes]) -> None:
        self.step = step
        self.keys = keys
        super().__init__(f"the store lost results of {step.name}")


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
        carried: int = CARRIED_BYTES,
        ledger: Ledger | None = None,
    ) -> None:
        graph.require_complete()
        self.graph = graph
        self.store = store
        self.sink = sink
        self.device = device or PlainDevice()
        self.settings = settings or Settings()
        self.span = self.settings.tracer.span
        self.report = report
        self.should_stop = should_stop
        self.keys = keys or Keys(graph, fetch=True)
        self.outcome = Outcome()
        self.writer = Writer(store, sink, self.settings.tracer)
        since = store.mark() if self.settings.fresh else 0.0
        self.values = Values(store, self.writer, since=since, limit=carried)
        self.caller = Caller(self.device, self.settings.batch, self._note, self.settings.tracer)
        self.ledger = ledger or Ledger()
        self.failed: dict[bytes, str] = {}
        self.spending = Spending(graph, store)
        self.jobs = Jobs(graph, self.values.held, self.failed, self.spending)
        self._notes: set[tuple[str, str]] = set()

    def run(self) -> Outcome:
        """Make every output. Raises Interrupted when asked to stop; failures of items are in the outcome."""
        self.device.quiet()
        damaged = self.store.damaged
        lost: set[bytes] = set()
        try:
            planned = self._plan()
            self.report(Event("planned", plan=planned))
            while True:
                try:
                    self._walk_all(planned)
                    break
                except _LostError as error:
                    # Made again from the start; what is lost a second time would be lost for ever.
                    if error.keys <= lost:
                        raise OSError(f"{error}, and lost them again when they were made anew") from None
                    lost |= error.keys
                    self.writer.wait()
                    planned = self._plan()
                    planned.needed[error.step.name].update(range(self.keys.count(error.step)))
            self._deliver_known()
        finally:
            try:
                self.writer.close()
            finally:
                self.outcome.damaged = self.store.damaged - damaged
                self.outcome.peak_memory = self.device.peak_memory()
                self.values.close()
        return self.outcome

    def _plan(self) -> Plan:
        with self.span("plan"):
            return plan(
                self.graph,
                self.store,
                fresh=self.settings.fresh,
                keys=self.keys,
                recorded=self.sink.recorded,
                block=self.block,
                failed=frozenset(self.ledger.failed_before),
            )

    @property
    def block(self) -> int:
        """Points of a box: room for the largest micro-batch that was asked for."""
        batch = self.settings.batch
        return max(self.settings.block, batch) if isinstance(batch, int) else self.settings.block

    def _walk_all(self, planned: Plan) -> None:
        for walk in plan_walks(self.graph, self.block):
            reducing = Reducing(self, walk, self.keys.reduce(walk), planned.needed)
            for box in walk.boxes():
                self._box(walk, box, reducing)
            reducing.check_closed()

    def _box(self, walk: Walk, box: Box, reducing: Reducing) -> None:
        with self.span("keys"):
            found = self.keys.of_box(walk, box)
        with self.span("look up"):
            recorded = recorded_in_box(self.graph, walk, box, self.keys, found, self.sink.recorded)
        while True:  # again, should a stored value turn out to be damaged when it is read
            with self.span("look up"):
                wanted = wanted_by_targets(self.graph, walk, box, self.keys, reducing.pending, recorded)
                to_do = demand(self.graph, walk, box, found, wanted, self.settled)
            with self.span("read"):
                if self._load(walk, found, wanted, to_do):
                    break
        unused = self._unused_after(walk, box, found, wanted)
        for position, step in enumerate(walk.steps):
            if to_do[step.name]:
                self._make(step, box, found, to_do[step.name])
            self.values.drop(unused.get(position, ()))
        for step in walk.reducers:
            reducing.feed(step, box, found)
        with self.span("deliver"):
            for name, has in recorded.items():
                self._deliver(name, box, found, has)
        self._end_box(walk, box, found)

    def _end_box(self, walk: Walk, box: Box, found: Mapping[str, Sequence[bytes]]) -> None:
        later: dict[bytes, Step] = {}
        done: list[bytes] = []
        for step in (*walk.taken, *walk.steps):
            if step.type.is_reducer or step.keep == "memory" or not box.is_last(step.axes):
                for key in found[step.name]:
                    later.setdefault(key, step)
            else:
                done += found[step.name]
        self.values.end_box(later, done)

    def _unused_after(
        self,
        walk: Walk,
        box: Box,
        found: Mapping[str, Sequence[bytes]],
        wanted: Mapping[str, set[int]],
    ) -> dict[int, list[bytes]]:
        """For each position in the walk the keys of values that nothing after it needs, in this box or later.

        Asked by key, since several steps may share one: equal nodes have equal keys.
        """
        last: dict[bytes, int] = {}
        for step in walk.steps:
            goes_on = step.keep == "memory" or not box.is_last(step.axes)
            position = len(walk.steps) if goes_on else walk.last_use.get(step.name, len(walk.steps))
            for local in wanted[step.name]:
                key = found[step.name][local]
                last[key] = max(last.get(key, 0), position)
        unused: dict[int, list[bytes]] = {}
        for key, position in last.items():
            unused.setdefault(position, []).append(key)
        return unused

    # What is at hand

    def settled(self, asked: Asked) -> dict[str, set[bytes]]:
        """For each step, by name, which keys need not be made: they are at hand, or are known to fail."""
        failed = {step.name: {key for key in keys if key in self.failed} for step, keys in asked}
        found = self.values.available([(step, set(keys) - failed[step.name]) for step, keys in asked])
        settled = {name: keys | found[name] for name, keys in failed.items()}
        if self.ledger.failed_before:
            for step, keys in asked:
                known = settled[step.name]
                known.update(key for key in keys if key not in known and self._leave_alone(key))
        return settled

    def _leave_alone(self, key: bytes) -> bool:
        """Whether an item failed in an earlier run; then it counts as failed in this one too."""
        failure = self.ledger.failed_before.get(key)
        if failure is None:
            return False
        if key not in self.failed:
            self.failed[key] = f"{failure.step}: {failure.error}: {failure.message}"
            self.outcome.failures.append(failure)
            self.outcome.left_alone.add(key)
        return True

    def _load(
        self,
        walk: Walk,
        found: Mapping[str, Sequence[bytes]],
        wanted: Mapping[str, set[int]],
        to_do: Mapping[str, Sequence[int]],
    ) -> bool:
        """Read what is wanted and at hand; False when some of it was lost, so that demand has changed."""
        complete = True
        for step in (*walk.taken, *walk.steps):
            keys = found[step.name]
            made_here = {keys[local] for local in to_do.get(step.name, ())}
            asked = {keys[local] for local in wanted[step.name]} - made_here - self.failed.keys()
            gone = self.values.load(step, asked)
            if gone and step.type.is_reducer:
                raise _LostError(step, gone)
            complete &= not gone
        return complete

    # Making

    def _make(
        self, step: Step, box: Box, found: Mapping[str, Sequence[bytes]], indices: Sequence[int]
    ) -> None:
        keys = found[step.name]
        # An equal node may have been here before in this very box, and not have stored what it made.
        self.values.store_held(step, {keys[local] for local in indices} & self.values.held.keys())
        wanted = {
            local: keys[local]
            for local in indices
            if keys[local] not in self.values.held and keys[local] not in self.failed
        }
        jobs = []
        points = list(box.points(step.domain))
        for local, job in self.jobs.of(step, box, found, wanted):
            if isinstance(job, Job):
                jobs.append(job)
            elif isinstance(job, SkippedError):
                self.skip(step, keys[local], job)
            else:
                self.fail(step, keys[local], points[local], job)
        for batch in self.caller.micro_batches(step, jobs):
            self.stop_if_asked()
            started = time.perf_counter()
            made = []
            local_of = {job.key: job.index for job in batch}
            spent = self.device.meter()
            values = self.caller.make(step, batch)
            cost = spent().share(len(batch))
            for job, value in values:
                if isinstance(value, Value):
                    made.append((job.key, value))
                else:
                    self.fail(step, job.key, points[job.index], value)
            refused = []
            if made:
                with self.span("store"):
                    self.spending.note(step, (key for key, _ in made), cost)
                    refused = self.values.put(step, made, self._made_with(step, batch[0].options, cost))
            for key, error in refused:
                self.fail(step, key, points[local_of[key]], error)
            if len(made) > len(refused):
                self.made(step, len(made) - len(refused), time.perf_counter() - started)

    def keep_result(
        self,
        step: Step,
        key: bytes,
        items: Mapping[str, Any],
        flags: Iterable[str],
        missing: int,
        options: Mapping[str, Any],
        cost: Cost,
    ) -> Exception | None:
        """Take a reduction's result into use, or say why that can't be."""
        value = finished(step, items, flags, missing)
        if not isinstance(value, Value):
            return value
        self.spending.note(step, [key], cost)
        refused = self.values.put(step, [(key, value)], self._made_with(step, options, cost))
        if refused:
            return refused[0][1]
        self.values.carry(step, key)
        return None

    def _made_with(self, step: Step, options: Mapping[str, Any], cost: Cost) -> dict[str, Any]:
        """What an item's record says of how it was made, beside its key."""
        effort = {option.name: options[option.name] for option in step.type.options if option.effort}
        record = {"versions": self._versions, "effort": effort}
        known = cost.record()
        return {**record, "cost": known} if known else record

    @cached_property
    def _versions(self) -> dict[str, str]:
        return self.device.versions()

    # Telling

    def made(self, step: Step, count: int, seconds: float) -> None:
        self.outcome.made[step.name] += count
        self.outcome.seconds[step.name] += seconds
        self.report(Event("made", step.name, count, seconds))

    def fail(self, step: Step, key: bytes, point: Mapping[str, int], error: Exception) -> None:
        """Enter a failure in the ledger; what depends on ``key`` is skipped from here on."""
        if key in self.failed:  # a run that started over
            return
        failure = Failure.of(step, self.graph.values_at(point), error)
        self.failed[key] = f"{step.name}: {failure.error}: {failure.message}"
        self.outcome.failures.append(failure)
        if not (isinstance(error, NothingPresentError) or self._is_passing(error)):
            self.ledger.remember(key, failure)
        self.report(Event("failed", step.name, 1, message=f"{failure.error}: {failure.message}"))

    def _is_passing(self, error: Exception) -> bool:
        """Whether the machine lacked something, so that the item may well be made another time."""
        return is_hardship(error) or self.device.is_out_of_memory(error)

    def skip(self, step: Step, key: bytes, reason: SkippedError) -> None:
        """Note that an item can't be made since something that it needs failed."""
        self.failed[key] = str(reason)
        self.outcome.skipped[step.name] += 1

    def stop_if_asked(self) -> None:
        if self.should_stop():
            raise Interrupted(self.ledger.folder)
        most = self.settings.max_failures
        if most is not None and self.outcome.failed_now >= most:
            raise TooManyFailures(self.outcome, self.ledger.folder)

    def _note(self, step: str, message: str) -> None:
        if (step, message) not in self._notes:
            self._notes.add((step, message))
            self.report(Event("note", step, message=message))

    # Delivering

    def _deliver(self, name: str, box: Box, found: Mapping[str, Sequence[bytes]], recorded: set[int]) -> None:
        source = self.graph.outputs[name]
        assert isinstance(source, Output)
        delivered = {}
        nbytes = 0
        kind = self.graph.type_of(source)
        assert kind is not None
        for local, (index, key) in enumerate(self.keys.of_output(name, box, found).items()):
            step_key = found[source.step][local]
            if local in recorded:
                continue
            if step_key in self.failed:
                delivered[index] = Delivered(key, failure=self.failed[step_key])
                continue
            value = self.values.held[step_key]
            self.outcome.flags.update(value.flags)
            item = value.items[source.name]
            nbytes += kind.nbytes(item)
            delivered[index] = Delivered(key, item, value.flags, value.missing)
        if delivered:
            self.writer.deliver(name, delivered, nbytes)

    def _deliver_known(self) -> None:
        """Outputs that are inputs (a prompt beside its picture) need no run."""
        for name, source in self.graph.outputs.items():
            if isinstance(source, Output):
                continue
            axes = self.graph.axes_of(source)
            whole = Box({axis: range(self.keys.lengths[axis]) for axis in axes}, {})
            values = ((index, source.at(point)) for index, point in enumerate(whole.points(axes)))
            while portion := dict(islice(values, _PORTION)):
                keys = {
                    index: hashlib.blake2b(canonical(value).encode(), digest_size=DIGEST_SIZE).digest()
                    for index, value in portion.items()
                }
                recorded = self.sink.recorded(name, keys)
                delivered = {
                    index: Delivered(keys[index], value)
                    for index, value in portion.items()
                    if index not in recorded
                }
                if delivered:
                    self.writer.deliver(name, delivered, 0)
