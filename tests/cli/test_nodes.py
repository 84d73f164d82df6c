"""``mezzotint nodes``: the list, and all about one node type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
import yaml
from typer.testing import Result

import mezzotint
from mezzotint.cli.node_help import example
from mezzotint.graphs.node import Range, node
from mezzotint.graphs.node_type import NodeType
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import Text

Invoke = Callable[..., Result]


def test_the_list_has_a_line_for_every_node_type(invoke: Invoke) -> None:
    result = invoke("nodes")
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.startswith("shout"))
    assert "Add exclamation marks." in line
    assert line.endswith("toys")
    assert any(line.startswith("upscale") for line in result.stdout.splitlines())


def test_help_shows_ports_options_ranges_and_defaults(invoke: Invoke) -> None:
    text = invoke("nodes", "draw").stdout
    for expected in (
        "toys.draw@2",
        "Ports",
        "Integer",
        "a number from 0 to 100",
        "default 1.0",
        "one of plain, fancy",
        "version 2; kept in the store; up to 16 items a call",
    ):
        assert expected in text
    assert "Args:" not in invoke("nodes", "shout").stdout


def test_effort_reducers_and_what_is_not_stored_are_said(invoke: Invoke) -> None:
    assert "changes effort, not results" in invoke("nodes", "load_toy").stdout
    assert "kept in memory" in invoke("nodes", "load_toy").stdout
    assert "a reducer" in invoke("nodes", "best").stdout
    assert "over: seed" in invoke("nodes", "best").stdout


def test_an_unknown_name_brings_the_nearest(invoke: Invoke) -> None:
    result = invoke("nodes", "shuot")
    assert result.exit_code == 2
    assert "did you mean 'shout'?" in result.stderr


def test_every_example_is_yaml_that_names_all_a_node_needs() -> None:
    registry = mezzotint.registry()
    for name in registry.names():
        declared = registry[name]
        (written,) = yaml.safe_load(example(declared))["nodes"].values()
        assert written["use"] == declared.name
        needed = {port.name for port in declared.ports if port.required}
        needed |= {option.name for option in declared.options if option.required}
        assert needed <= set(written)


def test_broken_packages_and_names_that_two_want_are_told(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def registry(files: Any = ()) -> Registry:
        found = Registry()
        found.broken["lost"] = "ImportError: no"
        found.conflicts["draw"] = ["mezzotint (a)", "other (b)"]
        return found

    monkeypatch.setattr(mezzotint, "registry", registry)
    result = invoke("nodes")
    assert result.exit_code == 0
    assert "lost is broken: ImportError: no" in result.stderr
    assert "other (b)" in result.stderr


@node(version=1)
def needy(text: Text, *, size: Annotated[int, Range(8, 64)]) -> str:
    """A node that must be told a size."""
    return f"{text}{size}"


def test_a_required_option_gets_a_value_it_takes() -> None:
    declared: NodeType = needy.node_type  # type: ignore[attr-defined]
    (written,) = yaml.safe_load(example(declared))["nodes"].values()
    option = declared.option("size")
    assert option is not None
    assert option.convert(written["size"]) == 8
