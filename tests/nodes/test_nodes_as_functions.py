"""Every node as a function of its name, on pictures in any form: built-in ones, metrics, and your own."""

from __future__ import annotations

import inspect
import pickle

import numpy
import pytest
import torch
from PIL import Image

import mezzotint
from mezzotint import Images, node
from mezzotint.nodes import upscaling


@pytest.fixture
def red() -> Image.Image:
    return Image.new("RGB", (16, 16), (200, 30, 30))


@node(version=1)
def negative(images: Images) -> Images:
    """Turn light to dark and dark to light."""
    return 1 - images


def test_a_picture_goes_in_and_one_of_its_kind_comes_out(red: Image.Image) -> None:
    assert mezzotint.nodes.upscale(red, scale=2).size == (32, 32)
    assert mezzotint.nodes.upscale(numpy.asarray(red), scale=2).dtype == "uint8"
    assert [big.size for big in mezzotint.nodes.upscale([red, red])] == [(32, 32)] * 2


def test_tensors_are_what_the_bare_function_makes_of_them() -> None:
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(mezzotint.nodes.upscale(images), upscaling.upscale(images))


def test_metrics_are_functions_of_the_same_kind(red: Image.Image) -> None:
    score = mezzotint.nodes.clip_score(red, text="a red circle")
    assert mezzotint.nodes.clip_score([red, red], text="a red circle") == pytest.approx([score] * 2)
    assert mezzotint.nodes.diversity([red, red]) == pytest.approx(0, abs=1e-5)


def test_features_made_before_are_taken_as_they_are(red: Image.Image) -> None:
    pictures = [red, Image.new("RGB", (16, 16), (20, 30, 230))]
    features = mezzotint.nodes.features(pictures)
    assert features.shape[0] == 2
    assert float(mezzotint.nodes.diversity(features)) == float(mezzotint.nodes.diversity(pictures))


def test_a_chain_of_nodes_draws_what_a_graph_draws() -> None:
    nodes = mezzotint.nodes
    model = nodes.load_model(source="starter")
    text = nodes.text_encode(model, "a red circle")
    images = nodes.decode(model, nodes.sample(model, text, [1, 2], steps=2))
    assert images.shape == (2, 3, 64, 64)
    graph = mezzotint.load("examples/txt2img.yaml")
    assert "sample" in {step.type.name for step in graph.check().steps.values()}


def test_the_best_of_several_comes_with_its_score_and_place(red: Image.Image) -> None:
    best = mezzotint.nodes.best_of([red, red.resize((8, 8))], [1.0, 2.0])
    assert (best.image.size, best.score, best.place["item"]["index"]) == ((8, 8), 2.0, 1)


def test_what_only_a_run_measures_says_so(red: Image.Image) -> None:
    with pytest.raises(ValueError, match="known in a run only"):
        mezzotint.nodes.seconds([red])


def test_a_nodes_help_is_its_docstring() -> None:
    assert inspect.getdoc(mezzotint.nodes.upscale) == inspect.getdoc(upscaling.upscale)
    assert list(inspect.signature(mezzotint.nodes.upscale).parameters) == ["images", "scale", "method"]
    assert "upscale" in dir(mezzotint.nodes)
    assert "fd" in dir(mezzotint.nodes)


def test_an_unknown_name_says_what_is_meant() -> None:
    with pytest.raises(AttributeError, match="'upscal'; did you mean 'upscale'"):
        mezzotint.nodes.upscal  # noqa: B018


def test_a_node_is_called_by_its_name_or_as_a_function_of_ones_own(red: Image.Image) -> None:
    assert numpy.asarray(mezzotint.call(negative, red))[0, 0].tolist() == [55, 225, 225]
    assert mezzotint.call("mezzotint.upscale", red).size == (32, 32)
    with pytest.raises(LookupError, match="there is no node type 'upscal'; did you mean 'upscale'"):
        mezzotint.call("upscal", red)
    with pytest.raises(TypeError, match="neither the name of a node type nor a function declared with @node"):
        mezzotint.call(print, red)


@pytest.mark.parametrize("name", ["upscale", "fd", "starter_judge"])
def test_a_function_travels_to_other_processes_by_its_name(name: str) -> None:
    function = getattr(mezzotint.nodes, name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_every_node_type_and_all_of_them_travel_to_other_processes() -> None:
    known = mezzotint.registry()
    assert pickle.loads(pickle.dumps(known)).types == known.types
    own = negative.node_type.owned_by("mine")  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(own)) == own


def test_of_no_pictures_nothing_is_made_in_any_form() -> None:
    assert mezzotint.nodes.upscale(numpy.zeros((0, 4, 4, 3), "uint8")) == []
    assert mezzotint.nodes.features([]) == []


def test_a_reference_of_pictures_says_what_makes_it(red: Image.Image) -> None:
    with pytest.raises(ValueError, match=r"this is a list; mezzotint.nodes.reference\(pictures"):
        mezzotint.nodes.fd([red, red], [red, red])
