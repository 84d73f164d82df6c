"""``mezzotint nodes``: the list, and all about one node type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import yaml
from typer.testing import Result

import mezzotint
from mezzotint.cli.node_help import example
from mezzotint.graphs.node import Range, node
from mezzotint.graphs.node_type import NodeType
from mezzotint.graphs.types import Text

Invoke = Callable[..., Result]
Install = Callable[..., Path]


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


def test_calls_from_python_are_shown_at_the_end_and_in_no_prose(invoke: Invoke) -> None:
    said = invoke("nodes", "upscale").stdout
    prose, _, python = said.partition("In Python")
    assert ">>>" not in prose
    assert '  >>> nodes.upscale(Image.open("photo.png"), scale=2).size\n  (128, 128)' in python


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


SHOUT = '''
from mezzotint import Text, node

@node(version=4)
def shout(text: Text) -> Text:
    """Shout from a package."""
    return text
'''


def test_broken_packages_and_names_that_two_want_are_told_with_their_owners(
    invoke: Invoke, install: Install
) -> None:
    install("lost", "import no_such_thing")
    install("loud", SHOUT, name="loud-nodes", version="2.0")
    result = invoke("nodes")
    assert result.exit_code == 0
    assert "warning: the package lost is broken: " in result.stderr
    assert "lost.py:1: ModuleNotFoundError" in result.stderr
    said = "warning: several packages declare 'shout': loud (loud-nodes 2.0) has the name; toys ("
    assert said in result.stderr
    assert "toys.py) has it as toys.shout" in result.stderr


def test_the_list_ends_with_where_every_package_comes_from(invoke: Invoke, install: Install) -> None:
    file = install("loud", SHOUT, name="loud-nodes", version="2.0")
    *_, line = invoke("nodes", toys=False).stdout.splitlines()
    assert line.split() == ["loud", "loud-nodes", "2.0", str(file)]
    built_in = next(row for row in invoke("nodes").stdout.splitlines() if row.startswith("mezzotint "))
    assert built_in.split()[:3] == ["mezzotint", "mezzotint", mezzotint.__version__]


def test_one_package_is_listed_alone(invoke: Invoke, install: Install) -> None:
    file = install("loud", SHOUT, name="loud-nodes", version="2.0")
    rows = [row.split() for row in invoke("nodes", "--package", "loud").stdout.splitlines() if row.strip()]
    assert [row[0] for row in rows] == ["name", "─" * len(rows[1][0]), "shout", "package", rows[4][0], "loud"]
    assert rows[-1][-1] == str(file)
    install("lost", "import no_such_thing")
    assert "lost" not in invoke("nodes", "--package", "loud").stderr
    assert "warning: the package lost is broken" in invoke("nodes", "--package", "lost").stderr
    assert "version 4" in invoke("nodes", "shout", "--package", "loud", toys=False).stdout
    wrong = invoke("nodes", "shuot", "--package", "loud")
    assert (wrong.exit_code, "did you mean 'shout'?" in wrong.stderr) == (2, True)
    wrong = invoke("nodes", "--package", "lout")
    assert "there is no package of nodes 'lout'\n    did you mean 'loud'?" in wrong.stderr


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
