"""``mezzotint compare``, ``gate`` and ``power``: runs judged on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]

NODES = '''\
"""Pictures that a level reddens, with noise of their own for every prompt, seed and level; two scores."""

import hashlib

import torch

from mezzotint import Boolean, Images, Integer, Number, Text, node


def _noise(*parts):
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@node(version=1)
def paint(text: Text, seed: Integer, *, level: float = 0.0) -> Images:
    """A picture of one colour."""
    red = [0.2 + level / 8 + (_noise(t) + _noise(t, s, level)) / 8 for t, s in zip(text, seed, strict=True)]
    green = [_noise(t, s, level, "green") / 2 for t, s in zip(text, seed, strict=True)]
    return torch.tensor([red, green, green]).T[:, :, None, None].expand(-1, 3, 2, 2)


@node(version=1, better="higher")
def quality(images: Images, *, judge: str = "one") -> Number:
    """How red a picture is."""
    return [8 * float(picture[0].mean()) for picture in images]


@node(version=1, better="higher")
def obeys(images: Images) -> Boolean:
    """Whether it is green enough."""
    return [float(picture[1].mean()) > 0.25 for picture in images]
'''
GRAPH = """\
inputs:
  row:
    each:
ROWS
  seed: {each: {range: 2}, per: row}
  level: 0.0
nodes:
  images: {use: paint, text: $row.prompt, seed: $seed, level: $level}
  quality: {use: quality, images: $images, judge: one}
  right: {use: obeys, images: $images}
outputs: {quality: $quality, right: $right}
"""


@pytest.fixture
def run(invoke: Invoke, folder: Path) -> Callable[..., str]:
    """Run the graph into a folder, with what the command line changes of it."""
    rows = "\n".join(
        f"      - {{prompt: thing {n}, category: {'odd' if n % 2 else 'even'}}}" for n in range(20)
    )
    (folder / "scored.yaml").write_text(GRAPH.replace("ROWS", rows))
    (folder / "scores.py").write_text(NODES)

    def run(name: str, *arguments: str, graph: str = "scored.yaml") -> str:
        words = (graph, "--out", name, "--quiet", "--nodes", "scores.py", *arguments)
        assert invoke("run", *words, toys=False).exit_code == 0
        return name

    return run


def test_runs_are_compared_in_tables_and_the_exit_status_doesnt_say_who_won(
    run: Callable[..., str], invoke: Invoke
) -> None:
    done = invoke("compare", run("low"), run("high", "--set", "level=1"), toys=False)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["A  low", "B  high"]
    (quality,) = [line for line in lines if line.startswith("quality ")]
    assert quality.split()[-4:] == ["<0.001", "20:0", "B", "better"]
    (right,) = [line for line in lines if line.startswith("right ")]
    assert right.endswith("not told apart")
    assert any(line.startswith("quality[odd] ") for line in lines)
    assert "p: over 20 prompts, allowing for 2 tests" in done.stdout


def test_tables_fit_a_hundred_columns(
    run: Callable[..., str], invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [run(f"level{level}", "--set", f"level={level}") for level in range(3)]
    for chosen in (runs[:2], runs):
        shown = invoke("compare", *chosen, toys=False).stdout
        tables = [line for line in shown.splitlines() if "told apart" in line or " better" in line]
        assert tables
        assert max(map(len, tables)) <= 100


def test_three_runs_are_ranked_in_groups(run: Callable[..., str], invoke: Invoke) -> None:
    runs = [run(f"level{level}", "--set", f"level={level}") for level in (0, 1, 1.01)]
    done = invoke("compare", *runs, "--metrics", "quality", "--by", "none", toys=False)
    ranked = done.stdout.split("In order")[1].split("Compared")[0].splitlines()
    assert [line.split()[-1] for line in ranked if line][-3:] == ["1", "1", "2"]


def test_settings_of_a_sweep_are_compared(run: Callable[..., str], invoke: Invoke) -> None:
    sweep = run("sweep", "--each", "level=0,2")
    done = invoke("compare", sweep, "--between", "level", "--json", toys=False)
    found = json.loads(done.stdout)
    assert found["runs"] == ["level=0", "level=2"]
    assert found["rows"][0]["verdict"] == "better"
    refused = invoke("compare", sweep, "--between", "steps", toys=False)
    assert refused.exit_code == 2
    assert "'steps' is no setting of sweep\n    there is level" in refused.stderr


def test_json_and_markdown_say_the_same(run: Callable[..., str], invoke: Invoke) -> None:
    runs = run("low"), run("high", "--set", "level=1")
    record = json.loads(invoke("compare", *runs, "--json", toys=False).stdout)
    assert record["folders"] == {"A": "low", "B": "high"}
    markdown = invoke("compare", *runs, "--markdown", "--by", "none", toys=False).stdout.splitlines()
    assert markdown[1].startswith("| --- | ---: |")
    assert [line.split("|")[1].strip() for line in markdown[2:]] == ["quality", "right"]
    assert "B better" in markdown[2]


def test_what_was_measured_unlike_is_refused_with_status_2_unless_forced(
    run: Callable[..., str], invoke: Invoke
) -> None:
    runs = run("one"), run("two", "--set", "quality.judge=two")
    refused = invoke("compare", *runs, toys=False)
    assert refused.exit_code == 2
    assert "quality was not measured alike: judge is 'one' in A, 'two' in B" in refused.stderr
    assert "--metrics right leaves them out" in refused.stderr
    assert invoke("compare", *runs, "--metrics", "right", toys=False).exit_code == 0
    forced = invoke("compare", *runs, "--force", toys=False)
    assert forced.exit_code == 0
    assert "(unlike)" in forced.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one",), "one run has nothing to be compared with"),
        (("one", "nowhere"), "nowhere is no run's folder"),
        (("one", "one", "--between", "level"), "compares the settings of one run, and 2 are named"),
        (("one", "one", "--by", "colour"), "one has no column 'colour'"),
        (("one", "one", "--metrics", "clop"), "no run has a score 'clop'"),
    ],
)
def test_mistakes_are_told(
    run: Callable[..., str], invoke: Invoke, arguments: tuple[str, ...], said: str
) -> None:
    run("one")
    done = invoke("compare", *arguments, toys=False)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_run_of_an_older_version_is_told_to_run_again(
    run: Callable[..., str], invoke: Invoke, folder: Path
) -> None:
    path = folder / run("old") / "metrics.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({"mezzotint": 1, "metrics": told["metrics"]}))
    done = invoke("compare", "old", "old", toys=False)
    assert done.exit_code == 2
    assert "metrics.json" in done.stderr


def test_a_run_may_stand_in_for_its_baseline_or_not(run: Callable[..., str], invoke: Invoke) -> None:
    baseline, run_at_hand = run("baseline", "--set", "level=1"), run("new")

    def gate(*allowed: str, judged: str = run_at_hand) -> Result:
        words = [word for text in allowed for word in ("--allow", text)]
        return invoke("gate", judged, "--baseline", baseline, *words, toys=False)

    passed = gate("quality: 2 worse")
    assert (passed.exit_code, passed.stdout.split()[0]) == (0, "passed")
    failed = gate("quality: 0.1 worse", "right: 0.01 worse")
    assert failed.exit_code == 100
    assert [line.split()[0] for line in failed.stdout.splitlines()] == ["failed", "inconclusive"]
    unclear = gate("right: 0.01 worse", "quality: 2 worse")
    assert unclear.exit_code == 4
    assert "a fresh run of" in unclear.stdout
    assert gate("quality[odd]: 2 worse").exit_code == 0
    assert gate("quality: no worse", judged=baseline).exit_code == 0


def test_junit_and_json_say_what_the_gates_said(
    run: Callable[..., str], invoke: Invoke, folder: Path
) -> None:
    words = (run("new"), "--baseline", run("baseline", "--set", "level=1"))
    allow = ("--allow", "quality: 0.1 worse", "--allow", "right: 0.01 worse")
    done = invoke("gate", *words, *allow, "--json", "--junit", "out/gates.xml", toys=False)
    assert done.exit_code == 100
    found = json.loads(done.stdout)
    assert found["outcome"] == "failed"
    assert [gate["outcome"] for gate in found["gates"]] == ["failed", "inconclusive"]
    (suite,) = ElementTree.parse(folder / "out" / "gates.xml").getroot()
    assert [child.tag for case in suite.iter("testcase") for child in case] == ["failure", "error"]


def test_a_suite_brings_its_gates_which_the_command_line_may_replace(
    run: Callable[..., str], invoke: Invoke, folder: Path
) -> None:
    for name, level in (("new", "0"), ("baseline", "1")):
        run(name, "--set", f"level={level}")
    resolved = folder / "new" / "graph.yaml"
    resolved.write_text(resolved.read_text() + "suite: {gates: {quality: 0.1 worse, right: 1 worse}}\n")
    words = ("gate", "new", "--baseline", "baseline")
    by_suite = invoke(*words, toys=False)
    assert by_suite.exit_code == 100
    assert [line.split()[0] for line in by_suite.stdout.splitlines()] == ["failed", "passed"]
    assert invoke(*words, "--allow", "quality: 2 worse", toys=False).exit_code == 0


def test_malformed_gates_and_none_at_all_are_told_what_to_write(
    run: Callable[..., str], invoke: Invoke
) -> None:
    words = ("gate", run("new"), "--baseline", "new")
    none = invoke(*words, toys=False)
    assert (none.exit_code, "nothing to judge" in none.stderr) == (2, True)
    broken = invoke(*words, "--allow", "quality 0.5", "--allow", "right: much worse", toys=False)
    assert broken.exit_code == 2
    assert broken.stderr.count("is no allowance") == 2
    assert "write 'clip_score: 0.5 worse'" in broken.stderr


def test_power_shows_what_a_run_sees_and_the_sizes_that_see_more(
    run: Callable[..., str], invoke: Invoke
) -> None:
    at_hand = run("one")
    done = invoke("power", at_hand, toys=False)
    assert done.exit_code == 0
    assert "to see a difference of" in done.stdout
    assert "never go on with a run until a difference shows" in done.stdout
    asked = invoke(
        "power", at_hand, "--baseline", run("two", "--set", "level=0.5"), "--difference", "quality: 0.1",
        "--json", toys=False,
    )  # fmt: skip
    (advice,) = json.loads(asked.stdout)["advice"]
    assert (advice["paired"], advice["difference"]) == (True, 0.1)
    assert [size["seeds"] for size in advice["sizes"]] == [1, 2, 4, 8]
    refused = invoke("power", at_hand, "--difference", "quality", toys=False)
    assert (refused.exit_code, "write 'clip_score: 0.5'" in refused.stderr) == (2, True)
