"""Any module is an extractor, from Python and, under a name, in graphs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from mezzotint.cli.app import app
from mezzotint.evaluation import (
    Diversity,
    ImageMetric,
    ModuleExtractor,
    extractor_by_name,
    extractors,
    register_extractor,
)
from mezzotint.nodes.pictures import quantize

OFFER = """
import torch
from mezzotint.evaluation import ModuleExtractor, register_extractor


class Colors(torch.nn.Module):
    def forward(self, pictures):
        return pictures.mean((2, 3)) * {scale}


def colors(argument, rule):
    if argument:
        raise ValueError(f"colors takes no argument, and {{argument!r}} was given")
    return ModuleExtractor(Colors(), name="colors", size=4, resize=rule or "clean")


register_extractor("colors", colors)
"""

GRAPH = """
inputs: {image: {each: {folder: pictures}}}
nodes:
  spread: {use: diversity, images: $image, extractor: NAME, over: image}
outputs: {spread: $spread}
"""


class Mean(nn.Module):
    """Features that say how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.drop = nn.Dropout(0.5)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.drop(self.norm(pictures)).mean((2, 3))


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(4, 3, 20, 30, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def own_names(monkeypatch):
    monkeypatch.setattr(extractors, "_registered", {})


@pytest.fixture
def folder(tmp_path, monkeypatch, images) -> Path:
    """Pictures, a graph of their spread, and a file that offers the extractor `colors`."""
    from mezzotint.nodes.pictures import to_pil

    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for index, image in enumerate(images):
        to_pil(image[:, :4, :4]).save(f"pictures/{index}.png")
    Path("offer.py").write_text(OFFER.format(scale=1))
    write_graph("colors")
    return tmp_path


def write_graph(name):
    Path("graph.yaml").write_text(GRAPH.replace("NAME", name))


def command(*arguments):
    return CliRunner().invoke(app, [*arguments, "--nodes", "offer.py"])


def test_a_module_gets_pictures_rounded_resized_and_normalised(images):
    extractor = ModuleExtractor(
        nn.Flatten(), name="flat", size=(20, 30), mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4)
    )
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (extractor.mean, extractor.std))
    expected = ((quantize(images) - mean) / std).flatten(1)
    torch.testing.assert_close(extractor(images), expected, atol=1e-6, rtol=0)
    assert (extractor.dimension, extractor.dtype) == (3 * 20 * 30, "float32")
    assert extractor.preprocessing.rule == "clean"


def test_it_is_called_in_evaluation_mode_and_left_as_it_was(images):
    module = Mean().train()
    module.norm.eval()  # as those do who train the rest
    extractor = ModuleExtractor(module, name="mean", size=8)
    assert torch.equal(extractor(images), extractor(images))
    assert (module.training, module.norm.training, module.drop.training) == (True, False, True)
    assert module.norm.num_batches_tracked == 0


def test_it_is_called_with_convolutions_in_full_precision(images):
    class Asks(nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            assert not torch.backends.cudnn.allow_tf32
            return pictures.flatten(1)

    before = torch.backends.cudnn.allow_tf32
    ModuleExtractor(Asks(), name="asks", size=2)(images)
    assert torch.backends.cudnn.allow_tf32 == before


def test_it_computes_in_the_dtype_of_the_module(images):
    double = ModuleExtractor(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double(), name="double", size=2)
    assert double.dtype == "float64"
    assert double(images).dtype is torch.float32


def test_the_digest_is_of_weights_structure_code_and_preprocessing():
    def digest(module, **settings):
        return ModuleExtractor(module, **({"name": "a", "size": 8} | settings)).digest()

    module = Mean()
    trained = Mean()
    trained.norm.weight.data += 1
    digests = [
        digest(module),
        digest(trained),
        digest(module, size=9),
        digest(module, resize="tf1"),
        digest(module, mean=(1.0, 0.0, 0.0)),
        digest(nn.Sequential(nn.Flatten())),
        digest(nn.Sequential(nn.Flatten(), nn.ReLU())),
    ]
    assert len(set(digests)) == len(digests)
    assert {len(one) for one in digests} == {32}
    assert digest(Mean(), name="b") == digests[0]


def test_it_feeds_a_metric(images):
    metric = ImageMetric(ModuleExtractor(nn.Flatten(), name="flat", size=4), Diversity())
    metric.update(images[:2])
    other = ImageMetric(ModuleExtractor(nn.Flatten(), name="flat", size=4), Diversity())
    other.update(images[2:])
    metric.merge(other)
    whole = Diversity()
    whole.update(metric.extractor(images))
    assert metric.compute() == pytest.approx(whole.compute(), rel=1e-9)


def test_what_is_no_feature_is_an_error_that_says_what_is_wanted(images):
    with pytest.raises(ValueError, match=r"'whole' made \[4, 3, 8, 8\] of 4 pictures; .* features \[B, d\]"):
        ModuleExtractor(nn.Identity(), name="whole", size=8)(images)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "at least 1 pixel, and 0 was given"),
        ({"size": 8, "resize": "cleen"}, "no resize rule 'cleen' .did you mean 'clean'"),
        ({"size": 8, "std": (1.0, 0.0, 1.0)}, "standard deviations above 0"),
        ({"size": 8, "mean": (1.0,)}, "three means"),
    ],
)
def test_settings_that_make_no_sense_are_an_error(settings, message):
    with pytest.raises(ValueError, match=message):
        ModuleExtractor(nn.Flatten(), name="a", **settings)


def test_a_registered_name_is_made_once_for_an_argument_and_a_rule():
    made = []

    def make(argument, rule):
        made.append((argument, rule))
        return ModuleExtractor(nn.Flatten(), name="flat", size=2, resize=rule or "clean")

    register_extractor("flat", make)
    for name in ("flat", "flat", "flat:x@tf1", "flat@tf1"):
        extractor_by_name(name)
    assert made == [("", None), ("x", "tf1"), ("", "tf1")]
    with pytest.raises(ValueError, match=r"did you mean 'flat'.*'dinov2:SOURCE' .*, 'flat', 'clip:"):
        extractor_by_name("flatt")


@pytest.mark.parametrize("name", ["clip", "starter", "Flat", "a:b", "", "a@b"])
def test_names_that_are_taken_or_could_not_be_written_are_refused(name):
    with pytest.raises(ValueError, match=r"taken|lower-case letters"):
        register_extractor(name, lambda argument, rule: ModuleExtractor(nn.Flatten(), name="flat", size=2))


def test_a_name_is_not_taken_from_another():
    register_extractor("flat", lambda argument, rule: ModuleExtractor(nn.Flatten(), name="flat", size=2))

    def another(argument, rule):
        return ModuleExtractor(nn.Flatten(), name="flat", size=3)

    with pytest.raises(ValueError, match="'flat' of an extractor is taken"):
        register_extractor("flat", another)


def test_a_file_of_nodes_offers_an_extractor_to_graphs(folder, images):
    result = command("run", "graph.yaml", "--out", "out")
    assert result.exit_code == 0, result.output
    expected = Diversity()
    expected.update(quantize(images[..., :4, :4]).mean((2, 3)))
    spread = json.loads(Path("out/metrics.json").read_text())["metrics"]["spread"]["values"][0]["value"]
    assert spread == pytest.approx(expected.compute(), rel=1e-6)


def test_a_change_of_its_code_makes_features_anew(folder):
    assert command("run", "graph.yaml", "--out", "out").exit_code == 0
    assert "Nothing to make" in command("plan", "graph.yaml").output
    Path("offer.py").write_text(OFFER.format(scale="torch.tensor([1.0, 0.0, 0.0])"))
    assert "Nothing to make" not in command("plan", "graph.yaml").output


@pytest.mark.parametrize(
    ("name", "message"),
    [("colours", "did you mean 'colors'"), ("colors:x", "colors takes no argument, and 'x' was given")],
)
def test_a_wrong_name_is_an_error_with_its_place(folder, name, message):
    write_graph(name)
    result = command("plan", "graph.yaml")
    assert result.exit_code == 2
    assert "graph.yaml:4:" in result.output
    assert message in " ".join(result.output.split())
