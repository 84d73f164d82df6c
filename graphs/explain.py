"""Why a step's key changed: the parts that a run noted, beside those of the graph as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from .parts import Part, Parts, StepParts

_ORDER = "another order"


@dataclass(frozen=True)
class Cause:
    """Something that changed, at the last step of ``path``, which leads there from the step asked about.

    ``order`` is whether the same values stand in another order, so that most items are what they were.
    """

    path: tuple[str, ...]
    what: str
    order: bool = False


def causes(before: Parts, now: Parts, name: str) -> list[Cause]:
    """What changed in a step or in what it is made of; nothing where its key is as it was."""
    return list(_Comparer(before, now).causes(name))


class _Comparer:
    def __init__(self, before: Parts, now: Parts) -> None:
        self.before = before
        self.now = now
        self.known = {step.digest for step in before.steps.values()}
        self.pending: list[str] = []
        self.parents: dict[str, str | None] = {}

    def causes(self, name: str) -> Iterator[Cause]:
        self._look_at(name, None)
        while self.pending:
            step = self.pending.pop(0)
            path = self._path(step)
            for what, order in self._changes(step):
                yield Cause(path, what, order)

    def _look_at(self, name: str, parent: str | None) -> None:
        # Under another name, perhaps, it was there before: keys hold no names.
        if name not in self.parents and self.now.steps[name].digest not in self.known:
            self.parents[name] = parent
            self.pending.append(name)

    def _path(self, name: str | None) -> tuple[str, ...]:
        path = []
        while name is not None:
            path.append(name)
            name = self.parents[name]
        return tuple(reversed(path))

    def _changes(self, name: str) -> Iterator[tuple[str, bool]]:
        """What changed in a step itself, and whether that is an order alone.

        Steps it is made of that changed are looked at later.
        """
        after, old = self.now.steps[name], self.before.steps.get(name)
        if old is None:
            yield "it is new", False
            return
        for what in self._settings(old, after):
            yield what, False
        for port in dict.fromkeys((*old.ports, *after.ports)):
            yield from self._port(name, port, old.ports.get(port, ()), after.ports.get(port, ()))

    def _settings(self, old: StepParts, after: StepParts) -> Iterator[str]:
        if old.type != after.type:
            yield f"{old.type} → {after.type}"
        elif old.source != after.source:
            yield f"the file that declares {after.type} was edited"
        changed = [
            (option, old.options.get(option), after.options.get(option))
            for option in dict.fromkeys((*old.options, *after.options))
        ]
        differing = [(option, was, is_now) for option, was, is_now in changed if _differs(was, is_now)]
        for option, was, is_now in differing:
            yield f"{option} {self._between(was, is_now)}"
        same_type = (old.type, old.source) == (after.type, after.source)
        if old.settings != after.settings and same_type and not differing:
            named = ", ".join(f"{option} ({after.options[option].text})" for option in after.content)
            yield f"what {named or 'an option'} stands for holds other content"
        if old.over != after.over:
            yield f"over {', '.join(old.over)} → {', '.join(after.over)}"

    def _port(
        self, name: str, port: str, old: Sequence[Part], after: Sequence[Part]
    ) -> Iterator[tuple[str, bool]]:
        for was, is_now in zip_longest(old, after):
            if not _differs(was, is_now):
                continue
            same_step = was is not None and is_now is not None and is_now.step and was.step == is_now.step
            if not same_step:
                order = set(self._along(was, is_now).values()) == {_ORDER}
                yield f"{port} {self._between(was, is_now)}", order
            if is_now is not None and is_now.step:
                self._look_at(is_now.step, name)

    def _between(self, was: Part | None, is_now: Part | None) -> str:
        """``12 → 20``; of values along axes, those that came and went."""
        if was is None or is_now is None:
            return f"{_shown(was)} → {_shown(is_now)}"
        told = self._along(was, is_now)
        if told:
            listed = "; ".join(f"{axis}: {said}" for axis, said in told.items())
            return f"varies with other values ({listed})"
        if was.text != is_now.text:
            return f"{was.text} → {is_now.text}"
        if is_now.axes:
            return "varies with other values"
        return f"is {is_now.text} as before, but stands for something else"

    def _along(self, was: Part | None, is_now: Part | None) -> dict[str, str]:
        """What changed along the axes that two parts share, by axis."""
        if was is None or is_now is None:
            return {}
        told = {
            axis: self._values(self.before.axes.get(axis), self.now.axes.get(axis))
            for axis in is_now.axes
            if axis in was.axes
        }
        return {axis: said for axis, said in told.items() if said}

    def _values(self, was: tuple[str, ...] | None, is_now: tuple[str, ...] | None) -> str:
        if was is None or is_now is None:
            return ""
        said = []
        for word, some, others in (("new", is_now, set(was)), ("gone", was, set(is_now))):
            found = [value for value in some if value not in others]
            if found:
                listed = ", ".join(found[:3]) + (f", … ({len(found)} in all)" if len(found) > 3 else "")
                said.append(f"{word} {listed}")
        return "; ".join(said) or (_ORDER if was != is_now else "")


def made_of(parts: Parts, name: str) -> list[str]:
    """The steps that are made of a step, directly or by way of others, in the order of the graph."""
    found = {name}
    for step, entry in parts.steps.items():  # each stands after those that it is made of
        if any(part.step in found for port in entry.ports.values() for part in port):
            found.add(step)
    return [step for step in parts.steps if step in found and step != name]


def _differs(was: Part | None, is_now: Part | None) -> bool:
    """Whether two parts stand for other values; of what comes from a step its name alone is no difference."""
    if was is None or is_now is None:
        return was is not is_now
    return was.digest != is_now.digest or (not was.digest and was.text != is_now.text)


def _shown(part: Part | None) -> str:
    return "left out" if part is None else part.text
