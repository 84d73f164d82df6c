"""Values from outside a graph file: ``--inputs``, and over them ``--set`` and ``--each``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..graphs.grammar import InputSpec
from ..graphs.problem import GraphError, Place, fail, shorten
from ..graphs.source import Tree, read_scalar
from ..graphs.spec import parse_value
from ..graphs.values import read_inputs_file


def read_overrides(
    inputs: Path | None, sets: Iterable[str] = (), eaches: Iterable[str] = ()
) -> dict[str, InputSpec]:
    """Inputs and options (``node.option``) by name. GraphError lists everything that can't be read."""
    problems = []
    settings: dict[str, InputSpec] = {}
    typed: dict[str, str] = {}
    if inputs is not None:
        for name, tree in read_inputs_file(inputs).items():
            try:
                settings[name] = parse_value(tree, name, inputs.parent)
            except GraphError as error:
                problems.extend(error.problems)
    for flag, arguments, read in (("--set", sets, read_value), ("--each", eaches, read_axis_values)):
        for argument in arguments:
            try:
                name, spec = _read(flag, argument, read)
                if typed.setdefault(name, flag) != flag:
                    raise fail(spec.place, f"{name} is given by --set and by --each", "give one of them")
            except GraphError as error:
                problems.extend(error.problems)
                continue
            settings[name] = spec
    if problems:
        raise GraphError(problems)
    return settings


def _read(flag: str, argument: str, read: Callable[[str, Place], Tree]) -> tuple[str, InputSpec]:
    place = Place(f"{flag} {shorten(argument)}", 0)
    name, equals, text = argument.partition("=")
    name = name.strip()
    if not equals or not name:
        example = "prompt='a red circle'" if flag == "--set" else "seed=0,1,2"
        raise fail(place, f"{flag} takes name=value", f"for example {flag} {example}")
    # Paths typed in a shell are relative to where one stands.
    return name, parse_value(read(text, place), name, Path())


def read_value(text: str, place: Place) -> Tree:
    """The value of ``--set``: a scalar as in YAML 1.2, or a flow list or mapping."""
    return read_scalar(text, place)


def read_axis_values(text: str, place: Place) -> Tree:
    """The values of ``--each``: ``a,b,c``, a YAML list, or a source such as ``{range: 4}``."""
    text = text.strip()
    if not text:
        raise fail(place, "no values", "for example --each seed=0,1,2")
    if text[0] in "[{":
        values = read_scalar(text, place).plain()
    elif text[0] in "'\"":  # "a, b", c: quotes keep a comma from parting a value
        values = read_scalar(f"[{text}]", place).plain()
    else:
        values = [read_scalar(part.strip(), place).plain() for part in text.split(",")]
    return Tree.of({"each": values}, place)
