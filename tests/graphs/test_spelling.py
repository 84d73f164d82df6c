"""A graph's text reads back as the same graph, for this language's reader and as YAML 1.1."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import mezzotint
from mezzotint.graphs.grammar import (
    Each,
    GraphSpec,
    InputSpec,
    Interface,
    Literal,
    NodeSpec,
    Reference,
    References,
    Template,
)
from mezzotint.graphs.problem import GraphError, Place
from mezzotint.graphs.source import Tree, read_text
from mezzotint.graphs.spec import override, parse_spec, parse_value, read_spec
from mezzotint.graphs.spelling import spell
from mezzotint.graphs.yaml_text import graph_text

PLACE = Place("folder/graph.yaml")
FOLDER = Path("folder")

#: Text that some reader takes for something else.
WORDS = (
    "no Yes on OFF y N true null ~ 12:30 1:2:3 1e-3 1e5 .5 0o17 017 0x1F 0b1 1_000 +1 -3 2024-01-01",
    ".inf .NaN = <<",
    "$ $a ${a} $$ {a} [a] a:b a,b #a a#b ! &a *a |a >a %a @a `a 'a \"a a' ? - , : a: \\ $a.b --- ... () /a",
)
TRAPS = [word for line in WORDS for word in line.split(" ")]
TRAPS += ["", " ", " a", "a ", "a: b", "a #b", "a\nb", "a\n\nb\n", "\n", "a\n ", " a\nb", "\t", "a\tb"]
TRAPS += [
    "\x85",
    "\u2028",
    "\ufeff",
    "\x07",
    "\x7f",
    "\xa0",
    "é 猫 🐈",
    "a\n\n\n",
    "a \nb",
    "\r",
    "a\r\nb",
    "--- a",
]

texts = st.one_of(
    st.sampled_from(TRAPS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(st.sampled_from("ab c$:#,{}[]'\"\\-?!&*\n1."), max_size=8).map("a".__add__),
)
names = st.sampled_from(
    ["prompt", "seed", "model", "no", "on", "y", "null", "größe", "_", "a1", "mezzotint", "x" * 100]
)
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([1e-7, 1e22, 1.0, -0.0, 10**100]))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
plain = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(texts, st.just("k" * 1100)), inner, max_size=4),
    ),
    max_leaves=8,
)
attributes = st.sampled_from([None, "output", "a-b", "1", "no"])
references = st.builds(Reference, names, attributes, st.just(PLACE))
templates = st.lists(st.one_of(texts, references), max_size=5).filter(
    lambda parts: any(isinstance(part, Reference) for part in parts)
)
expressions = st.one_of(
    references,
    st.builds(Literal, plain, st.just(PLACE)),
    st.builds(lambda parts: Template(tuple(parts), PLACE), templates),
    st.builds(lambda items: References(tuple(items), PLACE), st.lists(references, min_size=1, max_size=3)),
)
paths = st.sampled_from(
    [FOLDER / "a.csv", FOLDER / "no", FOLDER / "b/c d.txt", FOLDER / "../x.txt", Path("/e/f.txt")]
)
counts = st.integers(1, 10_000_000)
limits = st.one_of(st.none(), counts)
sources = st.one_of(
    st.builds(
        lambda values: Each(PLACE, values=tuple(Tree.of(value, PLACE) for value in values)),
        st.lists(plain, max_size=4),
    ),
    st.builds(lambda count, limit: Each(PLACE, count=count, limit=limit), counts, limits),
    st.builds(
        lambda file, column, limit: Each(PLACE, file=file, column=column, limit=limit),
        paths,
        st.one_of(st.none(), texts),
        limits,
    ),
    st.builds(
        lambda folder, match, limit: Each(PLACE, folder=folder, match=match or "*", limit=limit),
        paths,
        texts,
        limits,
    ),
)
axes = st.recursive(
    sources,
    lambda inner: st.builds(
        lambda columns, limit: Each(PLACE, zip=columns, limit=limit),
        st.dictionaries(texts, inner, min_size=1, max_size=3),
        limits,
    ),
    max_leaves=4,
)
bounds = st.one_of(st.none(), st.integers(-3, 3), st.just(0.5))


@st.composite
def inputs(draw: Any, name: str) -> InputSpec:
    kind = draw(st.sampled_from(["default", "each", "open", "unset"]))
    given: dict[str, Any] = {"help": draw(texts)}
    if kind == "open":
        interface = Interface(
            tuple(draw(st.lists(names, max_size=2))), tuple(draw(st.lists(names, max_size=2)))
        )
        file = draw(st.one_of(st.none(), paths))
        return InputSpec(
            name, PLACE, None if file is None else Tree(str(file), PLACE), interface=interface, **given
        )
    kinds = [None, "integer", "number", "text", "boolean", "record"]
    given["type"] = draw(st.sampled_from(kinds))
    if given["type"] in (None, "integer", "number"):
        low, high = draw(bounds), draw(bounds)
        given |= {"minimum": low, "maximum": high if low is None or high is None or low <= high else None}
    if kind == "each":
        per = st.one_of(st.none(), references, templates.map(lambda parts: Template(tuple(parts), PLACE)))
        return InputSpec(name, PLACE, each=draw(axes), per=draw(per), **given)
    default = Tree.of(draw(plain), PLACE) if kind == "default" else None
    return InputSpec(name, PLACE, default, **given)


@st.composite
def nodes(draw: Any, name: str) -> NodeSpec:
    kind = draw(st.sampled_from(["type", "type", "file", "open"]))
    keys = st.one_of(texts, names).filter(
        lambda key: key not in ("use", "over", "by", "keep", "timeout", "note", "file")
    )
    given: dict[str, Any] = {
        "fields": draw(st.dictionaries(keys, expressions, max_size=4)),
        "note": draw(texts),
    }
    if kind == "file":
        return NodeSpec(name, PLACE, "graph", PLACE, file=draw(paths), **given)
    if kind == "open":
        opened = draw(names)
        return NodeSpec(name, PLACE, f"${opened}", PLACE, generator=opened, **given)
    over = draw(st.lists(st.one_of(names, texts), max_size=3, unique=True))
    given["over"] = tuple((each, PLACE) for each in over)
    given["by"] = draw(st.one_of(st.none(), references))
    given["keep"] = draw(st.sampled_from([None, "none", "memory", "disk"]))
    given["timeout"] = draw(st.sampled_from([None, 1, 0.5, 1e-5, 1_000_000]))
    version = draw(st.sampled_from([None, 0, 1, 12]))
    return NodeSpec(
        name, PLACE, draw(st.sampled_from(["sample", "no", "toy.draw", "1"])), PLACE, version, **given
    )


@st.composite
def graphs(draw: Any) -> GraphSpec:
    found = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    cut = draw(st.integers(0, len(found) - 1))
    return GraphSpec(
        PLACE,
        "graph",
        draw(texts).strip(),
        {name: draw(inputs(name)) for name in found[:cut]},
        {name: draw(nodes(name)) for name in found[cut:]},
        draw(st.dictionaries(names, references, min_size=1, max_size=4)),
        draw(
            st.one_of(
                st.none(), st.dictionaries(texts, plain, max_size=3).map(lambda suite: Tree.of(suite, PLACE))
            )
        ),
    )


def bare(value: Any) -> Any:
    """What a graph says, without places and with every kind of number told apart."""
    if isinstance(value, Tree):
        return bare(value.plain())
    if isinstance(value, Template):
        groups = groupby((part for part in value.parts if part != ""), lambda part: isinstance(part, str))
        return ["".join(group) if is_text else list(map(bare, group)) for is_text, group in groups]
    if isinstance(value, Place):
        return None
    if is_dataclass(value):
        return (
            type(value).__name__,
            *(bare(getattr(value, each.name)) for each in fields(value) if each.name != "key_places"),
        )
    if isinstance(value, Mapping):
        return {key: bare(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [bare(part) for part in value]
    return (type(value).__name__, str(value))


ROOT = Path(mezzotint.__file__).parent
FILES = sorted(
    path for folder in ("examples", "evaluation/suites", "cli") for path in (ROOT / folder).rglob("*.yaml")
)


def read(text: str, folder: Path = FOLDER) -> GraphSpec:
    return parse_spec(read_text(text, str(folder / "graph.yaml")), "graph", folder)


def as_yaml_1_1(text: str) -> Any:
    return yaml.load(text, Loader=yaml.SafeLoader)


@given(graphs())
def test_a_graph_reads_back_as_it_was(spec: GraphSpec) -> None:
    text = spell(spec)
    again = read(text)
    assert again.problems == ()
    assert bare(again) == bare(spec)
    assert spell(again) == text


@given(plain)
def test_every_reader_takes_data_for_the_same_values(value: Any) -> None:
    text = graph_text({"suite": {"value": value}, "other": value})
    assert bare(read_text(text, "graph.yaml").plain()) == bare(as_yaml_1_1(text))
    assert bare(as_yaml_1_1(text)) == bare({"suite": {"value": value}, "other": value})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_graphs_of_the_project_read_back_as_they_were(path: Path) -> None:
    spec = read_spec(path)
    text = spell(spec)
    again = read(text, path.parent)
    assert bare(again) == bare(GraphSpec(**{**vars(spec), "name": "graph"}))
    assert bare(as_yaml_1_1(text)) == bare(read_text(text, "graph.yaml").plain())


def graphs_in_tests() -> Iterator[GraphSpec]:
    """The graphs without mistakes that stand as text in the tests."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for part in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = part.value if isinstance(part, ast.Constant) else None
            if isinstance(text, str) and "nodes:" in text and "outputs:" in text:
                with suppress(GraphError):
                    spec = read(text)
                    if not spec.problems:
                        yield spec


def test_the_graphs_in_the_tests_read_back_as_they_were() -> None:
    found = list(graphs_in_tests())
    assert len(found) > 100
    for spec in found:
        text = spell(spec)
        assert bare(read(text)) == bare(spec)
        assert bare(as_yaml_1_1(text)) == bare(read_text(text, "graph.yaml").plain())


def test_a_node_is_a_line_where_it_fits_and_its_columns_are_aligned() -> None:
    written = """\
mezzotint: 1
description: |-
  Two lines,
  one below the other.
inputs:
  checkpoint: starter
  a_very_long_name_of_an_input: 3
  row:  {help: "the prompts, a row each"}
  seed: {each: {range: 4}, per: row.prompt}
nodes:
  text:   {use: text_encode, prompt: "costs $$5: ${prompt}", values: [$a, $b.c]}
  latent:
    use: sample@1
    model: $a_node_with_a_name_that_takes_its_place
    conditioning: $another_one_that_is_as_long_as_that
    seed: $seed
    timeout: 60
outputs: {images: $latent, "no": $text}
"""
    assert spell(read(written)) == written


def test_files_are_written_as_they_are_reached_from_the_folder(tmp_path: Path) -> None:
    text = (
        "inputs: {p: {each: {file: a/b.csv}}, g: {graph: {inputs: [], outputs: [x]}, value: other.yaml}}\n"
        "nodes: {n: {use: graph, file: n.yaml}, o: {use: $g}, s: {use: shout, text: $p}}\noutputs: {x: $n}\n"
    )
    spec = read(text, tmp_path / "here")
    moved = spell(spec, tmp_path / "there")
    assert "{file: ../here/a/b.csv}" in moved.replace('"', "")
    again = read(moved, tmp_path / "there")
    assert again.inputs["p"].each is not None
    assert again.inputs["p"].each.file is not None
    assert again.inputs["p"].each.file.resolve() == (tmp_path / "here/a/b.csv").resolve()
    assert str(again.inputs["g"].default.plain()).endswith("../here/other.yaml")  # type: ignore[union-attr]
    assert again.nodes["n"].file is not None
    assert again.nodes["n"].file.resolve() == (tmp_path / "here/n.yaml").resolve()


def test_a_setting_of_a_node_from_outside_becomes_an_input_with_a_name_of_its_own() -> None:
    spec = read("nodes: {s: {use: shout, text: hi}}\noutputs: {out: $s}")
    settings = {"s.times": parse_value(Tree.of({"each": [1, 2]}, PLACE), "s.times", FOLDER)}
    assert spell(override(spec, settings)) == (
        "mezzotint: 1\ninputs:\n  s__times: {each: [1, 2]}\n"
        "nodes:\n  s: {use: shout, text: hi, times: $s__times}\noutputs: {out: $s}\n"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "a value of type object"),
        ({"a": [b"x"]}, "a value of type bytes"),
        (10**400, "a whole number of 1329 bits"),
    ],
    ids=["object", "bytes", "huge"],
)
def test_what_no_file_can_say_is_an_error_with_its_place(value: Any, message: str) -> None:
    spec = read("inputs: {x: 1}\nnodes: {s: {use: shout, text: $x}}\noutputs: {out: $s}")
    given = parse_value(Tree.of({"value": value}, Place("script.py", 7)), "x", FOLDER)
    with pytest.raises(GraphError, match=rf"script.py:7:1: {message}"):
        spell(override(spec, {"x": given}))


def test_a_graph_with_mistakes_is_not_written() -> None:
    with pytest.raises(GraphError, match="the graph has no outputs"):
        spell(read("nodes: {s: {use: shout}}"))


def test_an_open_graph_that_values_were_put_into_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {x: 1}\nnodes: {s: {use: shout, text: $x}}\noutputs: {out: $s}"
    )
    outer = "inputs: {g: {graph: {inputs: [], outputs: [out]}, value: inner.yaml}}\n"
    spec = read(outer + "nodes: {n: {use: $g}}\noutputs: {out: $n}", tmp_path)
    filled = override(spec, {"g.x": parse_value(Tree.of(2, PLACE), "g.x", FOLDER)})
    with pytest.raises(GraphError, match="values were put into the graph that fills 'g'"):
        spell(filled)
