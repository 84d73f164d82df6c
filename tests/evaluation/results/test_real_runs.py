"""What real runs write is what is read: by the schema, and number by number."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import mezzotint
from mezzotint.evaluation.results.metrics_file import metrics_schema
from mezzotint.evaluation.results.run_folder import Run, read_run
from mezzotint.evaluation.results.scores import absences, scores
from mezzotint.graphs.store import Store

GRAPH = """
inputs:
  row:
    each:
      - {prompt: a star, category: one}
      - {prompt: two hearts, category: two}
      - {prompt: a bad box, category: one}
      - {prompt: a star, category: one}
  seed: {each: {range: 3}, per: row}
  steps: {each: [4, 12.5]}
nodes:
  likes: {use: likes, text: $row.prompt, seed: $seed, steps: 2}
  more: {use: likes, text: "${row.prompt} ${steps}", seed: $seed}
  fits: {use: fits, text: $row.prompt, seed: $seed}
  all: {use: sure_mean, number: $more, over: [row, seed]}
  sorted: {use: sure_mean, number: $more, over: [row, seed], by: row.category}
  each: {use: sure_mean, number: $likes, over: seed}
outputs:
  {likes: $likes, more: $more, fits: $fits, all: $all, sorted: $sorted, each: $each, prompt: $row.prompt}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("real")
    (folder / "graph.yaml").write_text(GRAPH)
    with Store(folder / "store") as store:
        graph = mezzotint.load(folder / "graph.yaml", nodes=[Path(__file__).with_name("judging_nodes.py")])
        graph.run(out=folder / "out", store=store)
    return read_run(folder / "out")


def test_the_schema_that_the_package_holds_is_that_of_the_models() -> None:
    from mezzotint.evaluation import results

    held = Path(str(results.__file__)).with_name("metrics.schema.json").read_text("utf-8")
    text = json.dumps(metrics_schema(), indent=2, ensure_ascii=False) + "\n"
    assert held == text, "write it anew: mezzotint schema --metrics -o evaluation/results/metrics.schema.json"


def test_what_a_run_writes_is_valid(run: Run) -> None:
    jsonschema.Draft202012Validator.check_schema(metrics_schema())
    jsonschema.validate(json.loads((run.folder / "metrics.json").read_text()), metrics_schema())


@pytest.mark.parametrize("wrong", [{"schema": 1}, {"axes": []}, {"metrics": {"fd": {}}}])
def test_what_is_wrong_is_not(run: Run, wrong: dict[str, object]) -> None:
    said = json.loads((run.folder / "metrics.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**said, **wrong}, metrics_schema())


def test_a_mean_of_the_items_is_the_mean_that_a_reducer_made(run: Run) -> None:
    found = {(score.name, *score.at.values()): score for score in scores(run, "row.category")}
    pairs = [(found["all", steps], found["more", steps]) for steps in (4, 12.5)]
    pairs += [
        (found["sorted", steps, of], found["more", steps, of]) for steps, of in ((4, "one"), (12.5, "two"))
    ]
    for made, mine in pairs:
        assert float(mine.estimate) == pytest.approx(float(made.estimate))
        assert mine.estimate.interval == made.estimate.interval
        assert (mine.estimate.n, mine.estimate.clusters) == (made.estimate.n, made.estimate.clusters)
        assert mine.contributions == pytest.approx(made.contributions)
        assert mine.at == made.at
        assert (mine.better, made.better, mine.unit, made.unit) == ("higher", "higher", "prompt", "prompt")


def test_equal_prompts_of_two_rows_are_one_unit(run: Run) -> None:
    (each,) = [score for score in scores(run) if score.name == "each"]
    assert (each.estimate.n, each.estimate.clusters) == (4, 3)
    assert list(each.contributions) == ["a star", "two hearts", "a bad box"]


def test_failed_items_are_missing(run: Run) -> None:
    (fits,) = [score for score in scores(run) if score.name == "fits"]
    assert (fits.kind, fits.estimate.n, fits.missing) == ("share", 9, 3)
    found = {
        score.at.get("row.category"): score for score in scores(run, "row.category") if score.name == "fits"
    }
    assert (found["one"].missing, found["two"].missing) == (3, 0)
    assert len(run.failures) == 3
    assert absences(run) == []


def test_a_text_is_no_score(run: Run) -> None:
    assert {score.name for score in scores(run)} == {"likes", "more", "fits", "all", "sorted", "each"}
