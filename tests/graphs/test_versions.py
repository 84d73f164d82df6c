"""Graphs that are pinned to another version of a node type: converted, or told what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

import mezzotint
from mezzotint.graphs.check import CheckedGraph, check
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.node import DeclarationError, node, unchanged
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.face import face_inputs
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.spec import read_spec
from mezzotint.graphs.types import Integer, Text

Install = Callable[..., Path]


def _from_1(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Version 2 calls the port `text`, which was `prompt`."""
    return {("text" if name == "prompt" else name): value for name, value in fields.items()}


def _from_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 3 names the ways that were numbered, and has lost one."""
    way = fields.pop("way", 0)
    if way == 2:
        raise ValueError("way 2 is gone; draw with mode: fancy, which comes closest")
    return {**fields, "mode": ("plain", "fancy")[way]}


@node(version=3, converts={1: _from_1, 2: _from_2})
def paint(text: Text, seed: Integer, *, mode: Literal["plain", "fancy"] = "plain", size: int = 1) -> Text:
    """Paint a text."""
    return text


def _nothing(fields: dict[str, Any]) -> Any:
    return None


def _too_much(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "colour": "red"}


def _broken(fields: dict[str, Any]) -> dict[str, Any]:
    raise KeyError("way")


@node(version=2, converts={1: _nothing})
def etch(text: Text) -> Text:
    """Etch a text."""
    return text


@node(version=2, converts={1: _too_much})
def stain(text: Text) -> Text:
    """Stain a text."""
    return text


@node(version=2, converts={1: _broken})
def press(text: Text) -> Text:
    """Press a text."""
    return text


@node(version=4, converts={2: unchanged})
def carve(text: Text) -> Text:
    """Carve a text."""
    return text


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    for function in (paint, carve, etch, stain, press):
        registry.add(function.node_type.owned_by("toys"))  # type: ignore[attr-defined]
    return registry


@pytest.fixture
def checked(tmp_path: Path, registry: Registry) -> Callable[[str], CheckedGraph]:
    def checked(node: str) -> CheckedGraph:
        path = tmp_path / "graph.yaml"
        inputs = "inputs: {words: {each: [a $5 circle, b]}, seed: 3, way: 1}\n"
        path.write_text(f"{inputs}nodes:\n  made: {node}\noutputs: {{made: $made}}\n")
        return check(read_spec(path), registry)

    return checked


def test_an_older_version_goes_through_every_version_in_between(checked: Any) -> None:
    old = checked('{use: paint@1, prompt: "in $$ ${words}", seed: $seed, way: 1, size: 2}')
    now = checked('{use: paint@3, text: "in $$ ${words}", seed: $seed, mode: fancy, size: 2}')
    step, same = old.steps["made"], now.steps["made"]
    assert (step.type.version, step.axes) == (3, ("words",))
    assert step.options["mode"].at({}) == "fancy"
    assert step.ports["text"].at({"words": 0}) == "in $ a $5 circle"
    assert Keys(old).digest_of(step) == Keys(now).digest_of(same)
    assert [said.message for said in now.warnings] == ["input 'way' is never used"]


def test_the_conversion_is_told_with_what_to_write(checked: Any) -> None:
    *_, warning = checked("{use: paint@1, prompt: $words, seed: $seed, way: 1}").warnings
    said = "graph.yaml:3:15: paint is pinned to version 1 and was converted to 3; results may differ"
    assert said in str(warning)
    assert warning.hint == "write use: paint@3, text: $words, mode: fancy, no prompt, no way"


def test_a_field_that_was_handed_on_keeps_its_place(checked: Any) -> None:
    with pytest.raises(GraphError) as caught:
        checked("{use: paint@2, text: $words, seed: $seed, size: big}")
    assert str(caught.value.problems[0]).endswith(".yaml:3:57: paint.size is 'big'; expected a whole number")


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("{use: paint@2, text: a, seed: 1, way: 2}", "to version 3: way 2 is gone; draw with mode: fancy"),
        ("{use: paint@2, text: a, seed: 1, way: $way}", "test_versions.py:29) raises TypeError"),
        ("{use: press@1, text: a}", ") raises KeyError: 'way'"),
        ("{use: etch@1, text: a}", ") returned NoneType, not the fields"),
        ("{use: stain@1, text: a}", "converter gives 'colour', which version 2 doesn't take"),
        ("{use: carve@1, text: a}", "this installation has 4, and nothing converts version 1"),
        ("{use: carve@2, text: a}", "this installation has 4, and nothing converts version 3"),
        ("{use: carve@0, text: a}", "nothing converts version 0"),
    ],
)
def test_what_cannot_be_converted_is_one_clear_problem(checked: Any, node: str, message: str) -> None:
    with pytest.raises(GraphError) as caught:
        checked(node)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert str(problem).startswith(f"{problem.place.file}:3:15: ")
    assert "after checking that it still makes what you expect" in problem.hint


def test_a_newer_version_says_what_to_upgrade(checked: Any, install: Install, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"pinned to version 9; this installation has 3"):
        checked("{use: paint@9, text: a, seed: 1}")
    install("toys", f"from mezzotint.graphs.node import node\n{SHOUT}", name="toy-nodes")
    path = tmp_path / "graph.yaml"
    path.write_text("nodes: {made: {use: toys.shout@2, text: a}}\noutputs: {made: $made}\n")
    with pytest.raises(GraphError) as caught:
        check(read_spec(path), Registry.load())
    assert caught.value.problems[0].hint == "upgrade it: pip install --upgrade toy-nodes"
    path.write_text("nodes: {made: {use: mezzotint.template@2}}\noutputs: {made: $made}\n")
    with pytest.raises(GraphError) as caught:
        check(read_spec(path), Registry.load(["mezzotint.graphs.template"]))
    assert caught.value.problems[0].hint == "upgrade it: pip install --upgrade mezzotint"


SHOUT = '''
from mezzotint.graphs.types import Text

@node(version=1)
def shout(text: Text) -> Text:
    """Shout."""
    return text
'''


def test_what_goes_into_a_graph_of_an_older_version_is_told_by_what_it_goes_to_now(
    registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "graph.yaml"
    path.write_text(
        "inputs: {words: {}, seed: 1, way: 2}\n"
        "nodes: {made: {use: paint@1, prompt: $words, seed: $seed}, old: {use: carve@1, text: $way}}\n"
        "outputs: {made: $made}\n"
    )
    found = face_inputs(read_spec(path), registry)
    assert (found["words"].type.name, found["way"].type.name) == ("Text", "Text")


@pytest.mark.parametrize("converts", [{0: unchanged}, {2: unchanged}, {"1": unchanged}, {1: "unchanged"}])
def test_converters_are_functions_of_versions_before(converts: Any) -> None:
    with pytest.raises(DeclarationError, match="converts"):

        @node(version=2, converts=converts)
        def wrong(text: Text) -> Text:
            """Wrong."""
            return text


def test_every_built_in_node_takes_all_its_older_versions() -> None:
    registry = mezzotint.registry()
    older = {name: range(1, registry[name].version) for name in registry.names()}
    assert {name: set(registry[name].converts) for name in older} == {
        name: set(versions) for name, versions in older.items()
    }


def test_the_graph_of_an_old_run_still_checks(tmp_path: Path) -> None:
    path = tmp_path / "graph.yaml"
    path.write_text(
        """\
mezzotint: 1
inputs:
  prompt: {each: [a red circle, two green stars]}
  seed: {each: {range: 2}, per: prompt}
nodes:
  model: {use: load_model@1, source: starter}
  text: {use: text_encode@1, model: $model, prompt: "${prompt} on a white background"}
  latent: {use: sample@1, model: $model, conditioning: $text, seed: $seed, steps: 4}
  image: {use: decode@1, model: $model, latents: $latent}
  clip: {use: clip_score@1, images: $image, text: $prompt}
  average: {use: mean@1, number: $clip, over: [prompt, seed]}
  drift: {use: fd@1, images: $image, reference: starter, extractor: starter, over: [prompt, seed]}
  spread: {use: diversity@1, images: $image, over: [seed]}
outputs: {clip: $clip, average: $average, drift: $drift, spread: $spread}
"""
    )
    checked = mezzotint.load(path).check()
    versions = {step.type.name: step.type.version for step in checked.steps.values()}
    assert [versions[name] for name in ("sample", "clip_score", "mean", "fd", "diversity")] == [1, 2, 2, 2, 2]
    assert len(checked.warnings) == 4
    assert all("results may differ" in warning.message for warning in checked.warnings)
