"""The grammar of a graph file, and values put in from outside."""

from pathlib import Path

import pytest

from mezzotint.graphs.grammar import Literal, Reference, References, Template
from mezzotint.graphs.problem import GraphError, Place
from mezzotint.graphs.source import Tree, read_scalar, read_text
from mezzotint.graphs.spec import override, parse_expression, parse_spec, parse_value

PLACE = Place("g.yaml")
TAIL = "nodes: {t: {use: shout, text: a}}\noutputs: {x: $t}\n"


def spec(text: str):
    return parse_spec(read_text(text, "g.yaml"), "g", Path("folder"))


def wrong(text: str) -> list[str]:
    try:
        return [" ".join(str(problem).split()).removeprefix("g.yaml:") for problem in spec(text).problems]
    except GraphError as error:
        return [" ".join(str(problem).split()).removeprefix("g.yaml:") for problem in error.problems]


def test_a_field_is_a_reference_a_template_a_literal_or_references() -> None:
    def parsed(value: object) -> object:
        return parse_expression(Tree.of(value, PLACE))

    assert parsed("$a") == Reference("a", None, PLACE)
    assert parsed("$a.b-c") == Reference("a", "b-c", PLACE)
    assert parsed("${a.some column}!") == Template((Reference("a", "some column", PLACE), "!"), PLACE)
    assert parsed("$$5 and $$$$") == Literal("$5 and $$", PLACE)
    assert parsed(["$a", "$b"]) == References(
        (Reference("a", None, PLACE), Reference("b", None, PLACE)), PLACE
    )
    assert parsed([1, "x"]) == Literal([1, "x"], PLACE)
    assert parsed({"a": 1}) == Literal({"a": 1}, PLACE)


@pytest.mark.parametrize("text", ["$", "a $b", "$5", "${a", "${}", "$a.b.c", "a $$$", "${a b}", "$a "])
def test_a_lone_dollar_is_an_error(text: str) -> None:
    with pytest.raises(GraphError, match="a lone '\\$'"):
        parse_expression(Tree.of(text, PLACE))


def test_inputs_are_data_so_a_dollar_is_a_dollar() -> None:
    found = spec('inputs: {p: "a $100 bill", q: {each: ["$x"]}}\n' + TAIL)
    assert found.problems == ()
    assert found.inputs["p"].default is not None
    assert found.inputs["p"].default.plain() == "a $100 bill"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "1:1: a graph is a mapping; this is a list"),
        ("just text\n", "a graph is a mapping; this is the text 'just text'"),
        ("inputs: {a: 1}\n", "the graph has no nodes"),
        ("nodes: {t: {use: shout}}\n", "the graph has no outputs"),
        ("nodes: {t: {use: shout}}\noutputs:\n", "2:1: the graph has no outputs"),
        ("node: {}\n" + TAIL, "1:1: a graph has no 'node' did you mean 'nodes'?"),
        ("mezzotint: 2\n" + TAIL, "this is language version 2"),
        ("mezzotint: true\n" + TAIL, "this is language version true"),
        ("mezzotint: 1.0\n" + TAIL, "this is language version 1.0"),
        ("description: [a]\n" + TAIL, "description: is a list; it is text"),
        ("inputs: [a]\n" + TAIL, "inputs: is a list; it is a mapping"),
        ("inputs: {1a: 1}\n" + TAIL, "'1a' is not a name"),
        (f"inputs: {{{'a' * 101}: 1}}\n" + TAIL, "is not a name"),
        ("inputs: {t: 1}\n" + TAIL, "'t' is an input already"),
        ("inputs: {a: {vaule: 1}}\n" + TAIL, "did you mean 'value'?"),
        ("inputs: {a: {range: 4}}\n" + TAIL, "write {each: {range: …}}"),
        ("inputs: {a: {each: {range: 0}}}\n" + TAIL, "range: is 0"),
        ("inputs: {a: {each: {range: 99999999999}}}\n" + TAIL, "it goes from 1 to 10,000,000"),
        ("inputs: {a: {each: {file: 5}}}\n" + TAIL, "file: is 5; it is a path"),
        ("inputs: {a: {each: {file: a, folder: b}}}\n" + TAIL, "each: has file and folder"),
        ("inputs: {a: {each: [1], value: 2}}\n" + TAIL, "both a value and each"),
        ("inputs: {a: {per: b}}\n" + TAIL, "per without each"),
        ("inputs: {a: {value: 1, type: int}}\n" + TAIL, "no type 'int' did you mean 'integer'?"),
        ("inputs: {a: {value: 1, min: 3, max: 2}}\n" + TAIL, "min: is above max:"),
        ("inputs: {a: {graph: {inputs: [1]}}}\n" + TAIL, "inputs of an open graph is a list of names"),
        ("nodes: {t: {text: a}}\noutputs: {x: $t}\n", "node 't' has no use:"),
        ("nodes: {t: 5}\noutputs: {x: $t}\n", "node 't' is 5"),
        ("nodes: {t: {use: [a]}}\noutputs: {x: $t}\n", "use: is a list"),
        ("nodes: {t: {use: shout@x}}\noutputs: {x: $t}\n", "pins the version 'x'"),
        ("nodes: {t: {use: graph}}\noutputs: {x: $t}\n", "uses a graph but names no file"),
        ("nodes: {t: {use: graph, file: a, over: b}}\noutputs: {x: $t}\n", "a graph, which takes no over:"),
        ("nodes: {t: {use: m, over: []}}\noutputs: {x: $t}\n", "over: is an empty list"),
        ("nodes: {t: {use: m, over: [5]}}\noutputs: {x: $t}\n", "over: holds 5"),
        ("nodes: {t: {use: m, over: [a, a]}}\noutputs: {x: $t}\n", "over: names 'a' twice"),
        ("nodes: {t: {use: m, by: [a]}}\noutputs: {x: $t}\n", "by: is a list"),
        ("nodes: {t: {use: m, keep: ram}}\noutputs: {x: $t}\n", "keep: is 'ram'"),
        ("nodes: {t: {use: m, timeout: 0}}\noutputs: {x: $t}\n", "timeout: is 0"),
        ("nodes: {t: {use: m, timeout: 5 s}}\noutputs: {x: $t}\n", "timeout: is the text '5 s'"),
        ("nodes: {t: {use: m, timeout: .inf}}\noutputs: {x: $t}\n", "timeout: is inf"),
        ("nodes: {t: {use: m, timeout: .nan}}\noutputs: {x: $t}\n", "timeout: is nan"),
        ("nodes: {t: {use: m, a: [$b, 1]}}\noutputs: {x: $t}\n", "all references or all plain values"),
        ("nodes: {t: {use: m, a: {b: $c}}}\noutputs: {x: $t}\n", "can't stand inside a mapping"),
        ("nodes: {t: {use: m}}\noutputs: {x: 5}\n", "output 'x' is 5, not a reference"),
    ],
)
def test_what_the_grammar_doesnt_know_is_an_error_with_its_place(text: str, words: str) -> None:
    assert any(words in line for line in wrong(text)), wrong(text)


def test_all_errors_are_found_at_once() -> None:
    text = "inputs: {a: {each: 5}, b: {value: 1, type: x}}\nnodes: {t: {text: $}, u: {use: 1}}\noutputs: {x: y}\n"  # noqa: E501
    assert len(wrong(text)) == 6


def test_a_node_type_may_be_pinned_and_a_node_noted() -> None:
    node = spec("nodes: {t: {use: shout@3, note: why, keep: memory}}\noutputs: {x: $t}\n").nodes["t"]
    assert (node.use, node.version, node.note, node.keep) == ("shout", 3, "why", "memory")


def test_paths_are_relative_to_the_file_that_names_them() -> None:
    found = spec(
        "inputs: {a: {each: {file: p.txt}}}\nnodes: {t: {use: graph, file: o.yaml}}\noutputs: {x: $t}\n"
    )
    assert found.nodes["t"].file == Path("folder/o.yaml")
    assert found.inputs["a"].each is not None
    assert found.inputs["a"].each.file == Path("folder/p.txt")


BASE = """
inputs:
  seed: {each: {range: 4}, per: prompt, help: seeds, min: 0}
  prompt: {each: [a, b]}
  gen: {graph: {inputs: [a], outputs: [b]}}
nodes: {t: {use: shout, text: $prompt, over: seed}}
outputs: {x: $t}
"""


def overridden(**settings: object):
    return override(
        spec(BASE),
        {
            name.replace("__", "."): parse_value(Tree.of(value, Place("--set")), name, Path())
            for name, value in settings.items()
        },
    )


def test_a_setting_replaces_a_value_and_keeps_what_the_graph_says_of_it() -> None:
    seed = overridden(seed={"each": [1, 2]}).inputs["seed"]
    assert (str(seed.per), seed.help, seed.minimum) == ("$prompt", "seeds", 0)
    assert overridden(seed=5).inputs["seed"].per is None


def test_a_setting_of_an_option_adds_an_input_of_that_name() -> None:
    found = overridden(t__mark={"each": ["?", "!"]})
    assert found.inputs["t.mark"].each is not None
    assert found.nodes["t"].fields["mark"] == Reference("t.mark", None, Place("--set"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("promt", "did you mean 'prompt'?"),
        ("u__mark", "the graph has no node 'u'"),
        ("t__over", "can't be set from outside"),
        ("t", "name one of its options: t.option"),
    ],
)
def test_a_setting_of_what_isnt_there_is_an_error(name: str, words: str) -> None:
    with pytest.raises(GraphError, match="--set:1:1") as caught:
        overridden(**{name: 1})
    assert words in str(caught.value)


def test_a_timeout_may_be_set_and_adds_no_input() -> None:
    found = overridden(t__timeout=60)
    assert found.nodes["t"].timeout == 60
    assert "t.timeout" not in found.inputs


@pytest.mark.parametrize("text", ["0", "1e9", ".nan", "5 s", "null", "[1]"])
def test_a_timeout_from_outside_is_checked_as_in_the_file(text: str) -> None:
    (said,) = wrong(f"nodes: {{t: {{use: m, timeout: {text}}}}}\noutputs: {{x: $t}}\n")
    with pytest.raises(GraphError) as caught:
        overridden(t__timeout=read_scalar(text, PLACE).plain())
    (problem,) = caught.value.problems
    assert said.endswith(f": {problem.message} {problem.hint}".strip())
    assert problem.message.startswith("timeout: is ")


def test_a_timeout_is_no_axis() -> None:
    with pytest.raises(GraphError, match="timeout: of 't' can't be an axis"):
        overridden(t__timeout={"each": [1, 2]})


def test_a_graph_as_a_node_takes_no_timeout_from_outside() -> None:
    text = "nodes: {t: {use: graph, file: o.yaml}}\noutputs: {x: $t}\n"
    given = parse_value(Tree.of(5, PLACE), "t.timeout", Path())
    with pytest.raises(GraphError, match="node 't' is a graph, which takes no timeout:"):
        override(spec(text), {"t.timeout": given})


def test_an_open_graph_cant_be_an_axis() -> None:
    with pytest.raises(GraphError, match="it can't be an axis"):
        overridden(gen={"each": ["a.yaml"]})
