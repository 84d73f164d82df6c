"""Files named by a pattern: distinct, inside their folder, and known to be wrong before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.graphs.file_names import LONGEST_VALUE, slug
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.store import Store

NODES = '''
from typing import Annotated
from mezzotint.graphs.node import FileName, node
from mezzotint.graphs.types import PortType, Text

class NoteType(PortType):
    """Text that is a file of its own."""
    name, stacks, suffix, folder = "Note", True, ".txt", "notes"
    def stack(self, items): return list(items)
    def split(self, batch, count): return list(batch)
    def encode(self, item): return item.encode()
    def decode(self, data): return data.decode()
    def export(self, item, metadata): return (item + "\\n" + metadata["mezzotint"]).encode()

Note = Annotated[list[str], NoteType()]

@node(version=1, keep="none")
def note(text: Text, *, pattern: Annotated[str, FileName((".txt", ".md"))] = "{index}.txt") -> Note:
    """Text as a file."""
    return text
'''
GRAPH = """
inputs:
  prompt: {each: [a red circle, "../../etc/passwd: owned?"]}
  seed: {each: {range: 11}, per: prompt}
  steps: 12
nodes:
  note: {use: note, text: "${prompt} ${seed} ${steps}", pattern: "PATTERN"}
outputs: {notes: $note}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Graph]:
    (tmp_path / "note.py").write_text(NODES)
    registry = Registry()
    registry.add_file(tmp_path / "note.py")

    def load(pattern: str, text: str = GRAPH) -> Graph:
        path = tmp_path / "graph.yaml"
        path.write_text(text.replace("PATTERN", pattern), "utf-8")
        return Graph.load(path, registry)

    return load


def run(graph: Graph, tmp_path: Path) -> list[str]:
    """The names of the files that a run leaves, below its folder."""
    with Store(tmp_path / "store") as store:
        graph.run_to_folder(tmp_path / "run", store=store)
    files = (path for path in (tmp_path / "run" / "notes").rglob("*") if path.is_file())
    return sorted(path.relative_to(tmp_path / "run" / "notes" / "notes").as_posix() for path in files)


def message(graph: Graph) -> str:
    with pytest.raises(GraphError) as caught:
        graph.check()
    return str(caught.value)


def test_values_indices_and_constants_name_files(load: Any, tmp_path: Path) -> None:
    names = run(load("{prompt.index}/{prompt}-{seed}_{steps}.txt"), tmp_path)
    assert len(names) == 22
    assert names[:2] == ["0/a-red-circle-0_12.txt", "0/a-red-circle-10_12.txt"]
    # Nothing in a prompt makes a folder or leads out of one.
    assert names[-1] == "1/etc-passwd-owned-9_12.txt"


def test_without_a_pattern_of_its_own_a_file_is_named_by_its_indices(load: Any, tmp_path: Path) -> None:
    names = run(load("x", GRAPH.replace(', pattern: "PATTERN"', "")), tmp_path)
    assert names[:3] == ["0-00.txt", "0-01.txt", "0-02.txt"]


def test_numbers_on_an_axis_sort_as_the_axis_does(load: Any, tmp_path: Path) -> None:
    names = run(load("{prompt.index}-{seed.index}.md"), tmp_path)
    assert names[9:12] == ["0-09.md", "0-10.md", "1-00.md"]


def test_a_file_that_is_gone_is_written_again(load: Any, tmp_path: Path) -> None:
    graph = load("{index}.txt")
    names = run(graph, tmp_path)
    lost = tmp_path / "run" / "notes" / "notes" / names[3]
    content = lost.read_text()
    lost.unlink()
    assert run(graph, tmp_path) == names
    assert lost.read_text() == content


def test_an_axis_that_the_pattern_leaves_out_is_an_error(load: Any) -> None:
    found = message(load("{prompt}.txt"))
    assert "note.pattern: pictures that differ in seed would have the same file" in found
    assert "put {seed} or {index} into the pattern" in found
    assert "graph.yaml:7:" in found


def test_values_that_make_the_same_name_are_an_error(load: Any) -> None:
    graph = load("{prompt}-{seed}.txt").given(prompt=each("a dog", "A dog!"))
    found = message(graph)
    assert "two pictures would have the file 'A-dog-0.txt'" in found
    assert "put {prompt.index} or {index} into the pattern" in found
    load("{prompt.index}-{prompt}-{seed}.txt").given(prompt=each("a dog", "A dog!")).check()


def test_values_that_run_together_are_an_error(load: Any) -> None:
    graph = load("{steps}{seed}.txt").given(prompt="x", steps=each(1, 11))
    assert "two pictures would have the file '110.txt'" in message(graph)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{promt}.txt", "did you mean 'prompt'?"),
        ("{prompt}", "'{prompt}' has no ending that says what kind of file it is"),
        ("{index}.exe", "one of .txt, .md"),
        ("../{index}.txt", "leads out of the run folder"),
        ("/tmp/{index}.txt", "leads out of the run folder"),
        ("a//{index}.txt", "leads out of the run folder"),
        (".{index}.txt", "leads out of the run folder"),
        ("a/./{index}.txt", "leads out of the run folder"),
        ("a\\\\{index}.txt", "can't name a file"),
        ("a:{index}.txt", "can't name a file"),
        ("{{index}}.txt", "can't name a file"),
        ("a\\0{index}.txt", "can't name a file"),
    ],
)
def test_a_pattern_that_cant_work_is_an_error_with_its_place(load: Any, pattern: str, expected: str) -> None:
    found = message(load(pattern))
    assert "graph.yaml:7:" in found
    assert expected in found


def test_records_are_named_by_a_column(load: Any, tmp_path: Path) -> None:
    text = GRAPH.replace('[a red circle, "../../etc/passwd: owned?"]', "{zip: {text: [a, b], n: [1.5, 2]}}")
    text = text.replace("${prompt}", "${prompt.text}").replace("per: prompt", "per: prompt.text")
    assert "{prompt} is no plain value" in message(load("{prompt}-{seed}.txt", text))
    assert run(load("{prompt.text}-{prompt.n}-{seed}.txt", text), tmp_path)[0] == "a-1.5-0.txt"


def test_a_pattern_that_varies_is_an_error(load: Any) -> None:
    graph = load("$name", GRAPH.replace("steps: 12", "steps: 12\n  name: {each: [a.txt, b.txt]}"))
    assert "a pattern of file names is one for all, and this varies over name" in message(graph)


def test_the_resolved_graph_names_the_same_files_nested_or_not(load: Any, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(GRAPH.replace("PATTERN", "{prompt}-{seed}.txt"))
    outer = load("", "nodes: {gen: {use: graph, file: inner.yaml}}\noutputs: {notes: $gen.notes}")
    names = run(outer, tmp_path)
    written = yaml.safe_load((tmp_path / "run" / "graph.yaml").read_text())
    assert written["nodes"]["gen__note"]["pattern"] == "{gen__prompt}-{gen__seed}.txt"
    again = Graph.load(tmp_path / "run" / "graph.yaml", outer.registry)
    with Store(tmp_path / "store") as store:
        folder, outcome = again.run_to_folder(tmp_path / "again", store=store)
    assert not outcome.made["gen__note"] or outcome.made["gen__note"] == 22
    assert sorted(path.name for path in (folder / "notes" / "notes").iterdir()) == names


@pytest.mark.parametrize(
    ("given", "pattern", "expected"),
    [
        ("$row.text", "{prompt}.txt", "{row.text}.txt"),
        ("$row.text", "{prompt.index}.txt", "{row.text.index}.txt"),
        ("$word", "{prompt}.txt", "{word}.txt"),
        ('"all ${row.text}, ${tag}"', "x-{prompt}.txt", "x-all-{row.text}-{tag}.txt"),
        ('"all ${word}"', "{prompt.index}.txt", "{word.index}.txt"),
        ("one", "{prompt}.txt", "{gen__prompt}.txt"),
        ("$word", "{prompt}-{only_here}.txt", "{word}-{gen__only_here}.txt"),
    ],
)
def test_a_nested_pattern_is_written_with_what_its_inputs_were_given(
    load: Any, tmp_path: Path, given: str, pattern: str, expected: str
) -> None:
    (tmp_path / "inner.yaml").write_text(
        "inputs: {prompt: x, only_here: 7}\n"
        f'nodes: {{note: {{use: note, text: $prompt, pattern: "{pattern}"}}}}\noutputs: {{notes: $note}}'
    )
    outer = load(
        "",
        "inputs: {row: {each: [{text: a b}, {text: c}]}, word: {each: [d, e]}, tag: v1}\n"
        f"nodes: {{gen: {{use: graph, file: inner.yaml, prompt: {given}}}}}\noutputs: {{notes: $gen.notes}}",
    )
    names = run(outer, tmp_path)
    written = yaml.safe_load((tmp_path / "run" / "graph.yaml").read_text())
    assert written["nodes"]["gen__note"]["pattern"] == expected
    again = Graph.load(tmp_path / "run" / "graph.yaml", outer.registry)
    with Store(tmp_path / "store") as store:
        folder, _ = again.run_to_folder(tmp_path / "again", store=store)
    assert sorted(path.name for path in (folder / "notes" / "notes").iterdir()) == names


def test_a_file_carries_the_graph_of_its_point_under_its_own_name(load: Any, tmp_path: Path) -> None:
    graph = load("{prompt.index}-{seed}.txt")
    run(graph, tmp_path)
    content = (tmp_path / "run" / "notes" / "notes" / "1-7.txt").read_text()
    text, carried = content.split("\n", 1)
    (tmp_path / "one.yaml").write_text(carried)
    with Store(tmp_path / "store") as store:
        folder, _ = Graph.load(tmp_path / "one.yaml", graph.registry).run_to_folder(
            tmp_path / "one", store=store
        )
    (file,) = (folder / "notes" / "notes").iterdir()
    assert file.name == "1-7.txt"
    assert file.read_text().split("\n", 1)[0] == text


@given(st.text())
def test_any_text_becomes_one_plain_word(text: str) -> None:
    word = slug(text)
    assert 0 < len(word) <= LONGEST_VALUE
    assert all(letter.isalnum() or letter in "-_" for letter in word)


def test_an_input_may_stand_in_the_pattern_alone(load: Any, tmp_path: Path) -> None:
    text = GRAPH.replace("${steps}", "x").replace("seed: {each: {range: 11}, per: prompt}", "seed: 3")
    graph = load("{steps}/{prompt}.txt", text)
    assert not graph.check().warnings
    assert run(graph, tmp_path) == ["12/a-red-circle.txt", "12/etc-passwd-owned.txt"]
