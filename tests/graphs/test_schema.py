"""The JSON Schema of graph files: it takes what ``check`` takes, and refuses what an editor should mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mezzotint
from mezzotint.graphs.inputs import _INPUT_KEYS, _SOURCES
from mezzotint.graphs.node_type import RESERVED
from mezzotint.graphs.resolved import resolve
from mezzotint.graphs.schema import INPUT_KEYS, RESERVED_WORDS, SOURCES, graph_schema
from mezzotint.graphs.source import read_file, read_text

ROOT = Path(mezzotint.__file__).parent
NODES = {"own_node.yaml": [ROOT / "examples" / "own_node.py"]}
GRAPHS = [*sorted((ROOT / "examples").glob("*.yaml")), ROOT / "cli" / "try.yaml"]
SUITES = sorted((ROOT / "evaluation" / "suites").glob("*.yaml"))

GRAPH = """
inputs:
  prompt: {each: [a red circle, a star]}
  seed: {each: {range: 2}, per: prompt, help: Where noise comes from.}
  steps: {value: 12, type: integer, min: 1, max: 50}
nodes:
  model: {use: load_model, source: starter}
  text: {use: text_encode, model: $model, prompt: "${prompt} here", note: Said once.}
  latent: {use: sample@1, model: $model, conditioning: $text, seed: $seed, steps: $steps, guidance: 3}
  image: {use: mezzotint.decode, model: $model, latents: $latent, keep: memory}
  clip: {use: clip_score, images: $image, text: $prompt}
  mean: {use: mean, number: $clip, over: [prompt, seed]}
outputs: {images: $image, mean: $mean}
"""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = graph_schema(mezzotint.registry().types)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def wrong(validator: Draft202012Validator, text: str) -> list[str]:
    """Where the schema finds fault with a graph, as ``nodes/latent``."""
    errors = validator.iter_errors(read_text(text, "graph.yaml").plain())
    return sorted("/".join(map(str, error.absolute_path)) for error in errors)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name)
def test_every_example_is_right_as_written_and_as_resolved(path: Path) -> None:
    nodes = NODES.get(path.name, [])
    validator = Draft202012Validator(graph_schema(mezzotint.registry(nodes).types))
    validator.validate(read_file(path).plain())
    validator.validate(resolve(mezzotint.load(path, nodes).check()))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.name)
def test_every_suite_is_right(path: Path, validator: Draft202012Validator) -> None:
    validator.validate(read_file(path).plain())


def test_a_graph_that_uses_all_of_the_language_is_right(validator: Draft202012Validator) -> None:
    assert wrong(validator, GRAPH) == []


def test_an_older_version_that_is_converted_is_right_and_one_that_never_was_is_not(
    validator: Draft202012Validator,
) -> None:
    assert wrong(validator, GRAPH.replace("use: mean,", "use: mean@1,")) == []
    assert wrong(validator, GRAPH.replace("use: mean,", "use: mezzotint.mean@1,")) == []
    assert wrong(validator, GRAPH.replace("use: mean,", "use: mean@7,")) == ["nodes/mean/use"]


@pytest.mark.parametrize(
    "text",
    [
        "nodes: {a: {use: graph, file: b.yaml, prompt: hello}}\noutputs: {a: $a}",
        "inputs: {g: {graph: {inputs: [p], outputs: [i]}}}\nnodes: {a: {use: $g, p: x}}\noutputs: {a: $a.i}",
        "inputs: {p: {}, größe: 3}\nnodes: {a: {use: mean, number: $größe, over: p}}\noutputs: {a: $a}",
        "inputs: {r: {each: {file: a.csv, limit: 3}}, c: {each: {zip: {a: [1], b: {range: 1}}}}}\n"
        "nodes: {a: {use: mean, number: $r.score, over: r, by: r.category}}\noutputs: {a: $a}",
    ],
)
def test_what_names_other_graphs_and_tables_is_right(validator: Draft202012Validator, text: str) -> None:
    assert wrong(validator, text) == []


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("steps: $steps", "stepz: $steps", "nodes/latent"),
        ("steps: $steps", "steps: many", "nodes/latent/steps"),
        ("steps: $steps", "steps: 0", "nodes/latent/steps"),
        ("steps: $steps", "steps: 1.5", "nodes/latent/steps"),
        ("steps: $steps", "steps: true", "nodes/latent/steps"),
        ("guidance: 3", "scheduler: unknown", "nodes/latent/scheduler"),
        ("use: load_model, ", "", "nodes/model"),
        ("use: load_model", "use: lode_model", "nodes/model/use"),
        ("use: sample@1", "use: sample@7", "nodes/latent/use"),
        ("source: starter", "source: 15", "nodes/model/source"),
        (", source: starter", "", "nodes/model"),
        ("model: $model, latents", "model: a model, latents", "nodes/image/model"),
        ("latents: $latent", "latents: [$latent]", "nodes/image/latents"),
        ("keep: memory", "keep: forever", "nodes/image/keep"),
        ("over: [prompt, seed]", "by: prompt", "nodes/mean"),
        ("over: [prompt, seed]", "over: []", "nodes/mean/over"),
        ("text: $prompt}", "text: $prompt, over: seed}", "nodes/clip"),
        ("{range: 2}", "{range: 0}", "inputs/seed/each"),
        ("{range: 2}", "{ranges: 2}", "inputs/seed/each"),
        ("{range: 2}", "{range: 2, column: a}", "inputs/seed/each"),
        ("per: prompt, help", "pre: prompt, help", "inputs/seed"),
        ("type: integer", "type: whole", "inputs/steps/type"),
        ("images: $image, mean", "images: image, mean", "outputs/images"),
        ("  prompt: {each", "  7: {each", "inputs"),
        ("nodes:", "mezzotint: 2\nnodes:", "mezzotint"),
        ("nodes:", "extra: 1\nnodes:", ""),
        ("outputs: {images: $image, mean: $mean}", "", ""),
    ],
)
def test_a_mistake_is_refused_where_it_stands(
    validator: Draft202012Validator, before: str, after: str, place: str
) -> None:
    assert before in GRAPH
    assert place in wrong(validator, GRAPH.replace(before, after))


def test_an_editor_can_show_the_help_and_the_default_of_every_option(
    validator: Draft202012Validator,
) -> None:
    schema: Any = validator.schema
    for declared in mezzotint.registry().types.values():
        properties = schema["$defs"][f"node:{declared.name}"]["properties"]
        for option in declared.options:
            assert option.help in properties[option.name]["description"]
            assert option.expected in properties[option.name]["description"]
            if not option.required:
                assert properties[option.name]["default"] == option.default
        assert {port.name for port in declared.ports} <= properties.keys()


def test_every_word_of_the_language_has_its_place_in_the_schema() -> None:
    assert {"use", *RESERVED_WORDS} == RESERVED
    assert set(INPUT_KEYS) == set(_INPUT_KEYS)
    assert set(SOURCES) == set(_SOURCES)


def test_a_node_type_that_lost_its_short_name_goes_by_its_full_one(validator: Draft202012Validator) -> None:
    types = dict(mezzotint.registry().types)
    other = types["mean"].owned_by("other")
    types["other.mean"] = other
    types["mezzotint.mean"] = types["mean"]
    both = Draft202012Validator(graph_schema(types))
    for use in ("mean", "mezzotint.mean", f"other.mean@{other.version}"):
        assert wrong(both, GRAPH.replace("use: mean", f"use: {use}")) == []
    assert wrong(validator, GRAPH.replace("use: mean", "use: other.mean")) == ["nodes/mean/use"]
