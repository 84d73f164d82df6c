"""Declaring the metrics costs nothing, and says everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mezzotint.evaluation as evaluation
from mezzotint.evaluation import clip_score, diversity, fd
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import NumberType, TextType
from mezzotint.nodes.pictures import ImagesType

HEAVY = ("torch", "numpy", "PIL", "scipy", "open_clip", "torchmetrics", "pydantic")


def test_declaring_metrics_and_naming_their_data_imports_no_heavy_library():
    code = f"""
import sys, importlib, mezzotint.evaluation as evaluation
for module in evaluation.MODULES:
    importlib.import_module(module, evaluation.__name__)
evaluation.ReferenceType().digest(evaluation.ReferenceType().parse("starter"))
evaluation.fd.node_type.option("extractor").content.resolve("starter", {{}}, False)
found = [name for name in {HEAVY} if name in sys.modules]
assert not found, found
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_modules_declare_the_node_types():
    registry = Registry.load([evaluation.__name__ + module for module in evaluation.MODULES], plugins=False)
    assert registry.names() == ["clip_score", "diversity", "fd", "mean"]


@pytest.mark.parametrize("name", evaluation.__all__)
def test_a_public_name_is_what_it_says(name):
    value = getattr(evaluation, name)
    assert value.__doc__ if name != "Reference" else value
    assert type(value).__name__ != "module", "a module of that name hides it"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="fid"):
        _ = evaluation.fid


def test_clip_score_takes_images_and_texts_and_gives_a_number_each():
    declared = clip_score.node_type
    assert {port.name: port.type for port in declared.ports} == {"images": ImagesType(), "text": TextType()}
    assert not declared.is_reducer
    assert list(declared.outputs.values()) == [NumberType()]


@pytest.mark.parametrize("function", [fd, diversity])
def test_set_metrics_reduce_images_to_a_number(function):
    declared = function.node_type
    assert declared.members == {"images"}
    assert list(declared.outputs.values()) == [NumberType()]


@pytest.mark.parametrize("function", [clip_score, fd, diversity])
def test_every_port_and_option_is_explained(function):
    declared = function.node_type
    assert all(entry.help for entry in (*declared.ports, *declared.options))
    assert all(option.content is not None for option in declared.options)
