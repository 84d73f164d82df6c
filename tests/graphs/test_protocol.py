"""How a score was measured: what must be alike for two values of it to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pytest

from mezzotint.graphs.keys import Keys
from mezzotint.graphs.marks import Content
from mezzotint.graphs.node import node
from mezzotint.graphs.protocol import Protocols
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import Number, PlainType, Text


class PictureType(PlainType):
    name = "Picture"
    is_judged = True


Picture = Annotated[list[str], PictureType()]


@node(version=1)
def paint(text: Text, *, strokes: int = 3) -> Picture:
    """A picture."""
    return text


@node(version=1)
def embed(
    images: Picture, *, model: Annotated[str, Content(lambda name, *_: f"digest of {name}")] = "m"
) -> Text:
    """What a picture is to a model."""
    return images


@node(version=3, better="higher")
def alike(features: Text, text: Text, *, power: float = 1.0, threads: int = 2) -> Number:
    """How alike they are."""
    return [power for _ in features]


GRAPH = """
inputs: {prompt: {each: [a, b]}, power: 2}
nodes:
  image: {use: paint, text: $prompt, strokes: 5}
  seen: {use: embed, images: $image, model: big}
  score: {use: alike, features: $seen, text: "a photo of ${prompt}", power: $power}
  m: {use: mean, number: $score, over: prompt}
outputs: {m: $m, score: $score}
"""


@pytest.fixture
def protocol(registry: Registry, checked):
    for function in (paint, embed, alike):
        registry.types[function.node_type.name] = function.node_type

    def of(text: str = GRAPH, step: str = "score") -> dict[str, Any]:
        graph = checked(text)
        return Protocols(graph, Keys(graph)).of(graph.steps[step])

    return of


def test_it_holds_the_options_the_weights_and_what_stands_before_up_to_the_pictures(protocol) -> None:
    assert protocol() == {
        "node": "mezzotint.alike@3",
        "power": 2.0,
        "threads": 2,
        "features.node": "mezzotint.embed@1",
        "features.model": "big",
        "features.model.digest": "digest of big",
        "text": "a photo of {$prompt}",
    }


def test_how_the_pictures_were_made_is_no_part_of_it(protocol) -> None:
    assert protocol() == protocol(GRAPH.replace("strokes: 5", "strokes: 50"))


@pytest.mark.parametrize(
    ("old", "new", "differing"),
    [
        ("power: 2}", "power: 3}", ["power"]),
        ("model: big", "model: small", ["features.model", "features.model.digest"]),
        ('"a photo of ${prompt}"', "$prompt", ["text"]),
    ],
)
def test_what_was_measured_otherwise_shows(protocol, old: str, new: str, differing: Sequence[str]) -> None:
    one, other = protocol(), protocol(GRAPH.replace(old, new))
    assert [field for field in one if one[field] != other[field]] == list(differing)


def test_that_of_a_mean_holds_that_of_its_numbers(protocol) -> None:
    inner = {f"number.{name}": value for name, value in protocol().items()}
    assert inner.items() <= protocol(step="m").items()


def test_node_types_of_a_file_are_told_by_its_content(protocol, registry: Registry) -> None:
    text = """inputs: {prompt: {each: [x, y]}}
nodes:
  number: {use: length, text: $prompt}
  best: {use: best, number: $number, over: prompt}
outputs: {best: $best}"""
    assert protocol(text, "best") == {
        "node": f"{registry['best'].qualified}",
        "source": registry["best"].source_digest,
        "number.node": f"{registry['length'].qualified}",
        "number.source": registry["length"].source_digest,
        "number.text": "$prompt",
    }


def test_a_mean_is_better_as_its_numbers_are(registry: Registry, checked, protocol) -> None:
    from dataclasses import replace

    registry.types["mean"] = replace(registry["mean"], better="as input")
    graph = checked(GRAPH)
    protocols = Protocols(graph, Keys(graph))
    assert [protocols.better(graph.steps[name]) for name in ("m", "score", "image")] == [
        "higher",
        "higher",
        None,
    ]
