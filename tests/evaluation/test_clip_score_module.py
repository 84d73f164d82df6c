"""The CLIP score in anyone's loop: the mean over pictures and texts, whatever the batches."""

from __future__ import annotations

import pickle

import pytest
import torch
from torchmetrics import MetricCollection

from mezzotint.evaluation import ClipScore, clip_score, extractor_by_name, modules
from mezzotint.evaluation.features import embedded_texts

TEXTS = ["a red circle", "two green stars", "a blue square", "", "a pink ring", "a red circle"]
OPTIONS = [{}, {"convention": "hessel"}, {"long_texts": "pieces"}]


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def fed(metric, images, texts=TEXTS, batch=4):
    for start in range(0, len(texts), batch):
        metric.update(images[start : start + batch], texts[start : start + batch])
    return metric


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("batch", [1, 4, 6])
def test_it_is_the_mean_of_the_scores(images, options, batch):
    expected = sum(clip_score(images, TEXTS, **options)) / 6
    for metric in (modules.ClipScore(**options), ClipScore(**options)):
        assert float(fed(metric, images, batch=batch).compute()) == pytest.approx(expected, rel=1e-6)


def test_bytes_floats_and_features_give_the_same(images):
    whole = (images * 255).round().to(torch.uint8)
    features = torch.from_numpy(extractor_by_name("starter")(whole / 255).numpy())
    values = [float(fed(modules.ClipScore(), given).compute()) for given in (whole, whole / 255, features)]
    assert values == pytest.approx([values[0]] * 3, rel=1e-6)


def test_the_sets_order_and_parts_change_nothing(images):
    features = extractor_by_name("starter")(images)
    order = [4, 2, 0, 5, 1, 3]
    shuffled = fed(modules.ClipScore(), features[order], [TEXTS[index] for index in order])
    first, second = (
        fed(modules.ClipScore(), features[:1], TEXTS[:1]),
        fed(modules.ClipScore(), features[1:], TEXTS[1:]),
    )
    first.merge_state(second)
    left, right = fed(ClipScore(), features[:5], TEXTS[:5]), fed(ClipScore(), features[5:], TEXTS[5:])
    left.merge(right)
    whole = fed(modules.ClipScore(), features).compute().item()
    for other in (shuffled, first, left, pickle.loads(pickle.dumps(shuffled))):
        assert float(other.compute()) == pytest.approx(whole, rel=1e-6)


def test_forward_gives_the_score_of_the_batch(images):
    metric = modules.ClipScore()
    assert metric(images[:2], TEXTS[:2]).item() == pytest.approx(sum(clip_score(images[:2], TEXTS[:2])) / 2)
    metric(images[2:], TEXTS[2:])
    assert metric.compute() == pytest.approx(sum(clip_score(images, TEXTS)) / 6)


def test_a_collection_keeps_conventions_apart_though_all_of_a_batch_scores_0():
    towards = torch.from_numpy(embedded_texts(TEXTS, "starter").features)
    collection = MetricCollection({name: modules.ClipScore(convention=name) for name in ("100", "hessel")})
    collection.update(-towards, TEXTS)
    assert [value.item() for value in collection.compute().values()] == [0, 0]
    collection.update(towards, TEXTS)
    for name, value in collection.compute().items():
        expected = sum(clip_score(towards, TEXTS, convention=name)) / 12
        assert value.item() == pytest.approx(expected) != 0


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_scores_of_other_settings_do_not_mix_and_none_is_an_error():
    with pytest.raises(ValueError, match="starter hessel cut can't join those of starter 100 cut"):
        ClipScore().merge(ClipScore(convention="hessel"))
    with pytest.raises(ValueError, match="mean of no numbers"):
        modules.ClipScore().compute()
