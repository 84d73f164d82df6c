"""A run folder read back: whole, half-finished, moved, damaged, or of another version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.evaluation.results.run_folder import read_run
from mezzotint.graphs.problem import GraphError


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def refused(folder: Path, *words: str) -> None:
    """Reading all of a folder is one message that holds these words."""

    def read() -> tuple[Any, Any]:
        run = read_run(folder)
        return run.items, run.graph

    with pytest.raises(GraphError) as caught:
        read()
    (problem,) = caught.value.problems
    for word in words:
        assert word in str(problem)


def test_what_a_folder_says_of_itself(folder: Path) -> None:
    run = read_run(folder)
    assert (run.name, run.digest, run.complete, run.history, run.failures) == (
        "drawn",
        "0123abcd",
        True,
        [],
        [],
    )
    assert run.graph == {"outputs": {}}
    seed = run.axes["seed"]
    assert (seed.name, seed.role, seed.length, seed.label, seed.per) == ("seed", "seed", 2, "seed", ("row",))
    fd, clip = run.outputs["fd"], run.outputs["clip"]
    assert (fd.kind, fd.over, fd.axes, fd.better, len(fd.values)) == (
        "reduction",
        ("row", "seed"),
        ("steps",),
        "lower",
        2,
    )
    assert (clip.kind, clip.type, clip.axes, clip.values) == ("items", "number", ("row", "seed", "steps"), ())


def test_rows_are_those_of_an_outputs_own_axes(writer: Any) -> None:
    rows = [
        *writer.rows("row", lambda row: {"spread": 0.5}),
        *writer.rows("row seed", lambda row, seed: {"clip": 1.0}),
    ]
    items = {"spread": writer.output("row"), "clip": writer.output("row seed")}
    run = read_run(writer.write(rows, items=items))
    assert run.rows_of("spread").tolist() == [0, 1, 2, 3]
    assert run.rows_of("clip").tolist() == list(range(4, 12))


def test_a_column_that_an_axis_took_is_found_under_its_other_name(writer: Any) -> None:
    rows = writer.rows("row seed", lambda row, seed: {"seed.output": 1.0})
    run = read_run(writer.write(rows, items={"seed": writer.output("row seed")}))
    assert run.column("seed") == "seed.output"


def test_a_run_that_was_stopped_is_read_and_says_so(writer: Any) -> None:
    rows = writer.rows("row seed", lambda row, seed: {"clip": 1.0} if row < 2 else None)
    run = read_run(writer.write(rows, items={"clip": writer.output("row seed")}, complete=False))
    assert not run.complete
    assert len(run.rows_of("clip")) == 4


def test_a_folder_may_be_moved(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(folder, tmp_path / "elsewhere ü"))
    run = read_run(str(moved))
    assert run.file(run.values("images")[0].as_py()) == moved / "images/images/0-0-0.png"


def test_nothing_outside_the_folder_is_named(folder: Path) -> None:
    run = read_run(folder)
    (folder / "link").symlink_to(folder.parent)
    for cell in ("../other.png", "/etc/passwd", "link/other.png", "images/../../other.png"):
        with pytest.raises(GraphError, match="not in the run folder"):
            run.file(cell)


def test_what_is_no_run_is_one_message(tmp_path: Path) -> None:
    refused(tmp_path, "is no run's folder", "it has no run.json")
    refused(tmp_path / "nowhere", "is no run's folder", "it is not there")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file", "is no run's folder", "it is a file")


def test_an_earlier_and_a_later_version_are_named(folder: Path) -> None:
    path = folder / "metrics.json"
    edit(path, lambda said: {**said, "schema": 3})
    refused(folder, "of a later version (schema 3; this one reads 2)")
    old = {"mezzotint": 1, "metrics": {"fd": {"node": "mezzotint.fd@1", "over": ["prompt"], "values": []}}}
    edit(path, lambda _: old)
    refused(folder, "of an earlier version (schema 1; this one reads 2)", "nothing is computed twice")


def test_a_run_that_left_no_results_yet_says_what_to_do(folder: Path) -> None:
    (folder / "metrics.json").unlink()
    refused(folder, "has no metrics.json yet", "the same command goes on")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"3", b'{"schema": 2}'])
def test_damaged_metrics_are_one_message(folder: Path, content: bytes) -> None:
    (folder / "metrics.json").write_bytes(content)
    refused(folder, "metrics.json is not what a run writes", "take the file away")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: said | {"axes": 3}, "axes"),
        (lambda said: said | {"axes": {"row": {"role": "king", "length": 1, "label": "row"}}}, "role"),
        (lambda said: said | {"metrics": {"fd": {"node": "x"}}}, "metrics.fd.values"),
        (lambda said: said["items"]["clip"].update(axes=["moon"]) or said, "'moon', which is no axis"),
        (lambda said: said["metrics"]["fd"].update(over=["moon"]) or said, "'moon', which is no axis"),
        (lambda said: said["metrics"]["fd"]["values"][0]["point"].update(moon=1) or said, "'moon'"),
        (lambda said: said["metrics"]["fd"]["values"][0].update(interval=[1]) or said, "interval"),
    ],
)
def test_edited_metrics_are_one_message(folder: Path, change: Callable[[Any], Any], words: str) -> None:
    edit(folder / "metrics.json", change)
    refused(folder, words)


def test_entries_that_a_later_minor_version_adds_are_passed_over(folder: Path) -> None:
    edit(folder / "metrics.json", lambda said: said | {"also": 1})
    assert "fd" in read_run(folder).outputs


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no table at all, though of some length"])
def test_damaged_items_are_one_message(folder: Path, content: bytes) -> None:
    (folder / "items.parquet").write_bytes(content)
    refused(folder, "items.parquet is not what a run writes")


def test_cut_off_items_are_one_message(folder: Path) -> None:
    path = folder / "items.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    refused(folder, "items.parquet is not what a run writes")


def test_absent_items_are_one_message_and_only_where_they_are_asked_for(folder: Path) -> None:
    (folder / "items.parquet").unlink()
    assert read_run(folder).outputs["fd"].values[0].value == 5.0
    refused(folder, "has no items.parquet")


def test_items_of_something_else_are_one_message(writer: Any, folder: Path) -> None:
    rows = writer.rows("row seed steps", lambda *_: {"clip": 1.0})
    other = writer.write(rows, items={"clip": writer.output("row seed steps")}, name="other")
    shutil.copy(other / "items.parquet", folder / "items.parquet")
    refused(folder, "it has no column 'fd'")
    edit(other / "metrics.json", lambda said: said["axes"]["row"].update(length=3) or said)
    refused(other, "3 in 'row.index', of an axis of 3")


@pytest.mark.parametrize("content", ["outputs: [", "3", "\x00", "!!python/object:os.system {}"])
def test_a_damaged_graph_is_one_message(folder: Path, content: str) -> None:
    (folder / "graph.yaml").write_text(content)
    refused(folder, "graph.yaml is not what a run writes")
