"""The nodes that ask how real a set is: in a graph, over one pass of features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import mezzotint
from mezzotint.evaluation import (
    FeatureSet,
    FrechetDistance,
    InceptionScore,
    KernelDistance,
    Statistics,
    extractor_by_name,
    write_features,
)
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph
from mezzotint.nodes.pictures import to_pil

COUNT = 5


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(2 * COUNT, 3, 40, 30, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, pictures: torch.Tensor) -> Path:
    root = tmp_path_factory.mktemp("sets")
    for index, picture in enumerate(pictures):
        folder = root / ("fake" if index < COUNT else "real")
        folder.mkdir(exist_ok=True)
        to_pil(picture).save(folder / f"{index:02}.png")
    return root


def graph(folder: Path, nodes: str, outputs: str) -> Graph:
    path = folder / "graph.yaml"
    path.write_text(
        f"inputs: {{image: {{each: {{folder: fake}}}}}}\nnodes:\n{nodes}\noutputs: {{{outputs}}}\n"
    )
    return mezzotint.load(path)


@pytest.mark.slow
def test_fid_kid_and_the_inception_score_share_one_pass_of_inception(folders, pictures, inception_weights):
    name = f"inception-v3:{inception_weights}"
    scored = graph(
        folders,
        f"""\
  fid: {{use: fid, images: $image.image, reference: ./real, extractor: "{name}", over: image}}
  kid: {{use: kid, images: $image.image, reference: ./real, extractor: "{name}", over: image}}
  score: {{use: inception_score, images: $image.image, extractor: "{name}", over: image}}
""",
        "fid: $fid, kid: $kid, score: $score",
    )
    steps = scored.check().steps.values()
    assert [step.type.name for step in steps].count("features") == 1
    run = scored.run()
    extractor = extractor_by_name(name)
    fake, real = (extractor(part).numpy() for part in pictures.split(COUNT))
    expected = {
        "fid": FrechetDistance(Statistics.of_features(real)),
        "kid": KernelDistance(real),
        "score": InceptionScore(),
    }
    for output, metric in expected.items():
        metric.update(extractor.logits(torch.from_numpy(fake)) if output == "score" else fake)
        assert run[output].value == pytest.approx(metric.compute(), rel=1e-5)


def test_kid_and_fd_take_any_extractor_and_features_of_a_file(folders, pictures):
    extractor = extractor_by_name("starter")
    fake, real = (extractor(part).numpy() for part in pictures.split(COUNT))
    write_features(folders / "real.parquet", FeatureSet(real, tuple("abcde")))
    nodes = "".join(
        f"  {name}: {{use: {use}, images: $image.image, reference: {where}, extractor: starter, over: image}}"
        "\n"
        for name, use, where in (
            ("a", "kid", "./real"),
            ("b", "kid", "./real.parquet"),
            ("c", "fd", "./real.parquet"),
        )
    )
    run = graph(folders, nodes, "a: $a, b: $b, c: $c").run()
    kernel, frechet = KernelDistance(real), FrechetDistance(Statistics.of_features(real))
    for metric in (kernel, frechet):
        metric.update(fake)
    assert run["a"].value == pytest.approx(kernel.compute(), rel=1e-5)
    assert run["b"].value == pytest.approx(kernel.compute(), rel=1e-5)
    assert run["c"].value == pytest.approx(frechet.compute(), rel=1e-5)


@pytest.mark.parametrize(
    ("node", "hint"),
    [
        ("fid, reference: starter, extractor: starter", "use fd, the same distance"),
        ("inception_score, extractor: starter", "tells no classes apart"),
    ],
)
def test_an_extractor_that_a_metric_cannot_mean_is_refused_before_the_run(folders, node, hint):
    with pytest.raises(GraphError, match=hint):
        graph(
            folders, f"  score: {{use: {node}, images: $image.image, over: image}}", "score: $score"
        ).check()


def test_kid_of_statistics_alone_says_what_it_takes(folders):
    np.savez(folders / "real.npz", mu=np.zeros(128), sigma=np.eye(128))
    node = "{use: kid, images: $image.image, reference: ./real.npz, extractor: starter, over: image}"
    run = graph(folders, f"  score: {node}", "score: $score").run()
    assert "compares with the features of every image" in run["score"].failures[0]
