"""A graph as a torchmetrics metric: it is the run of the graph over all that was added, in any process."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torchmetrics import MetricCollection

from mezzotint import Graph, GraphError, each, nodes
from mezzotint.evaluation import GraphMetric, extractor_by_name, modules
from mezzotint.graphs.store import Store

PROMPTS = ["a red circle", "two green stars", "a blue ring", "a pink cross", "an orange star"]
SCENES = nodes.render_scene(PROMPTS, seed=range(5))

SCORING = """
inputs: {images: {}, prompt: {}, scale: 1}
nodes:
  clip: {use: clip_score, images: $images, text: $prompt}
  mean: {use: mean, number: $clip, over: prompt}
  spread: {use: diversity, images: $images, over: images}
  sheet: {use: grid, images: $images, over: images}
outputs: {clip: $clip, mean: $mean, spread: $spread, sheet: $sheet}
"""

DRAWING = """
inputs:
  prompt: {each: [a red circle, two green stars]}
  seed: 1
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  clip: {use: clip_score, images: $scene, text: $prompt}
  mean: {use: mean, number: $clip, over: prompt}
outputs: {images: $scene, mean: $mean}
"""


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEZZOTINT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def scoring(**settings) -> GraphMetric:
    return GraphMetric(Graph.parse(SCORING), fed=["images", "prompt"], **settings)


def fed(metric: GraphMetric, part: slice = slice(None), batch: int = 2) -> GraphMetric:
    images, prompts = SCENES[part], PROMPTS[part]
    for start in range(0, len(images), batch):
        metric.update(images[start : start + batch], prompts[start : start + batch])
    return metric


@pytest.fixture(scope="module")
def whole(_own_cache):
    return values(fed(scoring()))


def values(metric: GraphMetric) -> dict[str, float]:
    return {name: value.item() for name, value in metric.compute().items()}


def test_it_gives_the_numbers_that_reductions_make(whole):
    clip = nodes.clip_score(SCENES, text=PROMPTS)
    assert whole.keys() == {"mean", "spread"}
    assert whole["mean"] == pytest.approx(sum(clip) / 5, rel=1e-5)
    assert whole["spread"] == pytest.approx(nodes.diversity(SCENES), rel=1e-6)


@pytest.mark.parametrize(
    "images",
    [
        nodes.to_8bit(SCENES),
        nodes.to_8bit(SCENES).permute(0, 2, 3, 1).numpy(),
        [nodes.to_pil(scene) for scene in SCENES],
    ],
)
def test_pictures_come_in_any_form(images, whole):
    metric = scoring()
    metric.update(prompt=PROMPTS, images=images)
    assert values(metric) == pytest.approx(whole, rel=1e-6)


def test_what_is_single_goes_with_all():
    one, several = scoring(), scoring()
    one.update(SCENES, "a red circle")
    several.update(SCENES, ["a red circle"] * 5)
    assert values(one) == values(several)


def test_states_merge_copy_and_travel(whole):
    first, second = fed(scoring(), slice(0, 2)), fed(scoring(), slice(2, 5))
    first.merge_state(second)
    metric = fed(scoring(), slice(0, 3))
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric)), metric.clone()):
        assert values(fed(other, slice(3, 5))) == pytest.approx(whole, rel=1e-6)
    assert values(first) == pytest.approx(whole, rel=1e-6)


def test_after_reset_it_begins_anew(whole):
    metric = fed(scoring(), slice(0, 2))
    metric.reset()
    assert values(fed(metric)) == pytest.approx(whole, rel=1e-6)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_processes_share_what_they_were_given(whole):
    """One rank of two, the other of which has seen nothing, then all the rest."""
    for cut in (0, 3):
        other = fed(scoring(), slice(cut, 5))
        other.sync(dist_sync_fn=lambda tensor, group: [tensor], distributed_available=lambda: True)
        (sent,) = next(iter(other.metric_state.values()))

        def gather(tensor, group=None, sent=sent):
            assert (tensor.dtype, tensor.ndim) == (sent.dtype, sent.ndim), "collectives take no less"
            return [tensor, sent]

        metric = scoring(dist_sync_fn=gather, distributed_available_fn=lambda: True)
        assert values(fed(metric, slice(0, cut))) == pytest.approx(whole, rel=1e-6)


def test_it_stands_in_a_collection_with_others():
    extractor = extractor_by_name("starter")
    collection = MetricCollection({"graph": scoring(), "diversity": modules.Diversity(extractor)})
    collection.update(images=SCENES, prompt=PROMPTS, step=3)
    found = collection.compute()
    assert found.keys() == {"mean", "spread", "diversity"}
    assert found["spread"].item() == pytest.approx(found["diversity"].item(), rel=1e-6)
    assert collection(images=SCENES, prompt=PROMPTS, step=4) == found  # the same, of this batch alone


def test_a_graph_that_draws_is_run_when_it_is_asked_to():
    metric = GraphMetric(Graph.parse(DRAWING))
    random = torch.get_rng_state()
    metric.update()
    assert metric.compute()["mean"] > 70
    assert metric() == metric.compute()
    assert torch.equal(torch.get_rng_state(), random)


def test_axes_of_its_own_give_a_score_for_each_point():
    graph = Graph.parse(DRAWING).given(seed=each(1, 2))
    metric = GraphMetric(graph)
    metric.update()
    with Store() as store:
        expected = list(graph.run(store=store)["mean"])
    assert [metric.compute()[f"mean[{index}]"].item() for index in (0, 1)] == expected


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((SCENES,), TypeError, "the graph takes images, prompt; got images"),
        ((SCENES, PROMPTS, 1), TypeError, "the graph takes images, prompt"),
        ((SCENES, PROMPTS[:2]), ValueError, "5 of images and 2 of prompt; give as many of each"),
        ((SCENES * 255, PROMPTS), ValueError, "floats of pictures are from 0 to 1"),
        ((SCENES, [1.5, None, "", "", ""]), ValueError, "expected text"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_of_it_is_added(arguments, error, message, whole):
    metric = fed(scoring())
    with pytest.raises(error, match=message):
        metric.update(*arguments)
    assert values(metric) == pytest.approx(whole, rel=1e-6)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_a_graph_that_does_not_suit_is_refused():
    with pytest.raises(ValueError, match="gives no score of a set; add a reduction"):
        GraphMetric(Graph.parse("nodes: {s: {use: render_scene, prompt: a star, seed: 1}}\noutputs: {s: $s}"))
    with pytest.raises(ValueError, match="no input 'image'; did you mean 'images'"):
        GraphMetric(Graph.parse(SCORING), fed=["image"])
    with pytest.raises(GraphError, match="no node type 'clip_scor'"):
        GraphMetric(Graph.parse(SCORING.replace("use: clip_score", "use: clip_scor")))
    with pytest.raises(ValueError, match="nothing was added"):
        scoring().compute()
