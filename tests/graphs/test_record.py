"""The run folder: completed by the same graph, refused to others, readable by people and programs."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyarrow import parquet

from mezzotint.graphs import template
from mezzotint.graphs.calls import Interrupted
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.record import RunFolder
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Settings, TooManyFailures
from mezzotint.graphs.store import Store

PICTURES = """
description: Pictures of words.
inputs:
  prompt: {each: [red, blank, "a $5 bill"]}
  seed: {each: {range: 2}, per: prompt}
nodes:
  text: {use: measure, text: $prompt}
  drawn: {use: mix, left: $text, right: $seed}
  title: {use: name, number: $drawn, text: "${prompt} for $$1"}
  picture: {use: paint, text: $title}
  spread: {use: gather, number: $drawn, over: seed}
  all: {use: gather, number: $drawn, over: [prompt, seed]}
outputs: {picture: $picture, prompt: $prompt, number: $drawn, spread: $spread, all: $all}
"""


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add_module(template, "mezzotint")
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))
    return registry


@pytest.fixture
def items(registry: Registry) -> Counter[str]:
    counter: Counter[str] = registry["mix"].function.__globals__["ITEMS"]
    return counter


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as store:
        yield store


Load = Callable[..., Graph]


@pytest.fixture
def graph(tmp_path: Path, registry: Registry) -> Load:
    def load(text: str = PICTURES) -> Graph:
        path = tmp_path / "words.yaml"
        path.write_text(text, "utf-8")
        return Graph.load(path, registry)

    return load


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name != "run.json"
    }


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder / "items.parquet").to_pylist()
    return rows


def test_what_a_run_leaves(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(root=tmp_path / "runs", store=store)
    assert folder.parent == tmp_path / "runs"
    assert folder.name.startswith("words-")
    assert sorted(files_of(folder)) == [
        "failures.jsonl",
        "graph.yaml",
        "items.parquet",
        "metrics.json",
        "parts.json",
        *(f"pictures/picture/{prompt}-{seed}.pic" for prompt in range(3) for seed in range(2)),
    ]
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["complete"] is True
    assert record["axes"] == {"prompt": 3, "seed": 2}
    assert record["history"][-1]["steps"]["drawn"] | {"seconds": 0} == {
        "node": "engine_nodes.mix@1",
        "made": 6,
        "seconds": 0,
        "failed": 0,
        "skipped": 0,
    }
    assert record["flags"] == {"blank": 2}


def test_the_same_command_completes_the_same_folder(
    graph: Load, store: Store, tmp_path: Path, items: Counter[str]
) -> None:
    asked = iter(range(100))
    how: dict[str, Any] = {"root": tmp_path / "runs", "store": store}
    with pytest.raises(Interrupted) as stop:
        graph().run_to_folder(**how, settings=Settings(batch=2, block=2), should_stop=lambda: next(asked) > 4)
    (interrupted,) = (tmp_path / "runs").iterdir()
    assert stop.value.folder == interrupted
    assert json.loads((interrupted / "run.json").read_text("utf-8"))["complete"] is False
    folder, _ = graph().run_to_folder(**how)
    assert folder == interrupted
    whole, _ = graph().run_to_folder(tmp_path / "whole", store=store)
    assert files_of(folder) == files_of(whole)


def test_a_run_again_changes_nothing_and_writes_no_picture(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    before = files_of(folder)
    written = {path: path.stat().st_mtime_ns for path in (folder / "pictures").rglob("*.pic")}
    record = json.loads((folder / "run.json").read_text("utf-8"))
    _, outcome = graph().run_to_folder(tmp_path / "out", store=store)
    assert sum(outcome.made.values()) == 0
    assert files_of(folder) == before
    assert {path: path.stat().st_mtime_ns for path in written} == written
    again = json.loads((folder / "run.json").read_text("utf-8"))
    assert (again["flags"], again["history"]) == (record["flags"], record["history"])


def test_a_picture_taken_away_is_written_again_from_the_store(
    graph: Load, store: Store, tmp_path: Path, items: Counter[str]
) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    before = files_of(folder)
    (folder / "pictures/picture/1-1.pic").unlink()
    items.clear()
    graph().run_to_folder(tmp_path / "out", store=store)
    assert files_of(folder) == before
    assert items == {}


def test_a_complete_folder_needs_no_store(graph: Load, tmp_path: Path, items: Counter[str]) -> None:
    with Store(tmp_path / "one") as store:
        graph().run_to_folder(tmp_path / "out", store=store)
    items.clear()
    with Store(tmp_path / "two") as store:
        graph().run_to_folder(tmp_path / "out", store=store)
    assert set(items) <= {"measure", "mix", "gather"}  # reductions are computed from their members
    assert items["paint"] == 0


def test_other_prompts_go_to_another_folder(graph: Load, store: Store, tmp_path: Path) -> None:
    how: dict[str, Any] = {"root": tmp_path / "runs", "store": store}
    first, _ = graph().run_to_folder(**how)
    other, _ = graph().given(prompt=each("red", "blue")).run_to_folder(**how)
    assert first != other


def test_the_folder_of_another_run_is_refused(graph: Load, store: Store, tmp_path: Path) -> None:
    graph().run_to_folder(tmp_path / "out", store=store)
    with pytest.raises(GraphError, match="holds another run"):
        graph().given(prompt=each("red")).run_to_folder(tmp_path / "out", store=store)


def test_a_folder_of_something_else_is_refused(graph: Load, store: Store, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_bytes(b"")
    with pytest.raises(GraphError, match="not of a run"):
        graph().run_to_folder(tmp_path / "photos", store=store)
    with pytest.raises(GraphError, match="is a file"):
        graph().run_to_folder(tmp_path / "photos" / "me.jpg", store=store)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["me.jpg"]


def test_a_folder_is_held_by_one_run_at_a_time(graph: Load, store: Store, tmp_path: Path) -> None:
    checked = graph().check()
    keys = Keys(checked)
    with RunFolder(tmp_path / "out", checked, keys, Settings()):
        before = files_of(tmp_path / "out")
        with pytest.raises(GraphError, match=f"in use by process {os.getpid()} on .* since 2") as caught:
            graph().run_to_folder(tmp_path / "out", store=store)
        assert "another folder with --out" in str(caught.value)
        assert files_of(tmp_path / "out") == before
    graph().run_to_folder(tmp_path / "out", store=store)


def test_a_damaged_record_of_the_folder_is_made_again(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    before = files_of(folder)
    (folder / ".items.db").write_bytes(b"rubbish" * 1000)
    graph().run_to_folder(tmp_path / "out", store=store)
    assert files_of(folder) == before


def test_a_damaged_run_json_is_known_by_the_record(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    before = files_of(tmp_path / "out")
    for content in (b"", b"{}", b"[]", b"\xff", b'{"digest": 3, "history": 4}'):
        (folder / "run.json").write_bytes(content)
        graph().run_to_folder(tmp_path / "out", store=store)
        assert json.loads((folder / "run.json").read_text("utf-8"))["complete"] is True
    assert files_of(tmp_path / "out") == before
    (folder / "run.json").unlink()
    with pytest.raises(GraphError, match="holds another run"):
        graph().given(prompt=each("red")).run_to_folder(tmp_path / "out", store=store)


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_damaged_picture_is_written_again_from_the_store(
    graph: Load, store: Store, tmp_path: Path, items: Counter[str], harm: str
) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    before = files_of(folder)
    path = folder / "pictures/picture/1-1.pic"
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content[:20] if harm == "cut" else content)
    items.clear()
    graph().run_to_folder(tmp_path / "out", store=store)
    assert files_of(folder) == before
    assert items == {}


def test_a_picture_with_another_time_is_as_good(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    path = folder / "pictures/picture/1-1.pic"
    os.utime(path, (1000, 1000))  # a folder that was copied
    graph().run_to_folder(tmp_path / "out", store=store)
    assert path.stat().st_mtime == 1000


def test_one_row_a_point_of_each_set_of_axes(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    rows = rows_of(folder)
    by_axes = Counter((row["prompt.index"] is not None, row["seed.index"] is not None) for row in rows)
    assert by_axes == {(True, True): 6, (True, False): 3, (False, False): 1}
    first = rows[0]
    assert first["prompt"] == "red"
    assert first["picture"] == "pictures/picture/0-0.pic"
    assert isinstance(first["number"], int)
    assert first["spread"] is None
    assert [row["flags"] for row in rows[:6]] == ["", "", "blank", "blank", "", ""]
    shared = [row for row in rows if row["spread"] is not None]
    assert [row["prompt"] for row in shared] == ["red", "blank", "a $5 bill"]


def test_records_have_a_column_for_each_of_their_keys(graph: Load, store: Store, tmp_path: Path) -> None:
    text = """
    inputs:
      row: {each: [{text: a, size: 1}, {text: b, size: big, tags: [x, y]}, {text: c}]}
      flags: {each: [1, 2.5]}
      mixed: {each: [1, two]}
    nodes:
      text: {use: measure, text: $row.text}
      name: {use: name, number: $text, text: "${flags} ${mixed}"}
    outputs: {text: $text, mixed: $name, row: $row, flags: $flags}
    """
    folder, _ = graph(text).run_to_folder(tmp_path / "out", store=store)
    rows = [row for row in rows_of(folder) if row["text"] is not None]
    assert [row["row.text"] for row in rows] == ["a", "b", "c"]
    assert [row["row.size"] for row in rows] == ["1", "big", None]
    assert [row["row.tags"] for row in rows] == [None, '["x", "y"]', None]
    names = [row for row in rows_of(folder) if row["mixed.output"] is not None]
    assert len(names) == 12
    assert {row["mixed"] for row in names} == {"1", "two"}


def test_metrics_are_values_without_axes_and_reductions(graph: Load, store: Store, tmp_path: Path) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))["metrics"]
    assert set(metrics) == {"spread", "all"}
    assert [value["point"] for value in metrics["spread"]["values"]] == [
        {"prompt": "red"},
        {"prompt": "blank"},
        {"prompt": "a $5 bill"},
    ]
    assert metrics["all"]["over"] == ["prompt", "seed"]
    assert metrics["all"]["values"][0]["missing"] == 0


def test_a_record_in_metrics_is_a_record_and_not_its_text(
    graph: Load, store: Store, tmp_path: Path, registry: Registry
) -> None:
    registry.add_file(Path(__file__).with_name("toy_nodes.py"))
    text = """
    inputs: {index: {each: {range: 4}}}
    nodes: {best: {use: best, number: $index, over: index}}
    outputs: {best: $best}
    """
    folder, _ = graph(text).run_to_folder(tmp_path / "out", store=store)
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))["metrics"]
    assert metrics["best"]["values"][0]["value"] == {"value": 3.0, "index": 3}
    assert json.loads(rows_of(folder)[0]["best"]) == {"value": 3.0, "index": 3}


def test_failures_are_told_with_point_and_traceback(graph: Load, store: Store, tmp_path: Path) -> None:
    text = """
    inputs: {index: {each: {range: 4}}}
    nodes: {guarded: {use: guard, number: $index}, all: {use: gather, number: $guarded, over: index}}
    outputs: {guarded: $guarded, all: $all}
    """
    for _ in range(2):  # what failed is left alone, and told again
        folder, _ = graph(text).run_to_folder(tmp_path / "out", store=store)
        lines = [json.loads(line) for line in (folder / "failures.jsonl").read_text("utf-8").splitlines()]
        assert [(line["step"], line["point"]) for line in lines] == [
            ("guarded", {"index": 0}),
            ("guarded", {"index": 3}),
        ]
        assert "in guard" in lines[0]["traceback"]
        rows = rows_of(folder)
        assert [row["failure"] is not None for row in rows] == [True, False, False, True, False]
        assert rows[-1]["missing"] == 2


def test_what_failed_is_left_alone_until_it_is_to_be_tried_again(
    graph: Load, store: Store, tmp_path: Path, items: Counter[str]
) -> None:
    text = """
    inputs: {index: {each: {range: 12}}, other: {each: {range: 3}}}
    nodes:
      guarded: {use: guard, number: $index}
      mixed: {use: mix, left: $guarded, right: $other}
      some: {use: picky, number: $mixed, over: other}
    outputs: {mixed: $mixed, some: $some}
    """
    folder, first = graph(text).run_to_folder(tmp_path / "out", store=store)
    told = (folder / "failures.jsonl").read_bytes()
    assert (first.failed_now, first.left_alone) == (len(first.failures), set())
    assert {failure.error for failure in first.failures} == {
        "ValueError",
        "ArithmeticError",
        "NothingPresentError",
    }
    items.clear()
    _, again = graph(text).run_to_folder(tmp_path / "out", store=store)
    assert items["guard"] == 0
    nothing_present = [failure for failure in again.failures if failure.error == "NothingPresentError"]
    assert again.failed_now == len(nothing_present)  # told of anew: it is no failure of its own
    assert (folder / "failures.jsonl").read_bytes() == told
    for settings in (Settings(retry_failed=True), Settings(fresh=True)):
        items.clear()
        _, tried = graph(text).run_to_folder(tmp_path / "out", store=store, settings=settings)
        assert items["guard"] > 0
        assert tried.left_alone == set()


def test_an_interrupted_run_forgets_no_failure(graph: Load, store: Store, tmp_path: Path) -> None:
    text = """
    inputs: {index: {each: {range: 40}}}
    nodes: {guarded: {use: guard, number: $index}}
    outputs: {guarded: $guarded}
    """
    graph(text).run_to_folder(tmp_path / "out", store=store)
    told = (tmp_path / "out" / "failures.jsonl").read_bytes()
    with pytest.raises(Interrupted):
        graph(text).run_to_folder(tmp_path / "new", store=store, should_stop=lambda: True)
    (tmp_path / "out" / ".items.db").unlink()
    asked = iter(range(100))
    stop: Any = {"should_stop": lambda: next(asked) >= 2, "settings": Settings(batch=4, block=4)}
    with Store(tmp_path / "empty") as empty:
        with pytest.raises(Interrupted):
            graph(text).run_to_folder(tmp_path / "out", store=empty, **stop)
        _, outcome = graph(text).run_to_folder(tmp_path / "out", store=empty)
    assert len(outcome.left_alone) == 3  # 0, 3 and 6
    assert (tmp_path / "out" / "failures.jsonl").read_bytes() == told


def test_too_many_failures_stop_a_run_which_keeps_what_is_finished(
    graph: Load, store: Store, tmp_path: Path, items: Counter[str]
) -> None:
    text = """
    inputs: {index: {each: {range: 40}}}
    nodes: {guarded: {use: guard, number: $index}}
    outputs: {guarded: $guarded}
    """
    settings = Settings(batch=2, max_failures=3)
    with pytest.raises(TooManyFailures) as caught:
        graph(text).run_to_folder(tmp_path / "out", store=store, settings=settings)
    assert (caught.value.folder, caught.value.outcome.failed_now) == (tmp_path / "out", 3)
    assert caught.value.outcome.made == {"guarded": 5}
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["complete"] is False
    with pytest.raises(TooManyFailures) as caught:  # three more
        graph(text).run_to_folder(tmp_path / "out", store=store, settings=settings)
    assert len(caught.value.outcome.left_alone) == 3
    assert len((tmp_path / "out" / "failures.jsonl").read_text("utf-8").splitlines()) == 6
    _, outcome = graph(text).run_to_folder(tmp_path / "out", store=store)
    assert len(outcome.failures) == 14


def test_what_the_machine_lacked_is_tried_again(
    graph: Load, store: Store, tmp_path: Path, registry: Registry
) -> None:
    declared = registry["measure"]
    function = declared.function

    def lacking(text: list[str], **options: Any) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    text = "nodes: {a: {use: measure, text: x}}\noutputs: {a: $a}"
    object.__setattr__(declared, "function", lacking)
    _, outcome = graph(text).run_to_folder(tmp_path / "out", store=store)
    assert outcome.failed_now == 1
    object.__setattr__(declared, "function", function)
    _, outcome = graph(text).run_to_folder(tmp_path / "out", store=store)
    assert (outcome.failures, outcome.made) == ([], {"a": 1})


def test_a_picture_carries_the_graph_of_its_own_point(
    graph: Load, store: Store, tmp_path: Path, registry: Registry
) -> None:
    folder, _ = graph().run_to_folder(tmp_path / "out", store=store)
    for path in sorted((folder / "pictures").rglob("*.pic")):
        held = json.loads(path.read_text("utf-8"))
        assert held["mezzotint:output"] == "picture"
        alone = tmp_path / "alone.yaml"
        alone.write_text(yaml.safe_dump(json.loads(held["mezzotint"])), "utf-8")
        with Store(tmp_path / "other") as other:
            again = Graph.load(alone, registry).run(store=other)
        assert again["picture"].value == held["picture"]
        assert set(again) == {"picture"}


def test_a_picture_tells_no_local_path(
    graph: Load, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "starter").mkdir()
    monkeypatch.chdir(tmp_path)
    text = """
    inputs: {source: {each: [MODELS/mine, starter, ./models/mine]}}
    nodes:
      tool: {use: open_tool, source: $source}
      number: {use: work, tool: $tool, number: 1}
      title: {use: name, number: $number, text: x}
      picture: {use: paint, text: $title}
    outputs: {picture: $picture}
    """.replace("MODELS", str(tmp_path / "models"))
    folder, _ = graph(text).run_to_folder(tmp_path / "out", store=store)
    held = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "pictures").rglob("*.pic"))]
    sources = [json.loads(entry["mezzotint"])["nodes"]["tool"]["source"] for entry in held]
    inputs = [json.loads(entry["mezzotint"]).get("inputs") for entry in held]
    assert [sources[0], sources[2]] == ["mine", "mine"]
    assert (sources[1], inputs[1]) == ("$source", {"source": "starter"})
    assert not any(str(tmp_path) in json.dumps(entry) for entry in held)


def test_what_a_suite_says_of_itself_is_kept_and_changes_nothing(
    registry: Registry, store: Store, tmp_path: Path
) -> None:
    folders = []
    for name, title in (("one", "Toys"), ("other", "Other toys")):
        path = tmp_path / name / "pictures.yaml"
        path.parent.mkdir()
        path.write_text(f"suite: {{title: {title}}}{PICTURES}")
        folders.append(Graph.load(path, registry).run_to_folder(root=tmp_path / "runs", store=store)[0])
    assert folders[0] == folders[1]
    graph = yaml.safe_load((folders[0] / "graph.yaml").read_text())
    assert graph["suite"] == {"title": "Other toys"}
    pictures = [path.read_bytes() for path in (folders[0] / "pictures").rglob("*") if path.is_file()]
    assert pictures
    assert not any(b"toys" in picture.lower() for picture in pictures)


def test_a_long_axis_has_a_table_of_its_own_and_reads_back_from_anywhere(
    registry: Registry, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(
        "inputs: {row: {each: {file: rows.jsonl}}}\n"
        "nodes: {size: {use: measure, text: $row.text}}\n"
        "outputs: {size: $size}\n"
    )
    rows = [{"text": f"a ${number} bill", "number": number} for number in range(1001)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    folder, _ = Graph.load(path, registry).run_to_folder(tmp_path / "run", store=store)
    graph = yaml.safe_load((folder / "graph.yaml").read_text())
    assert graph["inputs"]["row"] == {"each": {"file": "axes/row.jsonl"}}
    moved = folder.rename(tmp_path / "elsewhere")
    again = Graph.load(moved / "graph.yaml", registry).check()
    assert list(again.axes["row"].values) == rows


def test_text_that_looks_like_a_number_stays_text_in_the_graph_of_a_run(
    graph: Load, store: Store, tmp_path: Path
) -> None:
    texts = ["1e5", "0o17", "12:30", "no"]
    inputs = f"inputs: {{prompt: {{each: {json.dumps(texts)}}}}}\n"
    loaded = graph(
        inputs + "nodes: {text: {use: measure, text: $prompt}}\noutputs: {out: $text, of: $prompt}"
    )
    loaded.run(out=tmp_path / "run", store=store)
    again = Graph.load(tmp_path / "run" / "graph.yaml", loaded.registry)
    assert list(again.run(store=store)["of"]) == texts
