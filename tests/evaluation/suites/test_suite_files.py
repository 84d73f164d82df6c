"""The suites that the package comes with: each loads, checks, and says where its prompts come from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import mezzotint
from mezzotint.evaluation.suites import Need, load_suite, needs, selected, suite_names
from mezzotint.graphs.check import check
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.registry import Registry
from mezzotint.starter.sentences import parse
from mezzotint.starter.tasks import TASKS, is_held_out

SUITES = [
    "starter",
    "coco-30k",
    "dpg-bench",
    "drawbench",
    "genai-bench",
    "geneval",
    "hpdv2",
    "mjhq-30k",
    "parti",
    "t2i-compbench",
]
OWN = """\
suite: {title: Ours}
inputs:
  generator: {graph: {inputs: [prompt, seed], outputs: [images]}}
  row: {each: [{prompt: a star, category: one}, {prompt: two stars, category: two}]}
  seed: {each: {range: 2}, per: row.prompt}
nodes:
  draw: {use: $generator, prompt: $row.prompt, seed: $seed}
  empty: {use: blank, images: $draw}
outputs: {images: $draw, blank: $empty}
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return mezzotint.registry()


def problem(text: str, folder: Path) -> str:
    (folder / "own.yaml").write_text(text, "utf-8")
    with pytest.raises(GraphError) as raised:
        load_suite(folder / "own.yaml")
    return str(raised.value).replace(f"{folder}/", "")


def test_these_are_the_suites() -> None:
    assert suite_names() == SUITES


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_checks_with_its_generator_and_prompts_still_open(name: str, registry: Registry) -> None:
    suite = load_suite(name)
    graph = check(suite.spec, registry)
    assert {"generator", "row"} <= {problem.message.split("'")[1] for problem in graph.unset}
    assert not graph.warnings
    assert suite.spec.description
    assert suite.about.size
    assert suite.seeds
    assert suite.spec.inputs["seed"].per is not None
    assert "images" in graph.outputs
    assert set(suite.about.least_seeds) <= set(graph.outputs)


@pytest.mark.parametrize("name", SUITES)
def test_every_form_says_where_it_is_published(name: str) -> None:
    suite = load_suite(name)
    for form in suite.about.prompts:
        assert (
            form.made
            or form.hub
            or form.url.startswith("https://")
            or (suite.folder / str(form.file)).is_file()
        )


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_says_what_is_missing_to_run_it(name: str, registry: Registry) -> None:
    suite = load_suite(name)
    found = needs(suite, registry)
    if name == "starter":
        assert found == []
    elif name == "geneval":
        assert not any(need.what.startswith("--data") for need in found)
    else:
        assert found[0].what.startswith("--data")
        assert found[0].outputs == ()
    assert all(set(need.outputs) <= set(suite.spec.outputs) for need in found)


def test_weights_are_missing_for_the_outputs_that_need_them(registry: Registry) -> None:
    _, *weights = needs(load_suite("parti"), registry)
    assert Need("the weights of laion-v2", ("aesthetic",)) in weights


def test_what_is_left_out_is_not_asked_for(registry: Registry) -> None:
    suite = load_suite("coco-30k")
    graph = check(selected(suite.spec, ["clip_score"], []), registry)
    assert set(graph.outputs) == {"images", "clip_score"}
    assert "'reference'" not in " ".join(problem.message for problem in graph.unset)


def test_a_node_that_is_left_out_takes_all_along_that_is_made_with_it() -> None:
    left = selected(load_suite("geneval").spec, [], ["found"])
    assert set(left.outputs) == {"images", "blank", "seconds"}
    assert set(left.nodes) == {"draw", "empty", "took"}


def test_an_output_that_is_not_there_can_neither_be_chosen_nor_left_out() -> None:
    with pytest.raises(GraphError, match=r"measures no 'fidd'\n.*did you mean 'fid'") as raised:
        selected(load_suite("coco-30k").spec, ["fidd"], ["nothing_like_it"])
    assert len(raised.value.problems) == 2


def test_the_starters_prompts_are_of_six_tasks_and_were_held_out_of_its_training() -> None:
    prompts = load_suite("starter").prompts()
    assert prompts.as_published
    assert Counter(record.values["category"] for record in prompts.records) == dict.fromkeys(TASKS, 70)
    for record in prompts.records:
        assert parse(record.values["prompt"]).task == record.values["category"]
        assert is_held_out(record.values["prompt"])


def test_genevals_prompts_are_made_as_published() -> None:
    prompts = load_suite("geneval").prompts()
    assert (prompts.as_published, len(prompts.records)) == (True, 553)
    tags = Counter(record.values["category"] for record in prompts.records)
    assert tags == {
        "single_object": 80,
        "two_object": 99,
        "counting": 80,
        "colors": 94,
        "position": 100,
        "color_attr": 100,
    }
    assert prompts.records[0].values["include"]


def test_an_unknown_suite_names_the_one_that_was_meant() -> None:
    with pytest.raises(GraphError, match="did you mean 'geneval'"):
        load_suite("genevl")


def test_a_file_of_ones_own_is_a_suite(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    suite = load_suite(tmp_path / "own.yaml")
    assert suite.name == "own"
    assert [record.values["prompt"] for record in suite.prompts().records] == ["a star", "two stars"]


def test_prompts_beside_a_suite_are_its_own(tmp_path: Path) -> None:
    text = OWN.replace("{title: Ours}", "{title: Ours, prompts: [{file: some/ours.txt}]}")
    (tmp_path / "own.yaml").write_text(text)
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "ours.txt").write_text("a ring\n")
    assert [record.values for record in load_suite(tmp_path / "own.yaml").prompts().records] == [
        {"prompt": "a ring"}
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("suite: {title: Ours}\n", "", "own.yaml:1:1: this graph has no suite:"),
        ("title", "titel", "suite.titel: there is no such entry\n    did you mean 'title'?"),
        ("{title: Ours}", "{url: x}", "own.yaml:1:8: suite.title: Field required"),
        (
            "Ours}",
            "Ours, prompts: [{file: x, colums: {}}]}",
            "suite.prompts.0.colums: there is no such entry\n    did you mean 'columns'",
        ),
        ("Ours}", "Ours, prompts: [{url: x}]}", "own.yaml:1:32: suite.prompts.0: say file: NAME"),
        ("Ours}", "Ours, prompts: [{file: x, sha256: ab}]}", "suite.prompts.0.sha256: String should match"),
        ("Ours}", "Ours, prompts: [{file: x, columns: {a: b}}]}", "columns: says which one is the prompt"),
        ("suite: {title: Ours}", "suite: Ours", "own.yaml:1:8: suite: is the text 'Ours'; it is a mapping"),
        ("Ours}", "Ours, gates: {blank: much worse}}", "own.yaml:1:22: the suite's gates"),
        ("generator: {graph", "model: {graph", "the suite has no open graph 'generator'"),
        ("  row: ", "  rows: ", "the suite has no input 'row'"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told_with_its_place(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert said in problem(OWN.replace(old, new), tmp_path)
