"""What a run notes of its keys, and what changed since: the root cause, named once, with the way there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.explain import causes, made_of
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.parts import Parts, parts_of
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.record import PARTS
from mezzotint.graphs.registry import Registry

TOYS = Path(__file__).with_name("toy_nodes.py")
GRAPH = """
inputs:
  prompt: {each: [a circle, a star]}
  seed: {each: {range: 3}, per: prompt}
  scale: 10
nodes:
  loud: {use: shout, text: "${prompt} now", mark: "!"}
  number: {use: draw, text: $loud, seed: $seed, scale: $scale}
  twice: {use: add, numbers: [$number, $number]}
  average: {use: mean, number: $twice, over: [prompt, seed]}
outputs: {average: $average}
"""

Said = Callable[..., list[tuple[str, str]]]


def parts(folder: Path, text: str = GRAPH, toys: Path = TOYS, **values: Any) -> Parts:
    """The parts of a graph, by way of the file that a run writes."""
    (folder / "graph.yaml").write_text(text)
    checked = Graph.load(folder / "graph.yaml", Registry.load([], [toys])).given(**values).check()
    path = folder / "parts.json"
    path.write_text(json.dumps(parts_of(checked, Keys(checked)).record()))
    return Parts.read(path)


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """What is said of ``average`` after a change, as (step, what)."""

    def said(
        text: str = GRAPH, name: str = "average", toys: Path = TOYS, **values: Any
    ) -> list[tuple[str, str]]:
        found = causes(parts(tmp_path), parts(tmp_path, text, toys, **values), name)
        return [(cause.path[-1], cause.what) for cause in found]

    return said


def test_nothing_changed_says_nothing(said: Said) -> None:
    assert said() == []


def test_an_option_is_named_with_both_values(said: Said) -> None:
    assert said(scale=20) == [("number", "scale 10 → 20")]
    assert said(GRAPH.replace('mark: "!"', 'mark: "?"')) == [("loud", 'mark "!" → "?"')]


def test_equal_values_written_otherwise_are_no_change(said: Said) -> None:
    assert said(scale=10.0) == []
    assert said(GRAPH.replace("{range: 3}", "[0, 1, 2]")) == []
    assert said(GRAPH.replace(", scale: $scale", ", scale: 10.0").replace("  scale: 10\n", "")) == []


def test_a_name_is_no_part_of_a_key(said: Said) -> None:
    assert said(GRAPH.replace("loud", "noisy")) == []


def test_what_a_step_is_not_made_of_is_not_blamed(said: Said) -> None:
    assert said(name="loud", scale=20) == []


def test_values_of_an_axis_that_came_and_went_are_named(said: Said) -> None:
    ((step, what), (other, _)) = said(prompt=each("a star", "a heart"))
    assert (step, other) == ("number", "loud")
    assert "prompt: new 'a heart'; gone 'a circle'" in what
    assert "another order" in said(prompt=each("a star", "a circle"))[1][1]
    ((step, what),) = said(seed=each(range(4), per="prompt"))
    assert (step, what) == ("number", "seed varies with other values (seed: new 3)")


def test_an_order_alone_is_told_from_other_values(tmp_path: Path) -> None:
    turned = parts(tmp_path, prompt=each("a star", "a circle"))
    assert [cause.order for cause in causes(parts(tmp_path), turned, "loud")] == [True]
    longer = parts(tmp_path, prompt=each("a star", "a circle", "a heart"))
    assert [cause.order for cause in causes(parts(tmp_path), longer, "loud")] == [False]
    assert [cause.order for cause in causes(parts(tmp_path), parts(tmp_path, scale=1), "number")] == [False]


def test_a_template_is_shown_by_what_it_makes(said: Said) -> None:
    assert said(GRAPH.replace("now", "later")) == [
        ("loud", "text 'a circle now', … → 'a circle later', …"),
    ]


def test_another_source_is_said_and_followed(said: Said) -> None:
    assert said(GRAPH.replace("number: $twice", "number: $number")) == [
        ("average", "number $twice → $number")
    ]
    added = GRAPH.replace("text: $loud", "text: $more").replace(
        "  number:", "  more: {use: shout, text: $loud}\n  number:"
    )
    assert said(added) == [("number", "text $loud → $more"), ("more", "it is new")]


def test_what_is_reduced_is_part_of_it(said: Said) -> None:
    assert said(GRAPH.replace("over: [prompt, seed]", "over: seed")) == [
        ("average", "over prompt, seed → seed")
    ]


def test_a_new_version_and_an_edited_file_of_nodes_are_told(said: Said, tmp_path: Path) -> None:
    edited = tmp_path / "toy_nodes.py"
    edited.write_text(TOYS.read_text().replace("@node(version=2)\ndef draw", "@node(version=3)\ndef draw"))
    found = dict(said(name="number", toys=edited))
    assert found["number"] == "toy_nodes.draw@2 → toy_nodes.draw@3"
    assert found["loud"] == "the file that declares toy_nodes.shout@1 was edited"


def test_a_file_whose_content_changed_is_named(tmp_path: Path) -> None:
    from PIL import Image

    import mezzotint

    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "one.png")
    (tmp_path / "g.yaml").write_text(
        "inputs: {photo: {each: {folder: photos}}}\nnodes: {big: {use: upscale, images: $photo}}\n"
        "outputs: {big: $big}\n"
    )

    def now() -> Parts:
        checked = mezzotint.load(tmp_path / "g.yaml").check()
        return parts_of(checked, Keys(checked))

    before = now()
    Image.new("RGB", (8, 8), "red").save(tmp_path / "photos" / "one.png")
    assert [cause.what for cause in causes(before, now(), "big")] == ["images varies with other values"]


WEIGHTS = """
from typing import Annotated
from pathlib import Path
from mezzotint import Content, node
from mezzotint.graphs.digest import file_digest

def content(value, options, fetch):
    return file_digest(Path(value))

@node(version=1)
def weigh(*, source: Annotated[str, Content(content)], times: int = 1) -> float:
    \"\"\"A number that a file decides.\"\"\"
    return [float(Path(source).stat().st_size)]
"""


def test_weights_that_changed_under_their_name_are_told_from_another_name(tmp_path: Path) -> None:
    nodes = tmp_path / "weights.py"
    nodes.write_text(WEIGHTS)
    for name, content in (("a.bin", "one"), ("b.bin", "two")):
        (tmp_path / name).write_text(content)
    text = f"nodes: {{w: {{use: weigh, source: {tmp_path}/a.bin}}}}\noutputs: {{w: $w}}\n"
    before = parts(tmp_path, text, nodes)
    other = parts(tmp_path, text.replace("a.bin", "b.bin"), nodes)
    assert "a.bin" in causes(before, other, "w")[0].what.partition(" → ")[0]
    (tmp_path / "a.bin").write_text("another")
    (cause,) = causes(before, parts(tmp_path, text, nodes), "w")
    assert cause.what.startswith("what source (")
    assert cause.what.endswith("stands for holds other content")


def test_the_path_leads_from_the_step_asked_about_to_the_cause(tmp_path: Path) -> None:
    (cause,) = causes(parts(tmp_path), parts(tmp_path, scale=20), "average")
    assert cause.path == ("average", "twice", "number")
    assert made_of(parts(tmp_path), "number") == ["twice", "average"]


def test_a_chain_of_thousands_is_followed_to_its_start(tmp_path: Path) -> None:
    links = "".join(f"  n{i}: {{use: shout, text: $n{i - 1}}}\n" for i in range(1, 1500))
    text = f"inputs: {{p: a}}\nnodes:\n  n0: {{use: shout, text: $p}}\n{links}outputs: {{o: $n1499}}\n"
    (cause,) = causes(parts(tmp_path, text), parts(tmp_path, text, p="b"), "n1499")
    assert (cause.path[-1], cause.what, len(cause.path)) == ("n0", "text 'a' → 'b'", 1500)


def test_a_run_leaves_its_parts_and_damage_to_them_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    graph = Graph.load(tmp_path / "graph.yaml", Registry.load([], [TOYS]))
    from mezzotint.graphs.store import Store

    with Store(tmp_path / "store") as store:
        folder, _ = graph.run_to_folder(tmp_path / "run", store=store)
    assert causes(Parts.read(folder / PARTS), parts(tmp_path), "average") == []
    for damage in ("", "[]", '{"steps": 3, "axes": {}}', '{"steps": {"a": {}}, "axes": {}}'):
        (folder / PARTS).write_text(damage)
        with pytest.raises(GraphError, match="can't be read"):
            Parts.read(folder / PARTS)
