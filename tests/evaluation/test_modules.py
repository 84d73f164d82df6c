"""The metrics as torchmetrics modules: everything that a torchmetrics user may do with a metric."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torchmetrics import MetricCollection

from mezzotint import evaluation
from mezzotint.evaluation import FrechetDistance as PlainFrechetDistance
from mezzotint.evaluation import Statistics, TorchMetric, extractor_by_name, modules
from mezzotint.evaluation.measures.rows import Rows
from mezzotint.nodes.scenes import render_scene

RNG = np.random.default_rng(0)
REFERENCE = RNG.normal(size=(60, 8))
STATISTICS = Statistics.of_features(REFERENCE)
FEATURES = torch.from_numpy(RNG.normal(size=(40, 8)) + 0.5).float()
MODULES = {
    "frechet": lambda **settings: modules.FrechetDistance(STATISTICS, **settings),
    "kernel": lambda **settings: modules.KernelDistance(REFERENCE, **settings),
    "authenticity": lambda **settings: modules.Authenticity(REFERENCE, **settings),
    "inception": lambda **settings: modules.InceptionScore(**settings),
    "diversity": lambda **settings: modules.Diversity(**settings),
    "cmmd": lambda **settings: modules.CMMD(REFERENCE, **settings),
    "vendi": lambda **settings: modules.Vendi(order=2.0, **settings),
}


@pytest.fixture(params=MODULES)
def make(request):
    return MODULES[request.param]


def fed(metric: TorchMetric, features: torch.Tensor = FEATURES, batch: int = 7) -> TorchMetric:
    for part in features.split(batch):
        metric.update(part)
    return metric


def state(metric: TorchMetric) -> list[torch.Tensor]:
    (parts,) = metric.metric_state.values()
    return parts


def test_it_gives_what_the_plain_metric_gives():
    plain = PlainFrechetDistance(STATISTICS)
    plain.update(FEATURES)
    value = fed(modules.FrechetDistance(STATISTICS)).compute()
    assert value.dtype is torch.float64
    assert value.item() == pytest.approx(plain.compute(), rel=1e-9)


def test_forward_gives_the_value_of_the_batch_and_adds_to_the_whole(make):
    metric = make()
    first, second = metric(FEATURES[:15]), metric(FEATURES[15:])
    assert first.item() == pytest.approx(fed(make(), FEATURES[:15]).compute().item(), rel=1e-9)
    assert second.item() == pytest.approx(fed(make(), FEATURES[15:]).compute().item(), rel=1e-9)
    assert metric.compute().item() == pytest.approx(fed(make()).compute().item(), rel=1e-9)


def test_after_reset_it_begins_anew(make):
    metric = fed(make(), FEATURES * 3)
    metric.compute()
    metric.reset()
    assert fed(metric).compute() == fed(make()).compute()


def test_states_merge(make):
    first, second = fed(make(), FEATURES[:11]), fed(make(), FEATURES[11:])
    first.merge_state(second)
    assert first.compute().item() == pytest.approx(fed(make()).compute().item(), rel=1e-9)


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("step", ["update", "forward"])
def test_the_state_stays_small_and_in_few_parts(batch, step):
    metric = modules.FrechetDistance(STATISTICS)
    for part in FEATURES.split(batch):
        with contextlib.suppress(ValueError):  # one image has no distance of its own
            getattr(metric, step)(part)
    assert sum(part.numel() for part in state(metric)) <= 3 * (8 + 2) * 8
    assert len(state(metric)) <= 6
    assert metric.compute().item() == pytest.approx(fed(modules.FrechetDistance(STATISTICS)).compute().item())


def test_a_batch_too_small_for_a_value_of_its_own_is_an_error_but_is_not_lost():
    metric = modules.Diversity()
    metric(FEATURES[:3])
    with pytest.raises(ValueError, match="at least 2 images"):
        metric(FEATURES[3:4])
    whole = fed(modules.Diversity(), FEATURES[:4]).compute()
    assert metric.compute().item() == pytest.approx(whole.item(), rel=1e-9)


def test_it_travels_by_pickle_copy_and_state_dict(make):
    metric = fed(make(), FEATURES[:20])
    loaded = make()
    metric.persistent(True)
    buffer = io.BytesIO()
    torch.save(metric.state_dict(), buffer)
    buffer.seek(0)
    loaded.load_state_dict(torch.load(buffer, weights_only=True))
    whole = fed(make()).compute().item()
    for copied in (loaded, pickle.loads(pickle.dumps(metric)), copy.deepcopy(metric), metric.clone()):
        assert fed(copied, FEATURES[20:]).compute().item() == pytest.approx(whole, rel=1e-9)


def test_a_collection_computes_them_all_and_confuses_none():
    collection = MetricCollection({name: make() for name, make in MODULES.items()})
    fed(collection)
    for name, value in collection.compute().items():
        assert value.item() == pytest.approx(fed(MODULES[name]()).compute().item(), rel=1e-9)


def test_a_collection_shares_the_state_of_one_metric_against_several_references():
    other = Statistics.of_features(REFERENCE + 1)
    collection = MetricCollection(
        {"near": modules.FrechetDistance(STATISTICS), "far": modules.FrechetDistance(other)}
    )
    fed(collection)
    assert len(collection.compute_groups) == 1
    alone = fed(modules.FrechetDistance(other)).compute().item()
    assert collection.compute()["far"].item() == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize(
    "cast",
    [
        lambda metric: metric.half(),
        lambda metric: metric.to(torch.float16),
        lambda metric: torch.nn.ModuleList([metric]).half()[0],
        lambda metric: metric.bfloat16(),
    ],
)
def test_casting_a_model_costs_the_state_no_digits(make, cast):
    metric = cast(fed(make(), FEATURES[:20]))
    assert fed(metric, FEATURES[20:]).compute().item() == pytest.approx(
        fed(make()).compute().item(), rel=1e-9
    )


def test_the_state_stays_on_the_cpu_where_a_device_may_lack_float64(make):
    metric = fed(make(), FEATURES[:20]).to("meta")
    assert all(part.device.type == "cpu" for part in state(metric))
    assert fed(metric, FEATURES[20:]).compute().item() == pytest.approx(
        fed(make()).compute().item(), rel=1e-9
    )


def test_processes_may_share_at_every_step(make):
    settings = {
        "dist_sync_fn": lambda tensor, group: [tensor, tensor],
        "distributed_available_fn": lambda: True,
    }
    metric = make(dist_sync_on_step=True, **settings)
    for part in FEATURES.split(20):
        twice = fed(make(), part.repeat(2, 1)).compute().item()
        assert metric(part).item() == pytest.approx(twice, rel=1e-9)
    assert metric.compute().item() == pytest.approx(
        fed(make(), FEATURES.repeat(2, 1)).compute().item(), rel=1e-9
    )


@pytest.mark.parametrize("cut", [0, 1, 15, 40])
def test_processes_share_their_states(make, cut):
    """As in a distributed run, one rank of which may have seen nothing; the other's state is handed in."""
    other = fed(make(), FEATURES[cut:])
    other.sync(dist_sync_fn=lambda tensor, group: [tensor], distributed_available=lambda: True)
    (sent,) = state(other)
    calls = []

    def gather(tensor: torch.Tensor, group: object = None) -> list[torch.Tensor]:
        calls.append(tensor)
        assert (tensor.dtype, tensor.ndim) == (sent.dtype, sent.ndim), "collectives take no less"
        return [tensor, sent]

    metric = make(dist_sync_fn=gather, distributed_available_fn=lambda: True)
    fed(metric, FEATURES[:cut])
    assert metric.compute().item() == pytest.approx(fed(make()).compute().item(), rel=1e-9)
    assert len(calls) == 1, "each process must gather as often as the others"
    fed(metric, FEATURES[:cut])
    assert metric.compute().item() != pytest.approx(0.0), "the own state goes on after a synchronisation"


def test_pictures_go_through_the_extractor_as_floats_or_bytes():
    extractor = extractor_by_name("starter")
    bytes_ = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    values = []
    for images in (bytes_, bytes_.float() / 255):
        metric = modules.Diversity(extractor)
        metric.update(images)
        values.append(metric.compute().item())
    assert values[0] == values[1] > 0


def test_pictures_of_another_shape_are_an_error():
    with pytest.raises(ValueError, match=r"\[B, 3, H, W\], got \[3, 8, 8\]"):
        modules.Diversity(extractor_by_name("starter")).update(torch.rand(3, 8, 8))


@pytest.mark.parametrize("images", [torch.rand(2, 3, 8, 8) * 2 - 1, torch.rand(2, 3, 8, 8) * 255])
@pytest.mark.parametrize(
    "make", [lambda: modules.Diversity(extractor_by_name("starter")), modules.LpipsDiversity]
)
def test_pictures_of_another_range_are_an_error_and_are_not_clipped(make, images):
    with pytest.raises(ValueError, match=r"expected images in \[0, 1\], got values from"):
        make().update(images)


def test_a_frechet_distance_takes_features_as_the_other_metrics_do():
    of_statistics = fed(modules.FrechetDistance(STATISTICS)).compute()
    assert fed(modules.FrechetDistance(torch.from_numpy(REFERENCE))).compute() == of_statistics


def test_an_extractor_without_classes_has_no_inception_score():
    with pytest.raises(ValueError, match=r"'starter' tells no classes apart.*inception-v3"):
        modules.InceptionScore(extractor_by_name("starter"))


def test_too_few_images_are_an_error():
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        fed(modules.FrechetDistance(STATISTICS), FEATURES[:1]).compute()


class Extent(NamedTuple):
    lowest: float
    highest: float


class Extents(Rows):
    """A metric of two numbers."""

    def compute(self) -> Extent:
        return Extent(float(self.array().min()), float(self.array().max()))


def test_a_metric_of_several_numbers_gives_a_dictionary():
    values = fed(TorchMetric(Extents)).compute()
    assert values == {"lowest": FEATURES.min().double(), "highest": FEATURES.max().double()}


@pytest.mark.parametrize("name", ["PrecisionRecall", "DensityCoverage"])
def test_metrics_of_two_numbers_give_both_by_name(name):
    plain = getattr(evaluation, name)(REFERENCE)
    plain.update(FEATURES)
    module = fed(getattr(modules, name)(REFERENCE))
    found = {key: value.item() for key, value in module.compute().items()}
    assert found == plain.compute()._asdict()
    assert pickle.loads(pickle.dumps(module)).compute().keys() == found.keys()


def test_prompts_go_with_the_images():
    prompts = ["a", "b"] * 20
    plain = evaluation.PromptDiversity()
    plain.update(FEATURES, prompts)
    module = modules.PromptDiversity()
    for start in range(0, 40, 7):
        module.update(FEATURES[start : start + 7], prompts[start : start + 7])
    within, across = plain.compute()
    assert {key: value.item() for key, value in module.compute().items()} == pytest.approx(
        {"within": within, "across": across}, rel=1e-9
    )


def test_skew_counts_attributes():
    found = fed(modules.Skew(["first", "second"], np.eye(8)[:2])).compute()
    assert found["distribution"]["first"]["count"] + found["distribution"]["second"]["count"] == 40


SCENES = render_scene(["a red circle", "two blue stars"] * 3, list(range(6)))
SCENES[5] = 0.5
SCORES = {
    "a text for each": (evaluation.clip_score, "", {"convention": "hessel"}, [["a red circle"] * 6]),
    "one of several outputs": (evaluation.starter_judge, "correct", {}, [["a red circle"] * 6]),
    "a reference": (evaluation.copies, "similarity", {"reference": evaluation.ReferenceSet("starter")}, []),
    "nothing else": (evaluation.blank, "", {}, []),
}


@pytest.mark.parametrize("case", SCORES)
def test_any_score_of_single_pictures_has_a_mean(case):
    score, output, options, inputs = SCORES[case]
    metric = modules.MeanScore(score, output, options)
    for part in (slice(0, 4), slice(4, 6)):
        metric.update(SCENES[part], *(given[part] for given in inputs))
    found = score(SCENES, *inputs, **options)
    mean = np.mean(getattr(found, output) if output else found)
    assert mean > 0
    assert metric.compute().item() == pytest.approx(mean, rel=1e-5)
    assert pickle.loads(pickle.dumps(metric)).compute() == metric.compute()
    with pytest.raises(ValueError, match=r"expected images in \[0, 1\]"):
        metric.update(SCENES * 255, *inputs)
