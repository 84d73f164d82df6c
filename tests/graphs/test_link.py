"""Names across files: nested graphs, open graphs, settings of both, and the axes that result."""

from pathlib import Path

INNER = """
inputs: {text: {type: text}, seed: {each: [1, 2]}, scale: {value: 1, max: 50}}
nodes: {loud: {use: shout, text: $text}, number: {use: draw, text: $loud, seed: $seed, scale: $scale}}
outputs: {loud: $loud, number: $number}
"""
OUTER = """
inputs: {p: {each: [a, b, c]}}
nodes:
  o: {use: graph, file: inner.yaml, text: $p}
  m: {use: mean, number: $o.number, over: [p, o.seed]}
outputs: {mean: $m, loud: $o.loud}
"""
OPEN = """
inputs:
  p: {each: [a, b]}
  gen: {graph: {inputs: [text, seed], outputs: [number]}}
nodes:
  g: {use: $gen, text: $p, seed: 5}
  m: {use: mean, number: $g, over: p}
outputs: {mean: $m}
"""


def test_a_nested_graph_is_inlined_and_its_own_axis_is_named_after_the_node(tmp_path: Path, checked) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    graph = checked(OUTER)
    assert {name: step.axes for name, step in graph.steps.items()} == {
        "o.loud": ("p",),
        "o.number": ("p", "o.seed"),
        "m": (),
    }
    assert {name: len(axis) for name, axis in graph.axes.items()} == {"p": 3, "o.seed": 2}


def test_an_inner_input_takes_the_axes_of_what_it_is_given(tmp_path: Path, checked) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    graph = checked(
        OUTER.replace("text: $p}", "text: x, seed: $s}")
        .replace("p: {each", "s: {each")
        .replace("[a, b, c]", "[7, 8, 9]")
        .replace("[p, o.seed]", "o.seed")
    )
    assert graph.steps["m"].over == ("s",)
    assert "o.seed" not in graph.axes


def test_a_setting_reaches_the_input_of_a_nested_graph(tmp_path: Path, checked) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    graph = checked(OUTER, {"o.seed": 9, "o.scale": {"each": [1, 2]}})
    assert graph.steps["o.number"].axes == ("p", "o.scale")
    seed = graph.steps["o.number"].ports["seed"]
    assert not isinstance(seed, tuple)
    assert seed.at({}) == 9
    assert checked(OUTER.replace("[p, o.seed]", "p"), {"o.seed": {"each": [3]}}).steps["m"].axes == (
        "o.seed",
    )


def test_a_nested_graphs_reducer_still_holds_when_its_input_is_given_another_axis(
    tmp_path: Path, checked
) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {text: {each: [x, y]}}\n"
        "nodes: {n: {use: length, text: $text}, m: {use: mean, number: $n, over: text}}\noutputs: {m: $m}\n"
    )
    graph = checked(
        "inputs: {p: {each: [a, b]}, q: {each: [c, d]}}\n"
        'nodes: {o: {use: graph, file: inner.yaml, text: "${p} ${q}"}}\noutputs: {m: $o}\n'
    )
    assert graph.steps["o.m"].over == ("p", "q")


def test_over_may_name_an_input_that_is_a_nodes_result(tmp_path: Path, checked) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {text: x, number: {}}\n"
        "nodes: {m: {use: mean, number: $number, over: text}}\noutputs: {m: $m}\n"
    )
    graph = checked(
        "inputs: {p: {each: [a, b]}}\n"
        "nodes:\n"
        "  o: {use: graph, file: inner.yaml, text: $s, number: $n}\n"
        "  n: {use: length, text: $s}\n"
        "  s: {use: shout, text: $p}\n"
        "outputs: {m: $o}\n"
    )
    assert graph.steps["o.m"].over == ("p",)


def test_inner_bounds_hold_for_what_is_given(tmp_path: Path, problems) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    assert problems(OUTER.replace("text: $p", "text: $p, scale: 60")) == [
        "4:54: input 'scale' is 60; it must be at most 50"
    ]


def test_errors_of_a_nested_graph_stand_in_its_own_file(tmp_path: Path, problems) -> None:
    (tmp_path / "inner.yaml").write_text(INNER.replace("$loud, seed", "$lout, seed"))
    assert problems(OUTER) == ["inner.yaml:3:68: there is no input or node 'lout' did you mean 'loud'?"]


def test_wrong_uses_of_a_nested_graph_are_all_reported(tmp_path: Path, problems) -> None:
    (tmp_path / "inner.yaml").write_text(INNER)
    found = problems(
        "nodes:\n"
        "  a: {use: graph, file: iner.yaml, text: $nope}\n"
        "  b: {use: graph, file: inner.yaml, txt: x}\n"
        "  c: {use: shout, text: $b}\n"
        "  d: {use: shout, text: $b.lout}\n"
        "outputs: {x: $c}\n"
    )
    assert found[:5] == [
        "2:19: there is no file iner.yaml did you mean 'inner.yaml'?",
        "2:42: there is no input or node 'nope' there is a, b, c, d",
        "3:37: inner.yaml has no input 'txt' did you mean 'text'?",
        "4:25: $b has 2 outputs: loud, number write $b.loud",
        "5:25: 'b' has no output 'lout' did you mean 'loud'?",
    ]


def test_a_graph_that_contains_itself_is_refused(tmp_path: Path, problems) -> None:
    text = "nodes: {a: {use: graph, file: graph.yaml}}\noutputs: {x: $a.x}\n"
    assert "a graph that contains itself: graph.yaml → graph.yaml" in problems(text)[0]
    (tmp_path / "one.yaml").write_text("nodes: {a: {use: graph, file: two.yaml}}\noutputs: {x: $a}\n")
    (tmp_path / "two.yaml").write_text("nodes: {a: {use: graph, file: ./one.yaml}}\noutputs: {x: $a}\n")
    found = problems("nodes: {a: {use: graph, file: one.yaml}}\noutputs: {x: $a}\n")
    assert any("one.yaml → two.yaml → one.yaml" in line for line in found)


def test_graphs_that_multiply_are_refused(tmp_path: Path, problems) -> None:
    for level in range(16):
        uses = f"{{use: graph, file: g{level + 1}.yaml}}" if level < 15 else "{use: shout, text: x}"
        (tmp_path / f"g{level}.yaml").write_text(f"nodes: {{a: {uses}, b: {uses}}}\noutputs: {{x: $a}}\n")
    found = problems("nodes: {a: {use: graph, file: g0.yaml}}\noutputs: {x: $a}\n")
    assert "more than 10,000 nodes" in found[0]


def test_a_value_that_leads_back_to_itself_through_a_nested_graph_is_a_cycle(
    tmp_path: Path, problems
) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {text: x}\nnodes: {s: {use: shout, text: a}}\noutputs: {same: $text, s: $s}\n"
    )
    found = problems("nodes: {a: {use: graph, file: inner.yaml, text: $a.same}}\noutputs: {x: $a.s}\n")
    assert len(found) == 1
    assert "a cycle: a." in found[0]


def test_long_chains_of_nested_graphs_end(tmp_path: Path, problems) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {text: x}\nnodes: {s: {use: shout, text: a}}\noutputs: {same: $text}\n"
    )
    chain = "".join(f"  a{n}: {{use: graph, file: inner.yaml, text: $a{n + 1}}}\n" for n in range(1000))
    found = problems(f"nodes:\n{chain}  a1000: {{use: shout, text: x}}\noutputs: {{x: $a0}}\n")
    assert found == [] or "too many nested graphs" in found[0]


def test_an_open_graph_is_checked_before_it_is_given(checked) -> None:
    graph = checked(OPEN)
    assert graph.steps["g"].is_open
    assert graph.steps["g"].axes == ("p",)
    assert [problem.message for problem in graph.unset] == ["the open graph 'gen' is not given"]


def test_an_open_graph_is_filled_by_a_file_relative_to_where_one_stands(
    tmp_path: Path, checked, monkeypatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.yaml").write_text(
        "inputs: {text: {}, seed: 1}\n"
        "nodes: {d: {use: draw, text: $text, seed: $seed}, s: {use: shout, text: $text}}\n"
        "outputs: {extra: $s, number: $d}\n"
    )
    monkeypatch.chdir(tmp_path / "here")
    graph = checked(OPEN, {"gen": "mine.yaml"})
    assert graph.unset == []
    assert list(graph.steps) == ["g.d", "m"]


def test_a_file_that_cant_fill_an_open_graph_is_told_why(tmp_path: Path, problems, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(
        "inputs: {txt: a}\nnodes: {s: {use: length, text: $txt}}\noutputs: {n: $s}\n"
    )
    found = problems(OPEN, {"gen": "mine.yaml"})
    assert any("can't stand for $gen: it has no input 'text' did you mean 'txt'?" in line for line in found)
    assert any("has no output 'number'" in line for line in found)
    assert len(found) == 3
    assert "--set:1:1: there is no file none.yaml" in problems(OPEN, {"gen": "none.yaml"})[0]
    assert "5 is not a file" in problems(OPEN, {"gen": 5})[0]


FILLING = """
inputs: {text: {}, seed: 1, scale: 2}
nodes: {d: {use: draw, text: $text, seed: $seed, scale: $scale}}
outputs: {number: $d}
"""


def test_values_reach_into_the_graph_that_fills_an_open_one(tmp_path: Path, checked) -> None:
    (tmp_path / "mine.yaml").write_text(FILLING)
    mine = {"gen": str(tmp_path / "mine.yaml")}
    assert checked(OPEN, {**mine, "gen.scale": 7}).steps["g.d"].options["scale"].at({}) == 7
    assert checked(OPEN, {"gen.d.mode": "fancy", **mine}).steps["g.d"].options["mode"].at({}) == "fancy"
    swept = checked(OPEN, {**mine, "gen.scale": {"each": [1, 2]}})
    assert swept.steps["g.d"].axes == ("p", "g.scale")
    assert checked(OPEN, mine).steps["g.d"].options["scale"].at({}) == 2


def test_values_that_cant_reach_into_an_open_graph_are_told_why(tmp_path: Path, problems) -> None:
    (tmp_path / "mine.yaml").write_text(FILLING)
    mine = {"gen": str(tmp_path / "mine.yaml")}
    assert "no input 'scal' did you mean 'scale'?" in problems(OPEN, {**mine, "gen.scal": 7})[0]
    assert "'gen' gets it from the graph around it" in problems(OPEN, {**mine, "gen.text": "a"})[0]
    assert "the open graph 'gen' is not given" in problems(OPEN, {"gen.scale": 7})[0]
    assert "no such file" in problems(OPEN, {"gen": "none.yaml", "gen.scale": 7})[0]


def test_a_column_of_rows_that_are_still_to_be_given_is_still_to_be_given(checked) -> None:
    graph = checked(
        "inputs: {row: {help: rows}, seed: {each: [1, 2], per: row.text}}\n"
        "nodes: {d: {use: draw, text: $row.text, seed: $seed},\n"
        "        m: {use: mean, number: $d, over: [row, seed], by: row.kind}}\n"
        "outputs: {x: $m}\n"
    )
    assert [problem.message for problem in graph.unset] == ["input 'row' has no value"]


def test_an_open_graph_is_used_as_a_node_only(problems) -> None:
    assert "'gen' is an open graph, not a value" in problems(OPEN.replace("text: $p", "text: $gen"))[0]
    assert (
        "$gem is not an open graph did you mean 'gen'?" in problems(OPEN.replace("use: $gen", "use: $gem"))[0]
    )
    assert "'gen' has no port or option 'sead'" in problems(OPEN.replace("seed: 5", "sead: 5"))[0]


def test_axes_stand_in_the_order_of_the_inputs(checked) -> None:
    graph = checked(
        "inputs: {a: {each: [1, 2]}, b: {each: [x, y]}, c: {each: [u, v]}}\n"
        'nodes: {d: {use: draw, text: "${c}${b}", seed: $a}}\noutputs: {x: $d}\n'
    )
    assert graph.steps["d"].axes == ("a", "b", "c")


def test_seeds_may_be_per_column_of_a_record(tmp_path: Path, checked, problems) -> None:
    text = (
        "inputs: {row: {each: {zip: {text: [a, b], id: [1, 2]}}}, seed: {each: [1], per: row.text}}\n"
        "nodes: {d: {use: draw, text: $row.text, seed: $seed}}\noutputs: {x: $d}\n"
    )
    assert checked(text).steps["d"].axes == ("row", "seed")
    assert (
        "no column 'txt' did you mean 'text'?" in problems(text.replace("per: row.text", "per: row.txt"))[0]
    )
    assert "per: there is no input 'raw'" in problems(text.replace("per: row.text", "per: raw"))[0]
