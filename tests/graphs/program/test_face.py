"""A graph from outside: types, defaults and bounds of its inputs, types and axes of its outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.face import Face, FaceInput, face, face_inputs
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import read_text
from mezzotint.graphs.spec import parse_spec


def face_of(text: str, registry: Registry, folder: Path = Path()) -> Face:
    return face(parse_spec(read_text(text, str(folder / "toy.yaml")), "toy", folder), registry)


def the_input(text: str, registry: Registry, name: str = "x") -> FaceInput:
    return face_of(f"{text}\noutputs: {{out: $n}}", registry).inputs[name]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("inputs: {x: 1}\nnodes: {n: {use: shout, text: $x}}", "Text"),
        ("inputs: {x: 1}\nnodes: {n: {use: shout, text: hi, times: $x}}", "Integer"),
        ("inputs: {x: 1}\nnodes: {n: {use: draw, text: hi, seed: 1, scale: $x}}", "Number"),
        ("inputs: {x: plain}\nnodes: {n: {use: draw, text: hi, seed: 1, mode: $x}}", "Text"),
        ("inputs: {x: {}}\nnodes: {n: {use: draw, text: hi, seed: $x}}", "Integer"),
        ("inputs: {x: {}}\nnodes: {n: {use: shout, text: '${x}!'}}", "Text"),
        ("inputs: {x: 2}\nnodes: {n: {use: shout, text: '${x}!'}}", "Integer"),
        ("inputs: {x: {type: number}}\nnodes: {n: {use: shout, text: $x}}", "Number"),
        ("inputs: {x: {each: {zip: {a: [hi]}}}}\nnodes: {n: {use: shout, text: $x.a}}", "Record"),
        ("inputs: {x: 1}\nnodes: {n: {use: draw, text: $x, seed: $x}}", "Integer"),
        ("inputs: {x: 1}\nnodes: {n: {use: draw, text: hi, seed: $x, scale: $x}}", "Integer"),
    ],
)
def test_an_input_is_of_the_type_of_what_it_goes_to(text: str, kind: str, registry: Registry) -> None:
    assert the_input(text, registry).type.name == kind


def test_bounds_and_choices_suit_all_that_an_input_goes_to(registry: Registry) -> None:
    nodes = (
        "nodes: {m: {use: shout, text: a, times: $x}, n: {use: draw, text: $m, seed: 1, scale: $x, mode: $y}}"
    )
    text = f"inputs: {{x: {{value: 2, max: 50}}, y: plain}}\n{nodes}"
    found = the_input(text, registry)
    assert (found.minimum, found.maximum, found.default) == (1, 5, 2)
    assert [option.name for option in found.options] == ["times", "scale"]
    assert the_input(text, registry, "y").choices == ("plain", "fancy")


def test_what_has_neither_a_value_nor_an_axis_is_required(registry: Registry) -> None:
    text = "inputs: {x: {help: say it}, y: {each: [1, 2]}}\nnodes: {n: {use: draw, text: $x, seed: $y}}"
    asked, axis = the_input(text, registry), the_input(text, registry, "y")
    assert (asked.required, asked.help, asked.axis) == (True, "say it", None)
    assert (axis.required, axis.axis is not None) == (False, True)


def test_columns_that_are_taken_of_a_record(registry: Registry) -> None:
    text = (
        "inputs: {x: {}, s: {each: {range: 2}, per: x.text}}\n"
        "nodes: {n: {use: draw, text: '${x.style} ${x.text}', seed: $s}}"
    )
    assert the_input(text, registry).columns == ("text", "style")


def test_types_are_found_through_nested_graphs(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {often: {}}\nnodes: {s: {use: shout, text: hi, times: $often}}\noutputs: {out: $s}"
    )
    text = "inputs: {x: 3}\nnodes: {n: {use: graph, file: inner.yaml, often: $x}}\noutputs: {out: $n}"
    found = face_of(text, registry, tmp_path).inputs["x"]
    assert (found.type.name, found.maximum) == ("Integer", 5)


def test_outputs_have_types_and_axes(registry: Registry) -> None:
    text = (
        "description: Toys.\ninputs: {x: {each: [a, b]}, s: 1}\n"
        "nodes: {d: {use: draw, text: $x, seed: $s}, m: {use: mean, number: $d, over: x}}\n"
        "outputs: {each: $d, all: $m, same: $x}"
    )
    found = face_of(text, registry)
    assert (found.name, found.help) == ("toy", "Toys.")
    assert {name: (out.type.name, out.axes) for name, out in found.outputs.items()} == {
        "each": ("Number", ("x",)),
        "all": ("Number", ()),
        "same": ("Text", ("x",)),
    }


def test_an_open_graph_is_given_as_a_file(registry: Registry) -> None:
    text = "inputs: {x: {graph: {inputs: [prompt], outputs: [out]}}}\nnodes: {n: {use: $x, prompt: hi}}"
    assert (the_input(text, registry).is_open, the_input(text, registry).required) == (True, True)


def test_a_graph_with_mistakes_has_no_face_but_its_inputs_are_known(registry: Registry) -> None:
    text = "inputs: {x: 1}\nnodes: {n: {use: shout, txt: $x, times: $x}}\noutputs: {out: $n}"
    with pytest.raises(GraphError, match="did you mean 'text'"):
        face_of(text, registry)
    spec = parse_spec(read_text(text, "toy.yaml"), "toy", Path())
    assert face_inputs(spec, registry)["x"].type.name == "Integer"
