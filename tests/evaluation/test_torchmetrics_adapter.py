"""torchmetrics as reducers: streaming, merged exactly or not at all."""

from __future__ import annotations

import pytest
import torch
from torchmetrics import Metric
from torchmetrics.aggregation import MaxMetric
from torchmetrics.image import TotalVariation
from torchmetrics.image.fid import FrechetInceptionDistance

from mezzotint.evaluation import TorchmetricsState
from mezzotint.graphs.node import node

IMAGES = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))


class Running(Metric):
    """A metric whose state is a mean."""

    full_state_update = False

    def __init__(self):
        super().__init__()
        self.add_state("value", torch.tensor(0.0), dist_reduce_fx="mean")

    def update(self, images):
        self.value = images.mean()

    def compute(self):
        return self.value


class WholeState(Running):
    """A metric that looks at everything so far in each step."""

    full_state_update = True


class Pixels(torch.nn.Module):
    """An embedder for torchmetrics' FID that wants uint8."""

    num_features = 3

    def forward(self, images):
        assert images.dtype is torch.uint8
        return images.double().mean(dim=(2, 3))


def gathered(state: TorchmetricsState, *batches: torch.Tensor) -> TorchmetricsState:
    for batch in batches:
        state.update(batch)
    return state


def test_a_metric_streams_and_merges():
    whole = gathered(TorchmetricsState(TotalVariation()), IMAGES)
    first = gathered(TorchmetricsState(TotalVariation()), IMAGES[:1], IMAGES[1:3])
    second = gathered(TorchmetricsState(TotalVariation()), IMAGES[3:])
    first.compute()  # torchmetrics remembers this result
    before = second.compute()
    first.merge(second)
    assert first.compute() == pytest.approx(whole.compute(), rel=1e-6)
    assert second.compute() == before
    assert first.metric.update_count == 3


def test_an_empty_shard_changes_nothing():
    state = TorchmetricsState(TotalVariation())
    state.merge(gathered(TorchmetricsState(TotalVariation()), IMAGES))
    value = state.compute()
    state.merge(TorchmetricsState(TotalVariation()))
    assert state.compute() == value


def test_fid_takes_generated_images_against_real_ones_added_before():
    def against_real() -> TorchmetricsState:
        fid = FrechetInceptionDistance(Pixels(), normalize=False)
        fid.update((255 * (1 - IMAGES)).to(torch.uint8), real=True)
        return TorchmetricsState(fid, {"real": False}, dtype="uint8")

    whole = gathered(against_real(), IMAGES)
    first, second = gathered(against_real(), IMAGES[:4]), gathered(against_real(), IMAGES[4:])
    with pytest.raises(ValueError, match="count twice"):
        first.merge(second)
    assert gathered(first, IMAGES[4:]).compute() == pytest.approx(whole.compute(), rel=1e-6)
    with pytest.raises(ValueError, match="no images"):
        against_real().compute()


def test_images_are_rounded_to_8_bits():
    state = gathered(TorchmetricsState(MaxMetric()), torch.full((1, 3, 2, 2), 100.3 / 255))
    assert state.compute() == pytest.approx(100 / 255)


def test_it_declares_a_reducer():
    @node(version=1)
    def variation() -> TorchmetricsState:
        """Total variation of a set of images."""
        return TorchmetricsState(TotalVariation())

    assert variation.node_type.members == {"images"}
    assert list(variation.node_type.outputs) == ["number"]


def test_what_torchmetrics_merges_wrongly_is_refused():
    first, second = (gathered(TorchmetricsState(Running()), IMAGES) for _ in range(2))
    with pytest.raises(ValueError, match="can't merge its state 'value' exactly"):
        first.merge(second)


def test_what_needs_its_whole_state_is_refused():
    first, second = (gathered(TorchmetricsState(WholeState()), IMAGES) for _ in range(2))
    with pytest.raises(ValueError, match="needs its whole state"):
        first.merge(second)


def test_no_images_are_an_error():
    with pytest.raises(ValueError, match="TotalVariation was given no images"):
        TorchmetricsState(TotalVariation()).compute()


def test_more_than_one_number_is_an_error():
    with pytest.raises(ValueError, match="not one number"):
        gathered(TorchmetricsState(TotalVariation(reduction="none")), IMAGES).compute()
