"""``mezzotint run``: statuses, what it says, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]

FRAGILE = """\
inputs: {prompt: {each: [good, bad one, fine, bad two]}}
nodes:
  first: {use: fragile, text: $prompt}
  loud: {use: shout, text: $first}
outputs: {loud: $loud}
"""


def events(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_run_says_where_things_are_and_what_was_made(invoke: Invoke, folder: Path) -> None:
    result = invoke("run", "graph.yaml")
    assert result.exit_code == 0
    (run,) = (folder / "runs").iterdir()
    assert str(run.relative_to(folder)) in result.stdout
    assert "9 items" in result.stdout
    assert "2 loud, 6 number, 1 average" in result.stdout
    average = json.loads((run / "metrics.json").read_text())["metrics"]["average"]["values"][0]["value"]
    assert f"average  {average:.1f} ± " in result.stdout
    assert "number: 6 of 6" in result.stderr


def test_the_same_command_again_makes_nothing(invoke: Invoke) -> None:
    invoke("run", "graph.yaml")
    again = invoke("run", "graph.yaml")
    assert again.exit_code == 0
    assert "nothing: all was there" in again.stdout
    assert "9 items from the store" in again.stdout


def test_fresh_makes_everything_anew(invoke: Invoke) -> None:
    invoke("run", "graph.yaml")
    assert "9 items in" in invoke("run", "graph.yaml", "--fresh").stdout


def test_values_from_outside_rise_over_the_file(invoke: Invoke, folder: Path) -> None:
    (folder / "inputs.yaml").write_text("seed: {each: [5, 6]}\nprompt: from the inputs file\n")
    result = invoke(
        "run",
        "graph.yaml",
        *("--inputs", "inputs.yaml", "--set", "prompt=typed", "--each", "number.mode=plain,fancy"),
        *("--out", "here"),
    )
    assert result.exit_code == 0
    import yaml

    inputs = yaml.safe_load((folder / "here" / "graph.yaml").read_text())["inputs"]
    assert inputs["prompt"] == "typed"
    assert inputs["seed"] == {"each": [5, 6]}
    assert inputs["number__mode"] == {"each": ["plain", "fancy"]}


def test_json_is_one_event_a_line(invoke: Invoke) -> None:
    result = invoke("run", "graph.yaml", "--json")
    assert result.exit_code == 0
    told = events(result.stdout)
    assert told[0]["event"] == "planned"
    made = [event for event in told if event["event"] == "made"]
    assert sum(int(str(event["count"])) for event in made) == 9
    assert told[-1]["event"] == "finished"
    assert told[-1]["exit_status"] == 0
    assert told[-1]["made"] == {"loud": 2, "number": 6, "average": 1}
    assert result.stderr == ""


def test_quiet_says_nothing(invoke: Invoke) -> None:
    result = invoke("run", "graph.yaml", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_failures_are_summed_up_and_the_status_is_3(invoke: Invoke, folder: Path) -> None:
    (folder / "fragile.yaml").write_text(FRAGILE)
    result = invoke("run", "fragile.yaml", "--out", "out")
    assert result.exit_code == 3
    assert "2 items failed; 2 items that needed them skipped" in result.stderr
    assert "first: ValueError: 'bad one' holds 'bad'\n      at prompt 'bad one'" in result.stderr
    assert f"{Path('out/failures.jsonl')}" in result.stderr
    assert (folder / "out" / "failures.jsonl").is_file()
    quiet = invoke("run", "fragile.yaml", "--out", "out", "--quiet")
    assert quiet.exit_code == 3
    assert "2 items failed" in quiet.stderr
    told = events(invoke("run", "fragile.yaml", "--out", "out", "--json").stdout)
    assert told[-1]["exit_status"] == 3
    assert (told[-1]["failed"], told[-1]["failed_before"]) == (2, 2)
    assert "failed" not in [event["event"] for event in told]  # they were left alone
    assert "2 of them failed before and were left alone\n  --retry-failed tries them again" in quiet.stderr
    tried = events(invoke("run", "fragile.yaml", "--out", "out", "--json", "--retry-failed").stdout)
    assert [event["event"] for event in tried].count("failed") == 2
    assert tried[-1]["failed_before"] == 0


def test_too_many_failures_stop_the_run(invoke: Invoke, folder: Path) -> None:
    (folder / "fragile.yaml").write_text(FRAGILE)
    arguments = ("run", "fragile.yaml", "--out", "out", "--batch", "1", "--max-failures", "1")
    result = invoke(*arguments)
    assert result.exit_code == 3
    assert "1 item failed" in result.stderr
    assert "stopped at 1 failure, as --max-failures says" in result.stderr
    told = events(invoke(*arguments, "--json").stdout)
    assert (told[-1]["failed"], told[-1]["failed_before"]) == (2, 1)
    assert invoke("run", "fragile.yaml", "--max-failures", "0").exit_code == 2


def test_the_point_of_a_failure_is_plain_data(invoke: Invoke, folder: Path) -> None:
    (folder / "records.yaml").write_text(
        "inputs: {row: {each: {zip: {name: [bad one], size: [3]}}}, factor: {each: [0.5]}}\n"
        "nodes: {a: {use: fragile, text: $row.name}, b: {use: shout, text: '${a} ${factor}'}}\n"
        "outputs: {b: $b, row: $row}\n"
    )
    result = invoke("run", "records.yaml")
    assert """at row {"name": "bad one", "size": 3}""" in result.stderr


def test_a_folder_of_another_run_is_refused(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--out", "out", "--quiet")
    result = invoke("run", "graph.yaml", "--out", "out", "--set", "scale=3")
    assert result.exit_code == 2
    assert "holds another run" in result.stderr


def test_a_folder_that_cannot_be_made_is_one_message(invoke: Invoke) -> None:
    result = invoke("run", "graph.yaml", "--out", "graph.yaml/inside")
    assert result.exit_code == 1
    assert "graph.yaml" in result.stderr


def test_wrong_usage_exits_with_2(invoke: Invoke) -> None:
    assert invoke("run", "graph.yaml", "--batch", "0").exit_code == 2
    assert invoke("run", "graph.yaml", "--colour").exit_code == 2


def test_an_unexpected_error_is_one_line_and_a_way_to_see_more(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mezzotint.cli import overrides

    def fail(*_: object) -> None:
        raise RuntimeError("the moon is full")

    monkeypatch.setattr(overrides, "read_overrides", fail)
    result = invoke("run", "graph.yaml")
    assert result.exit_code == 1
    assert "unexpected RuntimeError: the moon is full" in result.stderr
    assert "MEZZOTINT_TRACEBACK=1" in result.stderr


def test_the_version_is_told(invoke: Invoke) -> None:
    import mezzotint

    assert invoke("--version", toys=False).stdout == f"mezzotint {mezzotint.__version__}\n"


def test_a_profile_is_a_table_by_node_and_a_trace_in_the_run_folder(invoke: Invoke, folder: Path) -> None:
    result = invoke("run", "graph.yaml", "--profile")
    assert result.exit_code == 0
    (run,) = (folder / "runs").iterdir()
    names = {event["name"] for event in json.loads((run / "trace.json").read_text())["traceEvents"]}
    assert {"loud", "number", "average", "store", "deliver", "run"} <= names
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.strip()}
    assert rows["number"][1:3] == ["1", "6"]
    assert rows["number"][-1].endswith("%")
    assert invoke("run", "graph.yaml", "--profile").exit_code == 0  # all is stored: no node at all


def test_a_run_that_a_limit_of_failures_ends_leaves_its_profile(invoke: Invoke, folder: Path) -> None:
    (folder / "fragile.yaml").write_text(FRAGILE)
    result = invoke("run", "fragile.yaml", "--out", "out", "--batch=1", "--max-failures=1", "--profile")
    assert result.exit_code == 3
    assert "trace: out/trace.json" in result.stdout
    names = [event["name"] for event in json.loads(Path("out/trace.json").read_text())["traceEvents"]]
    assert "first" in names


def test_a_trace_goes_where_it_is_told(invoke: Invoke, folder: Path) -> None:
    result = invoke("run", "graph.yaml", "--trace", "elsewhere/trace.json", "--quiet")
    assert result.output == ""
    assert json.loads((folder / "elsewhere" / "trace.json").read_text())["traceEvents"]


@pytest.mark.parametrize("size", ["3", "auto"])
def test_a_micro_batch_size_is_a_number_or_found(invoke: Invoke, size: str) -> None:
    assert "9 items in" in invoke("run", "graph.yaml", "--batch", size).stdout


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "many", "²"])
def test_another_micro_batch_size_is_refused(invoke: Invoke, size: str) -> None:
    result = invoke("run", "graph.yaml", "--batch", size)
    assert result.exit_code == 2
    assert "neither a whole number from 1 nor auto" in " ".join(result.stderr.replace("│", " ").split())


BROKEN_PROMISE = '''
from mezzotint import Text, node

@node(version=1)
def short(text: Text) -> Text:
    """Give one item, however many there are."""
    return ["one"]

@node(version=1)
def nothing(text: Text) -> Text:
    """Give nothing."""
'''


def test_a_package_that_returns_something_else_is_named_and_the_rest_goes_on(
    invoke: Invoke, folder: Path, install: Callable[..., Path]
) -> None:
    install("toyland", BROKEN_PROMISE)
    (folder / "graph.yaml").write_text(
        """
inputs: {word: {each: [a, b]}}
nodes:
  loud: {use: shout, text: $word}
  few: {use: toyland.short, text: $word}
  none: {use: toyland.nothing, text: $word}
outputs: {loud: $loud, few: $few, none: $none}
"""
    )
    result = invoke("run", "graph.yaml", "--out", "made", "--batch", "2")
    assert result.exit_code == 3
    assert (
        "toyland.nothing returned None as text (Text): it isn't one (TypeError: 'NoneType'" in result.stderr
    )
    assert "toyland.short returned a list as text (Text): 2 items went in and 1 came out" in result.output
