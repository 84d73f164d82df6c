"""Templates: text from inputs is known at once, text from results is a step."""

import pytest


def test_a_template_over_inputs_is_known_before_the_run(checked) -> None:
    graph = checked(
        "inputs: {p: {each: [cat, dog]}, n: 3}\n"
        'nodes: {s: {use: shout, text: "${n} ${p}s for $$5"}}\noutputs: {x: $s}\n'
    )
    assert list(graph.steps) == ["s"]
    text = graph.steps["s"].ports["text"]
    assert [text.at({"p": index}) for index in range(2)] == ["3 cats for $5", "3 dogs for $5"]


def test_a_template_with_a_nodes_result_is_a_step_of_its_own(checked) -> None:
    graph = checked(
        "inputs: {p: {each: [cat, dog]}}\n"
        'nodes: {n: {use: length, text: $p}, s: {use: shout, text: "${p} has ${n} letters"}}\noutputs: {x: $s}\n'  # noqa: E501
    )
    step = graph.steps["s.text"]
    assert step.type.name == "template"
    assert step.axes == ("p",)
    assert step.options["pattern"].at({}) == ["", " has ", " letters"]
    assert step.type.function([["cat"], [3.5]], pattern=["", " has ", " letters"]) == ["cat has 3.5 letters"]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("${m} x", "$m gives Handle, which can't stand inside text"),
        ("${row} x", "can't stand inside text"),
        ("${row} ${n}", "can't stand inside text"),
        ("${row.b} x", "has no column 'b' there is a"),
        ("${nothing} ${nope}", "there is no input or node 'nope'"),
    ],
)
def test_what_is_no_text_cant_stand_in_a_template(problems, field: str, words: str) -> None:
    found = problems(
        "inputs: {row: {each: [{a: 1}]}}\n"
        "nodes:\n  m: {use: load_toy}\n  n: {use: length, text: x}\n"
        f'  s: {{use: shout, text: "{field}"}}\noutputs: {{x: $s, n: $n, m: $m}}\n'
    )
    assert any(words in line for line in found), found
