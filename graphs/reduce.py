"""Reductions in progress: members stream into a state, and a state closes when its last member has come."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .calls import Interrupted, Job, stack_ports
from .check import Step
from .keys import Reduction, reduction_key

if TYPE_CHECKING:
    from .engine import Engine
    from .walk import Box, Walk


class NothingPresentError(ValueError):
    """Every member of a reduction failed."""


@dataclass
class _State:
    """One open reduction."""

    state: Any = None
    seen: int = 0
    missing: list[bytes] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    reason: str = ""
    error: Exception | None = None
    seconds: float = 0.0


class Reducing:
    """The reductions of one walk. ``pending`` are the results that are neither stored nor carried, by reducer."""

    def __init__(self, engine: Engine, walk: Walk, reductions: Mapping[str, Reduction]) -> None:
        self.engine = engine
        self.reductions = reductions
        self.pending: dict[str, set[int]] = {}
        self._states: dict[tuple[str, int], _State] = {}
        for step in walk.reducers:
            keys = engine.keys.reduced[step.name]
            settled = engine.values.available(step, keys)
            self.pending[step.name] = {index for index, key in enumerate(keys) if key not in settled}

    def feed(self, step: Step, box: Box, found: Mapping[str, list[bytes]]) -> None:
        """Give the box's members to the open reductions of a step, and close those that are complete."""
        if not box.is_first(step.domain) or not self.pending[step.name]:
            return
        digests = self.engine.keys.members_in_box(step, box, found)
        points = list(box.points(step.domain))
        by_result: dict[int, list[int]] = {}
        for index, (result, _, _) in enumerate(digests):
            if result in self.pending[step.name]:
                by_result.setdefault(result, []).append(index)
        names = [name for name in step.ports if name in step.type.members]
        for result, indices in by_result.items():
            state = self._states.setdefault((step.name, result), _State())
            started = time.perf_counter()
            jobs = []
            for index in indices:
                job = self.engine.job(step, box, found, index, points[index], digests[index][2], names)
                if isinstance(job, Job):
                    jobs.append(job)
                else:
                    state.missing.append(digests[index][2])
                    state.reason = job
            if jobs and state.error is None:
                self._update(step, state, jobs, box, found, points)
            state.seen += len(indices)
            state.seconds += time.perf_counter() - started
            if state.seen == len(self.reductions[step.name].members[result]):
                self._close(step, result, state, points[indices[0]])

    def check_closed(self, step: Step) -> None:
        assert not self.pending[step.name], f"{step.name} was left open"

    def _update(
        self,
        step: Step,
        state: _State,
        jobs: Sequence[Job],
        box: Box,
        found: Mapping[str, list[bytes]],
        points: Sequence[Mapping[str, int]],
    ) -> None:
        caller = self.engine.caller
        try:
            if state.state is None:
                state.state = self._create(step, box, found, points, jobs[0])
            for batch in caller.micro_batches(step, jobs):
                self.engine.stop_if_asked()
                self._update_batch(step, state, batch, points)
        except Interrupted:
            raise
        except Exception as error:  # a reducer may raise anything
            state.error = error

    def _create(
        self,
        step: Step,
        box: Box,
        found: Mapping[str, list[bytes]],
        points: Sequence[Mapping[str, int]],
        member: Job,
    ) -> Any:
        free = [name for name in step.ports if name not in step.type.members]
        settings = self.engine.job(step, box, found, member.index, points[member.index], b"", free)
        if isinstance(settings, str):
            raise NothingPresentError(f"what it needs failed: {settings}")
        arguments = {**(stack_ports(step, [settings.ports]) if free else {}), **settings.options}
        return self.engine.caller.watched(step, lambda: step.type.function(**arguments))

    def _update_batch(
        self, step: Step, state: _State, batch: Sequence[Job], points: Sequence[Mapping[str, int]]
    ) -> None:
        arguments = stack_ports(step, [job.ports for job in batch])
        if step.type.points_port:
            arguments[step.type.points_port] = [self._place(step, points[job.index]) for job in batch]
        caller = self.engine.caller
        try:
            caller.watched(step, lambda: state.state.update(**arguments))
        except Exception as error:
            if len(batch) == 1 or not caller.device.is_out_of_memory(error):
                raise
            ran_out = True
        else:
            ran_out = False
            state.flags.update(flag for job in batch for flag in job.flags)
        if ran_out:
            caller.device.release()
            half = (len(batch) + 1) // 2
            self._update_batch(step, state, batch[:half], points)
            self._update_batch(step, state, batch[half:], points)

    def _place(self, step: Step, point: Mapping[str, int]) -> dict[str, tuple[int, Any]]:
        axes = self.engine.graph.axes
        return {axis: (point[axis], axes[axis].values[point[axis]]) for axis in step.over}

    def _close(self, step: Step, result: int, state: _State, point: Mapping[str, int]) -> None:
        engine = self.engine
        reduction = self.reductions[step.name]
        present = list(reduction.members[result])
        for digest in state.missing:
            present.remove(digest)
        key = reduction_key(reduction.settings[result], present)
        engine.keys.reduced[step.name][result] = key
        self.pending[step.name].discard(result)
        del self._states[step.name, result]
        at = {axis: index for axis, index in point.items() if axis in step.axes}
        if not present:
            error: Exception = NothingPresentError(
                f"no member is present; the last was lost to {state.reason}"
            )
            engine.fail(step, key, at, error)
            return
        if state.error is None:
            started = time.perf_counter()
            try:
                items = self._compute(step, state)
                done = engine.finish(step, key, items, sorted(state.flags), len(state.missing))
                if done:
                    engine.made(step, 1, state.seconds + time.perf_counter() - started)
                    return
                state.error = ValueError(f"{step.type.name} made NaN or infinity")
            except Exception as error:  # a reducer may raise anything
                state.error = error
        engine.fail(step, key, at, state.error)

    def _compute(self, step: Step, state: _State) -> dict[str, Any]:
        made = self.engine.caller.watched(step, lambda: state.state.compute())
        single = step.type.single_output
        return {
            name: kind.single(made if single else getattr(made, name))
            for name, kind in step.type.outputs.items()
        }
