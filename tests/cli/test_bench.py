"""``mezzotint bench``: a suite's prompts drawn by a generator, scored, told by category."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyarrow import parquet
from typer.testing import Result

import mezzotint

Invoke = Callable[..., Result]

EXAMPLES = Path(mezzotint.__file__).parent / "examples"
SUITE = """\
description: Numbers for prompts.
suite:
  title: Toys
  prompts: [{file: prompts.csv, columns: {prompt: text, category: kind}}]
  least_seeds: {spread: 2}
inputs:
  generator: {graph: {inputs: [prompt, seed], outputs: [images]}}
  row: {help: prompts}
  seed: {each: {range: 3}, per: row.prompt}
nodes:
  draw: {use: $generator, prompt: $row.prompt, seed: $seed}
  loud: {use: shout, text: $row.prompt}
  size: {use: length, text: $loud}
  average: {use: mean, number: $draw, over: [row, seed]}
  spread: {use: mean, number: $draw, over: seed}
outputs: {images: $draw, size: $size, average: $average, spread: $spread}
"""
GENERATOR = """\
inputs: {prompt: anything, seed: 1, scale: 10}
nodes: {number: {use: draw, text: $prompt, seed: $seed, scale: $scale}}
outputs: {images: $number, more: $number}
"""
PROMPTS = "text,kind\n" + "".join(
    f"a {shape} {number},{shape}\n" for shape in ("ring", "star") for number in range(6)
)


@pytest.fixture(autouse=True)
def toy_suite(folder: Path) -> None:
    (folder / "toys.yaml").write_text(SUITE)
    (folder / "drawing.yaml").write_text(GENERATOR)
    (folder / "prompts.csv").write_text(PROMPTS)


def bench(invoke: Invoke, *arguments: str, suite: str = "toys.yaml", status: int = 0) -> Result:
    result = invoke("bench", suite, "--generator", "drawing.yaml", *arguments)
    assert result.exit_code == status, result.output
    return result


def rows(folder: Path) -> list[dict[str, Any]]:
    found = parquet.read_table(folder / "items.parquet").to_pylist()
    return [row for row in found if row["images"] is not None]


def test_a_suite_of_ones_own_is_drawn_and_told_by_category(invoke: Invoke) -> None:
    said = bench(invoke, "--out", "run").stdout
    found = rows(Path("run"))
    assert len(found) == 36
    assert {row["row.category"] for row in found} == {"ring", "star"}
    assert {word for line in said.splitlines() for word in line.split()[:1]} >= {
        "size",
        "average",
        "ring",
        "star",
    }


def test_every_prompt_has_seeds_of_its_own(invoke: Invoke) -> None:
    bench(invoke, "--out", "run")
    graph = yaml.safe_load(Path("run/graph.yaml").read_text())
    assert graph["inputs"]["seed"] == {"each": {"range": 3}, "per": "row.prompt"}
    assert len({row["images"] for row in rows(Path("run"))}) == 36


def test_the_same_command_completes_the_same_folder(invoke: Invoke) -> None:
    first = bench(invoke).stdout.splitlines()[0]
    again = bench(invoke).stdout
    assert again.splitlines()[0] == first
    assert "nothing: all was there" in again


def test_a_larger_limit_draws_only_what_is_new(invoke: Invoke) -> None:
    bench(invoke, "--limit", "4", "--out", "few")
    bench(invoke, "--limit", "8", "--out", "more")
    few, more = ({row["row.prompt"]: row["images"] for row in rows(Path(name))} for name in ("few", "more"))
    assert len(few) == 4
    assert few.items() <= more.items()
    assert {prompt.split()[1] for prompt in few} == {"ring", "star"}


def test_seeds_are_as_many_as_asked_and_what_needs_more_is_left_out(invoke: Invoke) -> None:
    result = bench(invoke, "--seeds", "1", "--out", "run")
    assert len(rows(Path("run"))) == 12
    assert "spread: left out: it takes 2 seeds a prompt, and there are 1" in result.stderr
    assert "spread" not in yaml.safe_load(Path("run/graph.yaml").read_text())["outputs"]


def test_the_run_folder_says_which_suite_it_is_of_and_what_its_prompts_were(invoke: Invoke) -> None:
    bench(invoke, "--limit", "4", "--out", "run")
    suite = yaml.safe_load(Path("run/graph.yaml").read_text())["suite"]
    assert (suite["title"], suite["name"]) == ("Toys", "toys")
    assert suite["used"].pop("sha256")
    assert suite["used"] == {"from": "prompts.csv", "as_published": None, "prompts": 4, "of": 12}


def test_an_input_and_an_option_of_the_generator_can_be_set(invoke: Invoke) -> None:
    bench(invoke, "--set", "generator.scale=1", "--out", "one")
    bench(invoke, "--set", "generator.number.scale=1", "--out", "other")
    one, other = (sorted(row["images"] for row in rows(Path(name))) for name in ("one", "other"))
    assert one == other
    assert max(one) < 1


def test_an_axis_of_the_generator_is_a_sweep(invoke: Invoke) -> None:
    bench(invoke, "--each", "generator.scale=1,10", "--out", "run")
    metrics = json.loads(Path("run/metrics.json").read_text())["metrics"]
    assert [entry["point"] for entry in metrics["average"]["values"]] == [
        {"draw.scale": 1},
        {"draw.scale": 10},
    ]


def test_an_option_of_the_suites_own_nodes_can_be_set(invoke: Invoke) -> None:
    bench(invoke, "--set", "loud.mark=!!!", "--metrics", "size", "--out", "run")
    table = parquet.read_table("run/items.parquet").to_pylist()
    assert {row["size"] for row in table if row["size"] is not None} == {len("a ring 1") + 3.0}


def test_metrics_are_chosen_and_left_out(invoke: Invoke) -> None:
    bench(invoke, "--metrics", "average", "--out", "one")
    bench(invoke, "--without", "average,spread", "--out", "other")
    one, other = (
        set(yaml.safe_load(Path(f"{name}/graph.yaml").read_text())["outputs"]) for name in ("one", "other")
    )
    assert (one, other) == ({"images", "average"}, {"images", "size"})


def test_what_no_chosen_metric_needs_is_gone_without_a_warning(invoke: Invoke, folder: Path) -> None:
    inputs = "  again: {each: {range: 4}, per: row.prompt}\nnodes:\n"
    nodes = "  real: {use: draw, text: $row.prompt, seed: $again}\n  loud:"
    (folder / "toys.yaml").write_text(
        SUITE.replace("nodes:\n", inputs)
        .replace("  loud:", nodes)
        .replace("size: $size", "size: $size, real: $real")
    )
    assert "never used" not in bench(invoke, "--metrics", "average", "--out", "run").stderr
    assert set(json.loads(Path("run/run.json").read_text())["axes"]) == {"row", "seed"}


def test_data_of_another_place_is_read_instead(invoke: Invoke, folder: Path) -> None:
    (folder / "others.csv").write_text("text,kind\na cross,cross\n")
    bench(invoke, "--data", "others.csv", "--out", "run")
    assert {row["row.prompt"] for row in rows(Path("run"))} == {"a cross"}


def test_json_ends_with_the_scores(invoke: Invoke) -> None:
    *_, finished, scored = map(json.loads, bench(invoke, "--json").stdout.splitlines())
    assert (finished["event"], scored["event"], scored["by"]) == ("finished", "scored", "row.category")
    sizes = [score for score in scored["scores"] if score["name"] == "size"]
    assert [score["at"] for score in sizes] == [{}, {"row.category": "ring"}, {"row.category": "star"}]
    assert all(score["n"] and "interval" in score for score in sizes)


def test_quiet_says_nothing(invoke: Invoke) -> None:
    assert bench(invoke, "--quiet").output == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--data", "nowhere.csv"), "--data: there is no file or folder nowhere.csv"),
        (("--set", "generator.prompt=x"), "generator.prompt can't be set from outside"),
        (("--set", "generator.scal=1"), "the graph has no input 'scal'"),
        (("--set", "row=x"), "row holds the prompts, which are the suite's"),
        (("--seeds", "2", "--each", "seed=7"), "the seeds are given here and by --seeds"),
        (("--reference", "photos"), "--reference: toys compares with no reference"),
        (("--metrics", "fid"), "--metrics: the suite measures no 'fid'"),
        (("--generator", "nowhere.yaml"), "--generator: there is no file nowhere.yaml"),
        (("--generator", "prompts.csv"), "prompts.csv:"),
        (("--generator", "."), "this is a folder"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_on_one_line(
    arguments: tuple[str, ...], said: str, invoke: Invoke
) -> None:
    assert said in bench(invoke, *arguments, status=2).stderr


def test_a_generator_without_the_right_names_is_refused(invoke: Invoke, folder: Path) -> None:
    (folder / "drawing.yaml").write_text(GENERATOR.replace("prompt", "text").replace("images", "pictures"))
    said = bench(invoke, status=2).stderr
    assert "can't stand for $generator: it has no input 'prompt'" in said
    assert "can't stand for $generator: it has no output 'images'" in said


def test_without_a_suite_or_a_generator_it_says_what_to_write(invoke: Invoke) -> None:
    assert "name a suite" in invoke("bench").stderr
    result = invoke("bench", "toys.yaml")
    assert result.exit_code == 2
    assert "--generator GRAPH" in result.stderr


def test_the_list_shows_every_suite_with_what_is_missing(invoke: Invoke) -> None:
    records = [json.loads(line) for line in invoke("bench", "--list", "--json").stdout.splitlines()]
    found = {record["name"]: record for record in records}
    assert found["starter"]["needs"] == []
    assert found["geneval"]["digest"] == "pinned"
    assert found["drawbench"]["digest"] == "not pinned"
    assert found["parti"]["prompts"] == 1632
    shown = invoke("bench", "--list").stdout
    assert "--data PartiPrompts.tsv from https://raw.githubusercontent.com" in shown
    assert "the weights of clip:ViT-L-14/openai" in shown


@pytest.mark.slow
def test_the_starter_suite_runs_offline(invoke: Invoke) -> None:
    result = invoke(
        "bench",
        "starter",
        "--generator",
        str(EXAMPLES / "txt2img.yaml"),
        *("--limit", "12", "--seeds", "1", "--set", "generator.steps=8", "--out", "run"),
        toys=False,
    )
    assert result.exit_code == 0, result.output
    found = rows(Path("run"))
    assert len(found) == 12
    assert len({row["row.category"] for row in found}) == 6
    metrics = json.loads(Path("run/metrics.json").read_text())["metrics"]
    assert metrics["kid"]["values"][0]["value"] != 0
    assert metrics["obeyed"]["values"][0]["value"] == pytest.approx(sum(row["correct"] for row in found) / 12)
    assert "diversity" not in metrics
    assert "attribution" in result.stdout


def test_a_score_that_could_not_be_made_is_told_with_its_reason(invoke: Invoke, folder: Path) -> None:
    (folder / "toys.yaml").write_text(SUITE.replace("use: shout", "use: fragile"))
    (folder / "prompts.csv").write_text("text,kind\nbad,ring\n")
    result = bench(invoke, status=3)
    assert "size: none: all of it failed" in result.stdout
    assert "average" in result.stdout
