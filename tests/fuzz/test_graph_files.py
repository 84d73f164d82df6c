"""Graph files, damaged and made up: an error that says what is wrong, or a graph that can be written out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import mezzotint
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.resolved import resolve
from mezzotint.graphs.source import read_text
from mezzotint.graphs.spec import parse_spec
from mezzotint.graphs.spelling import spell

ROOT = Path(mezzotint.__file__).parent
EXAMPLES = [path.read_bytes() for path in sorted((ROOT / "examples").glob("*.yaml"))]

NAMES = ["prompt", "seed", "model", "text", "latent", "image", "fd", "x", "graph", "1", "a.b", ""]
TYPES = [
    "load_model",
    "text_encode",
    "sample",
    "decode",
    "fd",
    "mean",
    "clip_score",
    "upscale@1",
    "graph",
    "$x",
]
KEYS = ["use", "over", "by", "keep", "timeout", "note", "file", "each", "range", "folder", "zip", "limit"]
KEYS += ["per", "type", "min", "max", "value", "match", "column"]
WORDS = (
    *tuple(f"{word}: ".encode() for word in KEYS),
    b"${",
    b"$$",
    b"*a",
    b"&a ",
    b"!!python/object:os.system ",
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return mezzotint.registry()


def is_understood_or_refused(path: Path, registry: Registry) -> None:
    """Reads, checks and writes out a graph; GraphError with a place, a message and no end of neither."""
    try:
        graph = Graph.load(path, registry).check()
    except GraphError as error:
        found = error.problems
    else:
        found = [*graph.warnings, *graph.unset]
        if not graph.unset:
            yaml.safe_dump(resolve(graph))
            with suppress(GraphError):  # a number of hundreds of digits
                text = spell(graph.spec)
                assert spell(parse_spec(read_text(text, str(path)), path.stem, path.parent)) == text
            return
    assert found
    assert all(problem.message and len(str(problem)) < 5000 for problem in found)


def test_damaged_graph_files(fuzzed: Any, damaged: Any, write: Any, registry: Registry) -> None:
    @given(damaged(*EXAMPLES, words=WORDS))
    def property(content: bytes) -> None:
        is_understood_or_refused(write("graph.yaml", content), registry)

    fuzzed(property, parts=2)


def plain() -> st.SearchStrategy[Any]:
    reference = st.sampled_from(NAMES).map(lambda name: f"${name}")
    scalar = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 40),
        st.just(10**400),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from([*NAMES, *TYPES, "${x} and ${prompt}", "$$", "starter"]),
        reference,
        reference.map(lambda name: f"{name}.images"),
    )
    return st.recursive(
        scalar,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from([*KEYS, *NAMES]), inner, max_size=5),
        ),
        max_leaves=12,
    )


def node() -> st.SearchStrategy[Any]:
    fields = st.sampled_from(
        [*KEYS, "source", "model", "prompt", "conditioning", "seed", "latents", "images", "number", "steps"]
    )
    return st.one_of(
        plain(),
        st.builds(
            lambda use, rest: {"use": use, **rest},
            st.sampled_from(TYPES),
            st.dictionaries(fields, plain(), max_size=5),
        ),
    )


def graphs() -> st.SearchStrategy[Any]:
    names = st.sampled_from(NAMES)
    each = plain().map(lambda value: {"each": value})
    return st.fixed_dictionaries(
        {
            "nodes": st.one_of(plain(), st.dictionaries(names, node(), min_size=1, max_size=6)),
            "outputs": st.one_of(plain(), st.dictionaries(names, plain(), min_size=1, max_size=3)),
        },
        optional={
            "mezzotint": st.one_of(st.just(1), plain()),
            "inputs": st.one_of(plain(), st.dictionaries(names, st.one_of(each, plain()), max_size=5)),
            "description": plain(),
        },
    )


def test_made_up_graph_files(fuzzed: Any, write: Any, registry: Registry) -> None:
    @given(graphs())
    def property(graph: Any) -> None:
        text = yaml.safe_dump(graph, allow_unicode=True)
        is_understood_or_refused(write("graph.yaml", text.encode("utf-8", "surrogatepass")), registry)

    fuzzed(property, parts=2)
