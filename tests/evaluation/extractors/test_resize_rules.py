"""Each resize rule equals, bit for bit, the library that it is known from."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.evaluation.extractors.preprocessing import Preprocessing
from mezzotint.evaluation.extractors.resize_rules import RULES, check_rule, split_rule
from mezzotint.nodes.pictures import quantize

SHAPES = [(299, 299), (1, 1), (2, 3), (32, 48), (64, 500), (301, 299), (640, 512)]


def pixels(height: int, width: int, count: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=generator)


def of_clean_fid(pictures: torch.Tensor, side: int = 299) -> torch.Tensor:
    from cleanfid.resize import make_resizer

    resize = make_resizer("PIL", False, "bicubic", (side, side))
    resized = [resize(picture.permute(1, 2, 0).numpy()) for picture in pictures]
    return torch.stack([torch.from_numpy(picture).permute(2, 0, 1) for picture in resized])


def of_torch_fidelity(pictures: torch.Tensor, side: int = 299) -> torch.Tensor:
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

    return interpolate_bilinear_2d_like_tensorflow1x(pictures.float(), size=(side, side), align_corners=False)


def of_torchmetrics(pictures: torch.Tensor, side: int = 299) -> torch.Tensor:
    """Its FID's network, asked what reaches the first convolution."""
    from torchmetrics.image.fid import NoTrainInceptionV3

    class Reached(Exception):  # noqa: N818 - no error, a way out
        pass

    def stop(inputs: torch.Tensor) -> None:
        raise Reached(inputs)

    network = NoTrainInceptionV3.__new__(NoTrainInceptionV3)
    torch.nn.Module.__init__(network)
    network.features_list, network.use_antialias = ["2048"], True
    network.INPUT_IMAGE_SIZE = side
    object.__setattr__(network, "Conv2d_1a_3x3", stop)
    with pytest.raises(Reached) as reached:
        network._torch_fidelity_forward(pictures)
    inputs: torch.Tensor = reached.value.args[0]
    return inputs


@pytest.mark.parametrize("shape", SHAPES)
def test_clean_equals_clean_fid(shape):
    assert torch.equal(RULES["clean"](pixels(*shape), 299, 299), of_clean_fid(pixels(*shape)))


@pytest.mark.parametrize("shape", SHAPES)
def test_tf1_equals_torch_fidelity(shape):
    assert torch.equal(RULES["tf1"](pixels(*shape), 299, 299), of_torch_fidelity(pixels(*shape)))


@pytest.mark.parametrize("shape", SHAPES)
def test_torch_antialias_equals_torchmetrics(shape):
    ours = Preprocessing(299, 299, "torch-antialias", (1.0,) * 3, (1.0,) * 3, unit=128.0)
    assert torch.equal(ours(pixels(*shape).float() / 255), of_torchmetrics(pixels(*shape)))


def of_hpsv2(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Its ToTensor and ResizeMaxSize, spelled out."""
    from torchvision.transforms import functional

    tensor = pictures.float() / 255
    scale = side / float(max(tensor.shape[-2:]))
    if scale == 1:
        return tensor
    size = [round(length * scale) for length in tensor.shape[-2:]]
    tensor = functional.resize(tensor, size, functional.InterpolationMode.BICUBIC)
    down, across = side - size[0], side - size[1]
    return functional.pad(tensor, [across // 2, down // 2, across - across // 2, down - down // 2])


@pytest.mark.parametrize("shape", [(224, 224), (1, 1), (2, 3), (32, 48), (64, 500), (301, 299), (640, 512)])
def test_hps_equals_hpsv2_to_the_last_bits_of_float32(shape):
    theirs = of_hpsv2(pixels(*shape), 224) * 255
    torch.testing.assert_close(RULES["hps"](pixels(*shape), 224, 224), theirs, atol=1e-4, rtol=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 60))
def test_they_do_for_every_shape_and_size(height, width, side):
    pictures = pixels(height, width, 1)
    assert torch.equal(RULES["clean"](pictures, side, side), of_clean_fid(pictures, side))
    assert torch.equal(RULES["tf1"](pictures, side, side), of_torch_fidelity(pictures, side))


@pytest.mark.parametrize("rule", RULES)
def test_a_picture_of_the_right_size_is_left_as_it_is(rule):
    assert torch.equal(RULES[rule](pixels(64, 96), 64, 96), pixels(64, 96).float())


@pytest.mark.parametrize("rule", RULES)
def test_a_picture_is_resized_alike_alone_and_among_others(rule):
    pictures = pixels(40, 50, 5)
    together = RULES[rule](pictures, 24, 32)
    assert together.shape == (5, 3, 24, 32)
    for alone, picture in zip(together, pictures, strict=True):
        assert torch.equal(RULES[rule](picture[None], 24, 32)[0], alone)


@pytest.mark.parametrize("rule", RULES)
def test_pictures_are_rounded_to_8_bits_first_and_not_afterwards(rule):
    preprocessing = Preprocessing(16, 16, rule, (0.0,) * 3, (1.0,) * 3, unit=1.0)
    images = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    resized = preprocessing(images)
    assert torch.equal(resized, preprocessing(quantize(images)))
    assert not torch.equal(resized, resized.round())
    assert resized.min() >= 0
    assert resized.max() <= 255


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("inception-v3", ("inception-v3", None)),
        ("inception-v3@tf1", ("inception-v3", "tf1")),
        ("clip:ViT-L-14/openai@torch-antialias", ("clip:ViT-L-14/openai", "torch-antialias")),
        ("clip:me@home/clip", ("clip:me@home/clip", None)),
        ("clip:me@home/clip@clean", ("clip:me@home/clip", "clean")),
    ],
)
def test_a_rule_stands_behind_the_last_at_sign(name, split):
    assert split_rule(name) == split


@pytest.mark.parametrize("name", ["inception-v3@", "inception-v3@tf2", "starter@clean@x"])
def test_a_rule_that_does_not_exist_is_an_error_that_names_those_that_do(name):
    with pytest.raises(ValueError, match=r"no resize rule .* expected one of clean, tf1, torch-antialias"):
        split_rule(name)
    with pytest.raises(ValueError, match="did you mean 'tf1'"):
        check_rule("tf2")
