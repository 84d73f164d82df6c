"""Reductions in progress: members stream into a state, and a state closes when its last member has come."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .calls import Interrupted, Job, stack_ports
from .check import Step
from .costs import Cost, total
from .jobs import SkippedError
from .keys import Reduction
from .members import Member
from .returned import expect_state, single_items_of

if TYPE_CHECKING:
    from .engine import Engine
    from .walk import Box, Walk


class NothingPresentError(ValueError):
    """Every member of a reduction failed."""


@dataclass
class _State:
    """One open reduction."""

    state: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    missing: list[bytes] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    reason: str = ""
    error: Exception | None = None
    seconds: float = 0.0
    #: What making the members took, by key, where a node asks.
    spent: dict[bytes, Cost] = field(default_factory=dict)


class Reducing:
    """The reductions of one walk. ``pending`` are the results still to be made, by reducer."""

    def __init__(
        self,
        engine: Engine,
        walk: Walk,
        reductions: Mapping[str, Reduction],
        needed: Mapping[str, set[int]],
    ) -> None:
        self.engine = engine
        self.reductions = reductions
        self.pending: dict[str, set[int]] = {}
        self._states: dict[tuple[str, int], _State] = {}
        self._equal: dict[tuple[str, int], list[tuple[str, int]]] = {}
        groups: dict[bytes, list[tuple[str, int]]] = {}
        for step in walk.reducers:
            keys = engine.keys.reduced[step.name]
            settled = engine.settled([(step, keys)])[step.name]
            for index, key in enumerate(keys):
                if key not in settled:
                    groups.setdefault(key, []).append((step.name, index))
            self.pending[step.name] = set()
        for group in groups.values():  # equal sets are reduced once
            wanted = [place for place in group if place[1] in needed[place[0]]]
            if wanted:  # best by a step that stores it
                first = min(wanted, key=lambda place: engine.graph.steps[place[0]].keep != "disk")
                self.pending[first[0]].add(first[1])
                self._equal[first] = group

    def feed(self, step: Step, box: Box, found: Mapping[str, Sequence[bytes]]) -> None:
        """Give the box's members to the open reductions of a step, and close those that are complete."""
        pending = self.pending[step.name]
        if not pending or not box.is_first(step.domain):
            return
        members = self.engine.keys.members_in_box(step, box, found)
        points = list(box.points(step.domain))
        costs = self._costs(step, box, found)
        by_result: dict[int, dict[int, bytes]] = {}
        for local, (result, _, digest) in enumerate(members):
            if result in pending:
                by_result.setdefault(result, {})[local] = digest
        for result, wanted in by_result.items():
            state = self._states.setdefault((step.name, result), _State())
            started = time.perf_counter()
            jobs = []
            for local, job in self.engine.jobs.of(step, box, found, wanted, step.type.members):
                if isinstance(job, Job):
                    jobs.append(job)
                    continue
                state.missing.append(wanted[local])
                if not isinstance(job, SkippedError):  # a known value that can't be read
                    self.engine.fail(step, wanted[local], points[local], job)
                state.reason = str(job)
            if jobs and state.error is None:
                self._update(step, state, jobs, box, found, points)
            for column in costs:
                for local in wanted:
                    state.spent.update(column[local])
            state.seen += len(wanted)
            state.seconds += time.perf_counter() - started
            if state.seen == self.reductions[step.name][result].count:
                self._close(step, result, state, points[next(iter(wanted))])

    def _costs(
        self, step: Step, box: Box, found: Mapping[str, Sequence[bytes]]
    ) -> list[list[dict[bytes, Cost]]]:
        """For each thing that a step takes what leads to it, by point of the box; nothing where none asks."""
        spending = self.engine.spending
        if step.name not in spending.asked:
            return []
        steps = self.engine.graph.steps
        return [spending.columns(steps[s.step], step.domain, box, found) for s in step.inputs()]

    def check_closed(self) -> None:
        """Every reduction has seen all its members; anything else is an error of the walk."""
        left = [name for name, results in self.pending.items() if results]
        if left:
            raise AssertionError(f"left open: {', '.join(left)}")

    def _update(
        self,
        step: Step,
        state: _State,
        jobs: Sequence[Job],
        box: Box,
        found: Mapping[str, Sequence[bytes]],
        points: Sequence[Mapping[str, int]],
    ) -> None:
        try:
            if state.state is None:
                self._create(step, state, box, found, jobs[0].index)
            for batch in self.engine.caller.micro_batches(step, jobs):
                self.engine.stop_if_asked()
                self._update_batch(step, state, batch, points)
        except Interrupted:
            raise
        except Exception as error:  # a reducer may raise anything
            state.error = error
            state.state = None

    def _create(
        self, step: Step, state: _State, box: Box, found: Mapping[str, Sequence[bytes]], local: int
    ) -> None:
        """Call the reducer's function with its options and what isn't a member, the same for all."""
        free = [port.name for port in step.type.ports if port.name not in step.type.members]
        ((_, job),) = self.engine.jobs.of(step, box, found, {local: b""}, free)
        if not isinstance(job, Job):
            raise job
        arguments = {**stack_ports(step, [job.ports]), **job.options}
        made = self.engine.caller.watched(step, lambda: step.type.function(**arguments))
        expect_state(step.type, made)
        state.state = made
        state.options = job.options
        state.flags.update(job.flags)

    def _update_batch(
        self, step: Step, state: _State, batch: Sequence[Job], points: Sequence[Mapping[str, int]]
    ) -> None:
        arguments = stack_ports(step, [job.ports for job in batch])
        if step.type.points_port:
            arguments[step.type.points_port] = [self._place(step, points[job.index]) for job in batch]
        if step.type.members_port:
            arguments[step.type.members_port] = [self._member(step, points[job.index], job) for job in batch]
        caller = self.engine.caller
        try:
            caller.watched(step, lambda: state.state.update(**arguments), batch)
        except Exception as error:
            if len(batch) == 1 or not caller.device.is_out_of_memory(error):
                raise
        else:
            state.flags.update(flag for job in batch for flag in job.flags)
            return
        caller.ran_out(step, len(batch))
        for part in caller.micro_batches(step, batch):
            self._update_batch(step, state, part, points)

    def _place(self, step: Step, point: Mapping[str, int]) -> dict[str, tuple[int, Any]]:
        axes = self.engine.graph.axes
        return {axis: (point[axis], axes[axis].values[point[axis]]) for axis in step.over}

    def _member(self, step: Step, point: Mapping[str, int], job: Job) -> Member:
        sampling = self.engine.keys.sampling
        place = {axis: point[axis] for axis in step.over}
        return Member(place, sampling.unit(step, point), sampling.crossed(step), job.flags)

    def _close(self, step: Step, result: int, state: _State, point: Mapping[str, int]) -> None:
        engine = self.engine
        self.pending[step.name].discard(result)
        del self._states[step.name, result]
        at = {axis: index for axis, index in point.items() if axis in step.axes}
        if step.grouping is not None:
            at[step.grouping.axis.name] = step.grouping.at(point)
        present = self.reductions[step.name][result].without(state.missing)
        if present.count == 0:
            lost = NothingPresentError(f"no member is present; the last was lost to {state.reason}")
            engine.fail(step, engine.keys.reduced[step.name][result], at, lost)
            return
        for name, index in self._equal[step.name, result]:
            engine.keys.settle(name, index, present.key)
        if state.missing and present.key in engine.settled([(step, [present.key])])[step.name]:
            return  # made, or found to fail, by an earlier run that lacked the same members
        started = time.perf_counter()
        error = state.error or self._finish(step, state, present.key)
        if error is None:
            engine.made(step, 1, state.seconds + time.perf_counter() - started)
        elif isinstance(error, SkippedError):
            engine.skip(step, present.key, error)
        else:
            engine.fail(step, present.key, at, error)

    def _finish(self, step: Step, state: _State, key: bytes) -> Exception | None:
        """Compute a result and take it into use, or say why that can't be."""
        try:
            made = self.engine.caller.watched(step, lambda: state.state.compute())
            items = single_items_of(step.type, made)
        except Exception as error:  # a reducer may raise anything
            return error
        asked = step.name in self.engine.spending.asked
        cost = total(state.spent.values()) if asked else Cost()
        return self.engine.keep_result(step, key, items, state.flags, len(state.missing), state.options, cost)
