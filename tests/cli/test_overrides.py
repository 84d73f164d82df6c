"""Values from outside a graph: what is typed, how it is read, and which wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mezzotint.cli.overrides import read_overrides
from mezzotint.graphs.problem import GraphError


def value(text: str) -> Any:
    """What ``--set name=TEXT`` gives."""
    default = read_overrides(None, [f"name={text}"])["name"].default
    assert default is not None
    return default.plain()


def axis(text: str) -> Any:
    """What ``--each name=TEXT`` gives."""
    each = read_overrides(None, [], [f"name={text}"])["name"].each
    assert each is not None
    return [entry.plain() for entry in each.values] if each.values is not None else each


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("7", 7),
        ("7.5", 7.5),
        ("1e-3", 0.001),
        ("true", True),
        ("null", None),
        ("no", "no"),
        ("12:30", "12:30"),
        ("a red: circle", "a red: circle"),
        ("a = b", "a = b"),
        ("'7'", "7"),
        ("[1, 2]", [1, 2]),
        ("", ""),
    ],
)
def test_a_value_is_read_as_in_yaml_and_text_stays_text(typed: str, expected: object) -> None:
    assert value(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0,1,2", [0, 1, 2]),
        ("a red circle, two stars", ["a red circle", "two stars"]),
        ('[a, "b, c"]', ["a", "b, c"]),
        ('"b, c", d', ["b, c", "d"]),
        ("5", [5]),
    ],
)
def test_an_axis_is_a_list_with_commas_or_in_yaml(typed: str, expected: object) -> None:
    assert axis(typed) == expected


def test_an_axis_may_be_a_range_or_a_file() -> None:
    assert axis("{range: 4}").count == 4
    assert axis("{file: p.txt}").file == Path("p.txt")


def test_an_inputs_file_names_files_beside_itself(folder: Path) -> None:
    (folder / "values").mkdir()
    (folder / "values" / "inputs.yaml").write_text("prompt: {each: {file: p.txt}}\nsteps: 4\n")
    read = read_overrides(Path("values/inputs.yaml"))
    assert read["prompt"].each is not None
    assert read["prompt"].each.file == Path("values/p.txt")


def test_what_is_typed_wins_over_the_inputs_file(folder: Path) -> None:
    (folder / "inputs.yaml").write_text("steps: 4\nscale: 2\n")
    read = read_overrides(Path("inputs.yaml"), ["steps=9"])
    assert [read[name].default.value for name in ("steps", "scale")] == [9, 2]  # type: ignore[union-attr]


def test_everything_that_cannot_be_read_is_said_at_once() -> None:
    with pytest.raises(GraphError) as caught:
        read_overrides(None, ["steps", "=3", "seed=1"], ["scale=", "seed=1,2"])
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 4
    assert "--set steps" in messages[0]
    assert "takes name=value" in messages[0]
    assert "seed is given by --set and by --each" in messages[3]
