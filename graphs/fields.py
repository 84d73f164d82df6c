"""Whether the fields of one node fit its type: names, port types and option values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from .draft import Draft, Output, Source, Unset
from .link import MAX_REPORTS
from .located import locate
from .node_type import Option, Port
from .problem import GraphError, Place, Problems, nearest, show
from .template import template
from .types import AnyType, BooleanType, IntegerType, NumberType, PortType, TextType, accepts, told_apart
from .values import Along, Constant, Given, Item, PerSeed, as_item, canonical, image_of

#: Above this many nodes a message doesn't look for others that would fit.
_MAX_CANDIDATES = 1000
_IN_TEXT = (TextType, IntegerType, NumberType, BooleanType, AnyType)


@dataclass(frozen=True)
class Fields:
    """The fields of a node, defaults filled in; ``is_uncertain`` when some are missing or have no value."""

    ports: Mapping[str, Source | tuple[Source, ...]]
    options: Mapping[str, Given]
    is_uncertain: bool


def check_fields(draft: Draft, drafts: Mapping[str, Draft], problems: Problems) -> Fields:
    """The fields of a node by what they are; everything wrong with them is noted in ``problems``."""
    return _FieldChecker(draft, drafts, problems).check()


def flat(values: Iterable[Source | tuple[Source, ...]]) -> Iterator[Source]:
    """The sources of several fields, those of lists one by one."""
    for value in values:
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


class _FieldChecker:
    def __init__(self, draft: Draft, drafts: Mapping[str, Draft], problems: Problems) -> None:
        self.draft = draft
        self.drafts = drafts
        self.problems = problems
        self.wrong = problems.add

    def check(self) -> Fields:
        draft = self.draft
        known = [port.name for port in draft.type.ports] + [option.name for option in draft.type.options]
        for key in draft.fields:
            if key not in known:
                what = f"node type {draft.type.name!r} has no port or option {show(key)}"
                self.wrong(self._place(key), what, nearest(key, known) or "it takes none")
        ports: dict[str, Source | tuple[Source, ...]] = {}
        for port in draft.type.ports:
            if port.name in draft.fields:
                value = draft.fields[port.name]
                files = port.type.names_files or port.type.reads_files
                if files and not isinstance(value, (Output, Unset, tuple)):
                    value = locate(value, words=port.type.reads_files)
                ports[port.name] = value
                self._port(port, value)
            elif port.required:
                what = f"node {draft.name!r} ({draft.type.name}) lacks {port.name}"
                self.wrong(draft.place, what, f"give it: {port.name}: $… ({port.takes.name})")
            elif port.default is not None:
                ports[port.name] = Constant(port.default, draft.place)
        options: dict[str, Given] = {}
        for option in draft.type.options:
            given = self._option(option)
            if given is not None:
                options[option.name] = given
        self._together(options)
        lacking = any(port.required and port.name not in ports for port in draft.type.ports)
        unset = any(isinstance(source, Unset) for source in draft.sources())
        return Fields(ports, options, lacking or unset)

    def _place(self, key: str) -> Place:
        return self.draft.places.get(key, self.draft.place)

    # Ports

    def _port(self, port: Port, value: Source | tuple[Source, ...]) -> None:
        name = f"{self.draft.type.name}.{port.name}"
        if isinstance(value, Unset):
            return
        if isinstance(value, tuple) and not port.many:
            self.wrong(self._place(port.name), f"{name} takes one value, not a list")
        elif port.many and not isinstance(value, tuple):
            hint = f"write {port.name}: [$a, $b]"
            self.wrong(self._place(port.name), f"{name} takes a list of references", hint)
        else:
            for source in flat([value]):
                if isinstance(source, Output):
                    self._edge(port, source)
                elif not isinstance(source, Unset):
                    self._known_value(port, source)

    def _edge(self, port: Port, source: Output) -> None:
        producer = self.drafts.get(source.step)
        if producer is None:
            return  # of an unknown type, which is noted
        offered = producer.type.outputs[source.name]
        if self.draft.type is template.node_type:  # type: ignore[attr-defined]
            if not isinstance(offered, _IN_TEXT):
                what = f"${source.step} gives {offered.name}, which can't stand inside text"
                self.wrong(self.draft.place, what)
        elif not accepts(port.type, offered):
            takes, given = told_apart(port.takes, offered)
            gives = f"${source.step} ({producer.type.name}) gives {given}"
            what = f"{self.draft.type.name}.{port.name} takes {takes}; {gives}"
            self.wrong(self._place(port.name), what, self._what_fits(port.takes))

    def _what_fits(self, wanted: PortType) -> str:
        if len(self.drafts) > _MAX_CANDIDATES:
            return ""
        fitting = (
            f"${name}" + ("" if other.type.single_output else f".{output}")
            for name, other in self.drafts.items()
            for output, offered in other.type.outputs.items()
            if accepts(wanted, offered) and name != self.draft.name and "." not in name
        )
        found = ", ".join(islice(fitting, 5))
        return f"{wanted.name} comes from {found}" if found else f"no node here gives {wanted.name}"

    def _known_value(self, port: Port, source: Given) -> None:
        name = f"{self.draft.type.name}.{port.name}"
        if port.type.reads is None and not port.type.reads_files and not _holds_items(source):
            what = f"{name} takes {port.type.name}, which can't be written as a value"
            self.wrong(self._place(port.name), what, f"give it a node's output: {port.name}: $…")
            return

        def convert(value: Any) -> None:
            if _is_readable_file(port.type, value):
                return
            if self.draft.type is template.node_type and not isinstance(value, (str, bool, int, float)):  # type: ignore[attr-defined]
                raise ValueError("this can't stand inside text; pick a column: ${row.column}")
            if not port.type.is_finite(as_item(port.type, value)):
                raise ValueError("expected a finite number")

        self._convert_all(source, convert, name, ())
        if port.name == "seed":
            self._duplicate_seeds(source)

    def _duplicate_seeds(self, source: Given) -> None:
        base = source.seed if isinstance(source, PerSeed) else source
        if not isinstance(base, Along) or isinstance(base.axis.values, range):
            return
        seen: set[str] = set()
        for index, value in enumerate(base.axis.values):
            number = int(value) if isinstance(value, float) and value.is_integer() else value
            if canonical(number) in seen:
                what = f"the seed {show(value)} stands twice on axis {base.axis.name!r}"
                hint = "equal seeds draw equal pictures and would count twice in every score"
                self.wrong(base.axis.place_of(index), what, hint)
                return
            seen.add(canonical(number))

    # Options

    def _option(self, option: Option) -> Given | None:
        """What an option is set to; None where it is missing or can't be one."""
        name = f"{self.draft.type.name}.{option.name}"
        source = self.draft.fields.get(option.name)
        if source is None:
            if option.required:
                what = f"node {self.draft.name!r} ({self.draft.type.name}) lacks {option.name}"
                self.wrong(self.draft.place, what, f"it is {option.expected}")
                return None
            return Constant(option.default, self._place(option.name))
        if isinstance(source, (Output, tuple)):
            what = f"{name} is an option: it takes a value or an input, not "
            what += "a list of references" if isinstance(source, tuple) else "a node's output"
            self.wrong(self._place(option.name), what, f"it is {option.expected}")
            return None
        self._convert_all(source, option.convert, name, [str(choice) for choice in option.choices])
        if option.content is None or isinstance(source, Unset):
            return source
        return locate(source, words=option.content.names_files)

    def _together(self, options: Mapping[str, Given]) -> None:
        """Whether options that vary over nothing go together; each for itself was looked at before."""
        constants = {name: given for name, given in options.items() if isinstance(given, Constant)}
        check, declared = self.draft.type.check, self.draft.type.options
        if check is None or len(constants) < len(declared):
            return
        try:
            settings = {option.name: option.setting(constants[option.name].value) for option in declared}
        except ValueError:
            return
        try:
            check(settings)
        except ValueError as error:
            self.wrong(self.draft.place, f"{self.draft.type.name}: {error}")

    def _convert_all(self, source: Given, convert: Any, name: str, choices: Iterable[str]) -> None:
        try:
            for place, value, message in islice(_misfits(source, convert), MAX_REPORTS):
                close = nearest(str(value), choices) if isinstance(value, str) else ""
                hint = close if close.startswith("did") else ""
                if isinstance(value, Mapping) and value:
                    hint = f"pick a column: {', '.join(f'$….{column}' for column in islice(value, 5))}"
                elif value is None and isinstance(source, Constant):
                    hint = "an input that a run has to give is written {}"
                self.wrong(place, f"{name} is {show(value)}; {message}", hint)
        except GraphError as error:
            self.problems.extend(error.problems)


def _holds_items(source: Given) -> bool:
    """Whether a program gives the values as items."""
    return any(isinstance(value, Item) for value, _ in islice(source.samples(), 1))


def _misfits(source: Given, convert: Any) -> Iterator[tuple[Place, Any, str]]:
    for value, place in source.samples():
        try:
            convert(value)
        except (ValueError, OverflowError) as error:
            yield place, value, str(error)


def _is_readable_file(port_type: PortType, value: Any) -> bool:
    """Whether a value is a file to a port; it isn't opened here. ValueError for one that is missing."""
    path = image_of(value)
    if not port_type.reads_files or not isinstance(path, Path):
        return False
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return True
