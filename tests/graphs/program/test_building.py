"""A graph built in code: what each call writes, and what it refuses at once, with the line of the caller."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.node import node
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program import building, graph_node
from mezzotint.graphs.program import graph as graph_module
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.program.handles import Handle
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import Text


@node(version=1)
def whisper(text: Text) -> Text:
    """Say it in small letters."""
    return [entry.lower() for entry in text]


@pytest.fixture
def g(registry: Registry) -> Graph:
    return Graph(registry=registry)


def lines(graph: Graph) -> list[str]:
    return [line.strip() for line in str(graph).splitlines()]


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(GraphError) as caught:
        call()
    (problem, *_) = caught.value.problems
    assert problem.place is not None
    assert problem.place.file == __file__
    return f"{problem.message} | {problem.hint}"


@pytest.mark.parametrize("module", [building, graph_module, graph_node])
def test_the_examples_in_docstrings_run_as_they_stand(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def test_a_graph_built_in_code_is_the_file_that_means_the_same(g: Graph, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,kind\nhi,x\n$5,y\nyo,x\n")
    row = g.input("row", each(file=tmp_path / "rows.csv"), help="what is said")
    seed = g.input("seed", each(range(3), per=row.text))
    loud = g.add("shout", text=f"{row.text} and {row.text}", times=2)
    number = g.add("draw", text=loud, seed=seed, name="number")
    total = g.add("add", numbers=[number, number], note="twice")
    mean = g.add("mean", number=total, over=[row, seed], keep="none", timeout=9)
    by = g.add("mean", number=total, over=["row", "seed"], by=row.kind)
    g.output(mean=mean, by=by)
    written = """\
mezzotint: 1
inputs:
  row:  {each: {file: rows.csv}, help: what is said}
  seed: {each: {range: 3}, per: row.text}
nodes:
  shout:  {use: shout, text: "${row.text} and ${row.text}", times: 2}
  number: {use: draw, text: $shout, seed: $seed}
  add:    {use: add, numbers: [$number, $number], note: twice}
  mean:   {use: mean, number: $add, over: [row, seed], keep: none, timeout: 9}
  mean_2: {use: mean, number: $add, over: [row, seed], by: row.kind}
outputs: {mean: $mean, by: $mean_2}
"""
    again = Graph.parse(written, g.registry, folder=tmp_path)
    assert str(again) == written.rstrip()
    assert list(g.run()["by"]) == list(again.run()["by"])
    assert g.run()["by"].axes == {"row.kind": ["x", "y"]}
    assert g.save(tmp_path / "saved.yaml").read_text() == written


def test_text_typed_by_hand_is_text_whatever_it_looks_like(g: Graph) -> None:
    words = g.input("words", "hi")
    g.output(a=g.add("shout", text="${words} $words $"), b=g.add("shout", text=f"${{words}} {words}$"))
    assert 'shout:   {use: shout, text: "$${words} $$words $$"}' in lines(g)
    assert 'shout_2: {use: shout, text: "$${words} ${words}$$"}' in lines(g)
    run = g.run()
    assert (run["a"].value, run["b"].value) == ("${words} $words $!", "${words} hi$!")


def test_outputs_of_a_node_and_columns_of_records_are_attributes(g: Graph) -> None:
    row = g.input("row", each({"text": "a", "style of it": "b"}))
    seed = g.input("seed", each(range(2), per=row.text))
    pair = g.add("pair", text=row.text)
    styled = g.add("shout", text=f"{row['style of it']}")
    g.output(upper=pair.upper, length=pair["length"], drawn=g.add("draw", text=styled, seed=seed))
    assert "seed: {each: {range: 2}, per: row.text}" in lines(g)
    assert 'shout: {use: shout, text: "${row.style of it}"}' in lines(g)
    assert "outputs: {upper: $pair.upper, length: $pair.length, drawn: $draw}" in lines(g)
    assert {"upper", "length"} <= set(dir(pair))
    assert not hasattr(pair, "lenght")
    assert "did you mean 'length'" in refused(lambda: pair.lenght)
    assert "has no parts" in refused(lambda: row.text.more)


def test_several_values_of_an_option_make_an_input(g: Graph) -> None:
    words = g.input("words", "hi")
    first = g.add("shout", text=words, times=each(1, 2))
    second = g.add("shout", text=first, times=each(3, 4))
    g.output(out=second)
    assert "times:         {each: [1, 2]}" in lines(g)
    assert "shout_2_times: {each: [3, 4]}" in lines(g)
    assert list(g.run()["out"]) == ["hi!!!!", "hi!!!!!", "hi!!!!!", "hi!!!!!!"]


def test_a_function_is_a_node_type_without_further_ado(g: Graph) -> None:
    g.output(out=g.add(whisper, text="HI"))
    assert "whisper: {use: whisper, text: HI}" in lines(g)
    assert g.run()["out"].value == "hi"
    assert g.registry["whisper"].package == "test_building"  # as with --nodes test_building.py
    assert "whisper" not in Graph(registry=Registry()).registry


def test_a_function_that_is_declared_anew_needs_a_graph_anew(g: Graph) -> None:
    @node(version=1, name="whisper")
    def other(text: Text) -> Text:
        """Say nothing."""
        return ["" for _ in text]

    g.add(whisper, text="HI")
    message = refused(lambda: g.add(other, text="HI"))
    assert message.startswith("'whisper' was declared in 'test_building' before, by another function")


def test_a_function_of_the_name_of_another_node_type_is_named_with_its_package(g: Graph) -> None:
    @node(version=1)
    def shout(text: Text) -> Text:
        """Say it twice."""
        return [entry * 2 for entry in text]

    g.output(out=g.add(shout, text="HI"), loud=g.add("shout", text="HI"))
    assert "shout:   {use: test_building.shout, text: HI}" in lines(g)
    run = g.run()
    assert (run["out"].value, run["loud"].value) == ("HIHI", "HI!")


def test_an_open_graph_is_an_input_that_is_used(g: Graph, tmp_path: Path) -> None:
    inner = Graph(registry=g.registry)
    inner.output(text=inner.add("shout", text=inner.input("prompt")))
    inner.save(tmp_path / "inner.yaml")
    made = g.input("made", str(tmp_path / "inner.yaml"), inputs=["prompt"], outputs=["text"])
    g.output(out=g.add(made, prompt="hi"))
    assert {"graph: {inputs: [prompt], outputs: [text]}", f"value: {tmp_path}/inner.yaml"} <= set(lines(g))
    assert "made_2: {use: $made, prompt: hi}" in lines(g)
    assert g.run()["out"].value == "hi!"


def test_a_graph_file_is_a_node_too(g: Graph, tmp_path: Path) -> None:
    inner = Graph(registry=g.registry)
    pair = inner.add("pair", text=inner.input("prompt"))
    inner.output(upper=pair.upper, length=pair.length)
    inner.save(tmp_path / "inner.yaml")
    used = g.add("graph", file=str(tmp_path / "inner.yaml"), prompt="hi", name="used")
    g.output(out=used.upper)
    assert g.run()["out"].value == "HI"
    assert "did you mean 'upper'" in refused(lambda: used.uper)


def test_a_loaded_graph_can_be_built_on(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "g.yaml").write_text("inputs: {w: hi}\nnodes: {s: {use: shout, text: $w}}\noutputs: {s: $s}")
    g = Graph.load(tmp_path / "g.yaml", registry)
    g.output(twice=g.add("shout", text=g["s"]))
    assert g.run()["twice"].value == "hi!!"
    assert "did you mean 's'" in refused(lambda: g["S"])


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda g, w: g.add("shoot", text=w), "there is no node type 'shoot' | did you mean 'shout'?"),
        (lambda g, w: g.add("shout", txt=w), "has no port or option 'txt' | did you mean 'text'?"),
        (lambda g, w: g.add("shout"), "node 'shout' (shout) lacks text"),
        (
            lambda g, w: g.add("shout", text=w, times=9),
            "shout.times is 9; expected a whole number",
        ),
        (lambda g, w: g.add("shout@7", text=w), "shout is pinned to version 7"),
        (
            lambda g, w: g.add("inverse", number=g.add("shout", text=w)),
            "$shout (shout) gives Text",
        ),
        (lambda g, w: g.add("add", numbers=w), "add.numbers takes a list of references"),
        (lambda g, w: g.add("add", numbers=[w, 1]), "a list is either all references or all plain values"),
        (lambda g, w: g.add("shout", text=g.add("pair", text=w)), "$pair has 2 outputs: upper, length"),
        (lambda g, w: g.add("mean", number=g.add("length", text=w)), "is a reducer and has no over:"),
        (lambda g, w: g.add("mean", number=g.add("length", text=w), over="word"), "did you mean 'words'?"),
        (lambda g, w: g.add("mean", number=g.add("length", text=w), over=3), "3 is no name of an input"),
        (lambda g, w: g.add("shout", text=w, over=w), "shout is not a reducer, so it takes no over:"),
        (
            lambda g, w: g.add("shout", text=w, keep="disc"),
            "'disc' | it is one of none, memory, disk",
        ),
        (lambda g, w: g.add("shout", text=w, timeout=0), "timeout: is 0"),
        (lambda g, w: g.add("shout", text=w, name="words"), "there is an input 'words' already"),
        (lambda g, w: g.add("shout", text=w, name="no name"), "'no name' is not a name"),
        (lambda g, w: g.add("shout", text=[each("a")]), "each(…) stands for a whole field"),
        (lambda g, w: g.add("shout", text=object()), "expected text"),
        (lambda g, w: g.add(len, text=w), "a builtin_function_or_method is no node type"),
        (
            lambda g, w: g.add("shout", text=f"{w}".replace("words", "word")),
            "there is no input or node",
        ),
        (lambda g, w: g.input("words", 1), "there is an input 'words' already; inputs and nodes share"),
        (lambda g, w: g.input("x", f"{w}!"), "input 'x' is made of other values"),
        (lambda g, w: g.input("x", each(1, w)), "input 'x' is made of other values"),
        (lambda g, w: g.input("x", 3, type="int"), "no type 'int' | did you mean 'integer'?"),
        (lambda g, w: g.input("x", 3, min=5), "input 'x' is 3; it must be at least 5"),
        (
            lambda g, w: g.input("x", each(range(2), per="wrds")),
            "did you mean 'words'?",
        ),
        (lambda g, w: g.input("x", each(file="no such.txt")), "there is no file no such.txt"),
        (lambda g, w: g.output(x="words"), "output 'x' is 'words', not the handle of a node"),
        (lambda g, w: g.output(a=w) or g.output(a=w), "there is an output 'a' already"),
        (lambda g, w: g["word"], "there is no input or node 'word' | did you mean 'words'?"),
    ],
)
def test_a_mistake_is_told_where_it_is_made(g: Graph, mistake: Any, message: str) -> None:
    words = g.input("words", each("a", "b"))
    assert message in refused(lambda: mistake(g, words))


def test_what_was_wrong_is_not_added(g: Graph) -> None:
    g.input("words", "hi")
    before = g.spec
    refused(lambda: g.add("shout", text="a", times=each(1, 99)))
    assert g.spec is before


def test_a_handle_belongs_to_its_graph(g: Graph, registry: Registry) -> None:
    foreign = Graph(registry=registry).input("words", "hi")
    g.input("words", "hi")
    assert "<$words> belongs to another graph" in refused(lambda: g.add("shout", text=foreign))
    assert "<$words> belongs to another graph" in refused(lambda: g.add("shout", text=f"{foreign}!"))


def test_a_handle_is_no_list_and_takes_no_format(g: Graph) -> None:
    words = g.input("words", "hi")
    with pytest.raises(TypeError, match="not iterable"):
        list(words)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="known only in a run"):
        f"{words:>9}"
    assert repr(words) == "<$words>"
    assert not hasattr(words, "__array__")
    assert isinstance(words.column, Handle)


def test_only_the_first_of_many_values_are_looked_at_before_a_run(g: Graph) -> None:
    texts: list[Any] = ["a"] * 200 + [None]
    g.output(out=g.add("shout", text=g.input("words", each(texts))))
    with pytest.raises(GraphError, match=r"shout\.text is null; expected text"):
        g.check()


def test_a_graph_without_outputs_is_told_how_to_get_some(g: Graph) -> None:
    g.add("shout", text="hi")
    with pytest.raises(GraphError, match=r"the graph has no outputs\n +add some: graph.output"):
        g.run()


def test_files_are_found_beside_the_code_that_names_them(g: Graph, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("beside the code\n")
    script = tmp_path / "script.py"
    code = 'words = g.input("words", each(file="words.txt"))\ng.output(out=g.add("shout", text=words))'
    exec(compile(code, str(script), "exec"), {"g": g, "each": each})
    assert list(g.run()["out"]) == ["beside the code!"]
    assert "words: {each: {file: %s}}" % (tmp_path / "words.txt") in lines(g)


def test_so_are_those_that_a_run_is_given(g: Graph, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("given\n")
    g.output(out=g.add("shout", text=g.input("words")))
    code = 'run = g.run(words=each(file="words.txt"))'
    scope = {"g": g, "each": each}
    exec(compile(code, str(tmp_path / "script.py"), "exec"), scope)
    assert list(scope["run"]["out"]) == ["given!"]
    with pytest.raises(GraphError, match=r"script.py:1:1: the graph has no input 'wrds'"):
        exec(compile('g.run(wrds="a")', str(tmp_path / "script.py"), "exec"), scope)


def test_building_loads_nothing_heavy() -> None:
    code = (
        "import sys; from mezzotint import Graph, each\n"
        "assert 'mezzotint.graphs.check' in sys.modules\n"
        "g = Graph(); p = g.input('p', each('a', 'b')); m = g.add('load_model', source='starter')\n"
        "g.output(t=g.add('text_encode', model=m, prompt=p)); str(g)\n"
        "print({'torch', 'diffusers', 'transformers', 'networkx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
