"""Declaring the metrics costs nothing, and says everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mezzotint.evaluation as evaluation
from mezzotint.evaluation import clip_score, diversity, fd
from mezzotint.evaluation.uncertainty.estimate import EstimateType
from mezzotint.graphs.node_type import NodeType
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


def declared_types() -> list[NodeType]:
    registry = Registry.load([evaluation.__name__ + module for module in evaluation.MODULES], plugins=False)
    return [registry[name] for name in registry.names()]


def test_every_module_that_declares_node_types_is_listed():
    home = Path(evaluation.__file__).parent
    declaring = {f".{path.stem}" for path in home.glob("*.py") if "\n@node(" in path.read_text()}
    assert declaring == set(evaluation.MODULES)


@pytest.mark.parametrize("name", evaluation.__all__)
def test_a_public_name_is_what_it_says(name):
    value = getattr(evaluation, name)
    assert value.__doc__ if name not in ("Features", "Reference") else value
    assert type(value).__name__ != "module", "a module of that name hides it"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="fidd"):
        _ = evaluation.fidd


def test_clip_score_takes_images_and_texts_and_gives_a_number_each():
    declared = clip_score.node_type
    assert {port.name: port.takes for port in declared.ports} == {"images": ImagesType(), "text": TextType()}
    assert not declared.is_reducer
    assert list(declared.outputs.values()) == [NumberType()]


@pytest.mark.parametrize("function", [fd, diversity])
def test_set_metrics_reduce_images_to_a_number(function):
    declared = function.node_type
    assert declared.members == {"images"}
    assert list(declared.outputs.values()) == [EstimateType()]


@pytest.mark.parametrize("declared", declared_types(), ids=lambda declared: declared.name)
def test_every_port_and_option_is_explained(declared):
    assert [entry.name for entry in (*declared.ports, *declared.options) if not entry.help] == []


@pytest.mark.parametrize("declared", declared_types(), ids=lambda declared: declared.name)
def test_what_names_weights_enters_keys_by_what_they_hold(declared):
    naming = {"extractor", "model", "weights"}
    assert [o.name for o in declared.options if o.name in naming and o.content is None] == []
