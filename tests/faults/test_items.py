"""Items that fail or get stuck: alone, remembered, told, and as many as one cares to bear."""

from __future__ import annotations

import json
from typing import Any

from pyarrow import parquet


def failures(project: Any) -> list[dict[str, Any]]:
    lines = (project.folder / "out" / "failures.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def metric(project: Any, name: str) -> dict[str, Any]:
    metrics = json.loads((project.folder / "out" / "metrics.json").read_text())["metrics"]
    value: dict[str, Any] = metrics[name]["values"][0]
    return value


def test_one_bad_item_among_ten_thousand(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 10000}}}
nodes:
  fine: {use: fussy, number: $number, at: 7777}
  total: {use: add, number: $fine, over: number}
outputs: {fine: $fine, total: $total}
"""
    )
    done = project.run()
    assert done.returncode == 3
    assert "1 item failed" in done.stderr
    assert "fine: ValueError: 7777 is not for me\n      at number 7777" in done.stderr
    assert [failure["point"] for failure in failures(project)] == [{"number": 7777}]
    assert metric(project, "total") == {"point": {}, "value": sum(range(10000)) - 7777, "missing": 1}
    rows = parquet.read_table(project.folder / "out" / "items.parquet").to_pylist()
    assert len(rows) == 10001
    assert sum(row["failure"] is not None for row in rows) == 1
    project.forget_calls()
    assert project.run().returncode == 3
    assert project.calls == []


def test_a_node_that_raises_for_every_third_and_a_reducer_that_lacks_them(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 30}}}
nodes:
  fine: {use: fussy, number: $number}
  picture: {use: draw, number: $fine}
  total: {use: add, number: $fine, over: number}
outputs: {picture: $picture, total: $total}
"""
    )
    done = project.run()
    assert done.returncode == 3
    assert "10 items failed; 10 items that needed them skipped" in done.stderr
    assert "total  300 (10 members missing)" in done.stdout
    assert len(list((project.folder / "out" / "images").rglob("*.png"))) == 20
    assert len(failures(project)) == 10


def test_what_failed_is_left_alone_until_told_to_try_it_again(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 30}}}
nodes: {fine: {use: fussy, number: $number}}
outputs: {fine: $fine}
"""
    )
    assert project.run().returncode == 3
    told = failures(project)
    project.forget_calls()
    again = project.run()
    assert again.returncode == 3
    assert "10 items failed" in again.stderr
    assert "10 of them failed before and were left alone\n  --retry-failed tries them again" in again.stderr
    assert project.calls == []
    assert failures(project) == told
    tried = project.run("--retry-failed")
    assert tried.returncode == 3
    assert {line.split()[1] for line in project.calls} == {str(number) for number in range(0, 30, 3)}


def test_no_more_failures_than_one_cares_to_bear(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 90}}}
nodes: {fine: {use: fussy, number: $number}}
outputs: {fine: $fine}
"""
    )
    done = project.run("--max-failures", "5", "--batch", "1")
    assert done.returncode == 3
    assert "stopped at 5 failures, as --max-failures says" in done.stderr
    assert len(project.calls) == 13
    assert len(project.stored()) == 8
    assert len(failures(project)) == 5
    assert project.record()["complete"] is False
    rest = project.run()
    assert rest.returncode == 3
    assert "5 of them failed before" in rest.stderr
    assert project.record()["complete"] is True


def test_a_stuck_node_is_given_up_and_the_process_ends(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 6}}}
nodes: {through: {use: stick, number: $number, at: 4, timeout: 0.1}}
outputs: {through: $through}
"""
    )
    done = project.run("--batch", "1")
    assert done.returncode == 3
    assert "through: TimeoutError: took longer than its timeout of 0.1 s\n      at number 4" in done.stderr
    (failure,) = failures(project)
    assert "in wait_for" in failure["traceback"]
    assert len(project.stored()) == 5


def test_a_node_that_was_given_up_gets_more_time_in_the_same_folder(project: Any) -> None:
    project.write(
        """\
inputs: {number: {each: {range: 3}}}
nodes: {through: {use: stick, number: $number, at: 1, timeout: 0.1}}
outputs: {through: $through}
"""
    )
    assert project.run("--batch", "1").returncode == 3
    project.forget_calls()
    (project.folder / "what never comes").touch()
    assert project.run("--retry-failed", "--set", "through.timeout=60").returncode == 0
    assert project.calls == ["stick 1"]
    refused = project.run("--set", "through.timeout=soon")
    assert refused.returncode == 2
    assert refused.stderr == "--set through.timeout=soon: timeout: is the text 'soon'; it is a number\n"
