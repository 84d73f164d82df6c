"""What is known to be wrong before anything runs, all of it at once; and what is right."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mezzotint.graphs.check import check
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import read_text
from mezzotint.graphs.spec import parse_spec

WHOLE = """
mezzotint: 1
description: Everything at once.
inputs:
  source: starter
  prompt: {each: [a cat, a dog]}
  seed: {each: {range: 3}, per: prompt}
  scale: {each: [1, 2.5], min: 0, max: 10, type: number}
  row: {each: {zip: {kind: [x, y, x], text: [p, q, r]}}}
nodes:
  model: {use: load_toy, source: $source, note: once}
  text: {use: shout, text: "${prompt} on white"}
  image: {use: sample_toy, model: $model, text: $text, seed: $seed, keep: memory}
  drawn: {use: draw@2, text: $text, seed: $seed, scale: $scale}
  drift: {use: mean, number: $drawn, over: [prompt, seed]}
  both: {use: pair, text: $row.text}
  sizes: {use: length, text: $both.upper}
  by_kind: {use: mean, number: $sizes, over: row, by: row.kind}
  flat: {use: mean, number: $by_kind, over: row.kind}
  sum: {use: add, numbers: [$drift, $flat]}
outputs: {image: $image, drift: $drift, by_kind: $by_kind, sum: $sum, prompt: $prompt}
"""


def test_a_value_varies_over_the_axes_of_what_it_is_made_from(checked) -> None:
    graph = checked(WHOLE)
    assert {name: step.axes for name, step in graph.steps.items()} == {
        "model": (),
        "text": ("prompt",),
        "image": ("prompt", "seed"),
        "drawn": ("prompt", "seed", "scale"),
        "drift": ("scale",),
        "both": ("row",),
        "sizes": ("row",),
        "by_kind": ("row.kind",),
        "flat": (),
        "sum": ("scale",),
    }
    assert graph.axes["row.kind"].values == ["x", "y"]
    assert graph.steps["image"].keep == "memory"
    assert graph.warnings == []


def test_everything_wrong_is_reported_in_one_pass(tmp_path: Path, problems) -> None:
    found = problems(
        """
inputs:
  prompt: {each: [a, b]}
  scale: {each: [1, 200]}
  file: {each: {file: nope.txt}}
nodes:
  s: {use: shuot, text: $promt}
  t: {use: shout, txt: $prompt, times: 9, mark: 3}
  d: {use: draw, text: $prompt, seed: 1.5, scale: $scale, mode: plian}
  m: {use: mean, number: $d}
  q: {use: pair, text: $t}
  u: {use: shout, text: $q}
  a: {use: shout, text: $b}
  b: {use: shout, text: $a}
  l: {use: length, text: $d}
  v: {use: shout@7, text: $t.loud}
outputs: {x: $m, y: $z}
"""
    )
    expected = [
        "4:21: draw.scale is 200; expected a number from 0 to 100",
        "5:23: there is no file nope.txt",
        "7:12: there is no node type 'shuot' did you mean 'shout'?",
        "7:25: there is no input or node 'promt' did you mean 'prompt'?",
        "8:3: node 't' (shout) lacks text give it: text: $… (Text)",
        "8:19: node type 'shout' has no port or option 'txt' did you mean 'text'?",
        "8:40: shout.times is 9; expected a whole number from 1 to 5",
        "8:49: shout.mark is 3; expected text; put it in quotes",
        "9:39: draw.seed is 1.5; expected a whole number",
        "9:65: draw.mode is 'plian'; expected one of plain, fancy did you mean 'plain'?",
        "10:3: node 'm' (mean) is a reducer and has no over: its input varies over prompt, scale; "
        "write over: [prompt, scale]",
        "12:25: $q has 2 outputs: upper, length write $q.upper",
        "13:3: a cycle: a → b → a a node can't be made of its own result",
        "15:20: length.text takes Text; $d (draw) gives Number Text comes from $t, $q.upper, $u, $a, $b",
        "16:12: shout is pinned to version 7; this installation has 1",
        "16:27: 't' has no output 'loud' there is text",
        "17:21: there is no input or node 'z'",
    ]
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("{use: mean, number: $d, over: promt}", "over: 'promt' is no input, so it names no axis"),
        ("{use: mean, number: $d, over: d}", "over: 'd' is a node"),
        (
            "{use: mean, number: $d, over: other}",
            "over: 'other' varies over other, and what 'm' reduces doesn't",
        ),
        ("{use: shout, text: $p, over: p}", "shout is not a reducer, so it takes no over:"),
        ("{use: shout, text: $p, by: p}", "shout is not a reducer, so it takes no by:"),
        ("{use: mean, number: $d, over: p, by: other}", "by: other varies over other"),
        ("{use: mean, number: $d, over: p, by: one}", "by: one has the same value everywhere"),
        ("{use: mean, number: $d, over: p, by: p}", "by: p is an axis already leave p out of over:"),
        ("{use: mean, number: $d, over: p, by: d}", "by: $d is a node's output"),
        ("{use: against, number: $d, model: $h, power: $scale, over: p}", ""),
        (
            "{use: against, number: $e, model: $h, power: $scale, over: [p, scale]}",
            "against.power varies over scale",
        ),
        ("{use: add, numbers: $d}", "takes a list of references write numbers: [$a, $b]"),
        ("{use: length, text: [$p, $p]}", "takes one value, not a list"),
        ("{use: sample_toy, model: x, text: a, seed: 1}", "takes Handle, which can't be written as a value"),
        ("{use: shout, text: $p, mark: $p.x}", "is not a record, so it has no column 'x'"),
        (
            "{use: shout, text: $p, mark: $d}",
            "is an option: it takes a value or an input, not a node's output",
        ),
        ("{use: inverse, number: .nan}", "expected a finite number"),
        ("{use: draw, text: x, seed: $twice}", "stands twice on axis 'twice'"),
        ("{use: draw, text: x, seed: 99999999999999999999}", "at most 64 bits"),
        ("{use: shout, text: $s.x}", "'s' has no output 'x'"),
        ("{use: shout, text: {a: 1}}", "shout.text is a mapping of a; expected text pick a column"),
    ],
)
def test_a_node_that_cant_work_is_refused(problems, node: str, words: str) -> None:
    found = problems(
        "inputs: {p: {each: [a, b]}, other: {each: [1, 2]}, one: 1, scale: {each: [1, 2]}, twice: {each: [1, 1.0]}}\n"  # noqa: E501
        "nodes:\n"
        "  h: {use: load_toy}\n"
        "  s: {use: shout, text: $p}\n"
        "  d: {use: length, text: $s}\n"
        "  e: {use: draw, text: $s, seed: 1, scale: $scale}\n"
        f"  m: {node}\n"
        "outputs: {x: $m}\n"
    )
    assert any(words in line for line in found) if words else found == []


def test_each_knot_of_nodes_is_reported_once(problems) -> None:
    found = problems(
        "nodes:\n  a: {use: shout, text: $b}\n  b: {use: shout, text: $a}\n  c: {use: shout, text: $c, tims: 3}\n"  # noqa: E501
        "  d: {use: shout, text: $c}\noutputs: {x: $d}\n"
    )
    assert [line.split(" a node")[0] for line in found] == [
        "2:3: a cycle: a → b → a",
        "4:3: a cycle: c → c",
        "4:29: node type 'shout' has no port or option 'tims' did you mean 'times'?",
    ]


def test_several_wrong_values_of_one_axis_are_reported_but_not_thousands(problems) -> None:
    text = "inputs: {n: {each: [%s]}}\nnodes: {s: {use: shout, text: x, times: $n}}\noutputs: {x: $s}\n"
    assert len(problems(text % "9, 1, x")) == 2
    assert len(problems(text % ", ".join(["9"] * 1000))) == 5


def test_an_input_without_a_value_is_fine_to_check_and_not_to_run(checked) -> None:
    graph = checked("inputs: {p: {type: text}}\nnodes: {s: {use: shout, text: $p}}\noutputs: {x: $s}\n")
    with pytest.raises(GraphError, match="input 'p' has no value"):
        graph.require_complete()


def test_unused_inputs_and_nodes_that_reach_no_output_are_warnings(checked) -> None:
    graph = checked(
        "inputs: {p: a, q: {each: [b]}}\n"
        'nodes: {s: {use: shout, text: $p}, t: {use: shout, text: "${s}!"}, u: {use: shout, text: $p}}\n'
        "outputs: {x: $u}\n"
    )
    assert [str(problem.message) for problem in graph.warnings] == [
        "input 'q' is never used",
        "node 's' reaches no output, so it is not run",
        "node 't' reaches no output, so it is not run",
    ]
    assert list(graph.steps) == ["u"]
    assert graph.axes == {}


def test_a_graph_of_thousands_of_wrong_nodes_is_checked_in_seconds(problems) -> None:
    nodes = "".join(f"  n{n}: {{use: shout, text: $m{n}}}\n" for n in range(5000))
    started = time.process_time()
    assert len(problems(f"nodes:\n{nodes}outputs: {{x: $n1}}\n")) == 5000
    assert time.process_time() - started < 20


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_of_a_graph_raises_anything_but_a_graph_error(
    registry: Registry, data: st.DataObject
) -> None:
    text = WHOLE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        patch = data.draw(
            st.sampled_from(
                [
                    "$",
                    "{",
                    "}",
                    "[",
                    "]",
                    ": ",
                    "\n",
                    "  ",
                    "$prompt",
                    "each",
                    ".nan",
                    "null",
                    "row.kind",
                    "-1",
                ]
            )
            | st.text(max_size=4)
        )
        text = text[:start] + patch + text[end:]
    try:
        check(parse_spec(read_text(text, "g.yaml"), "g", Path("/nonexistent")), registry)
    except GraphError as error:
        places = [problem.place for problem in error.problems]
    else:
        places = []
    assert all(place is not None for place in places)


def test_a_key_that_stands_twice_hides_no_other_error(problems) -> None:
    found = problems(
        "nodes:\n  a: {use: shout, text: hi}\n  a: {use: shout, text: ho}\n"
        "  b: {use: shuot, text: !!str hi}\noutputs: {a: $a, c: $c}\n"
    )
    assert len(found) == 4
    for line, words in zip(
        found, ("'a' stands twice", "'shuot'", "the tag !!str", "no input or node 'c'"), strict=True
    ):
        assert words in line
